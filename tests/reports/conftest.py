"""An installation with planted errors, built once."""

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg import pipeline
from kg.installation import InstallationPaths
from kg.release_layout import Release

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script>"
TURNED = "abc\u202egnp.exe"


@dataclass(frozen=True)
class Planted:
    """The installation and the release that was built of it."""

    places: InstallationPaths
    release: Release

    @property
    def report(self) -> Path:
        return self.release.report

    @property
    def tables(self) -> Path:
        return self.places.sources / "demo" / "tables"


def append(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Adds rows to a table of the demonstration source."""
    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, names, restval="").writerows(rows)


def plant(tables: Path) -> None:
    """Errors of many kinds."""
    events = tables / "events.csv"
    events.write_text(events.read_text("utf-8").replace("T17:00+01:00", "T07:00+01:00"), "utf-8")
    stated = {"assertion": "stated", "read_at": "1,2"}
    rows = [
        {"id": f"demo-a{n}", "label_fr": f"Association {n}", "kind": "associaton", **stated}
        for n in range(7)
    ]
    rows += [
        {"id": "demo-x", "label_fr": HOSTILE, "kind": "=cmd|calc", **stated},
        {"id": "demo-y", "label_fr": TURNED, "kind": "a\u200bssociation", **stated},
        {"id": "demo z", "label_fr": "+33 1 23", "kind": "association", **stated},
        {"label_fr": "Sans clé", "kind": "association", **stated},
        {"id": "demo-w", "label_fr": "W", "kind": "association", "post_code": "593500", **stated},
    ]
    append(tables / "organisations.csv", rows)
    with (tables / "organisations.csv").open("a", encoding="utf-8") as file:
        file.write("demo-m,too,many,cells,in,this,line,for,the,heading,of,it\n")
    (tables / "identifiers.csv").write_text(
        "subject,scheme,value\n"
        "organisation/demo-w,siren,123\n"
        "organisation/nowhere,siren,123456782\n",
        "utf-8",
    )


def add_graph(sources: Path) -> None:
    """A source of RDF: an entity that fits, one that does not, a statement that cannot be read."""
    folder = sources / "graphe"
    (folder / "raw").mkdir(parents=True)
    text = (sources / "demo" / "source.toml").read_text("utf-8")
    text = text.replace('"demo"', '"graphe"').replace("records_min = 5", "records_min = 1")
    (folder / "source.toml").write_text(text, "utf-8")
    skos, iri = "http://www.w3.org/2004/02/skos/core#", "https://w3id.org/ess-kg/id/topic/graphe-"
    type_ = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    scheme = f"<{skos}inScheme> <https://w3id.org/ess-kg/scheme/topic>"
    lines = [
        f"<{iri}a> {type_} <{skos}Concept> .",
        f'<{iri}a> <{skos}prefLabel> "a"@fr .',
        f"<{iri}a> {scheme} .",
        f"<{iri}b> {type_} <{skos}Concept> .",
        f'<{iri}b> <{skos}prefLabel> "b"@fr .',
        f"<{iri} c> {type_} <{skos}Concept> .",
    ]
    (folder / "raw" / "graph.nt").write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> Planted:
    """The demonstration source with planted errors, built."""
    data = tmp_path_factory.mktemp("planted") / "data"
    shutil.copytree(ROOT / "tests" / "installation" / "sources", data / "sources")
    places = InstallationPaths(data, small_model)
    plant(places.sources / "demo" / "tables")
    description = places.sources / "demo" / "source.toml"
    text = description.read_text("utf-8")
    description.write_text(text.replace("refused_share_max", "# refused_share_max"), "utf-8")
    add_graph(places.sources)
    return Planted(places, pipeline.build(places).release)
