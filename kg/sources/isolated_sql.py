"""Isolated DuckDB for the SQL of one source, with access to the files of this source only.

It has no network and loads no extension. It runs in one thread, so that aggregates that depend on
row order (`any_value`, `first`) give the same result in every build.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.errors import SourceError

MEMORY_LIMIT: Final = "1GB"
"""Memory limit; beyond it, DuckDB spills to the folder of this database."""


class IsolatedDatabase:
    """DuckDB database of one source, separate from the work database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.db = duckdb.connect(str(folder / "source.duckdb"))
        self.db.execute("SET enable_progress_bar = false")
        self.db.execute(f"SET memory_limit = {sql.literal(MEMORY_LIMIT)}")

    def restrict_to(self, files: Sequence[Path]) -> None:
        """Restrict file access to these files, irrevocably."""
        allowed = [str(path.resolve()) for path in files]
        folder = str(self._folder.resolve())
        for setting, value in (
            ("threads", "1"),
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            ("allowed_paths", f"[{', '.join(map(sql.literal, allowed))}]"),
            ("allowed_directories", f"[{sql.literal(folder)}]"),
            ("enable_external_access", "false"),
            ("lock_configuration", "true"),
        ):
            self.db.execute(f"SET {setting} = {value}")

    def write_rows(self, select: str, path: Path) -> None:
        """Write the rows of a SELECT to a Parquet file in the folder, in their order."""
        self.db.execute(f"COPY ({select}) TO {sql.literal(str(path))} (FORMAT parquet)")

    def read_malformed_rows(self, malformed: str) -> list[tuple[Any, ...]]:
        """The rejected lines of a file."""
        return self.db.execute(f"SELECT * FROM {sql.identifier(malformed)}").fetchall()


@contextmanager
def open_isolated_database(folder: Path) -> Iterator[IsolatedDatabase]:
    """Open an isolated database in a folder, closed at the end of the block."""
    folder.mkdir()
    own = IsolatedDatabase(folder)
    try:
        yield own
    finally:
        own.db.close()


def find_referenced_tables(db: duckdb.DuckDBPyConnection, select: str, file: str) -> set[str]:
    """Return the tables and views that a SELECT reads, case-folded. Raises SourceError."""
    row = db.execute("SELECT json_serialize_sql(?::VARCHAR)", [select]).fetchone()
    syntax_tree = json.loads(row[0]) if row else {}
    if syntax_tree.get("error") or len(syntax_tree["statements"]) != 1:
        raise SourceError(
            f"{file} is not one SELECT: {syntax_tree.get('error_message', 'several statements')}",
            f"{file} n’est pas un seul SELECT : "
            f"{syntax_tree.get('error_message', 'plusieurs commandes')}",
        )
    return set(_iter_table_names(syntax_tree))


def _iter_table_names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield str(node["table_name"]).casefold()
        for inner in node.values():
            yield from _iter_table_names(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _iter_table_names(inner)
