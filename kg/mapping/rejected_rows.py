"""Reject log: unreadable rows of a file, recorded as rejected with row number and text."""

from collections.abc import Iterable

import duckdb

from kg import sql
from kg.sources import OpenedTable, SourceRows

MALFORMED_PROBLEM = "line-malformed"
RAW_LINE_COLUMN = "_line"
"""The only member of the original of a malformed line: the line as it came."""


def reject_malformed_rows(
    db: duckdb.DuckDBPyConnection, source: str, found: Iterable[SourceRows]
) -> int:
    """Adds the malformed lines of the files that lines were read from, each file once; how many.

    Each is in `records`, in `unusable` (what is wrong, as a code) and in `originals`.
    """
    tables = {
        opened: lines.table.name if _is_single_file(lines) else ""
        for lines in found
        for opened in lines.files
    }
    return sum(
        reject_malformed_of_file(db, source, table, opened) for opened, table in tables.items()
    )


def _is_single_file(lines: SourceRows) -> bool:
    """Whether the lines are those of one file as it is, not of a SELECT over files."""
    return len(lines.files) == 1 and lines.files[0].file == lines.file


def reject_malformed_of_file(
    db: duckdb.DuckDBPyConnection, source: str, table: str, opened: OpenedTable
) -> int:
    """Adds the malformed lines of one file, as lines of a table; how many."""
    return reject_malformed_table(db, source, table, opened.file, opened.malformed)


def reject_malformed_table(
    db: duckdb.DuckDBPyConnection, source: str, table: str, file: str, malformed: str
) -> int:
    """Adds a table of malformed lines (row, text, problem); how many they are."""
    last = sql.select_number(db, "SELECT coalesce(max(record), 0) FROM records")
    db.execute(
        "CREATE OR REPLACE TEMP TABLE malformed_staged AS "
        f'SELECT {last} + row_number() OVER (ORDER BY "row") AS record, * '
        f"FROM {sql.identifier(malformed)}"
    )
    db.execute(
        f"INSERT INTO records SELECT record, {sql.literal(source)}, {sql.literal(table)}, "
        f"{sql.literal(file)}, \"row\", NULL, '' FROM malformed_staged"
    )
    db.execute(
        f"INSERT INTO unusable SELECT record, '{MALFORMED_PROBLEM}', '', problem FROM "
        "malformed_staged"
    )
    db.execute(
        f"INSERT INTO originals SELECT record, json_object('{RAW_LINE_COLUMN}', text) FROM "
        "malformed_staged"
    )
    return sql.select_number(db, "SELECT count(*) FROM malformed_staged")


def insert_headings(db: duckdb.DuckDBPyConnection, source: str, lines: SourceRows) -> None:
    """Adds how a file calls the columns of a table that is read from it directly."""
    if not _is_single_file(lines):
        return
    opened = lines.files[0]
    rows = [
        (source, opened.file, lines.table.name, column, column, position)
        for column, position in zip(opened.columns, opened.positions, strict=True)
        if column in lines.table.names
    ]
    if rows:
        db.executemany("INSERT INTO headings VALUES (?, ?, ?, ?, ?, ?)", rows)
