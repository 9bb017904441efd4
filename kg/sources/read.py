"""Reading a source into lines of the canonical tables, set-wise in DuckDB.

Every line keeps `_file` and `_row`: the row a spreadsheet shows (the heading is row 1), or the
position of the record in a file that has no heading.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from kg import sql
from kg.errors import SourceError, TableError
from kg.sources.describe import Source
from kg.sources.disclosure import hold_disclosure
from kg.sources.files import kinds_of, open_tables, stem_of
from kg.sources.isolated_sql import Apart, apart, named_in
from kg.sources.opened import Opened
from kg.sources.unused_files import hold_read, hold_used
from kg.tables import Table


@dataclass(frozen=True)
class Lines:
    """The lines a source has for one table: a DuckDB relation with its columns, `_file`, `_row`."""

    table: Table
    view: str
    file: str
    files: tuple[Opened, ...] = ()
    """The files the lines were read from."""
    dated: str = ""
    """The column of the view with the date of which the codes of a line are; empty where none is.

    One of the table, or another one, which is nothing but that.
    """


def read(source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection) -> list[Lines]:
    """The lines of a source, table by table, in the order of the canonical tables.

    A source has files already in the canonical columns (`tables/`), or raw files (`raw/`) and one
    SQL `SELECT` per table (`{table}.sql`), or both. Raises SourceError.
    """
    try:
        sheets = dict(_canonical_files(source, db))
        hold_read(source, tables, sheets)
        found = [*_canonical(source, tables, sheets, db), *_selected(source, tables, db)]
        _hold_dated(source, found)
        return found
    except duckdb.Error as error:
        raise SourceError(f"source {source.name}: {error}") from error


def _canonical_files(
    source: Source, db: duckdb.DuckDBPyConnection
) -> Iterator[tuple[Path, list[Opened]]]:
    for path in sorted((source.folder / "tables").glob("*")):
        if path.is_file() and kinds_of(path) == "table":
            yield path, open_tables(db, path, _name(source, path), source.reading(path))


def _canonical(
    source: Source,
    tables: Mapping[str, Table],
    sheets: Mapping[Path, Sequence[Opened]],
    db: duckdb.DuckDBPyConnection,
) -> Iterator[Lines]:
    for path, opened in sheets.items():
        # the sheets named after tables, or the first one as the table the file is named after
        for one in [sheet for sheet in opened if sheet.sheet in tables] or opened[:1]:
            table = _table(tables, one.sheet if one.sheet in tables else stem_of(path), path)
            relation = f"SELECT * FROM {sql.name(one.view)}"
            view = _view(source, table, one.file)
            # a file that is read as it is streams every time
            db.execute(
                f"CREATE OR REPLACE TEMP VIEW {sql.name(view)} AS "
                + _select(source, table, relation, one.file, db)
            )
            yield Lines(table, view, one.file, (one,), _dated(source, view, db))


def _selected(
    source: Source, tables: Mapping[str, Table], db: duckdb.DuckDBPyConnection
) -> Iterator[Lines]:
    """What the SELECTs of a source make of its raw files, kept as tables."""
    if not (list(source.folder.glob("*.sql")) or (source.folder / "raw").is_dir()):
        return
    with apart(db) as own:
        raw = list(_open_raw(source, own.db))
        own.close_to([path for path, _ in raw])
        selects = {path: _relation(path) for path in sorted(source.folder.glob("*.sql"))}
        named = {
            name for path, text in selects.items() for name in named_in(own.db, text, path.name)
        }
        hold_used(source, raw, named)
        hold_disclosure(source, (one for _, opened in raw for one in opened), selects)
        files = tuple(_taken(source, own, each) for _, opened in raw for each in opened)
        for path, relation in selects.items():
            table = _table(tables, path.stem, path)
            view = _view(source, table, path.name)
            own.take(_select(source, table, relation, path.name, own.db), view)
            yield Lines(table, view, path.name, files, _dated(source, view, db))


def _relation(path: Path) -> str:
    return path.read_text("utf-8").rstrip().rstrip(";")


def _taken(source: Source, own: Apart, opened: Opened) -> Opened:
    name = f"{len(source.name)}_{source.name}_{opened.view}"
    return replace(opened, malformed=own.take_malformed(opened.malformed, name))


def _table(tables: Mapping[str, Table], name: str, path: Path) -> Table:
    if name not in tables:
        raise TableError(f"{path}: no canonical table is called {name!r}")
    return tables[name]


def _open_raw(source: Source, db: duckdb.DuckDBPyConnection) -> Iterator[tuple[Path, list[Opened]]]:
    """Every table of `raw/` as a view named after its file, with `_file` and `_row`."""
    taken: dict[str, str] = {}
    for path in sorted((source.folder / "raw").glob("*")):
        stated = source.reads(path)
        if path.is_file() and kinds_of(path) == "table" and (stated or path.suffix != ".txt"):
            opened = open_tables(db, path, stem_of(path), source.reading(path))
            for each in opened:
                other = taken.setdefault(each.view.casefold(), path.name)
                if other != path.name:
                    raise SourceError(
                        f"source {source.name}: {other} and {path.name} would both be the view "
                        f"{each.view!r}: rename one of them",
                        f"source {source.name} : {other} et {path.name} seraient tous deux la vue "
                        f"{each.view!r} : renommez l’un des deux",
                    )
            yield path, opened


def _name(source: Source, path: Path) -> str:
    return f"read_{len(source.name)}_{source.name}_{path.name}"


def _view(source: Source, table: Table, file: str) -> str:
    return f"lines_{len(source.name)}_{source.name}_{table.name}_{file}"


def _select(
    source: Source, table: Table, relation: str, file: str, db: duckdb.DuckDBPyConnection
) -> str:
    """The SELECT of the columns of a table, `_file` and `_row` out of a relation."""
    given = [row[0] for row in db.execute(f"DESCRIBE {relation}").fetchall()]
    own = [source.codes_on_column] if source.codes_on_column else []
    _check_columns(table, given, f"{source.name}/{file}", own)
    cells = ", ".join(_cell(name, name in given) for name in table.names)
    dates = "".join(
        f", {_cell(name, True)}" for name in own if name in given and name not in table.names
    )
    marks = ", ".join(
        name if name in given else f"CAST(NULL AS {kind}) AS {name}"
        for name, kind in (("_file", "VARCHAR"), ("_row", "BIGINT"))
    )
    return f"SELECT {cells}, {marks}{dates} FROM ({relation})"


def _dated(source: Source, view: str, db: duckdb.DuckDBPyConnection) -> str:
    """The column of some lines with the date of which their codes are; empty where none is."""
    if not source.codes_on_column:
        return ""
    there = [row[0] for row in db.execute(f"DESCRIBE {sql.name(view)}").fetchall()]
    return source.codes_on_column if source.codes_on_column in there else ""


def _hold_dated(source: Source, found: Sequence[Lines]) -> None:
    """Raises SourceError where the source states a column of dates that no table of it has."""
    column = source.codes_on_column
    if column and not any(lines.dated for lines in found):
        raise SourceError(
            f"source {source.name}: codes_on_column = {column!r}: no table has that column",
            f"source {source.name} : codes_on_column = {column!r} : aucune table n'a cette colonne",
        )


def _cell(name: str, given: bool) -> str:
    column = sql.name(name)
    return (
        f"nullif(trim(CAST({column} AS VARCHAR)), '') AS {column}"
        if given
        else (f"CAST(NULL AS VARCHAR) AS {column}")
    )


def _check_columns(table: Table, given: list[str], path: str, own: Sequence[str]) -> None:
    known = {*table.names, "_file", "_row", *own}
    strange = [name for name in given if name not in known]
    if strange:
        raise TableError(
            f"{path}: unknown column {', '.join(strange)}; "
            f"the table {table.name!r} has {', '.join(table.names)}"
        )
    missing = [column.name for column in table.real if column.required and column.name not in given]
    if missing:
        raise TableError(f"{path}: the column {', '.join(missing)} is required and is not there")
