"""Whatever the rule: a source is at fault where it breaks it judged by itself, and only then."""

import re
from contextlib import closing

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.mapping import open_work
from kg.validation.attribution import attribute
from kg.validation.batches import Work, check_quads
from kg.validation.check import check
from kg.validation.results import Result
from kg.validation.terms import bare, statements
from kg.validation.vocabulary import RDF_TYPE, RDFS_SUBCLASS
from tests.validation import generated
from tests.validation.graphs import quads_of, shapes_of
from tests.validation.test_equal_to_pyshacl import LONG, SEARCH

CONTEXT = frozenset({RDF_TYPE.value})
COMMON = (RDF_TYPE, RDFS_SUBCLASS)


def same(result: Result) -> tuple[str | None, ...]:
    return result.focus, result.path, result.value, result.shape, result.component


@given(generated.shapes_graph(), generated.data(), st.randoms(use_true_random=False))
@settings(SEARCH, max_examples=int(LONG or 60) // 6)
def test_each_source_is_judged_by_what_it_says(shapes_text: str, text: str, random: object) -> None:
    # targets by class, and classes that nobody disputes: so a source alone is held to the same
    shapes = shapes_of(
        re.sub(r"sh:target(Node|ObjectsOf|SubjectsOf) \S+", "sh:targetClass :A", shapes_text)
    )
    quads = quads_of(text.replace("_:b", ":b"))
    said = [q for q in quads if q.predicate not in COMMON]
    whose = {quad: random.choice(["one", "two"]) for quad in said}  # type: ignore[attr-defined]
    work = Work(processes=1)
    with closing(open_work()) as db:
        for number, (s, p, o) in enumerate(statements(quads), 1):
            source = whose.get(ox.Quad(s, p, o))
            record = number if source else None
            row = [source or "model", record, bare(s), p.value, str(o)]
            db.execute("INSERT INTO quads VALUES (?, ?, ?, ?, ?)", row)
            if source:
                record_row = [record, source, "", "f", number, bare(s), ""]
                db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", record_row)
        results = list({r.key: r for r in check_quads(db, shapes, work=work).results}.values())
        attribute(db, shapes, results, CONTEXT, work=work)
        contested = set(db.execute("SELECT DISTINCT n, source FROM contested").fetchall())
        committed = set(db.execute("SELECT DISTINCT n, source FROM committed").fetchall())
    alone = {}
    for source in ("one", "two"):
        store = ox.Store()
        store.extend(quad for quad in quads if whose.get(quad, source) == source)
        alone[source] = {same(result) for result in check(store, shapes).results}
    expected = {(n, source) for n, source in contested if same(results[n]) in alone[source]}
    assert committed == expected
