"""Text rows: the entries of a file that a library has read, as the rows of a DuckDB table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import orjson

from kg import sql
from kg.kinds import Text
from kg.sources.header_row import make_headings
from kg.sources.opened_table import (
    OpenedTable,
    TableRows,
    create_malformed_table,
    no_rows,
    open_rows,
)
from kg.sources.temp_files import make_temp_path

MAX_TEXT: Final = 10_000
"""Characters of an entry that the report of a refusal shows."""


@dataclass(frozen=True)
class TextRow:
    """Cells of one entry, by column, with the line of the file where the entry begins."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class MalformedEntry:
    """Entry that cannot be read, with the code of its problem."""

    line: int
    text: str
    problem: str


@dataclass(frozen=True)
class ReadEntries:
    """All that was read of a file."""

    columns: Sequence[str]
    rows: Iterable[TextRow]
    malformed: Sequence[MalformedEntry]
    format_description: str
    notes: Sequence[Text] = ()


def open_entries(
    db: duckdb.DuckDBPyConnection, name: str, file: str, entries: ReadEntries
) -> OpenedTable:
    """Open what was read of a file as view `name`. Raises SourceError where it is nothing."""
    path = make_temp_path(db, "jsonl")
    count = 0
    with path.open("wb") as output:
        for row in entries.rows:
            cells = {f"c{n}": row.cells.get(each, "") for n, each in enumerate(entries.columns)}
            output.write(orjson.dumps({**cells, "_row": row.line}) + b"\n")
            count += 1
    if not count and not entries.malformed:
        raise no_rows(file)
    cells_sql = ", ".join(f"nullif(c{n}, '') AS c{n}" for n in range(len(entries.columns)))
    types = ", ".join(f"c{n}: 'VARCHAR'" for n in range(len(entries.columns)))
    table = f"entries_{name}"
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.identifier(table)} AS SELECT {cells_sql}, _row FROM "
        f"read_json({sql.literal(str(path))}, format='newline_delimited', "
        f"columns={{{types}, _row: 'BIGINT'}})"
    )
    path.unlink()
    malformed = create_malformed_table(db, name)
    sql.insert_rows(
        db,
        sql.identifier(malformed),
        [(each.line, each.text[:MAX_TEXT], each.problem) for each in entries.malformed],
    )
    rows = TableRows(
        f"SELECT * FROM {sql.identifier(table)}",
        make_headings(entries.columns, 0),
        file,
        entries.format_description,
    )
    opened = open_rows(db, name, rows, malformed)
    return replace(opened, notes=(*opened.notes, *entries.notes))
