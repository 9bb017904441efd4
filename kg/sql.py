"""SQL quoting of identifiers and texts, and the result of a query that gives one number."""

from typing import Any, Protocol


class Connection(Protocol):
    """A connection of DuckDB or SQLite."""

    def execute(self, query: str, /) -> Any: ...


def select_number(db: Connection, query: str) -> int:
    """The one number that a query gives, 0 where it gives no row."""
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def identifier(identifier: str) -> str:
    """An identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text literal, quoted."""
    return "'" + value.replace("'", "''") + "'"
