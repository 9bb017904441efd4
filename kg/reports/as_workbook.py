"""Quarantined lines as a file to correct: a semicolon CSV or a workbook, the reason beside each."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import xlsxwriter

from kg import sql
from kg.reports.as_csv import BOM, DELIMITER, guarded, guarded_sql
from kg.validation.quarantine import READ, Waiting

MARKS: Final = {
    "q_source": None,
    "q_table": None,
    "q_file": "_file",
    "q_row": "_row",
    "q_digest": "_digest",
    "q_raison": "_raison",
    "q_reason": "_reason",
}
"""The columns that say which line it is and why it is refused; the others are to be corrected."""
ROWS: Final = 1_000_000
"""The rows a sheet can hold, near enough."""


def export_csv(found: Waiting, path: Path) -> None:
    """One file of the quarantine as a CSV for a spreadsheet."""
    with duckdb.connect() as db:
        scan, names = _scan(db, found)
        told = [
            f"{sql.text(found.source)} AS {sql.name(BOM + 'q_source')}",
            f"{sql.text(found.table)} AS q_table",
            *(f"{guarded_sql(mine)} AS {name}" for name, mine in MARKS.items() if mine),
            *(f"{guarded_sql(sql.name(n))} AS {sql.name(guarded(n))}" for n in names),
        ]
        db.execute(
            f"COPY (SELECT {', '.join(told)} FROM {scan}) TO {sql.text(str(path))} "
            f"(FORMAT csv, HEADER true, DELIMITER {sql.text(DELIMITER)})"
        )


def export_workbook(found: Iterable[Waiting], path: Path) -> None:
    """Files of the quarantine as the sheets of a workbook; every cell is text, as it came."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        for each in found:
            sheet = book.add_worksheet(f"{each.source} {each.table}"[:31])
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(_rows(each)):
                for column, text in enumerate(row):
                    if text:
                        sheet.write_string(number, column, text[:32_767])


def _rows(found: Waiting) -> Iterator[Sequence[str | None]]:
    with duckdb.connect() as db:
        scan, names = _scan(db, found)
        yield (*MARKS, *names)
        marks = ", ".join(mine for mine in MARKS.values() if mine)
        cells = "".join(f", {sql.name(name)}" for name in names)
        rows = db.execute(f"SELECT {marks}{cells} FROM {scan} LIMIT {ROWS}")
        while chunk := rows.fetchmany(5_000):
            yield from ((found.source, found.table, *row) for row in chunk)


def _scan(db: duckdb.DuckDBPyConnection, found: Waiting) -> tuple[str, list[str]]:
    """The relation of a file of the quarantine, and its columns that are cells."""
    db.execute("SET enable_progress_bar = false")
    scan = f"read_csv({sql.text(str(found.path))}, {READ})"
    described = db.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    marks = {*MARKS.values(), "_since"}
    return scan, [row[0] for row in described if row[0] not in marks]
