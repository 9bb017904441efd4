"""First rows: what the mapping of a source gives, for a person to look at."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from kg import sql
from kg.csvw_tables import Table
from kg.sources import Source, read_source


@dataclass(frozen=True)
class FirstRows:
    """The first rows of one table, without the columns that are empty in all of them."""

    table: str
    columns: Mapping[str, tuple[str, ...]]


def read_first_rows(source: Source, tables: Mapping[str, Table], count: int) -> list[FirstRows]:
    """The first rows of each table of a source. Raises SourceError."""
    with duckdb.connect() as db:
        return [
            FirstRows(rows.table.name, _read_columns(db, rows.view, list(rows.table.names), count))
            for rows in read_source(source, tables, db)
        ]


def _read_columns(
    db: duckdb.DuckDBPyConnection, view: str, names: list[str], count: int
) -> dict[str, tuple[str, ...]]:
    listed = ", ".join(map(sql.identifier, names))
    rows = db.execute(f"SELECT {listed} FROM {sql.identifier(view)} LIMIT {count}").fetchall()
    columns = {name: tuple(row[n] or "" for row in rows) for n, name in enumerate(names)}
    return {name: cells for name, cells in columns.items() if any(cells)}
