"""SQL quoting, the result of a query that gives one number, and insertion of rows in DuckDB."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final, Protocol

INSERTED_ROWS: Final = 5000
"""Rows that one statement inserts."""


class Connection(Protocol):
    """A connection of DuckDB or SQLite."""

    def execute(self, query: str, parameters: Any = ..., /) -> Any: ...


def select_number(db: Connection, query: str) -> int:
    """The one number that a query gives, 0 where it gives no row."""
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def insert_rows(db: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows in DuckDB in their order, each with a value for each column of the table.

    In a statement for some thousands: `executemany` of DuckDB takes a millisecond for each row, and
    a parameter takes several times the memory of its values.
    """
    waiting = iter(rows)
    while some := list(islice(waiting, INSERTED_ROWS)):
        columns = [list(column) for column in zip(*some, strict=True)]
        cells = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
        db.execute(f"INSERT INTO {table} SELECT {cells}", columns)


def identifier(identifier: str) -> str:
    """An identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text literal, quoted."""
    return "'" + value.replace("'", "''") + "'"
