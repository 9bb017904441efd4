"""Lines of a file that could not be read, noted as refused records with their row and text."""

from collections.abc import Iterable

import duckdb

from kg import sql
from kg.sources import Lines, Opened

PROBLEM = "line-malformed"
TEXT = "_line"
"""The only member of the original of a malformed line: the line as it came."""


def note_malformed(db: duckdb.DuckDBPyConnection, source: str, found: Iterable[Lines]) -> int:
    """Adds the malformed lines of the files that lines were read from, each file once; how many.

    Each is in `records`, in `unusable` (what is wrong, as a code) and in `originals`.
    """
    tables = {
        opened: lines.table.name if _is_direct(lines) else ""
        for lines in found
        for opened in lines.files
    }
    return sum(note_lines(db, source, table, opened) for opened, table in tables.items())


def _is_direct(lines: Lines) -> bool:
    """Whether the lines are those of one file as it is, not of a SELECT over files."""
    return len(lines.files) == 1 and lines.files[0].file == lines.file


def note_lines(db: duckdb.DuckDBPyConnection, source: str, table: str, opened: Opened) -> int:
    """Adds the malformed lines of one file, as lines of a table; how many."""
    return note_malformed_of(db, source, table, opened.file, opened.malformed)


def note_malformed_of(
    db: duckdb.DuckDBPyConnection, source: str, table: str, file: str, malformed: str
) -> int:
    """Adds a table of malformed lines (row, text, problem); how many they are."""
    first = db.execute("SELECT coalesce(max(record), 0) FROM records").fetchone() or (0,)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE malformed_staged AS "
        f'SELECT {first[0]} + row_number() OVER (ORDER BY "row") AS record, * '
        f"FROM {sql.name(malformed)}"
    )
    db.execute(
        f"INSERT INTO records SELECT record, {sql.text(source)}, {sql.text(table)}, "
        f"{sql.text(file)}, \"row\", NULL, '' FROM malformed_staged"
    )
    db.execute(
        f"INSERT INTO unusable SELECT record, '{PROBLEM}', '', problem FROM malformed_staged"
    )
    db.execute(
        f"INSERT INTO originals SELECT record, json_object('{TEXT}', text) FROM malformed_staged"
    )
    noted = db.execute("SELECT count(*) FROM malformed_staged").fetchone() or (0,)
    return int(noted[0])


def note_headings(db: duckdb.DuckDBPyConnection, source: str, lines: Lines) -> None:
    """Adds how a file calls the columns of a table that is read from it directly."""
    if not _is_direct(lines):
        return
    opened = lines.files[0]
    rows = [
        (source, opened.file, lines.table.name, column, column, position)
        for column, position in zip(opened.columns, opened.positions, strict=True)
        if column in lines.table.names
    ]
    if rows:
        db.executemany("INSERT INTO headings VALUES (?, ?, ?, ?, ?, ?)", rows)
