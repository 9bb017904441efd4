"""SHACL validation report in RDF."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes
from kg.shacl.terms import (
    LEGAL_IRI,
    XSD,
    Node,
    Statement,
    Term,
    parse_term,
    strip_iri_brackets,
)
from kg.shacl.validator import ValidationReport
from kg.shacl.vocabulary import RDF_FIRST, RDF_REST, RDF_TYPE, SH

REPORT_NODE: Final = ox.BlankNode("report")
"""The report itself, among its triples."""
XSD_BOOLEAN: Final = ox.NamedNode(XSD + "boolean")
LIST_PREDICATES: Final = (RDF_FIRST, RDF_REST)
PATH_PREDICATES: Final = tuple(
    SH(name)
    for name in (
        "inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"
    )
)  # fmt: skip


def build_report_triples(report: ValidationReport, shapes: Shapes) -> Iterator[ox.Triple]:
    """The report as RDF: https://www.w3.org/TR/shacl/#validation-report."""
    return (ox.Triple(*statement) for statement in _iter_statements(report, shapes))


def _iter_statements(report: ValidationReport, shapes: Shapes) -> Iterator[Statement]:
    root = REPORT_NODE
    yield root, RDF_TYPE, SH("ValidationReport")
    yield root, SH("conforms"), ox.Literal(str(report.conforms).lower(), datatype=XSD_BOOLEAN)
    for number, result in enumerate(report.results, 1):
        node = ox.BlankNode(f"result{number}")
        yield root, SH("result"), node
        yield from _iter_result_statements(node, result)
        if (path := _find_path(result, shapes)) is not None:
            copy = _PathCopy(shapes, number)
            yield node, SH("resultPath"), copy.copy_node(path)
            yield from copy.copied_statements


def _iter_result_statements(node: Node, result: ValidationResult) -> Iterator[Statement]:
    yield node, RDF_TYPE, SH("ValidationResult")
    yield node, SH("focusNode"), _parse_text(result.focus)
    if result.value is not None:
        yield node, SH("value"), _parse_text(result.value)
    yield node, SH("resultSeverity"), ox.NamedNode(result.stated_severity or result.severity.iri)
    yield node, SH("sourceConstraintComponent"), _parse_text(result.component)
    yield node, SH("sourceShape"), _parse_text(result.shape)
    for language, text in sorted(result.messages.items()):
        message = ox.Literal(text, language=language) if language else ox.Literal(text)
        yield node, SH("resultMessage"), message


def _parse_text(text: str) -> Term:
    """The term of a text; a legal IRI needs no parser."""
    iri = strip_iri_brackets(text)
    if not text.startswith(('"', "_:")) and LEGAL_IRI.fullmatch(iri):
        return ox.NamedNode(iri)
    return parse_term(text)


def _find_path(result: ValidationResult, shapes: Shapes) -> Term | None:
    if result.path is None or "<" not in result.path:
        return None if result.path is None else _parse_text(result.path)
    stated = shapes.graph.values(parse_term(result.shape), SH("path"))
    return stated[0] if stated else None


class _PathCopy:
    """The path of one result: a tree of its own, whatever its shape shares with others."""

    def __init__(self, shapes: Shapes, number: int) -> None:
        self.copied_statements: list[Statement] = []
        self._shapes, self._number, self._count = shapes, number, 0

    def copy_node(self, node: Term) -> Term:
        """The node of the copy for a node of the path."""
        if not isinstance(node, ox.BlankNode):
            return node
        self._count += 1
        own = ox.BlankNode(f"path{self._number}x{self._count}")
        about = self._shapes.graph.by_subject.get(node, {})
        # a node that is a list counts as one, whatever other properties it has
        steps = LIST_PREDICATES if RDF_FIRST in about else PATH_PREDICATES
        for predicate in steps:
            for value in about.get(predicate, ()):
                self.copied_statements.append((own, predicate, self.copy_node(value)))
        return own
