"""The tables of a release: typed in Parquet, the same in CSV, joined by one key."""

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from kg import csvw_tables as canonical
from kg import pipeline
from kg.csvw_tables import Table
from kg.dry_run.column_matching import match_columns
from kg.errors import BadRequest
from kg.formats import EXTRACT_FORMATS
from kg.installation import InstallationPaths
from kg.release_layout import Release
from kg.releases.extract import ExtractChoice, write_extract
from tests.conftest import ROOT

READ = {"assertion": "stated", "read_at": "100,119"}
DATED = [
    {"id": key, "label_fr": key, "kind": "study-day", "start": start, "end": end} | READ
    for key, start, end in (
        ("annee", "2011", ""),
        ("moment", "2010-11-04T16:30+01:00", "2010-11-05"),
        ("sans-annee", "XXXX-03-22", ""),
        ("ouvert", "2010-11/..", ""),
    )
]
COUNTED = [
    {"id": "ville-a", "label_fr": "Ville A", "kind": "city", "population": "2103778",
     "latitude": "48.8600", "longitude": "2.35", "post_codes": "75001|75002"} | READ,
    {"id": "ville-b", "label_fr": "Ville B", "kind": "city", "population": "007"} | READ,
]  # fmt: skip
RELATED = [
    {"id": "r1", "member": "person/demo-alix", "organisation": "organisation/demo-labo",
     "role": "member", "start": "2009", "end": "2010-06", "assertion": "inferred",
     "read_at": "1,2|3,4"},
]  # fmt: skip
MORE = {"events": DATED, "territories": COUNTED, "memberships": RELATED}


def add_lines(path: Path, lines: list[dict[str, str]]) -> None:
    """Adds lines to a table, with the columns that they need."""
    with path.open(encoding="utf-8", newline="") as file:
        every = [*csv.DictReader(file), *lines]
    columns = list(dict.fromkeys(name for line in every for name in line))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(every)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> Release:
    data = tmp_path_factory.mktemp("tables") / "data"
    shutil.copytree(ROOT / "tests" / "installation" / "sources", data / "sources")
    for name, lines in MORE.items():
        add_lines(data / "sources" / "demo" / "tables" / f"{name}.csv", lines)
    return pipeline.build(InstallationPaths(data, small_model)).release


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Table]:
    return canonical.load_tables(ROOT / "ontology" / "tables")


@pytest.fixture
def db(release: Release) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for path in release.dumps.glob("*.parquet"):
        connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
    return connection


def rows(db: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return db.execute(query).fetchall()


def test_every_table_is_there_in_both_formats(
    release: Release, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection
) -> None:
    stated = {d["name"]: d for d in release.read_manifest()["dumps"]}
    for name, table in tables.items():
        with (release.dumps / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            headings, *lines = csv.reader(file)
        assert headings == [*table.names, "record", "sources"]
        (count,) = rows(db, f"SELECT count(*) FROM {name}")[0]
        assert stated[f"{name}.csv"]["count"] == stated[f"{name}.parquet"]["count"] == count
        assert len(lines) == count
        scope = ("table", table.kind) if table.kind else ("relation", name)
        assert (stated[f"{name}.csv"]["scope"], stated[f"{name}.csv"]["subject"]) == scope
        assert stated[f"{name}.csv"]["sources"] == (["demo"] if count else [])


def test_duckdb_sees_that_the_csv_has_quotes(release: Release, tmp_path: Path) -> None:
    """It looks at a sample: of 39,000 territories the first with a comma is the 38,000th."""
    part = extracted(release, ExtractChoice(kind="territory"), "csv", tmp_path)
    files = [*release.dumps.glob("*.csv"), part]
    assert len(files) > 20
    for file in files:
        assert all(line.startswith('"') for line in file.read_text("utf-8").splitlines()), file
        heading, *lines = file.read_text("utf-8").splitlines()
        if lines:
            late = f'"late","one, and two"{"," * (heading.count(",") - 1)}'
            filled = tmp_path / "filled.csv"
            filled.write_text("\n".join([heading, *lines[:1] * 20_500, late, ""]), "utf-8")
            last = duckdb.execute(f"SELECT columns(*) FROM '{filled}' OFFSET 20500").fetchall()
            assert last[0][:2] == ("late", "one, and two"), file


def test_its_own_columns_come_back_in_without_a_word(
    tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection
) -> None:
    for name, table in tables.items():
        for headings in (
            [*table.names, "record", "sources"],
            [str(row[0]) for row in rows(db, f"DESCRIBE {name}")],
        ):
            matched = match_columns(headings, table)
            assert set(matched.columns) == set(table.names)
            assert (matched.unknown, dict(matched.repeated)) == ((), {})


def test_numbers_and_lists_have_their_types(db: duckdb.DuckDBPyConnection) -> None:
    types = {row[0]: row[1] for row in rows(db, "DESCRIBE territories")}
    assert types["population"] == "BIGINT"
    assert types["latitude"] == types["longitude"] == "DOUBLE"
    assert types["post_codes"] == types["sources"] == "VARCHAR[]"
    assert rows(db, "SELECT sum(population) FROM territories WHERE starts_with(id, 'ville-')") == [
        (2_103_785,)
    ]
    assert rows(db, "SELECT latitude, post_codes FROM territories WHERE id = 'ville-a'") == [
        (48.86, ["75001", "75002"])
    ]
    assert rows(db, "SELECT post_codes FROM territories WHERE id = 'ville-b'") == [(None,)]


def test_dates_have_bounds_and_a_precision(db: duckdb.DuckDBPyConnection) -> None:
    found = {
        row[0]: tuple(str(value) for value in row[1:])
        for row in rows(
            db,
            "SELECT id, start, start_earliest, start_latest, start_precision, end_latest "
            "FROM events WHERE id IN ('annee', 'moment', 'sans-annee', 'ouvert')",
        )
    }
    assert found == {
        "annee": ("2011", "2011-01-01", "2011-12-31", "year", "None"),
        "moment": ("2010-11-04T16:30:00+01:00", "2010-11-04", "2010-11-04", "time", "2010-11-05"),
        "sans-annee": ("XXXX-03-22", "None", "None", "unknown", "None"),
        "ouvert": ("2010-11/..", "2010-11-01", "None", "period", "None"),
    }
    types = {row[0]: row[1] for row in rows(db, "DESCRIBE events")}
    assert types["start_earliest"] == types["end_latest"] == "DATE"
    interval = rows(
        db,
        'SELECT start, start_earliest::VARCHAR, "end", end_latest::VARCHAR, assertion, read_at '
        "FROM memberships WHERE id = 'demo-r1'",
    )
    assert interval == [("2009", "2009-01-01", "2010-06", "2010-06-30", "inferred", ["1,2", "3,4"])]


def test_tables_are_joined_by_one_key(db: duckdb.DuckDBPyConnection) -> None:
    joined = rows(
        db,
        "SELECT p.label_fr, o.label_fr, m.sources FROM memberships m "
        "JOIN people p ON p.record = m.member JOIN organisations o ON o.record = m.organisation "
        "WHERE m.record = 'person/demo-alix#membership-demo-r1'",
    )
    assert len(joined) == 1
    assert joined[0][2] == ["demo"]
    at = "SELECT count(*) FROM participations p JOIN events e ON e.record = p.event"
    assert rows(db, at) == rows(db, "SELECT count(*) FROM participations")
    assert rows(db, at) != [(0,)]


def test_a_parquet_file_says_where_it_comes_from(
    release: Release, db: duckdb.DuckDBPyConnection
) -> None:
    path = release.dumps / "memberships.parquet"
    told = {
        key.decode(): value.decode()
        for key, value in rows(db, f"SELECT key, value FROM parquet_kv_metadata('{path}')")  # type: ignore[attr-defined]
    }
    assert told["release"] == release.id
    assert "created" not in told  # the same inputs give the same bytes
    assert told["csvw"] == "https://w3id.org/ess-kg/tables/memberships"
    assert told["licence"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    (source,) = json.loads(told["sources"])
    assert source["name"] == "demo"
    assert set(source["title"]) <= {"fr", "en"}
    assert source["licence"] == "https://creativecommons.org/publicdomain/zero/1.0/"


def extracted(release: Release, choice: ExtractChoice, name: str, folder: Path) -> Path:
    path = folder / f"part.{name}"
    write_extract(release, choice, EXTRACT_FORMATS[name], "none", path)
    return path


@pytest.mark.parametrize("name", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (ExtractChoice(table="memberships"), 3),
        (ExtractChoice(table="memberships", source="demo"), 3),
        (ExtractChoice(table="participations", region="demo-region"), 1),
        (ExtractChoice(table="memberships", region="ville-a"), 0),
        (ExtractChoice(kind="event", region="demo-region"), 1),
        (ExtractChoice(kind="event", source="demo"), 5),
    ],
)
def test_a_part_of_a_table_has_its_columns(
    release: Release, choice: ExtractChoice, count: int, name: str, tmp_path: Path
) -> None:
    path = extracted(release, choice, name, tmp_path)
    db = duckdb.connect()
    read = f"read_csv('{path}', all_varchar=true, header=true)" if name == "csv" else f"'{path}'"
    whole = release.dumps / f"{choice.table or 'events'}.{name}"
    kept = f"read_csv('{whole}', all_varchar=true, header=true)" if name == "csv" else f"'{whole}'"
    found = db.execute(f"FROM {read} ORDER BY record")
    columns = [column[:2] for column in found.description or ()]
    rows = found.fetchall()
    all_rows = db.execute(f"FROM {kept} ORDER BY record")
    assert columns == [column[:2] for column in all_rows.description or ()]
    assert len(rows) == count
    assert set(map(str, rows)) <= set(map(str, all_rows.fetchall()))


def test_a_part_in_parquet_says_where_it_comes_from(release: Release, tmp_path: Path) -> None:
    path = extracted(release, ExtractChoice(table="memberships"), "parquet", tmp_path)
    told = dict(
        duckdb.connect().execute(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    )
    assert told[b"release"] == release.id.encode()
    assert told[b"csvw"] == b"https://w3id.org/ess-kg/tables/memberships"


@pytest.mark.parametrize(
    ("choice", "name", "told"),
    [
        (ExtractChoice(table="membership"), "csv", "memberships"),
        (ExtractChoice(table="memberships", kind="person"), "csv", "or one of relations"),
        (ExtractChoice(table="memberships"), "turtle", "csv or parquet"),
        (ExtractChoice(), "parquet", "a table is of one kind"),
    ],
)
def test_a_table_that_is_not_there_is_told(
    release: Release, choice: ExtractChoice, name: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match=told):
        extracted(release, choice, name, tmp_path)
