"""The check finds what pyshacl alone finds, whatever the shapes and the data.

`EXAMPLES=5000 pytest tests/shacl/test_equal_to_pyshacl.py` searches longer, and elsewhere.
"""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.shacl.terms import format_bare, iter_statements
from kg.shacl.validator import validate_store
from tests.shacl import generated
from tests.shacl.graphs import STOPPED, alone, keys, shapes_of, store_of

LONG = os.environ.get("EXAMPLES")
SEARCH = settings(
    max_examples=int(LONG or 60),
    derandomize=LONG is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@given(generated.shapes_graph(), generated.data())
@SEARCH
def test_same_results_as_pyshacl_alone(shapes_text: str, data_text: str) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    expected = alone(store, shapes)
    # Where pyshacl stops (sh:lessThan on a blank node) there is nothing to be equal to.
    assert expected == STOPPED or keys(validate_store(store, shapes).results) == expected


@given(generated.shapes_graph(), generated.data())
@settings(SEARCH, max_examples=int(LONG or 60) // 4)
def test_same_results_whatever_the_chunk(shapes_text: str, data_text: str) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    one_by_one = validate_store(store, shapes, chunk=1)
    assert one_by_one.results == validate_store(store, shapes).results


@given(generated.shapes_graph(), generated.data(), st.sets(st.integers(0, 40)))
@settings(SEARCH, max_examples=int(LONG or 60) // 4)
def test_results_of_the_parts_are_those_of_the_whole(
    shapes_text: str, data_text: str, picked: set[int]
) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    terms = {format_bare(term) for s, _, o in iter_statements(store) for term in (s, o)}
    terms |= {format_bare(node) for shape in shapes.targeted for node in shape.targets.nodes}
    some = {term for i, term in enumerate(sorted(terms)) if i in picked}
    parts = [validate_store(store, shapes, focus=part).results for part in (some, terms - some)]
    assert keys(r for part in parts for r in part) == keys(validate_store(store, shapes).results)
