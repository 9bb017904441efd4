"""The W3C's test format for SHACL validators, and what it compares: reports as graphs.

A manifest names a data graph, a shapes graph and the report that is expected, or a failure. Of a
report what the Recommendation requires is compared, as graphs are: blank nodes by what they say.
https://w3c.github.io/data-shapes/data-shapes-test-suite/
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.compare import isomorphic

from kg.namespaces import BASE
from kg.shacl.pyshacl_adapter import to_rdflib_term
from kg.shacl.terms import Statement, Term, iter_statements
from kg.shacl.vocabulary import RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE, SH

MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT: Final = "http://www.w3.org/ns/shacl-test#"
COMPARED: Final = tuple(
    SH(name)
    for name in (
        "focusNode", "resultPath", "value", "resultSeverity", "sourceConstraintComponent",
        "sourceShape",
    )
)  # fmt: skip
"""What each result is compared by: the properties that the Recommendation defines for all."""


@dataclass(frozen=True)
class Entry:
    """One test of a manifest."""

    name: str
    manifest: Path
    data: Path
    shapes: Path
    expected: Term
    said: tuple[Statement, ...]
    """The statements of the manifest."""

    @property
    def fails(self) -> bool:
        """Whether a failure is expected: the shapes cannot be used."""
        return self.expected == ox.NamedNode(SHT + "Failure")

    @cached_property
    def report(self) -> rdflib.Graph:
        """The report that is expected, with nothing but what is compared."""
        return compared(self.said, self.expected)


def read(path: Path) -> list[Statement]:
    """The statements of a Turtle file."""
    parsed = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=BASE)
    return list(iter_statements(parsed))


def entries(manifest: Path) -> Iterator[Entry]:
    """The tests of a manifest and of those that it includes, approved or not."""
    said = _Said(read(manifest))
    for included in said.objects(MF + "include"):
        yield from entries(manifest.parent / _relative(included, manifest))
    for head in said.objects(MF + "entries"):
        for entry in said.items(head):
            action, result = said.value(entry, MF + "action"), said.value(entry, MF + "result")
            yield Entry(
                name=_relative(entry, manifest),
                manifest=manifest,
                data=manifest.parent / _relative(said.value(action, SHT + "dataGraph"), manifest),
                shapes=manifest.parent
                / _relative(said.value(action, SHT + "shapesGraph"), manifest),
                expected=result,
                said=said.triples,
            )


def _relative(term: Term, manifest: Path) -> str:
    assert isinstance(term, ox.NamedNode)
    return term.value.removeprefix(BASE) or manifest.name


def compared(triples: Iterable[Statement], report: Term | None = None) -> rdflib.Graph:
    """A report with nothing but what is compared; the only report of the triples unless named."""
    said = _Said(triples)
    if report is None:
        report = next(s for s, p, o in said.triples if o == SH("ValidationReport"))
    graph = rdflib.Graph()
    conforms = said.value(report, SH("conforms").value)
    graph.add((to_rdflib_term(report), _uri(SH("conforms")), to_rdflib_term(conforms)))
    for result in said.values(report, SH("result")):
        graph.add((to_rdflib_term(report), _uri(SH("result")), to_rdflib_term(result)))
        for predicate in COMPARED:
            for value in said.values(result, predicate):
                graph.add((to_rdflib_term(result), _uri(predicate), to_rdflib_term(value)))
                if predicate == SH("resultPath"):
                    _add_path(graph, said, value)
    return graph


def same(one: rdflib.Graph, other: rdflib.Graph) -> bool:
    """Whether two reports say the same, whatever the names of blank nodes."""
    return len(one) == len(other) and isomorphic(one, other)


def _add_path(graph: rdflib.Graph, said: "_Said", node: Term) -> None:
    if not isinstance(node, ox.BlankNode):
        return
    for subject, predicate, value in said.triples:
        if subject == node:
            graph.add((to_rdflib_term(subject), _uri(predicate), to_rdflib_term(value)))
            if predicate != RDF_TYPE:
                _add_path(graph, said, value)


def _uri(name: ox.NamedNode) -> rdflib.URIRef:
    return rdflib.URIRef(name.value)


class _Said:
    """Triples to be asked."""

    def __init__(self, triples: Iterable[Statement]) -> None:
        self.triples = tuple(triples)

    def values(self, subject: Term, predicate: ox.NamedNode) -> list[Term]:
        return [o for s, p, o in self.triples if s == subject and p == predicate]

    def value(self, subject: Term, predicate: str) -> Term:
        return self.values(subject, ox.NamedNode(predicate))[0]

    def objects(self, predicate: str) -> list[Term]:
        return [o for _, p, o in self.triples if p.value == predicate]

    def items(self, head: Term) -> Iterator[Term]:
        while head != RDF_NIL:
            yield self.value(head, RDF_FIRST.value)
            head = self.value(head, RDF_REST.value)
