"""Rejected rows: unreadable rows of a file, recorded with row number and text."""

from collections.abc import Iterable

import duckdb

from kg import sql
from kg.sources import OpenedTable, SourceRows
from kg.work_tables import (
    HEADINGS,
    ORIGINALS,
    RAW_LINE_COLUMN,
    RECORDS,
    UNMAPPED,
    UNUSABLE,
    find_last_record,
)

MALFORMED_PROBLEM = "line-malformed"


def reject_malformed_rows(
    db: duckdb.DuckDBPyConnection, source: str, source_rows: Iterable[SourceRows]
) -> int:
    """Record the malformed rows of files, each file once; return their number.

    Each row is added to `records`, `unusable` (with a problem code) and `originals`.
    """
    tables = {
        opened: lines.table.name if _is_single_file(lines) else ""
        for lines in source_rows
        for opened in lines.files
    }
    return sum(
        reject_malformed_of_file(db, source, table, opened) for opened, table in tables.items()
    )


def _is_single_file(lines: SourceRows) -> bool:
    """Tell whether the rows come from one file directly, not from a SELECT over files."""
    return len(lines.files) == 1 and lines.files[0].file == lines.file


def reject_malformed_of_file(
    db: duckdb.DuckDBPyConnection, source: str, table: str, opened: OpenedTable
) -> int:
    """Record the malformed rows of one file; return their number."""
    return reject_malformed_table(db, source, table, opened.file, opened.malformed)


def reject_malformed_table(
    db: duckdb.DuckDBPyConnection, source: str, table: str, file: str, malformed: str
) -> int:
    """Record a table of malformed rows (row, text, problem); return their number."""
    count = sql.select_number(db, f"SELECT count(*) FROM {sql.identifier(malformed)}")
    if not count:
        return 0
    last = find_last_record(db)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE malformed_staged AS "
        f'SELECT {last} + row_number() OVER (ORDER BY "row") AS record, * '
        f"FROM {sql.identifier(malformed)}"
    )
    db.execute(
        f"INSERT INTO {RECORDS} SELECT record, {sql.literal(source)}, {sql.literal(table)}, "
        f"{sql.literal(file)}, \"row\", NULL, '' FROM malformed_staged"
    )
    db.execute(
        f"INSERT INTO {UNUSABLE} SELECT record, '{MALFORMED_PROBLEM}', '', problem FROM "
        "malformed_staged"
    )
    db.execute(
        f"INSERT INTO {ORIGINALS} SELECT record, json_object('{RAW_LINE_COLUMN}', text) FROM "
        "malformed_staged"
    )
    return count


def insert_headings(db: duckdb.DuckDBPyConnection, source: str, lines: SourceRows) -> None:
    """Record the headings of a file that is read directly."""
    if not _is_single_file(lines):
        return
    opened = lines.files[0]
    rows = [
        (source, opened.file, lines.table.name, column, column, position)
        for column, position in zip(opened.columns, opened.positions, strict=True)
        if column in lines.table.names
    ]
    sql.insert_rows(db, HEADINGS, rows)


def insert_unmapped_values(db: duckdb.DuckDBPyConnection, source: str, lines: SourceRows) -> None:
    """Add the values of the files that the value maps of a source do not have."""
    rows = [
        (source, lines.table.name, each.file or lines.file, each.column, each.value, each.rows)
        for each in lines.unmapped
    ]
    sql.insert_rows(db, UNMAPPED, rows)
