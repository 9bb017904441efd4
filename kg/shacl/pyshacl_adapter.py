"""pySHACL adapter, the only module that imports pyshacl: validates given nodes against shapes.

pyshacl 0.40.1 loses results with `focus_nodes=` and `use_shapes=`, so the shapes are copied with
their targets rewritten as sh:targetNode. It changes globals of rdflib and caches texts of blank
nodes by the memory address of their graph: `_isolated_pyshacl` restores all of it.
"""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from threading import RLock
from typing import Any, Final, TypeAlias

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl import shape
from pyshacl.constraints import CONSTRAINT_PARAMETERS_MAP as COMPONENTS
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.monkey import rdflib_bool_patch
from pyshacl.rdfutil import stringify
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.evaluate import evalQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import _toPythonMapping

from kg.shacl import paths
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import TARGET_PARAMETERS, Shape, Shapes, find_class_types
from kg.shacl.shapes_graph import PyshaclError, ShapesGraph
from kg.shacl.terms import XSD, Statement, Term, format_bare, parse_term, strip_iri_brackets
from kg.shacl.vocabulary import RDF_TYPE, SH

RdflibGraph: TypeAlias = rdflib.Graph
RdflibTriple: TypeAlias = "tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]"
SHACL: Final = rdflib.Namespace("http://www.w3.org/ns/shacl#")
RDFLIB_BOOLEAN: Final = rdflib.URIRef(XSD + "boolean")
PYSHACL_LOCK: Final = RLock()
PYSHACL_PARAMETERS_NAME: Final = "CONSTRAINT_PARAMS"
"""Name of the constraint parameters in pyshacl: a list that it scans for every triple of a shape,
which is half of its time. A set gives the same answers in constant time."""
PREFIX_DECLARATION: Final = re.compile("PREFIX ([^:\\s]*): <([^<>\\s]*)>\n")
PREFIX_DECLARATIONS: Final = re.compile(f"(?:{PREFIX_DECLARATION.pattern})+\n")
"""Prologue that pyshacl writes before the text of a constraint."""
SILENCED_LOGGERS: Final = ("rdflib.term", "pyshacl-validate")


@dataclass(frozen=True, eq=False)
class PreparedShapes:
    """Shapes graph as triples of rdflib, without targets; prepared once, used for every chunk."""

    shapes: Shapes
    triples: tuple[RdflibTriple, ...]


def prepare_shapes(shapes: Shapes) -> PreparedShapes:
    """Converts shapes for pyshacl."""
    return PreparedShapes(shapes, _read_untargeted(shapes.whole or shapes))


@lru_cache(maxsize=2)
def _read_untargeted(shapes: Shapes) -> tuple[RdflibTriple, ...]:
    graph = shapes.graph
    targets = {SH(name) for name in TARGET_PARAMETERS}
    classes = find_class_types(graph)
    untargeted = (
        (s, p, o)
        for s, p, o in graph.triples
        if p not in targets and not (p == RDF_TYPE and o in classes and s in shapes.by_node)
    )
    return _read_shape_triples(graph, untargeted)


def validate_nodes(
    prepared: PreparedShapes,
    triples: Iterable[Statement],
    candidates: Mapping[Term, Iterable[Term]],
) -> list[ValidationResult]:
    """The results for candidates (by the node of their shape), from their focus subgraph.

    Raises PyshaclError where pyshacl stops on the shapes or the data.
    """
    with _isolated_pyshacl():
        targets = [
            (to_rdflib_term(node), SHACL.targetNode, to_rdflib_term(focus))
            for node, focus_nodes in candidates.items()
            for focus in focus_nodes
        ]
        return _validate_triples(triples, (*prepared.triples, *targets), prepared.shapes.graph)


def validate_all(shapes: Shapes, triples: Iterable[Statement]) -> list[ValidationResult]:
    """The results of pyshacl alone on a whole graph: the reference for every test."""
    with _isolated_pyshacl():
        graph = shapes.graph
        return _validate_triples(triples, _read_shape_triples(graph, graph.triples), graph)


def build_missing_result(shapes: Shapes, shape: Shape, focus: Term) -> ValidationResult:
    """The result of pyshacl on a node without the one value that a property shape requires.

    Of a shape that states its messages and one severity at most.
    """
    return ValidationResult(format_bare(focus), *_read_missing_result(shapes, shape))


@lru_cache(maxsize=4096)
def _read_missing_result(shapes: Shapes, shape: Shape) -> tuple[Any, ...]:
    (path,) = shape.parameters["path"]
    stated = next(iter(shape.parameters.get("severity", ())), ox.NamedNode(Severity.VIOLATION.iri))
    severity, iri = Severity.from_iri(stated.value), stated.value
    messages = map(to_rdflib_term, shape.parameters["message"])
    return (
        intern(_format_path(shapes.graph, format_rdflib_term(to_rdflib_term(path)))),
        None,
        str(SHACL.MinCountConstraintComponent),
        shape.name,
        severity,
        _collect_messages(messages),
        "" if severity.iri == iri else intern(iri),
    )


def _validate_triples(
    triples: Iterable[Statement], shapes: Iterable[RdflibTriple], graph: ShapesGraph
) -> list[ValidationResult]:
    data, shacl = rdflib.Graph(), rdflib.Graph()
    for triple in triples:
        data.add(_to_rdflib_triple(triple))
    for shape_triple in shapes:
        shacl.add(shape_triple)
    report = _run_pyshacl(data, shacl)
    return list(_iter_results(report, set(data.subjects()), graph))


def _run_pyshacl(data: rdflib.Graph, shapes: rdflib.Graph) -> rdflib.Graph:
    try:
        _, report, text = pyshacl.validate(
            data,
            shacl_graph=shapes,
            advanced=False,
            meta_shacl=False,
            inference="none",
            inplace=True,
        )
    except Exception as error:  # whatever the shapes or the data made it stumble on
        raise PyshaclError(f"pyshacl cannot judge: {error}") from error
    if not isinstance(report, rdflib.Graph):
        raise PyshaclError(f"pyshacl cannot judge: {text}")
    return report


# --- results


def _iter_results(
    report: rdflib.Graph, data_nodes: set[rdflib.term.Node], shapes: ShapesGraph
) -> Iterator[ValidationResult]:
    # A blank node that is a value is copied into the report with all its triples, reports among
    # them: the report of this run is the one that is not in the data.
    for node in report.subjects(rdflib.RDF.type, SHACL.ValidationReport):
        if node not in data_nodes:
            for result in report.objects(node, SHACL.result):
                yield _parse_result(report, result, shapes)


def _parse_result(
    report: rdflib.Graph, node: rdflib.term.Node, shapes: ShapesGraph
) -> ValidationResult:
    def value(name: str) -> str | None:
        term = report.value(node, SHACL[name])
        return None if term is None else format_rdflib_term(term)

    def name(property_name: str) -> str:
        return intern(strip_iri_brackets(value(property_name) or ""))

    path, stated = value("resultPath"), str(report.value(node, SHACL.resultSeverity))
    severity = Severity.from_iri(stated)
    return ValidationResult(
        focus=name("focusNode"),
        path=None if path is None else intern(_format_path(shapes, path)),
        value=value("value"),
        component=name("sourceConstraintComponent"),
        shape=name("sourceShape"),
        severity=severity,
        messages=_collect_messages(report.objects(node, SHACL.resultMessage)),
        stated_severity="" if severity.iri == stated else intern(stated),
    )


def _collect_messages(messages: Iterable[rdflib.term.Node]) -> Mapping[str, str]:
    """One text for each language of some messages."""
    texts: dict[str, list[str]] = {}
    for message in messages:
        texts.setdefault(getattr(message, "language", None) or "", []).append(str(message))
    return _intern_messages(
        tuple((language, " ".join(sorted(parts))) for language, parts in texts.items())
    )


@lru_cache(maxsize=4096)
def _intern_messages(texts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """One object for equal texts: one wrong column gives as many results as rows."""
    return dict(sorted(texts))


def _format_path(shapes: ShapesGraph, path: str) -> str:
    blank = path.startswith("_:")
    return (
        paths.format_declared_path(shapes, ox.BlankNode(path[2:]))
        if blank
        else strip_iri_brackets(path)
    )


# --- terms


def to_rdflib_term(term: Term) -> rdflib.term.Node:
    """A term for rdflib, its lexical form as it is; a plain literal is an xsd:string."""
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language, normalize=False)
    datatype = None if term.datatype.value == XSD + "string" else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def format_rdflib_term(node: rdflib.term.Node) -> str:
    """A term of rdflib in N-Triples; an IRI or a language that is wrong stays as it is."""
    if isinstance(node, rdflib.URIRef):
        return f"<{node}>"
    if isinstance(node, rdflib.BNode):
        return f"_:{node}"
    assert isinstance(node, rdflib.Literal)
    quoted = str(ox.Literal(str(node)))
    if node.language:
        return f"{quoted}@{node.language}"
    return f"{quoted}^^<{node.datatype}>" if node.datatype else quoted


def from_rdflib_term(node: rdflib.term.Node) -> Term:
    """A term of rdflib, its lexical form as it is; raises ValueError for a variable or a graph."""
    if not isinstance(node, rdflib.URIRef | rdflib.BNode | rdflib.Literal):
        raise ValueError(f"{node!r} is no RDF term")
    return parse_term(format_rdflib_term(node))


def iter_rdflib_statements(graph: RdflibGraph) -> Iterator[Statement]:
    """The statements of a graph of rdflib, without those that are no RDF (a literal subject)."""
    for triple in graph:
        subject, predicate, value = map(from_rdflib_term, triple)
        if not isinstance(subject, ox.Literal) and isinstance(predicate, ox.NamedNode):
            yield subject, predicate, value


def _to_rdflib_triple(triple: Statement) -> RdflibTriple:
    subject, predicate, value = triple
    return to_rdflib_term(subject), to_rdflib_term(predicate), to_rdflib_term(value)


# --- what pyshacl and rdflib change for everybody


def _read_shape_triples(
    graph: ShapesGraph, triples: Iterable[Statement]
) -> tuple[RdflibTriple, ...]:
    """Triples of shapes for rdflib, with booleans read as pyshacl reads them."""
    with _isolated_pyshacl():
        rdflib_bool_patch()  # type: ignore[no-untyped-call]
        return tuple(map(_to_rdflib_triple, paths.push_inversions(graph, triples)))


def _run_cached_query(
    self: SPARQLProcessor,
    query: str | Query,
    bindings: Mapping[str, Any] | None = None,
    prefixes: Mapping[str, Any] | None = None,
    base: str | None = None,
    DEBUG: bool = False,  # noqa: ARG001, N803 - as rdflib names it
) -> Mapping[str, Any]:
    """SPARQLProcessor.query with a cache: rdflib parses a constraint again for every node."""
    if isinstance(query, str):
        head = PREFIX_DECLARATIONS.match(query)
        stated = PREFIX_DECLARATION.findall(head.group()) if head else ()
        text = query[head.end() :] if head else query
        query = _parse_cached(text, base, _merge_prefixes(prefixes or {}, dict(stated)))
    return evalQuery(self.graph, query, bindings, base)


def parse_constraint_query(query: str, prefixes: Mapping[str, str]) -> Query:
    """The parsed query of a constraint, literals as written; shared, so it must not be changed.

    Raises the errors of rdflib where it does not parse.
    """
    with _isolated_pyshacl():
        rdflib.NORMALIZE_LITERALS = False
        bound = dict(rdflib.Graph().namespaces())  # bound in every graph of rdflib
        return _parse_cached(query, None, _merge_prefixes(bound, prefixes))


def _merge_prefixes(
    bound: Mapping[str, Any], stated: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """All prefixes, the stated ones last: of several with one name, rdflib takes the last."""
    others = {prefix: str(iri) for prefix, iri in bound.items() if prefix not in stated}
    return (*sorted(others.items()), *sorted(stated.items()))


@lru_cache(maxsize=1024)
def _parse_cached(query: str, base: str | None, prefixes: tuple[tuple[str, str], ...]) -> Query:
    # rdflib takes a tenth of a second to parse a query, and every chunk has the same queries
    return translateQuery(parseQuery(query), base, dict(prefixes))


def _no_description(*_: object, **__: object) -> str:
    """Stub for ConstraintComponent.make_v_result_description.

    pyshacl joins these texts in one of all results, which nobody reads here: half of its time where
    there are many results.
    """
    return ""


@contextmanager
def _isolated_pyshacl() -> Iterator[None]:
    """Patches pyshacl and rdflib, and restores what both change for the whole process."""
    # The lock is needed because the patches are global: two threads would restore each other's.
    with PYSHACL_LOCK:
        yield from _patch_pyshacl()


def _patch_pyshacl() -> Iterator[None]:
    normalize, boolean = rdflib.NORMALIZE_LITERALS, _toPythonMapping[RDFLIB_BOOLEAN]
    query, parameters = SPARQLProcessor.query, getattr(shape, PYSHACL_PARAMETERS_NAME, (None, None))
    description = ConstraintComponent.make_v_result_description
    loggers = [(logger, logger.disabled) for logger in map(logging.getLogger, SILENCED_LOGGERS)]
    try:
        setattr(shape, PYSHACL_PARAMETERS_NAME, (frozenset(COMPONENTS), COMPONENTS))
        SPARQLProcessor.query = _run_cached_query  # type: ignore[assignment, method-assign]
        ConstraintComponent.make_v_result_description = _no_description  # type: ignore[method-assign]
        for logger, _ in loggers:
            logger.disabled = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        SPARQLProcessor.query = query  # type: ignore[method-assign]
        setattr(shape, PYSHACL_PARAMETERS_NAME, parameters)
        ConstraintComponent.make_v_result_description = description  # type: ignore[method-assign]
        rdflib.NORMALIZE_LITERALS = normalize
        _toPythonMapping[RDFLIB_BOOLEAN] = boolean
        stringify.stringify_blank_node.dict_cache.clear()
        for logger, disabled in loggers:
            logger.disabled = disabled
