"""A check for people and machines: problems with their count, flat rows, a SHACL report in RDF."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.kinds import Text
from kg.validation.advice import advice, sentence
from kg.validation.check import Report
from kg.validation.results import Result, Severity
from kg.validation.shapes import Shapes
from kg.validation.terms import XSD, Node, Statement, Term, parse
from kg.validation.vocabulary import RDF_TYPE, SH

EXAMPLES: Final = 5
TRUTH: Final = ox.NamedNode(XSD + "boolean")


def validation_report(report: Report, shapes: Shapes) -> Iterator[ox.Triple]:
    """The report as RDF: https://www.w3.org/TR/shacl/#validation-report."""
    return (ox.Triple(*statement) for statement in _statements(report, shapes))


def _statements(report: Report, shapes: Shapes) -> Iterator[Statement]:
    root = ox.BlankNode("report")
    yield root, RDF_TYPE, SH("ValidationReport")
    yield root, SH("conforms"), ox.Literal(str(report.conforms).lower(), datatype=TRUTH)
    copied: set[Term] = set()
    for number, result in enumerate(report.results, 1):
        node = ox.BlankNode(f"result{number}")
        yield root, SH("result"), node
        yield from _result(node, result)
        if (path := _path(result, shapes)) is not None:
            yield node, SH("resultPath"), path
            yield from _copied(path, shapes, copied)


def _result(node: Node, result: Result) -> Iterator[Statement]:
    yield node, RDF_TYPE, SH("ValidationResult")
    yield node, SH("focusNode"), parse(result.focus)
    if result.value is not None:
        yield node, SH("value"), parse(result.value)
    yield node, SH("resultSeverity"), ox.NamedNode(result.severity.iri)
    yield node, SH("sourceConstraintComponent"), parse(result.component)
    yield node, SH("sourceShape"), parse(result.shape)
    for language, text in sorted(result.messages.items()):
        message = ox.Literal(text, language=language) if language else ox.Literal(text)
        yield node, SH("resultMessage"), message


def _path(result: Result, shapes: Shapes) -> Term | None:
    if result.path is None or "<" not in result.path:
        return None if result.path is None else parse(result.path)
    stated = shapes.graph.values(parse(result.shape), SH("path"))
    return stated[0] if stated else None


def _copied(path: Term, shapes: Shapes, copied: set[Term]) -> Iterator[Statement]:
    """The triples of a path that is not one property."""
    waiting = [path]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ox.BlankNode) and node not in copied:
            copied.add(node)
            for predicate, values in shapes.graph.by_subject.get(node, {}).items():
                for value in values:
                    yield node, predicate, value
                    waiting.append(value)


@dataclass(frozen=True)
class Problem:
    """The same problem on many nodes: how many, and the first of them."""

    severity: Severity
    sentence: Text
    advice: Text
    shape: str
    component: str
    path: str
    count: int
    examples: tuple[Result, ...]


def problems(results: Iterable[Result]) -> list[Problem]:
    """The same problem on many nodes as one, the gravest and most frequent first."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        kind = (result.shape, result.component, result.path or "", result.severity.value)
        groups.setdefault(kind, []).append(result)
    rank = {severity: number for number, severity in enumerate(Severity)}
    return sorted(
        (_problem(found) for found in groups.values()),
        key=lambda p: (rank[p.severity], -p.count, p.shape, p.component, p.path),
    )


def _problem(found: list[Result]) -> Problem:
    first = found[0]
    return Problem(
        severity=first.severity,
        sentence=sentence(first),
        advice=advice(first),
        shape=first.shape,
        component=first.component,
        path=first.path or "",
        count=len(found),
        examples=tuple(found[:EXAMPLES]),
    )


def rows(results: Iterable[Result]) -> Iterator[dict[str, str]]:
    """Results as flat rows for CSV and JSON, one language beside the other."""
    for result in results:
        said, to_do = sentence(result), advice(result)
        yield {
            "severity": result.severity.value,
            "problem_fr": said.fr,
            "problem_en": said.en,
            "advice_fr": to_do.fr,
            "advice_en": to_do.en,
            "focus": result.focus,
            "path": result.path or "",
            "value": "" if result.value is None else parse(result.value).value,
            "component": result.component,
            "shape": result.shape,
        }
