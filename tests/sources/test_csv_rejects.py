"""CSV reject handling: every line of a damaged file is either a row or a reported reject."""

import csv
import io
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.sources import OpenedTable, ReadOptions, open_file

CELL = st.text(st.sampled_from('ab é0"\n\r,;\t| '), max_size=6)
ROWS = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12)
BAD = ("1", "1,2", "1,2,3,4", '1,"x"y,3', "1,2,\udcff")


def reading(
    db: duckdb.DuckDBPyConnection, opened: OpenedTable
) -> dict[int, tuple[str | None, ...]]:
    found = db.execute(f'SELECT _row, a, b, c FROM "{opened.view}"').fetchall()
    return {row: tuple(cells) for row, *cells in found}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[duckdb.DuckDBPyConnection, Path]:
    return duckdb.connect(), tmp_path_factory.mktemp("mend") / "t.csv"


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_well_formed_csv_is_read_unchanged(
    place: tuple[duckdb.DuckDBPyConnection, Path], rows: list[list[str]], newline: str, quoting: int
) -> None:
    db, path = place
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, quoting=quoting).writerows([["a", "b", "c"], *rows])
    path.write_bytes(text.getvalue().encode())
    opened = open_file(db, path, "t")
    expected = {
        number: tuple(cell or None for cell in row)
        for number, row in enumerate(rows, 2)
        if any(row)
    }
    assert reading(db, opened) == expected
    assert opened.rows == len(expected)


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(st.one_of(st.sampled_from(BAD), st.just("x,é,z"), st.just("")), max_size=30),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_only_damaged_lines_are_rejected(
    place: tuple[duckdb.DuckDBPyConnection, Path], lines: list[str], newline: str
) -> None:
    db, path = place
    text = newline.join(["a,b,c", "é,é,é", "é,é,é", *lines])
    path.write_bytes(text.encode(errors="surrogateescape"))
    opened = open_file(db, path, "t")
    good = {2, 3} | {number for number, line in enumerate(lines, 4) if line == "x,é,z"}
    bad = {number for number, line in enumerate(lines, 4) if line in BAD}
    assert set(reading(db, opened)) == good
    found = db.execute(f'SELECT "row" FROM "{opened.malformed}"').fetchall()
    assert sorted(row for (row,) in found) == sorted(bad)


@settings(max_examples=60, deadline=None)
@example(['a ,  ";', '""""b", ', ""])  # two blanks before quotes that end on a later line
@given(st.lists(st.text(st.sampled_from('ab",;é '), max_size=9), max_size=8))
def test_every_character_is_in_a_row_or_a_reject(
    place: tuple[duckdb.DuckDBPyConnection, Path], lines: list[str]
) -> None:
    db, path = place
    path.write_text("\n".join(["a,b,c", *["é,é,é"] * 20, *lines]), "utf-8")
    opened = open_file(db, path, "t", ReadOptions(delimiter=","))
    aside = db.execute(f'SELECT "row", text FROM "{opened.malformed}"').fetchall()
    read = reading(db, opened)
    assert not {row for row, _ in aside} & set(read)
    # each character that is not punctuation of the format is in a cell or in a rejected line
    kept = "".join(cell or "" for cells in read.values() for cell in cells)
    kept += "".join(text for _, text in aside)
    assert kept.count("a") + kept.count("b") == sum(
        line.count("a") + line.count("b") for line in lines
    )


def test_multiline_cells_in_a_large_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    row = '{n},"first {n}\nsecond ""{n}"" \n\n",x\n'
    with path.open("w", encoding="utf-8") as file:
        file.write("a,b,c\n")
        file.writelines(row.format(n=n) for n in range(400_000))
    with duckdb.connect() as db:
        opened = open_file(db, path, "t")
        # blank lines inside cells cause the file to be rewritten, with the same rows
        wrong = db.execute("SELECT count(*) FROM t WHERE _row <> CAST(a AS BIGINT) + 2").fetchone()
        assert (opened.rows, wrong) == (400_000, (0,))


def test_a_very_long_cell_is_read(tmp_path: Path) -> None:
    long = "mot " * 2_000_000
    path = tmp_path / "t.csv"
    path.write_text(f'a,b,c\n1,"{long}",3\n1,2\n4,5,6\n', "utf-8")
    with duckdb.connect() as db:
        opened = open_file(db, path, "t")
        assert db.execute("SELECT length(b) FROM t ORDER BY _row").fetchall() == [
            (8_000_000,),
            (1,),
        ]
        assert db.execute(f'SELECT "row" FROM "{opened.malformed}"').fetchall() == [(3,)]
