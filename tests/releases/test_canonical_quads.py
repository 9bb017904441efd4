"""A release holds each statement once, and its dumps are pieces of Turtle written once."""

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest

from kg.mapping.ntriples_io import export_triples
from kg.mapping.rdf_mapping import load_rdf_files
from kg.mapping.work_database import open_work_database
from kg.namespaces import GRAPH, ID, expand
from kg.progress import report_nothing
from kg.releases import canonical_quads
from kg.releases.canonical_quads import (
    QuadPartition,
    canonicalize_quads,
    create_united_view,
    list_partitions,
    read_quad_chunks,
    write_quad_file,
)
from kg.releases.inference import DERIVED_SOURCE, materialise_inferences, read_derivation_rules
from kg.releases.turtle_sql import CompressedPartitions
from tests.api.conftest import freeze_small
from tests.catalogue.graphs import HERE as GRAPHS
from tests.catalogue.graphs import add_graph

TOLD = b"""
PREFIX g: <https://w3id.org/ess-kg/graph/>
PREFIX o: <https://w3id.org/ess-kg/id/organisation/>
PREFIX p: <https://w3id.org/ess-kg/id/person/>
PREFIX s: <https://w3id.org/ess-kg/id/source/>
g:one { o:a <http://example.org/name> "a", "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .
        <https://w3id.org/ess-kg/id/organisation/a#b> <http://example.org/name> "\xc3\xa9\\n\\"" .
        s:one <http://example.org/name> "one" . <http://example.org/x> a <http://example.org/Y> }
g:two { o:a <http://example.org/name> "a", "b" . p:c <http://example.org/knows> o:a }
g:three { o:a <http://example.org/name> "a" }
"""


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    work = open_work_database()
    yield work
    work.close()


def parsed(path: Path) -> list[ox.Triple]:
    with gzip.open(path) as file:
        return [quad.triple for quad in ox.parse(file, ox.RdfFormat.TURTLE)]


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_statements_are_gathered_the_same_however_many_at_a_time(
    db: duckdb.DuckDBPyConnection, at_once: int
) -> None:
    add_graph(db, TOLD)
    create_united_view(db, at_once)
    rows = db.execute("SELECT s, p, o, source, shared FROM united").fetchall()
    expected = db.execute(
        "SELECT s, p, o, min(source), count(DISTINCT source) > 1 FROM quads GROUP BY s, p, o"
    ).fetchall()
    assert sorted(rows) == sorted(expected)


def test_what_several_sources_state_is_once_in_the_whole_and_in_each_source(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_graph(db, TOLD)
    db.execute("INSERT INTO quads SELECT source, 7, s, p, o FROM quads")  # two lines say the same
    canonicalize_quads(db)
    every = list_partitions(db)
    assert every == [
        QuadPartition("", "one", False, 1),
        QuadPartition("organisation", "one", False, 3),
        QuadPartition("organisation", "two", False, 1),
        QuadPartition("person", "two", False, 1),
        QuadPartition("source", "one", False, 1),
        QuadPartition("organisation", "three", True, 1),
        QuadPartition("organisation", "two", True, 1),
    ]
    packed = CompressedPartitions(db, every, tmp_path / "pieces", report_nothing)
    expected = set(ox.parse(TOLD, ox.RdfFormat.TRIG))
    for chosen, wanted in [
        ([p for p in every if not p.is_repeated], {q.triple for q in expected}),
        ([p for p in every if p.source == "two"], of_graph(expected, "two")),
        ([p for p in every if p.source == "three"], of_graph(expected, "three")),
        ([], set()),
    ]:
        count = packed.write_dump(chosen, tmp_path / "dump.ttl.gz")
        found = parsed(tmp_path / "dump.ttl.gz")
        assert Counter(found) == Counter(wanted)
        assert count == len(found)
    file = write_quad_file(db, tmp_path / "both.nq")
    assert file.count == 9
    both = list(ox.parse(path=tmp_path / "both.nq", format=ox.RdfFormat.N_QUADS))
    monkeypatch.setattr(canonical_quads, "READ_CHUNK_LINES", 2)
    alone = write_quad_file(db, tmp_path / "quads.nq", with_triples=False)
    read = list(read_quad_chunks(file, every))
    assert read == list(read_quad_chunks(alone, every))
    lines = b"".join(lines for _, lines in read)
    quads = list(ox.parse(lines, format=ox.RdfFormat.N_QUADS))
    assert Counter(quads) == Counter(expected)
    assert [(piece, lines.count(b"\n")) for piece, lines in read] == [
        (piece, min(2, piece.count - start))
        for piece in every
        for start in range(0, piece.count, 2)
    ]
    assert both[::2] == quads
    assert both[1::2] == [ox.Quad(*quad.triple) for quad in quads]


def of_graph(quads: set[ox.Quad], name: str) -> set[ox.Triple]:
    return {quad.triple for quad in quads if quad.graph_name == ox.NamedNode(GRAPH + name)}


def test_the_turtle_of_a_small_release_says_what_its_quads_say(tmp_path: Path) -> None:
    """A piece may be smaller than the table of the names of properties, and keeps its order."""
    more = "".join(
        f"<{ID}{kind}/p> a <urn:x> ; <urn:p:1> 1, 2 ; <urn:p:2> 3 . "
        for kind in ("project", "place", "event")
    )
    release = freeze_small(tmp_path, "release-1", f"GRAPH <{GRAPH}other> {{ {more} }}")
    with gzip.open(release.dumps / "ess-kg.nq.gz") as file:
        said = {quad.triple for quad in ox.parse(file, ox.RdfFormat.N_QUADS)}
    assert set(parsed(release.dumps / "ess-kg.ttl.gz")) == said
    for path in release.dumps.glob("*.ttl.gz"):
        assert set(parsed(path)) <= said


def test_quads_and_accepted_read_what_is_settled(db: duckdb.DuckDBPyConnection) -> None:
    add_graph(db, TOLD)
    canonicalize_quads(db)
    assert db.execute("SELECT count(*) FROM quads").fetchone() == (9,)
    rows = db.execute("SELECT source, p FROM accepted WHERE s = ?", [ID + "person/c"]).fetchall()
    assert rows == [("two", "http://example.org/knows")]


def test_the_rules_see_all_that_concerns_them(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, root: Path
) -> None:
    """What follows from the triples with the properties a rule names follows from all of them."""
    load_rdf_files(db, "schemes", sorted((root / "ontology" / "schemes").glob("*.ttl")))
    add_graph(db, (GRAPHS / "graph.trig").read_bytes())
    export_triples(db, tmp_path / "all.nt")
    whole = ox.Store()
    whole.bulk_load(path=tmp_path / "all.nt", format=ox.RdfFormat.N_TRIPLES)
    expected: set[ox.Triple] = set()
    for rule in read_derivation_rules():
        found = whole.query(rule)
        assert isinstance(found, ox.QueryTriples)
        expected |= set(found)
    assert materialise_inferences(db) == len(expected)
    rows = db.execute("SELECT s, p, o FROM quads WHERE source = ?", [DERIVED_SOURCE]).fetchall()
    assert {(s, p, o) for s, p, o in rows} == {
        (str(t.subject)[1:-1], str(t.predicate)[1:-1], str(t.object)) for t in expected
    }
    properties = {p for _, p, _ in rows}
    assert {expand("ess:withinTransitive"), expand("skos:narrower")} <= properties
