"""Reading a source into lines of the canonical tables, set-wise in DuckDB.

Every line keeps `_file` and `_row`: the row a spreadsheet shows (the heading is row 1), or the
position of the record in a file that has no heading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg import sql
from kg.errors import SourceError, TableError
from kg.sources.describe import Source
from kg.sources.files import kinds_of, open_tables, stem_of
from kg.sources.opened import Opened
from kg.tables import Table


@dataclass(frozen=True)
class Lines:
    """The lines a source has for one table: a DuckDB relation with its columns, `_file`, `_row`."""

    table: Table
    view: str
    file: str
    files: tuple[Opened, ...] = ()
    """The files the lines were read from."""


def read(source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection) -> list[Lines]:
    """The lines of a source, table by table, in the order of the canonical tables.

    A source has files already in the canonical columns (`tables/`), or raw files (`raw/`) and one
    SQL `SELECT` per table (`{table}.sql`), or both. Raises SourceError.
    """
    try:
        raw = tuple(_open_raw(source, db))
        return list(_canonical(source, tables, db)) + list(_selected(source, tables, raw, db))
    except duckdb.Error as error:
        raise SourceError(f"source {source.name}: {error}") from error


def _canonical(
    source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection
) -> Iterator[Lines]:
    for path in sorted((source.folder / "tables").glob("*")):
        if kinds_of(path) != "table":
            continue
        opened = open_tables(db, path, _name(source, path), source.reading(path))
        # the sheets named after tables, or the first one as the table the file is named after
        for one in [sheet for sheet in opened if sheet.sheet in tables] or opened[:1]:
            table = _table(tables, one.sheet if one.sheet in tables else stem_of(path), path)
            yield _lines(source, table, f"SELECT * FROM {sql.name(one.view)}", one.file, (one,), db)


def _selected(
    source: Source,
    tables: Mapping[str, Table],
    raw: tuple[Opened, ...],
    db: duckdb.DuckDBPyConnection,
) -> Iterator[Lines]:
    for path in sorted(source.folder.glob("*.sql")):
        table = _table(tables, path.stem, path)
        relation = path.read_text("utf-8").rstrip().rstrip(";")
        yield _lines(source, table, relation, path.name, raw, db)


def _table(tables: Mapping[str, Table], name: str, path: Path) -> Table:
    if name not in tables:
        raise TableError(f"{path}: no canonical table is called {name!r}")
    return tables[name]


def _open_raw(source: Source, db: duckdb.DuckDBPyConnection) -> Iterator[Opened]:
    """Every table of `raw/` as a view named after its file, with `_file` and `_row`."""
    for path in sorted((source.folder / "raw").glob("*")):
        stated = source.reads(path)
        if kinds_of(path) == "table" and (stated or path.suffix != ".txt"):
            yield from open_tables(db, path, stem_of(path), source.reading(path))


def _name(source: Source, path: Path) -> str:
    return f"read_{len(source.name)}_{source.name}_{path.name}"


def _lines(
    source: Source,
    table: Table,
    relation: str,
    file: str,
    files: tuple[Opened, ...],
    db: duckdb.DuckDBPyConnection,
) -> Lines:
    given = [row[0] for row in db.execute(f"DESCRIBE {relation}").fetchall()]
    _check_columns(table, given, f"{source.name}/{file}")
    view = f"lines_{len(source.name)}_{source.name}_{table.name}_{file}"
    cells = ", ".join(_cell(name, name in given) for name in table.names)
    marks = ", ".join(name if name in given else f"NULL AS {name}" for name in ("_file", "_row"))
    # what a SELECT makes is kept; a file that is read as it is streams every time
    kind = "TABLE" if file.endswith(".sql") else "VIEW"
    db.execute(
        f"CREATE OR REPLACE TEMP {kind} {sql.name(view)} AS "
        f"SELECT {cells}, {marks} FROM ({relation})"
    )
    return Lines(table, view, file, files)


def _cell(name: str, given: bool) -> str:
    column = sql.name(name)
    return (
        f"nullif(trim(CAST({column} AS VARCHAR)), '') AS {column}"
        if given
        else (f"CAST(NULL AS VARCHAR) AS {column}")
    )


def _check_columns(table: Table, given: list[str], path: str) -> None:
    known = {*table.names, "_file", "_row"}
    strange = [name for name in given if name not in known]
    if strange:
        raise TableError(
            f"{path}: unknown column {', '.join(strange)}; "
            f"the table {table.name!r} has {', '.join(table.names)}"
        )
    missing = [column.name for column in table.real if column.required and column.name not in given]
    if missing:
        raise TableError(f"{path}: the column {', '.join(missing)} is required and is not there")
