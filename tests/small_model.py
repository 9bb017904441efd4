"""The project's model with a few activities only.

The two classifications of activities are four fifths of the triples of a small release, and a test
that builds one waits for them. National tests have the whole model.
"""

import shutil
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.namespaces import SCHEME

ROOT: Final = Path(__file__).parents[1]
CLASSIFICATIONS: Final = ("nafr2", "naf2025")
ACTIVITIES: Final = (
    "94.99Z", "94.99Y", "62.01Z", "65.12Z", "46.89Y", "68.32G", "63.11Z", "63.10Y", "62.02A",
    "60.39Y", "60.20H", "47.11B", "41.10D", "35.14Y", "35.13Z", "28.13Z", "28.13H", "28.13G",
)  # fmt: skip
"""Those that tests name."""
BROADER: Final = ox.NamedNode("http://www.w3.org/2004/02/skos/core#broader")


def write_small_model(folder: Path) -> None:
    """Writes the model to a folder that is not there yet."""
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    shutil.copytree(ROOT / "shapes", folder / "shapes")
    triples = {
        name: [quad.triple for quad in ox.parse(path=_get_path(ROOT, name))]
        for name in CLASSIFICATIONS
    }
    above = {
        triple.subject.value: triple.object.value
        for triple in (each for some in triples.values() for each in some)
        if triple.predicate == BROADER
        and isinstance(triple.subject, ox.NamedNode)
        and isinstance(triple.object, ox.NamedNode)
    }
    kept = {f"{SCHEME}{name}/{code}" for name in CLASSIFICATIONS for code in ACTIVITIES}
    waiting = list(kept)
    while waiting:
        if (parent := above.get(waiting.pop())) and parent not in kept:
            kept.add(parent)
            waiting.append(parent)
    for name, some in triples.items():
        rest = (
            each for each in some if _is_kept(each.subject, kept) and _is_kept(each.object, kept)
        )
        ox.serialize(rest, str(_get_path(folder, name)), format=ox.RdfFormat.TURTLE)


def _get_path(model: Path, name: str) -> Path:
    return model / "ontology" / "schemes" / f"{name}.ttl"


def _is_kept(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, kept: set[str]) -> bool:
    """Whether a term is no activity that is left out."""
    return (
        not isinstance(term, ox.NamedNode)
        or not any(term.value.startswith(f"{SCHEME}{name}/") for name in CLASSIFICATIONS)
        or term.value in kept
    )
