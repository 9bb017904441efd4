"""What a check takes from a release: all that the rules look at, and nothing further away."""

from contextlib import closing
from pathlib import Path

import pyoxigraph as ox

from kg.validation.beyond import describe
from kg.validation.needs import needs
from kg.validation.partition import Partition
from tests.validation.graphs import quads_of, shapes_of, store_of, work_of

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


def test_what_the_rules_do_not_reach_stays_in_the_release(tmp_path: Path) -> None:
    ox.Store(str(tmp_path / "store")).extend(store_of(RELEASE))
    quads = quads_of(':own a :A ; :p :near ; :r "the same" .')
    with closing(work_of(quads)) as db, closing(Partition(db, tmp_path)):
        describe(db, needs(shapes_of(SHAPES)), tmp_path / "store")
        rows = db.execute("SELECT s, p FROM scratch.beyond").fetchall()
    found = {(s.rpartition("/")[2], p.rpartition("/")[2].rpartition("#")[2]) for s, p in rows}
    assert found >= {("near", "q"), ("far", "type"), ("namesake", "r"), ("far", "r")}
    assert not found & {("further", "q"), ("furthest", "type")}  # too far for any path
    assert not found & {("far", "p"), ("namesake", "p")}  # looked at on what is checked alone
