"""Opened table: a DuckDB view of a file's columns as text, with file name and row number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.header_row import Headings

SHOWN: Final = 12
"""Number of headings that the message about an empty file lists."""


@dataclass(frozen=True)
class OpenedTable:
    """One table of a file, ready to be selected from."""

    view: str
    columns: tuple[str, ...]
    file: str
    rows: int
    malformed: str
    """Name of the table (row BIGINT, text VARCHAR, problem VARCHAR) of unreadable lines."""
    format_description: str
    """Description of the format: encoding and delimiter, sheet, or name."""
    positions: tuple[int, ...] = ()
    """Position, from 0, of each column in the file."""
    notes: tuple[Text, ...] = ()
    sheet: str = ""
    unnamed_columns: tuple[str, ...] = ()
    """Generated names of columns that have values but no heading."""


def is_plain_text_sheet(opened: OpenedTable) -> bool:
    """Detect a sheet of text rather than a table: one column, or no row below the heading."""
    return len(opened.columns) < 2 or not opened.rows


@dataclass(frozen=True)
class TableRows:
    """All rows of a file, heading included, as columns c0, c1… and `_row`."""

    relation: str
    headings: Headings
    file: str
    format_description: str
    sheet: str = ""


def no_rows(file: str, columns: Sequence[str] = ()) -> SourceError:
    """Error for a readable file without records."""
    if not columns:
        return SourceError(
            f"{file}: there are no records in this file", f"{file} : aucune fiche dans ce fichier"
        )
    listed_columns = ", ".join(columns[:SHOWN]) + (" …" if len(columns) > SHOWN else "")
    return SourceError(
        f"{file}: there are no records in this file: no row below its headings ({listed_columns})",
        f"{file} : aucune fiche dans ce fichier : aucune ligne sous ses en-têtes "
        f"({listed_columns})",
    )


def create_malformed_table(db: duckdb.DuckDBPyConnection, name: str) -> str:
    """Create an empty table of malformed lines; return its name."""
    table = f"malformed_{name}"
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.identifier(table)} (row BIGINT, text VARCHAR, problem "
        "VARCHAR)"
    )
    return table


def open_rows(
    db: duckdb.DuckDBPyConnection, name: str, rows: TableRows, malformed: str
) -> OpenedTable:
    """Create the view of the non-empty rows below the heading.

    Columns without a heading and without values are left out.
    """
    cells = [f"c{n}" for n in range(len(rows.headings.names))]
    below = f"FROM ({rows.relation}) WHERE _row > {rows.headings.row}"
    filled = f"coalesce({', '.join(cells)}) IS NOT NULL"
    nameless = [cell for cell, none in zip(cells, rows.headings.unnamed, strict=True) if none]
    counted = ", ".join(f"count({cell})" for cell in nameless)
    counts_row = db.execute(
        f"SELECT count(*){', ' + counted if counted else ''} {below} AND {filled}"
    ).fetchone()
    total, *used = counts_row or (0,)
    empty = {cell for cell, count in zip(nameless, used, strict=True) if not count}
    column_numbers = [n for n, cell in enumerate(cells) if cell not in empty]
    columns_sql = ", ".join(
        f"c{n} AS {sql.identifier(rows.headings.names[n])}" for n in column_numbers
    )
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.identifier(name)} AS "
        f"SELECT {columns_sql}, {sql.literal(rows.file)} AS _file, _row {below} AND {filled}"
    )
    return OpenedTable(
        view=name,
        columns=tuple(rows.headings.names[n] for n in column_numbers),
        file=rows.file,
        rows=total,
        malformed=malformed,
        format_description=rows.format_description,
        positions=tuple(column_numbers),
        notes=rows.headings.notes,
        sheet=rows.sheet,
        unnamed_columns=tuple(
            rows.headings.names[n] for n in column_numbers if rows.headings.unnamed[n]
        ),
    )
