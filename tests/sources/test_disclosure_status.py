"""Disclosure status of the company register, obeyed whatever the mapping of a source says."""

from pathlib import Path

import duckdb
import pytest

from kg.sources.disclosure_status import leave_out_undisclosed
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
