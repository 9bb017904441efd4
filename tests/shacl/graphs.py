"""Small graphs for the tests, written in Turtle, and pyshacl alone to compare with."""

from collections.abc import Iterable

import duckdb
import pyoxigraph as ox

from kg.mapping import open_work_database
from kg.shacl.pyshacl_adapter import validate_all
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes, parse_shapes
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.terms import format_bare, iter_statements
from kg.shacl.validator import validate_store
from tests.shacl.generated import PROLOGUE

Keys = set[tuple[str, ...]]
STOPPED = "pyshacl stopped"


def store_of(turtle: str) -> ox.Store:
    """A store with a text in its default graph."""
    store = ox.Store()
    store.load((PROLOGUE + turtle).encode(), format=ox.RdfFormat.TURTLE)
    return store


def quads_of(turtle: str) -> list[ox.Quad]:
    """What a text says, its literals as they are written, each statement once."""
    text = (PROLOGUE + turtle).encode()
    return list(dict.fromkeys(ox.parse(text, format=ox.RdfFormat.TURTLE)))


def work_of(quads: Iterable[ox.Quad]) -> duckdb.DuckDBPyConnection:
    """A work database with some quads, blank nodes by the same names."""
    db = open_work_database()
    rows = [(format_bare(s), p.value, str(o)) for s, p, o in iter_statements(quads)]
    if rows:
        db.executemany("INSERT INTO quads VALUES ('test', NULL, ?, ?, ?)", rows)
    return db


def shapes_of(turtle: str) -> Shapes:
    """The shapes of a text."""
    return parse_shapes(PROLOGUE + turtle)


def keys(results: Iterable[ValidationResult]) -> Keys:
    """Results as a set that compares everything in them."""
    return {result.key for result in results}


def alone(data: Iterable[ox.Quad], shapes: Shapes) -> Keys | str:
    """What pyshacl finds on the whole graph, or that it stopped."""
    try:
        return keys(validate_all(shapes, iter_statements(data)))
    except ShapesError:
        return STOPPED


def same_as_alone(shapes_text: str, data_text: str) -> tuple[ValidationResult, ...]:
    """The results of the check, once they are found equal to those of pyshacl alone."""
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    report = validate_store(store, shapes)
    assert keys(report.results) == alone(store, shapes)
    return report.results
