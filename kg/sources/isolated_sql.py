"""Isolated DuckDB for the SQL of one source, with access to the files of this source only.

It has no network and loads no extension. It runs in one thread, so that aggregates that depend on
row order (`any_value`, `first`) give the same result in every build.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.sources.opened_table import create_malformed_table
from kg.sources.temp_files import make_temp_path

MEMORY_LIMIT: Final = "1GB"
"""Memory limit; beyond it, DuckDB spills to the folder of this database."""


class IsolatedDatabase:
    """DuckDB database of one source, separate from the work database."""

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._main = db
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

    def copy_to_work_database(self, select: str, table: str) -> None:
        """Create a table of the work database from the rows of a SELECT, in their order."""
        path = make_temp_path(self.db, "parquet")
        self.db.execute(f"COPY ({select}) TO {sql.literal(str(path))} (FORMAT parquet)")
        self._main.execute(
            f"CREATE OR REPLACE TEMP TABLE {sql.identifier(table)} AS "
            f"SELECT * FROM read_parquet({sql.literal(str(path))})"
        )
        path.unlink()

    def copy_malformed_rows(self, malformed: str, name: str) -> str:
        """Copy the rejected lines of a file to the work database; return the table's name."""
        table = create_malformed_table(self._main, name)
        rows = self.db.execute(f"SELECT * FROM {sql.identifier(malformed)}").fetchall()
        sql.insert_rows(self._main, sql.identifier(table), rows)
        return table


@contextmanager
def open_isolated_database(db: duckdb.DuckDBPyConnection) -> Iterator[IsolatedDatabase]:
    """Open an isolated database, deleted at the end of the block."""
    folder = make_temp_path(db, "apart")
    folder.mkdir()
    own = IsolatedDatabase(db, folder)
    try:
        yield own
    finally:
        own.db.close()
        shutil.rmtree(folder, ignore_errors=True)


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
