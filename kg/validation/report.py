"""A check as a SHACL validation report in RDF."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kg.validation.check import Report
from kg.validation.results import Result
from kg.validation.shapes import Shapes
from kg.validation.terms import LEGAL, XSD, Node, Statement, Term, bare_text, parse
from kg.validation.vocabulary import RDF_FIRST, RDF_REST, RDF_TYPE, SH

REPORT: Final = ox.BlankNode("report")
"""The report itself, among its triples."""
TRUTH: Final = ox.NamedNode(XSD + "boolean")
LIST: Final = (RDF_FIRST, RDF_REST)
STEPS: Final = tuple(
    SH(name)
    for name in (
        "inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"
    )
)  # fmt: skip


def validation_report(report: Report, shapes: Shapes) -> Iterator[ox.Triple]:
    """The report as RDF: https://www.w3.org/TR/shacl/#validation-report."""
    return (ox.Triple(*statement) for statement in _statements(report, shapes))


def _statements(report: Report, shapes: Shapes) -> Iterator[Statement]:
    root = REPORT
    yield root, RDF_TYPE, SH("ValidationReport")
    yield root, SH("conforms"), ox.Literal(str(report.conforms).lower(), datatype=TRUTH)
    for number, result in enumerate(report.results, 1):
        node = ox.BlankNode(f"result{number}")
        yield root, SH("result"), node
        yield from _result(node, result)
        if (path := _path(result, shapes)) is not None:
            copy = _Copy(shapes, number)
            yield node, SH("resultPath"), copy.of(path)
            yield from copy.made


def _result(node: Node, result: Result) -> Iterator[Statement]:
    yield node, RDF_TYPE, SH("ValidationResult")
    yield node, SH("focusNode"), _term(result.focus)
    if result.value is not None:
        yield node, SH("value"), _term(result.value)
    yield node, SH("resultSeverity"), ox.NamedNode(result.stated or result.severity.iri)
    yield node, SH("sourceConstraintComponent"), _term(result.component)
    yield node, SH("sourceShape"), _term(result.shape)
    for language, text in sorted(result.messages.items()):
        message = ox.Literal(text, language=language) if language else ox.Literal(text)
        yield node, SH("resultMessage"), message


def _term(text: str) -> Term:
    """The term of a text, without the parser for an IRI that is one."""
    iri = bare_text(text)
    if not text.startswith(('"', "_:")) and LEGAL.fullmatch(iri):
        return ox.NamedNode(iri)
    return parse(text)


def _path(result: Result, shapes: Shapes) -> Term | None:
    if result.path is None or "<" not in result.path:
        return None if result.path is None else _term(result.path)
    stated = shapes.graph.values(parse(result.shape), SH("path"))
    return stated[0] if stated else None


class _Copy:
    """The path of one result: a tree of its own, whatever its shape shares with others."""

    def __init__(self, shapes: Shapes, number: int) -> None:
        self.made: list[Statement] = []
        self._shapes, self._number, self._count = shapes, number, 0

    def of(self, node: Term) -> Term:
        """What stands for a node of the path in the copy."""
        if not isinstance(node, ox.BlankNode):
            return node
        self._count += 1
        own = ox.BlankNode(f"path{self._number}x{self._count}")
        about = self._shapes.graph.by_subject.get(node, {})
        # a node that is a list is read as one, whatever else it says
        steps = LIST if RDF_FIRST in about else STEPS
        for predicate in steps:
            for value in about.get(predicate, ()):
                self.made.append((own, predicate, self.of(value)))
        return own
