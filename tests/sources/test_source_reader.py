"""Source reader: rows keep their file and row number, and unknown columns are reported."""

import gzip
import json

import duckdb
import pytest

from kg import csvw_tables
from kg.errors import SourceError, TableError
from kg.installation import InstallationPaths
from kg.sources import SourceRows, read_source, read_source_description


def read_demo(places: InstallationPaths, db: duckdb.DuckDBPyConnection) -> dict[str, SourceRows]:
    described = read_source_description(places.sources / "demo")
    found = read_source(described, csvw_tables.load_tables(places.ontology / "tables"), db)
    return {lines.table.name: lines for lines in found}


def test_row_numbers_are_those_of_a_spreadsheet(places: InstallationPaths) -> None:
    db = duckdb.connect()
    lines = read_demo(places, db)["organisations"]
    rows = db.execute(f'SELECT id, _file, _row FROM "{lines.view}" ORDER BY _row').fetchall()
    assert rows == [
        ("demo-labo", "organisations.csv", 2),
        ("demo-reseau", "organisations.csv", 3),
    ]


def test_absent_columns_and_blank_cells_are_empty(places: InstallationPaths) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text("id,label_fr,acronym\ncommuns,  communs ,   \n")
    db = duckdb.connect()
    lines = read_demo(places, db)["topics"]
    row = db.execute(f'SELECT label_fr, acronym, kind FROM "{lines.view}"').fetchone()
    assert row == ("communs", None, None)


def test_an_unknown_column_is_reported(places: InstallationPaths) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text("id,label_fr,libelle\ncommuns,communs,x\n")
    with pytest.raises(TableError, match=r"unknown column libelle.*label_fr"):
        read_demo(places, duckdb.connect())


def test_a_missing_required_column_is_reported(places: InstallationPaths) -> None:
    path = places.sources / "demo" / "tables" / "memberships.csv"
    path.write_text("id,member\n1,person/demo-alix\n")
    with pytest.raises(TableError, match="organisation is required"):
        read_demo(places, duckdb.connect())


def test_an_unknown_table_is_reported(places: InstallationPaths) -> None:
    (places.sources / "demo" / "tables" / "cats.csv").write_text("id\n1\n")
    with pytest.raises(TableError, match="'cats'"):
        read_demo(places, duckdb.connect())


def test_a_file_that_is_not_a_table_is_reported(places: InstallationPaths) -> None:
    (places.sources / "demo" / "tables" / "topics.csv").write_text("<!DOCTYPE html><p>404</p>")
    with pytest.raises(SourceError, match=r"topics\.csv is a web page"):
        read_demo(places, duckdb.connect())


def test_a_raw_file_is_mapped_by_its_select(places: InstallationPaths) -> None:
    folder = places.sources / "demo"
    (folder / "raw").mkdir()
    records = [{"code": "01", "nom": "Un"}, {"code": "02", "nom": "Deux"}]
    (folder / "raw" / "villes.json.gz").write_bytes(gzip.compress(json.dumps(records).encode()))
    (folder / "tables" / "territories.csv").unlink()
    (folder / "territories.sql").write_text(
        "SELECT 'ville-' || code AS id, nom AS label_fr, 'city' AS kind, _file, _row FROM villes;"
    )
    db = duckdb.connect()
    lines = read_demo(places, db)["territories"]
    rows = db.execute(f'SELECT id, label_fr, _file, _row FROM "{lines.view}" ORDER BY _row')
    assert rows.fetchall() == [
        ("ville-01", "Un", "villes.json.gz", 1),
        ("ville-02", "Deux", "villes.json.gz", 2),
    ]
