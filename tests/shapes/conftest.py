"""The examples of the shapes, judged once and together, and what each of them must raise.

One run over all the examples takes seconds where one run for each would take minutes. Each has its
own records, so that every result belongs to one of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import pytest
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from kg.namespaces import BASE, SHAPES
from kg.shacl.pyshacl_adapter import validate_all
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes, load_shapes

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
EXAMPLES: Final = sorted((HERE / "examples").glob("*.ttl"))
SH: Final = "http://www.w3.org/ns/shacl#"
EXPECT: Final = re.compile(
    r"# expect: focus=<(?P<focus>[^>]+)> shape=shapes:(?P<shape>\S+) "
    r"component=sh:(?P<component>\S+) severity=sh:(?P<severity>\S+)"
)


@dataclass(frozen=True, order=True)
class Expected:
    """A result an example names in its header."""

    focus: str
    shape: str
    component: str
    severity: str


def expectations(path: Path) -> list[Expected]:
    """What an example says it raises; every line that begins with `# expect` must be readable."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("# expect")]
    found = [EXPECT.fullmatch(line) for line in lines]
    assert all(found), f"{path.name}: a line does not read as focus, shape, component, severity"
    return sorted(
        Expected(BASE + m["focus"], m["shape"], m["component"], m["severity"]) for m in found if m
    )


def triples(path: Path) -> list[ox.Triple]:
    """The triples of a Turtle file."""
    return [quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]


@cache
def subjects(path: Path) -> frozenset[str]:
    """The records an example describes, apart from those of the surroundings."""
    around = {t.subject for t in triples(HERE / "surroundings.ttl")}
    return frozenset(str(t.subject)[1:-1] for t in triples(path) if t.subject not in around)


@pytest.fixture(scope="session")
def shapes() -> Shapes:
    """The shapes of the project."""
    return load_shapes([ROOT / "shapes"])


@pytest.fixture(scope="session")
def world() -> ox.Store:
    """The examples, their surroundings, the ontology and the concepts they use."""
    store, schemes = ox.Store(), ox.Store()
    for path in (HERE / "surroundings.ttl", *EXAMPLES, *(ROOT / "ontology").glob("*.ttl")):
        store.extend(ox.Quad(*t) for t in triples(path))
    for path in (ROOT / "ontology" / "schemes").glob("*.ttl"):
        schemes.extend(ox.Quad(*t) for t in triples(path))
    wanted = set(_objects(store))
    while wanted:
        quads = {q for node in wanted for q in schemes.quads_for_pattern(node, None, None)}
        new = {quad for quad in quads if quad not in store}
        store.extend(new)
        wanted = {quad.object for quad in new if isinstance(quad.object, ox.NamedNode)}
    return store


def _objects(store: ox.Store) -> Iterator[ox.NamedNode]:
    return (quad.object for quad in store if isinstance(quad.object, ox.NamedNode))


@pytest.fixture(scope="session")
def results(shapes: Shapes, world: ox.Store) -> list[ValidationResult]:
    """What pyshacl alone finds in all the examples."""
    with pytest.MonkeyPatch.context() as patch:
        _parse_once(patch)
        return validate_all(shapes, [(q.subject, q.predicate, q.object) for q in world])


def _parse_once(patch: pytest.MonkeyPatch) -> None:
    """Lets rdflib parse a query once and not for each node: it would be most of the time."""
    kept: dict[str, Any] = {}

    def translated(query: str, base: str | None = None, names: Any = None) -> Any:
        if query not in kept:
            kept[query] = translateQuery(parseQuery(query), base, names)
        return kept[query]

    patch.setattr("rdflib.plugins.sparql.processor.parseQuery", lambda query: query)
    patch.setattr("rdflib.plugins.sparql.processor.translateQuery", translated)


def local(iri: str) -> str:
    """The name of a shape, a component or a severity, without its namespace."""
    return iri.removeprefix(SHAPES + "#").removeprefix(SH)
