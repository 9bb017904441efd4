"""Processes that check batches: what they find together, and what happens where one dies."""

import os
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from kg.errors import BuildError
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.terms import ALL_TERMS
from kg.shacl.validator import validate_store
from kg.validation.batch_run import BatchOptions, validate_quads
from kg.validation.batch_worker import Batch
from kg.validation.process_pool import BatchPool
from tests.shacl.graphs import shapes_of, store_of, work_of

SHAPES = """:S a sh:NodeShape ; sh:targetClass :C ; sh:property
    [ sh:path :next ; sh:maxCount 1 ; sh:class :C ] , [ sh:path [ sh:inversePath :next ] ;
    sh:minCount 1 ; sh:message "personne n'y mène"@fr, "nobody leads there"@en ] ."""


def ring(length: int) -> str:
    """Nodes each of which leads to the next, but for one in seven."""
    nodes = (f":n{i} a :C ; :p {i} ; :q {i} ." for i in range(length))
    links = (f":n{i} :next :n{(i + 5) % length} ." for i in range(length) if i % 7)
    return " ".join([*nodes, *links])


def test_two_processes_give_the_results_of_one_store() -> None:
    store, shapes = store_of(ring(90)), shapes_of(SHAPES)
    whole = validate_store(store, shapes)
    assert len(whole.results) == 13
    with closing(work_of(store)) as db:
        found = validate_quads(db, shapes, work=BatchOptions(processes=2, batch_size=10))
    assert found.results == whole.results
    assert found.batches > 4
    assert found.candidate_count == whole.candidate_count


def test_the_error_of_a_process_that_dies_names_its_batch(tmp_path: Path) -> None:
    waits = tmp_path / "never.nt"
    os.mkfifo(waits)  # whoever reads it waits for ever
    batch = Batch(7, (waits,), ALL_TERMS, has_blank_nodes=False)
    with BatchPool(shapes_of(SHAPES), 1) as pool:
        Timer(1, pool.workers[0].process.kill).start()
        with pytest.raises(BuildError, match=r"at batch 7 .*code -9"):
            list(pool.validate([batch]))


def test_shapes_at_fault_raise_the_error_of_one_store() -> None:
    shapes = shapes_of(
        ":S a sh:NodeShape ; sh:targetClass :C ; sh:node [ sh:path :p ; sh:minCount 1 ] ."
    )
    with closing(work_of(store_of(ring(90)))) as db, pytest.raises(ShapesError, match="NodeShape"):
        validate_quads(db, shapes, work=BatchOptions(processes=2, batch_size=45))
