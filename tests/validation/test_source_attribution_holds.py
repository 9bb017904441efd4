"""Whatever the rule: a source is at fault where it breaks it judged by itself, and only then."""

import re
from collections.abc import Mapping
from contextlib import closing

import duckdb
import pyoxigraph as ox
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kg.mapping import open_work_database
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes
from kg.shacl.terms import format_bare, iter_statements
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS
from kg.validation.batch_run import BatchOptions, validate_quads
from kg.validation.source_attribution import attribute_results
from tests.shacl import generated
from tests.shacl.graphs import quads_of, shapes_of
from tests.shacl.test_equal_to_pyshacl import LONG, SEARCH

CONTEXT = frozenset({RDF_TYPE.value})
COMMON = (RDF_TYPE, RDFS_SUBCLASS)
WORK = BatchOptions(processes=1)
FEW = settings(
    SEARCH,
    max_examples=int(LONG or 60) // 6,
    # each example is checked five times: to make a failing one smaller takes minutes
    phases=SEARCH.phases if LONG else (Phase.explicit, Phase.generate),
)


def same(result: ValidationResult) -> tuple[str | None, ...]:
    return result.focus, result.path, result.value, result.shape, result.component


def add(db: duckdb.DuckDBPyConnection, said: Mapping[ox.Quad, str | None]) -> None:
    """Adds quads of sources, each as a line of its own; those of no source are of the model."""
    for number, (s, p, o) in enumerate(iter_statements(said), 1):
        source = said[ox.Quad(s, p, o)]
        record = number if source else None
        db.execute(
            "INSERT INTO quads VALUES (?, ?, ?, ?, ?)",
            [source or "model", record, format_bare(s), p.value, str(o)],
        )
        if source:
            record_row = [record, source, "", "f", number, format_bare(s), ""]
            db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", record_row)


def found(db: duckdb.DuckDBPyConnection, shapes: Shapes) -> list[ValidationResult]:
    return list({r.key: r for r in validate_quads(db, shapes, work=WORK).results}.values())


def broken_alone(said: Mapping[ox.Quad, str | None], source: str, shapes: Shapes) -> set[object]:
    """What is broken where nothing is said but by one source and by the model."""
    with closing(open_work_database()) as db:
        add(db, {quad: whose for quad, whose in said.items() if whose in (source, None)})
        return {same(result) for result in found(db, shapes)}


@given(generated.shapes_graph(), generated.data(), st.randoms(use_true_random=False))
@FEW
def test_each_source_is_at_fault_for_its_own_statements(
    shapes_text: str, text: str, random: object
) -> None:
    # targets by class, and classes that nobody disputes: so a source alone is held to the same
    shapes = shapes_of(
        re.sub(r"sh:target(Node|ObjectsOf|SubjectsOf) \S+", "sh:targetClass :A", shapes_text)
    )
    said: dict[ox.Quad, str | None] = {
        quad: None if quad.predicate in COMMON else random.choice(["one", "two"])  # type: ignore[attr-defined]
        for quad in quads_of(text.replace("_:b", ":b"))
    }
    with closing(open_work_database()) as db:
        add(db, said)
        results = found(db, shapes)
        attribute_results(db, shapes, results, CONTEXT, work=WORK)
        contested = set(db.execute("SELECT DISTINCT n, source FROM contested").fetchall())
        committed = set(db.execute("SELECT DISTINCT n, source FROM committed").fetchall())
    speaking = sorted({source for _, source in contested})
    alone = {source: broken_alone(said, source, shapes) for source in speaking}
    assert committed == {
        (n, source) for n, source in contested if same(results[n]) in alone[source]
    }


@pytest.mark.parametrize(("linking", "at_fault"), [("one", {"one"}), ("two", set())])
def test_a_shape_below_a_path_is_broken_by_who_leads_there(
    linking: str, at_fault: set[str]
) -> None:
    shapes = shapes_of(
        ":S a sh:NodeShape ; sh:targetClass :A ; "
        "sh:property [ sh:path :p ; sh:property [ sh:path :q ; sh:maxCount 1 ] ] ."
    )
    whose = {None: ":n1 a :A .", "one": ":n2 :q 1, 2 .", "two": ":n2 :q 3 ."}
    said = {quad: source for source, text in whose.items() for quad in quads_of(text)}
    (link,) = quads_of(":n1 :p :n2 .")
    with closing(open_work_database()) as db:
        add(db, said | {link: linking})
        results = found(db, shapes)
        attribute_results(db, shapes, results, CONTEXT, work=WORK)
        assert [result.component.rpartition("#")[2] for result in results] == [
            "MaxCountConstraintComponent"
        ]
        committed = db.execute("SELECT DISTINCT source FROM committed").fetchall()
    assert {source for (source,) in committed} == at_fault
