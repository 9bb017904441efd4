"""Source mapping: each row is recorded once, with the headings of its file."""

from collections.abc import Iterator

import duckdb
import pytest

from kg import csvw_tables
from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.mapping import map_source, open_work_database
from kg.sources import read_source_description


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_work_database() as work:
        yield work


def mapped(db: duckdb.DuckDBPyConnection, places: InstallationPaths) -> int:
    source = read_source_description(places.sources / "demo")
    found = map_source(db, source, csvw_tables.load_tables(places.ontology / "tables"))
    return sum(one.records for one in found)


def test_a_malformed_row_is_an_unusable_record(
    db: duckdb.DuckDBPyConnection, places: InstallationPaths
) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text("label_fr;id;kind\ncommuns;communs;concept\nx;y\n", "utf-8")
    mapped(db, places)
    rows = db.execute(
        "SELECT tbl, file, \"row\", problem, value, cells->>'_line' FROM unusable "
        "JOIN records USING (record) JOIN originals USING (record)"
    ).fetchall()
    assert rows == [("topics", "topics.csv", 3, "line-malformed", "too-few-cells 2/3", "x;y")]


def test_headings_record_the_position_of_each_column(
    db: duckdb.DuckDBPyConnection, places: InstallationPaths
) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text("label_fr,id\ncommuns,communs\n", "utf-8")
    mapped(db, places)
    rows = db.execute(
        "SELECT tbl, col, heading, position FROM headings WHERE file = 'topics.csv' ORDER BY ALL"
    ).fetchall()
    assert rows == [("topics", "id", "id", 1), ("topics", "label_fr", "label_fr", 0)]


def test_a_file_of_two_selects_is_recorded_once(
    db: duckdb.DuckDBPyConnection, places: InstallationPaths
) -> None:
    folder = places.sources / "demo"
    (folder / "raw").mkdir()
    (folder / "raw" / "lieux.csv").write_text("nom,code\nA,1\nB\n", "utf-8")
    for name in ("territories", "topics"):
        (folder / "tables" / f"{name}.csv").unlink()
        select = "SELECT 'l-' || code AS id, nom AS label_fr, 'concept' AS kind, _file, _row"
        (folder / f"{name}.sql").write_text(f"{select} FROM lieux")
    mapped(db, places)
    rows = db.execute("SELECT tbl, \"row\" FROM records WHERE file = 'lieux.csv' ORDER BY ALL")
    assert rows.fetchall() == [("", 3), ("territories", 2), ("topics", 2)]


def test_rdf_files_and_tables_are_both_mapped(
    db: duckdb.DuckDBPyConnection, places: InstallationPaths
) -> None:
    folder = places.sources / "demo" / "rdf"
    folder.mkdir()
    (folder / "more.ttl").write_text('<http://e.org/a> <http://e.org/p> "x" .\n', "utf-8")
    total = mapped(db, places)
    count = db.execute("SELECT count(*) FROM records").fetchone()
    assert count == (total,)
    assert db.execute(
        "SELECT tbl, file FROM records WHERE subject = 'http://e.org/a'"
    ).fetchall() == [("", "more.ttl")]


def test_a_damaged_file_is_reported_by_name(
    db: duckdb.DuckDBPyConnection, places: InstallationPaths
) -> None:
    (places.sources / "demo" / "tables" / "topics.csv.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(SourceError, match=r"topics\.csv\.gz is cut short"):
        mapped(db, places)
