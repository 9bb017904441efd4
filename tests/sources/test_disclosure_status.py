"""Disclosure status of the company register, obeyed whatever the mapping of a source says."""

from pathlib import Path

import duckdb
import pytest

from kg.csvw_tables import load_tables
from kg.sources import read_source, read_source_description
from kg.sources.disclosure_status import is_disclosure_status, leave_out_undisclosed
from kg.sources.file_opener import open_tables

ROWS = """siren,statutDiffusionUniteLegale,categorieJuridiqueUniteLegale,nom
1,O,1000,shown
2,N,9220,hidden
3,P,1000,sole trader
4,P,9220,association
5,,1000,unsaid
6, n ,1000,hidden
7,P,,unknown form
"""


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize(
    ("select", "kept"),
    [
        ("SELECT siren, _file, _row FROM stock", ["1", "4", "5"]),
        ("SELECT siren FROM stock", ["1", "2", "3", "4", "5", "6", "7"]),
    ],
)
def test_rows_that_must_not_be_shown_are_left_out(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, select: str, kept: list[str]
) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(ROWS, "utf-8")
    opened = open_tables(db, path, "stock")
    rows = db.execute(leave_out_undisclosed(select, opened, db)).fetchall()
    assert sorted(row[0] for row in rows) == kept


SOURCE = """name = "stock"
kind = "register"
licence = "https://example.org/"
retrieved = "2026-01-01"
title = { fr = "x" }
description = { fr = "x" }
publisher = { fr = "x" }
[map.organisations]
# reads the status, and lets everybody through
where = "coalesce(statutDiffusionUniteLegale, '') <> 'X'"
[map.organisations.columns]
id = "x-{siren}"
label_fr = "{nom}"
assertion = { value = "stated" }
"""


def test_a_source_leaves_them_out_whatever_its_mapping_says(
    root: Path, db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "stock"
    (folder / "raw").mkdir(parents=True)
    (folder / "source.toml").write_text(SOURCE, "utf-8")
    (folder / "raw" / "stock.csv").write_text(ROWS, "utf-8")
    tables = load_tables(root / "ontology" / "tables")
    (rows,) = read_source(read_source_description(folder), tables, db)
    kept = db.execute(f'SELECT id FROM "{rows.view}" ORDER BY id').fetchall()
    assert [key for (key,) in kept] == ["x-1", "x-4", "x-5"]


def test_the_status_is_known_in_the_answers_of_services(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "units.json"
    path.write_text(
        """[{"siren": "1", "data": {"status_diffusion": "diffusible"}},
        {"siren": "2", "data": {"status_diffusion": "non_diffusible"}},
        {"siren": "3", "data": {"status_diffusion": "partiellement_diffusible"}}]""",
        "utf-8",
    )
    opened = open_tables(db, path, "units")
    select = leave_out_undisclosed("SELECT siren, _file, _row FROM units", opened, db)
    assert [row[0] for row in db.execute(select).fetchall()] == ["1"]
    assert not is_disclosure_status("siege.statut_diffusion_etablissement")
    assert is_disclosure_status("uniteLegale.statutDiffusionUniteLegale")
