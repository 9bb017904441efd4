"""The check finds what pyshacl alone finds, whatever the shapes and the data.

`EXAMPLES=5000 pytest tests/validation/test_equal_to_pyshacl.py` searches longer, and elsewhere.
"""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.validation.check import check
from kg.validation.terms import bare, statements
from tests.validation import generated
from tests.validation.graphs import STOPPED, alone, keys, shapes_of, store_of

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
    assert expected == STOPPED or keys(check(store, shapes).results) == expected


@given(generated.shapes_graph(), generated.data())
@settings(SEARCH, max_examples=int(LONG or 60) // 4)
def test_same_results_whatever_the_chunk(shapes_text: str, data_text: str) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    one_by_one = check(store, shapes, chunk=1)
    assert one_by_one.results == check(store, shapes).results


@given(generated.shapes_graph(), generated.data(), st.sets(st.integers(0, 40)))
@settings(SEARCH, max_examples=int(LONG or 60) // 4)
def test_the_parts_find_together_what_the_whole_finds(
    shapes_text: str, data_text: str, picked: set[int]
) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    terms = {bare(term) for s, _, o in statements(store) for term in (s, o)}
    terms |= {bare(node) for shape in shapes.targeted for node in shape.targets.nodes}
    some = {term for i, term in enumerate(sorted(terms)) if i in picked}
    parts = [check(store, shapes, focus=part).results for part in (some, terms - some)]
    assert keys(r for part in parts for r in part) == keys(check(store, shapes).results)
