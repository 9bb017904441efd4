"""Batches and processes change nothing: the results are those of one check of everything."""

import re
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.shacl.shapes import Shapes
from kg.shacl.terms import format_bare
from kg.shacl.validator import validate_store
from kg.shacl.vocabulary import RDF_TYPE
from kg.validation.batch_run import BatchOptions, validate_quads
from kg.validation.incremental import IncrementalState
from tests.shacl import generated
from tests.shacl.graphs import Keys, keys, shapes_of, store_of, work_of
from tests.shacl.test_equal_to_pyshacl import LONG, SEARCH


def in_batches(store: ox.Store, shapes: Shapes, work: BatchOptions) -> Keys:
    with closing(work_of(store)) as db:
        return keys(validate_quads(db, shapes, work=work).results)


@given(generated.shapes_graph(), generated.data(), st.integers(1, 7))
@settings(SEARCH, max_examples=int(LONG or 60) // 2)
def test_same_results_whatever_the_batches(shapes_text: str, data_text: str, entities: int) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    whole = keys(validate_store(store, shapes).results)
    assert in_batches(store, shapes, BatchOptions(processes=1, batch_size=entities)) == whole


@given(generated.shapes_graph(), generated.data(), st.sets(st.integers(0, 6)), st.integers(1, 4))
@settings(SEARCH, max_examples=int(LONG or 60) // 6)
def test_nodes_that_are_not_described_come_from_the_release(
    shapes_text: str, data_text: str, picked: set[int], entities: int
) -> None:
    shapes, store = shapes_of(shapes_text), store_of(data_text)
    typed = sorted({q.subject for q in store.quads_for_pattern(None, RDF_TYPE, None)}, key=str)
    some = {node for i, node in enumerate(typed) if i in picked}
    expected = keys(
        validate_store(store, shapes, focus=[format_bare(node) for node in some]).results
    )
    part = ox.Store()
    part.extend(q for q in store if q.subject in some)
    with TemporaryDirectory() as folder, closing(work_of(part)) as db:
        ox.Store(folder).extend(store)
        report = validate_quads(
            db, shapes, reference=Path(folder), work=BatchOptions(processes=1, batch_size=entities)
        )
        assert keys(report.results) == expected


@given(
    generated.shapes_graph(),
    generated.data(),
    generated.data(),
    st.sets(st.integers(0, 30), max_size=6),
    st.integers(1, 5),
)
@settings(SEARCH, max_examples=int(LONG or 60) // 8)
def test_unchanged_entities_are_not_validated_again(
    shapes_text: str, data_text: str, other_text: str, dropped: set[int], entities: int
) -> None:
    # no blank nodes, and targets by class or property: what else there is, is checked in full
    named = [text.replace("_:b", ":b") for text in (data_text, other_text)]
    shapes = shapes_of(re.sub(r"sh:target(Node|ObjectsOf) \S+", "sh:targetClass :A", shapes_text))
    before, added = store_of(named[0]), store_of("\n".join(named[1].splitlines()[:3]))
    after = ox.Store()
    after.extend(q for i, q in enumerate(sorted(before, key=str)) if i not in dropped)
    after.extend(added)
    work = BatchOptions(processes=1, batch_size=entities)
    with TemporaryDirectory() as folder:
        left, again = IncrementalState(Path(folder) / "1"), IncrementalState(Path(folder) / "2")
        with closing(work_of(before)) as db:
            validate_quads(db, shapes, remember=left, work=work)
        with closing(work_of(after)) as db:
            report = validate_quads(db, shapes, previous=left, remember=again, work=work)
            assert keys(report.results) == keys(validate_store(after, shapes).results)
        with closing(work_of(after)) as db:
            same = validate_quads(db, shapes, previous=again, work=work)
            assert same.results == report.results
            assert same.checked_entities in (0, None)
