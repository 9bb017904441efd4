"""What a check takes from a release: all that the rules look at, and nothing further away."""

from contextlib import closing
from pathlib import Path

import pyoxigraph as ox

from kg.shacl.data_footprint import compute_footprint
from kg.validation.partition import Partition
from kg.validation.release_context import load_release_context
from tests.shacl.graphs import quads_of, shapes_of, store_of, work_of

SHAPES = """
:S sh:targetClass :A ; sh:property [ sh:path ( :p :q ) ; sh:class :B ] ;
    sh:property [ sh:path ( :r [ sh:inversePath :r ] ) ; sh:maxCount 1 ] .
"""
RELEASE = """
:near :q :far ; :p :other .
:far a :B ; :p :further ; :q :further ; :r "the same" .
:further a :B ; :q :furthest .
:furthest a :B .
:namesake :r "the same" ; :p :near , :elsewhere ; :q :elsewhere .
:elsewhere a :B ; :q :further .
"""


def test_triples_out_of_reach_of_the_shapes_are_not_loaded(tmp_path: Path) -> None:
    ox.Store(str(tmp_path / "store")).extend(store_of(RELEASE))
    quads = quads_of(':own a :A ; :p :near ; :r "the same" .')
    with closing(work_of(quads)) as db, closing(Partition(db, tmp_path)):
        load_release_context(db, compute_footprint(shapes_of(SHAPES)), tmp_path / "store")
        rows = db.execute("SELECT s, p FROM scratch.beyond").fetchall()
    found = {(s.rpartition("/")[2], p.rpartition("/")[2].rpartition("#")[2]) for s, p in rows}
    assert found >= {("near", "q"), ("far", "type"), ("namesake", "r"), ("far", "r")}
    assert not found & {("further", "q"), ("furthest", "type")}  # too far for any path
    assert not found & {("far", "p"), ("namesake", "p")}  # looked at on what is checked alone
