"""Batches and processes change nothing: the results are those of one check of everything."""

from contextlib import closing

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.validation.batches import Work, check_quads
from kg.validation.check import check
from kg.validation.shapes import Shapes
from tests.validation import generated
from tests.validation.graphs import Keys, keys, shapes_of, store_of, work_of
from tests.validation.test_equal_to_pyshacl import LONG, SEARCH


def in_batches(store: ox.Store, shapes: Shapes, work: Work) -> Keys:
    with closing(work_of(store)) as db:
        return keys(check_quads(db, shapes, work=work).results)


@given(generated.shapes_graph(), generated.data(), st.integers(1, 7))
@settings(SEARCH, max_examples=int(LONG or 60))
def test_same_results_whatever_the_batches(shapes_text: str, data_text: str, entities: int) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    whole = keys(check(store, shapes).results)
    assert in_batches(store, shapes, Work(processes=1, batch=entities)) == whole
