"""Export of quarantined rows for correction, as CSV or XLSX with the reason for each."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import xlsxwriter

from kg import sql
from kg.reports.as_csv import BYTE_ORDER_MARK, DELIMITER, build_guarded_sql, guard_formula
from kg.validation.quarantine import QUARANTINE_COLUMNS, READ_CSV_OPTIONS, QuarantineFile

EXPORT_COLUMNS: Final = {
    "q_source": None,
    "q_table": None,
    **{f"q{name}": name for name in QUARANTINE_COLUMNS if name != "_since"},
}
"""Columns that identify a row and give its reason, with their names in the quarantine; the others
are to be corrected."""
MAX_SHEET_ROWS: Final = 1_000_000
"""Rows of a sheet, at most; the limit of the format is a little higher."""


def export_csv(file: QuarantineFile, path: Path) -> None:
    """One file of the quarantine as a CSV for a spreadsheet."""
    with duckdb.connect() as db:
        scan, names = _describe_scan(db, file)
        columns = [
            f"{sql.literal(file.source)} AS {sql.identifier(BYTE_ORDER_MARK + 'q_source')}",
            f"{sql.literal(file.table)} AS q_table",
            *(
                f"{build_guarded_sql(mine)} AS {name}"
                for name, mine in EXPORT_COLUMNS.items()
                if mine
            ),
            *(
                f"{build_guarded_sql(sql.identifier(n))} AS {sql.identifier(guard_formula(n))}"
                for n in names
            ),
        ]
        db.execute(
            f"COPY (SELECT {', '.join(columns)} FROM {scan}) TO {sql.literal(str(path))} "
            f"(FORMAT csv, HEADER true, DELIMITER {sql.literal(DELIMITER)})"
        )


def export_workbook(files: Iterable[QuarantineFile], path: Path) -> None:
    """Files of the quarantine as the sheets of a workbook; every cell is text, as it came."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        for each in files:
            sheet = book.add_worksheet(f"{each.source} {each.table}"[:31])
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(_iter_rows(each)):
                for column, text in enumerate(row):
                    if text:
                        sheet.write_string(number, column, text[:32_767])


def _iter_rows(file: QuarantineFile) -> Iterator[Sequence[str | None]]:
    with duckdb.connect() as db:
        scan, names = _describe_scan(db, file)
        yield (*EXPORT_COLUMNS, *names)
        marks = ", ".join(mine for mine in EXPORT_COLUMNS.values() if mine)
        cells = "".join(f", {sql.identifier(name)}" for name in names)
        rows = db.execute(f"SELECT {marks}{cells} FROM {scan} LIMIT {MAX_SHEET_ROWS}")
        while chunk := rows.fetchmany(5_000):
            yield from ((file.source, file.table, *row) for row in chunk)


def _describe_scan(db: duckdb.DuckDBPyConnection, file: QuarantineFile) -> tuple[str, list[str]]:
    """The relation of a file of the quarantine, and its columns that are cells."""
    db.execute("SET enable_progress_bar = false")
    scan = f"read_csv({sql.literal(str(file.path))}, {READ_CSV_OPTIONS})"
    described = db.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    return scan, [row[0] for row in described if row[0] not in QUARANTINE_COLUMNS]
