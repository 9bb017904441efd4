"""Reading a source into lines of the canonical tables, set-wise in DuckDB.

Every line keeps `_file` and `_row`: the row a spreadsheet shows (the heading is row 1), or the
position of the record in a file that has no heading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.errors import SourceError, TableError
from kg.sources.describe import Source
from kg.tables import Table

READERS: Final = {
    ".csv": (
        "read_csv({file}, all_varchar=true, header=true, delim=',', quote='\"', strict_mode=true)"
    ),
    ".json": "read_json({file}, maximum_object_size=67108864, sample_size=-1)",
    ".jsonl": "read_json({file}, format='newline_delimited', sample_size=-1)",
    ".parquet": "read_parquet({file})",
}


@dataclass(frozen=True)
class Lines:
    """The lines a source has for one table: a DuckDB view with its columns, `_file`, `_row`."""

    table: Table
    view: str
    file: str


def read(source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection) -> list[Lines]:
    """The lines of a source, table by table, in the order of the canonical tables.

    A source has CSV files already in the canonical columns (`tables/`), or raw files (`raw/`)
    and one SQL `SELECT` per table (`{table}.sql`), or both. Raises SourceError.
    """
    try:
        _open_raw(source, db)
        return list(_canonical(source, tables, db)) + list(_selected(source, tables, db))
    except duckdb.Error as error:
        raise SourceError(f"source {source.name}: {error}") from error


def _canonical(
    source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection
) -> Iterator[Lines]:
    for path in sorted((source.folder / "tables").glob("*.csv")):
        table = tables.get(path.stem)
        if table is None:
            raise TableError(f"{path}: no canonical table is called {path.stem!r}")
        scan = READERS[".csv"].format(file=sql.text(str(path)))
        relation = (
            f"SELECT *, {sql.text(path.name)} AS _file, row_number() OVER () + 1 AS _row "
            f"FROM {scan}"
        )
        yield _lines(source, table, relation, path, db)


def _selected(
    source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection
) -> Iterator[Lines]:
    for path in sorted(source.folder.glob("*.sql")):
        table = tables.get(path.stem)
        if table is None:
            raise TableError(f"{path}: no canonical table is called {path.stem!r}")
        yield _lines(source, table, path.read_text("utf-8").rstrip().rstrip(";"), path, db)


def _open_raw(source: Source, db: duckdb.DuckDBPyConnection) -> None:
    """Every file of `raw/` as a view named after it, with `_file` and `_row`."""
    for path in sorted((source.folder / "raw").glob("*")):
        stem, _, extension = path.name.removesuffix(".gz").partition(".")
        reader = READERS.get("." + extension)
        if reader is None:
            continue
        scan = reader.format(file=sql.text(str(path)))
        db.execute(
            f"CREATE OR REPLACE TEMP VIEW {sql.name(stem)} AS "
            f"SELECT *, {sql.text(path.name)} AS _file, row_number() OVER () AS _row FROM {scan}"
        )


def _lines(
    source: Source, table: Table, relation: str, path: Path, db: duckdb.DuckDBPyConnection
) -> Lines:
    given = [row[0] for row in db.execute(f"DESCRIBE {relation}").fetchall()]
    _check_columns(table, given, path)
    view = f"lines_{len(source.name)}_{source.name}_{table.name}"
    cells = ", ".join(_cell(name, name in given) for name in table.names)
    marks = ", ".join(name if name in given else f"NULL AS {name}" for name in ("_file", "_row"))
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {sql.name(view)} AS "
        f"SELECT {cells}, {marks} FROM ({relation})"
    )
    return Lines(table, view, path.name)


def _cell(name: str, given: bool) -> str:
    column = sql.name(name)
    return (
        f"nullif(trim(CAST({column} AS VARCHAR)), '') AS {column}"
        if given
        else (f"CAST(NULL AS VARCHAR) AS {column}")
    )


def _check_columns(table: Table, given: list[str], path: Path) -> None:
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
