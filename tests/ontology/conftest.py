"""What the tests of the vocabulary read: its terms, its code lists and the tables that use them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.csvw_tables import Table, load_tables
from kg.namespaces import expand

ROOT = Path(__file__).parents[2]
Node = ox.NamedNode | ox.BlankNode | ox.Literal


class Vocabulary:
    """An in-memory graph with the few questions these tests ask of it."""

    def __init__(self, paths: list[Path]) -> None:
        self.store = ox.Store()
        for path in paths:
            self.store.extend(ox.parse(path=path, format=ox.RdfFormat.TURTLE))

    def languages(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[str]:
        """The languages of the non-empty texts of a subject, sorted, repeated where repeated."""
        return sorted(
            text.language or "" for text in self.objects(subject, predicate)
            if isinstance(text, ox.Literal) and text.value.strip()
        )  # fmt: skip

    def objects(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[Node]:
        return [quad.object for quad in self.store.quads_for_pattern(subject, predicate, None)]

    def subjects(self, predicate: str, value: str) -> list[ox.NamedNode]:
        pattern = (None, ox.NamedNode(expand(predicate)), ox.NamedNode(expand(value)))
        quads = self.store.quads_for_pattern(*pattern)
        return sorted((quad.subject for quad in quads), key=lambda node: node.value)

    def pairs(self, predicate: str) -> Iterator[tuple[Node, Node]]:
        for quad in self.store.quads_for_pattern(None, ox.NamedNode(expand(predicate)), None):
            yield quad.subject, quad.object

    def declared(self) -> set[str]:
        """The IRIs of every class, property and function."""
        kinds = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
        names = [*(f"owl:{kind}" for kind in kinds), "sd:Function"]
        return {s.value for name in names for s in self.subjects("rdf:type", name)}


@pytest.fixture(scope="session")
def terms() -> Vocabulary:
    """Our terms and the ones we reuse."""
    return Vocabulary([ROOT / "ontology" / "ontology.ttl", ROOT / "ontology" / "reused.ttl"])


@pytest.fixture(scope="session")
def schemes() -> Vocabulary:
    """Every code list."""
    return Vocabulary(sorted((ROOT / "ontology" / "schemes").glob("*.ttl")))


@pytest.fixture(scope="session")
def tables() -> Mapping[str, Table]:
    return load_tables(ROOT / "ontology" / "tables")
