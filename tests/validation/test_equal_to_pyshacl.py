"""The check finds what pyshacl alone finds, whatever the shapes and the data."""

import os

import pyoxigraph as ox
from hypothesis import HealthCheck, given, settings

from kg.validation.check import check
from kg.validation.graph import ShapesError
from kg.validation.judge import judge_all
from kg.validation.results import Result
from kg.validation.shapes import Shapes, parse_shapes
from kg.validation.terms import statements
from tests.validation import generated

settings.register_profile(
    "short", max_examples=120, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
settings.register_profile(
    "long", max_examples=int(os.environ.get("EXAMPLES", "3000")), deadline=None, database=None,
    suppress_health_check=list(HealthCheck), print_blob=False,
)  # fmt: skip
settings.load_profile("long" if "EXAMPLES" in os.environ else "short")


def store_of(turtle: str) -> ox.Store:
    """A store with the text in its default graph."""
    store = ox.Store()
    store.load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    return store


def alone(store: ox.Store, shapes: Shapes) -> set[tuple[str, ...]] | str:
    """What pyshacl finds on the whole graph, or that it stops."""
    try:
        return keys(judge_all(shapes, statements(store)))
    except ShapesError:
        return "stopped"


def gate(store: ox.Store, shapes: Shapes, **options: int) -> set[tuple[str, ...]] | str:
    """What the check finds, or that it stops."""
    try:
        return keys(check(store, shapes, **options).results)
    except ShapesError:
        return "stopped"


def keys(results: "list[Result] | tuple[Result, ...]") -> set[tuple[str, ...]]:
    return {result.key for result in results}


@given(generated.shapes_graph(), generated.data())
def test_same_results_as_pyshacl_alone(shapes_text: str, data_text: str) -> None:
    shapes, store = parse_shapes(shapes_text), store_of(data_text)
    expected = alone(store, shapes)
    # Where pyshacl stops (sh:lessThan on a blank node, say) there is nothing to be equal to.
    assert expected == "stopped" or gate(store, shapes) == expected


@given(generated.shapes_graph(), generated.data())
@settings(max_examples=30)
def test_same_results_whatever_the_chunk(shapes_text: str, data_text: str) -> None:
    shapes, store = parse_shapes(shapes_text), store_of(data_text)
    assert gate(store, shapes, chunk=1) == gate(store, shapes)
