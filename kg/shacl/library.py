"""Library interface of the engine: validates a graph of any form against shapes of any form."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import pyoxigraph as ox

from kg.errors import EssKgError
from kg.shacl.lexical_forms import protect_all
from kg.shacl.pyshacl_adapter import RdflibGraph, iter_rdflib_statements
from kg.shacl.report_rdf import build_report_triples
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes, load_shapes, parse_shapes
from kg.shacl.terms import Statement, iter_statements, parse_rdf_file
from kg.shacl.validator import validate_store

GraphInput: TypeAlias = Path | str | RdflibGraph | ox.Store
"""A file (RDF in the syntax of its extension), a text in Turtle, or a graph in memory."""
LOAD_CHUNK_SIZE: Final = 50_000


class Validation(NamedTuple):
    """Outcome of a validation: conforms, results and report graph, as pyshacl gives them."""

    conforms: bool
    """Whether there is no result at all, whatever its severity."""
    results: tuple[ValidationResult, ...]
    graph: tuple[ox.Triple, ...]
    """The validation report (https://www.w3.org/TR/shacl/#validation-report)."""


def validate(data: GraphInput, shapes: GraphInput | Shapes) -> Validation:
    """Validates a data graph against a shapes graph.

    The data of a store is its default graph, and is not changed. A folder of Turtle files will do
    for the shapes. Raises ShapesError where the shapes cannot be used, EssKgError where the data
    cannot be read.
    """
    loaded = shapes if isinstance(shapes, Shapes) else _load_shapes(shapes)
    store = data if isinstance(data, ox.Store) else _load_store(_read_graph(data))
    report = validate_store(store, loaded)
    graph = tuple(build_report_triples(report, loaded))
    return Validation(report.conforms, report.results, graph)


def _load_shapes(shapes: GraphInput) -> Shapes:
    return load_shapes([shapes]) if isinstance(shapes, Path) else parse_shapes(_read_graph(shapes))


def _read_graph(graph: GraphInput) -> Iterable[Statement]:
    if isinstance(graph, ox.Store):
        return iter_statements(graph.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    if isinstance(graph, RdflibGraph):
        return iter_rdflib_statements(graph)
    try:
        if isinstance(graph, Path):
            return parse_rdf_file(graph, graph.read_bytes(), graph.absolute().as_uri())
        return list(iter_statements(ox.parse(graph, format=ox.RdfFormat.TURTLE)))
    except (OSError, SyntaxError, ValueError) as error:
        name = f"{graph}: " if isinstance(graph, Path) else ""
        raise EssKgError(f"{name}{error}") from error


def _load_store(statements: Iterable[Statement]) -> ox.Store:
    """A store of statements in which every literal keeps its lexical form."""
    store, remaining = ox.Store(), iter(statements)
    while chunk := list(islice(remaining, LOAD_CHUNK_SIZE)):
        objects = protect_all([value for _, _, value in chunk])
        store.bulk_extend(
            ox.Quad(subject, predicate, value)
            for (subject, predicate, _), value in zip(chunk, objects, strict=True)
        )
    return store
