"""Column with the reference date of the commune codes in its row."""

import json
from pathlib import Path

import duckdb
import pytest

from kg.csvw_tables import load_tables
from kg.errors import SourceError, TableError
from kg.mapping.corrections import build_digest_sql
from kg.mapping.source_mapping import map_source
from kg.mapping.work_database import open_work_database
from kg.sources import read_source_description

DESCRIPTION = """name = "list"
kind = "register"
licence = "https://example.org/l"
retrieved = 2026-11-22
title = {fr = 'Liste'}
description = {fr = 'Liste'}
publisher = {fr = 'X'}
"""
EVENTS = "id,label_fr,kind,start,territory,updated\n" + "".join(
    f"e-{number},Une,festival,{start},territory/commune-59001,{updated}\n"
    for number, (start, updated) in enumerate([("2010", "2020-01-02"), ("2012-05", "")], 1)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "list"
    (place / "tables").mkdir(parents=True)
    return place


def mapped(
    root: Path, folder: Path, column: str, corrections: Path | None = None
) -> duckdb.DuckDBPyConnection:
    stated = f"codes_on_column = '{column}'\n" if column else ""
    (folder / "source.toml").write_text(DESCRIPTION + stated)
    db = open_work_database()
    map_source(
        db, read_source_description(folder), load_tables(root / "ontology" / "tables"), corrections
    )
    return db


def dates(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return db.execute(
        "SELECT label, written FROM code_dates JOIN records USING (record) ORDER BY record"
    ).fetchall()


@pytest.mark.parametrize(
    ("column", "found"),
    [("start", ["2010", "2012-05"]), ("updated", ["2020-01-02"])],
)
def test_the_date_column_may_be_canonical_or_additional(
    root: Path, folder: Path, column: str, found: list[str]
) -> None:
    (folder / "tables" / "events.csv").write_text(
        EVENTS if column == "updated" else EVENTS.replace(",updated", "").replace(",2020-01-02", "")
        .replace("59001,\n", "59001\n")
    )  # fmt: skip
    with mapped(root, folder, column) as db:
        assert [written for _, written in dates(db)] == found
        told = db.execute("SELECT o FROM quads WHERE o LIKE '%2020-01-02%'").fetchall()
        assert told == []  # the column serves no other purpose


def test_the_date_column_survives_selects_and_corrections(root: Path, folder: Path) -> None:
    (folder / "tables").rmdir()
    (folder / "raw").mkdir()
    (folder / "raw" / "list.csv").write_text("nom,maj\nUne,31/12/2016\nDeux,2018\n")
    (folder / "organisations.sql").write_text(
        "SELECT 'o-' || _row AS id, nom AS label_fr, 'association' AS kind, maj, _file, _row "
        "FROM list"
    )
    with mapped(root, folder, "maj") as db:
        assert dates(db) == [("Une", "31/12/2016"), ("Deux", "2018")]
        cells = {"id": "'o-2'", "label_fr": "'Une'", "kind": "'association'"}
        digest = (db.execute(f"SELECT {build_digest_sql(cells)}").fetchone() or ("",))[0]
    fixes = folder.parent / "corrections"
    fixes.mkdir()
    (fixes / "organisations.csv").write_text(
        "_file,_row,_digest,_on,_by,id,label_fr,kind\n"
        f"list.csv,2,{digest},2026-01-01,me,o-2,Une autre,association\n"
    )
    with mapped(root, folder, "maj", fixes) as db:
        assert dates(db) == [("Une autre", "31/12/2016"), ("Deux", "2018")]


def test_a_date_column_absent_from_all_tables_is_refused(root: Path, folder: Path) -> None:
    (folder / "tables" / "events.csv").write_text(EVENTS)
    with pytest.raises(TableError, match="unknown column updated"):
        mapped(root, folder, "")
    (folder / "tables" / "events.csv").write_text(EVENTS.replace("updated", "description_fr"))
    with pytest.raises(SourceError, match="codes_on_column = 'updated': no table has that column"):
        mapped(root, folder, "updated")


def test_originals_hold_only_columns_of_the_table(root: Path, folder: Path) -> None:
    (folder / "tables" / "events.csv").write_text(EVENTS)
    with mapped(root, folder, "updated") as db:
        (cells, *_) = db.execute("SELECT cells FROM originals ORDER BY record").fetchall()
        assert "updated" not in json.loads(cells[0])
