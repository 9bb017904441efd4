"""The file of subjects tells of each what the store tells, graph by graph and letter by letter."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest

from kg.errors import BuildError
from kg.mapping.work_database import open_work_database
from kg.namespaces import GRAPH, expand
from kg.progress import report_nothing
from kg.release_layout import find_current_release
from kg.releases.canonical_quads import canonicalize_quads, write_quad_file
from kg.releases.canonical_values import canonicalize_values
from kg.releases.store_loader import StoreLoader
from kg.releases.subject_index_process import SubjectIndexWriter
from kg.sparql.subject_index import MAX_PART_BYTES, MAX_PARTS, SubjectIndex
from tests.conftest import InstallationPaths

RDF_TYPE = ox.NamedNode(expand("rdf:type"))
XSD = expand("xsd:string").removesuffix("string")
SUBJECT = "https://w3id.org/ess-kg/id/organisation/a"
VALUES = [
    '"plain"', '"é 😀"@fr', '"escaped \\" \\\\ \\n \\t"', '"\\u0007 \\u00E9 \\U0001F600 \\u007F"',
    '"a\ttab and a \x7f delete"', '"tagged"@fr-BE', '"tagged"@EN', '"like a number^^<1>"',
    f'"01"^^<{XSD}integer>', f'"1"^^<{XSD}integer>', f'"1.50"^^<{XSD}decimal>',
    f'"1E3"^^<{XSD}double>',
    f'"no number"^^<{XSD}integer>', f'"1"^^<{XSD}boolean>', f'"x"^^<{XSD}string>',
    f'"2020-01-01T00:00:00.00+00:00"^^<{XSD}dateTime>', f'"2020"^^<{XSD}gYear>',
    '"POINT(1 2)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>', "<http://example.org/é>",
]  # fmt: skip


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    work = open_work_database()
    yield work
    work.close()


def frozen(db: duckdb.DuckDBPyConnection, folder: Path) -> tuple[ox.Store, SubjectIndex]:
    """The store and the file of the quads of a work database."""
    canonicalize_values(db)
    canonicalize_quads(db)
    quads = write_quad_file(db, folder / "quads.nq")
    with closing(StoreLoader(folder / "store", quads.path)) as store:
        store.finish(report_nothing)
    SubjectIndexWriter(db, quads, folder / "subjects").finish(report_nothing)
    return ox.Store.read_only(str(folder / "store")), SubjectIndex(folder / "subjects")


def told(
    store: ox.Store, one_in: int
) -> tuple[dict[str, set[str]], dict[str, dict[str, set[str]]]]:
    """What a store tells of each subject, or of one in some that have a type, in all and by graph.

    To read the whole of a large store costs more than to ask for each of these.
    """
    union, graphs = defaultdict(set), defaultdict(lambda: defaultdict(set))
    quads: Iterable[ox.Quad] = store
    if one_in > 1:
        typed = store.quads_for_pattern(None, RDF_TYPE, None, ox.DefaultGraph())
        names = {quad.subject.value for quad in typed if isinstance(quad.subject, ox.NamedNode)}
        quads = (
            quad
            for name in names
            if not zlib.crc32(name.encode()) % one_in
            for quad in store.quads_for_pattern(ox.NamedNode(name), None, None, None)
        )
    for quad in quads:
        statement = f"{quad.predicate} {quad.object}"
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs[quad.subject.value][quad.graph_name.value].add(statement)
        else:
            union[quad.subject.value].add(statement)
    return union, graphs


def is_the_same(store: ox.Store, file: SubjectIndex, one_in: int = 1) -> int:
    """Asserts that a file tells what a store tells of one subject in some; of how many."""
    union, graphs = told(store, one_in)
    for subject, statements in union.items():
        stated = file.find_statements(subject)
        if stated is None:  # more than the file keeps of one thing, which the store tells
            longest = max(len("\n".join(part)) for part in graphs[subject].values())
            assert longest > MAX_PART_BYTES or len(graphs[subject]) > MAX_PARTS, subject
            continue
        found = list(stated)
        assert set(found) == statements, subject
        assert len(found) == len(statements)
        by_graph = defaultdict(set)
        for part in file.find_parts(subject) or ():
            by_graph[part.graph] |= set(part.statements)
        assert by_graph == graphs[subject]
    return len(union)


def test_values_are_told_as_the_store_tells_them(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    said = [(source, SUBJECT, "urn:p", value) for value in VALUES for source in ("one", "two")]
    said += [("two", SUBJECT, "urn:p", '"of two alone"'), ("one", SUBJECT + "#b", "urn:p", '"b"')]
    said += [("one", "urn:elsewhere", "urn:p", '"e"'), ("two", "urn:elsewhere", "urn:p", '"f"')]
    db.executemany("INSERT INTO quads VALUES (?, NULL, ?, ?, ?)", said)
    store, file = frozen(db, tmp_path)
    assert is_the_same(store, file) == 3
    assert {part.graph for part in file.find_parts(SUBJECT) or ()} == {GRAPH + "one", GRAPH + "two"}


def test_subjects_of_a_release(national: InstallationPaths) -> None:
    release = find_current_release(national.data / "releases")
    store = ox.Store.read_only(str(release.store))
    assert is_the_same(store, SubjectIndex(release.subject_index), one_in=24) > 3_000


def test_a_process_of_its_own_writes_the_same(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    said = [("one", f"{SUBJECT}{n}", "urn:p", value) for n in range(40) for value in VALUES]
    db.executemany("INSERT INTO quads VALUES (?, NULL, ?, ?, ?)", said)
    canonicalize_quads(db)
    quads = write_quad_file(db, tmp_path / "quads.nq")
    written = []
    for name, least in (("here", len(said) * 2), ("apart", 1)):
        with closing(SubjectIndexWriter(db, quads, tmp_path / name, least)) as writer:
            writer.finish(report_nothing)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    lost = tmp_path / "nowhere" / "subjects"
    with (
        closing(SubjectIndexWriter(db, quads, lost, min_parallel=1)) as writer,
        pytest.raises(BuildError, match="ended with code 1"),
    ):
        writer.finish(report_nothing)


def test_nothing_was_accepted(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    store, file = frozen(db, tmp_path)
    assert is_the_same(store, file) == 0
    assert file.find_parts(SUBJECT) == []
