"""Source reader: rows of a source for each canonical table, set-wise in DuckDB.

Each row carries `_file` and `_row`: the row number that a spreadsheet shows (the heading is row 1),
or the position of the record in formats without a heading.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from kg import sql
from kg.csvw_tables import LANGUAGE_COLUMN, OTHER_LABELS, OTHER_NAMES, Table
from kg.errors import SourceError, TableError
from kg.sources.cell_cleaners import define_cleaners
from kg.sources.disclosure_status import leave_out_undisclosed, require_disclosure_filter
from kg.sources.file_opener import detect_file_kind, open_tables, strip_extensions
from kg.sources.isolated_sql import IsolatedDatabase, open_isolated_database
from kg.sources.left_out import LeftOut, find_left_out
from kg.sources.legal_form_macros import define_legal_form_macros
from kg.sources.opened_table import OpenedTable, create_malformed_table
from kg.sources.source_description import Source
from kg.sources.source_selects import TableSelect, prepare_selects
from kg.sources.temp_files import make_temp_path
from kg.sources.unused_files import require_readable_files, require_used_files


@dataclass(frozen=True)
class UnmappedValue:
    """A value of the files that the value map of a column does not have, on so many rows."""

    file: str
    column: str
    value: str
    rows: int


@dataclass(frozen=True)
class SourceRows:
    """Rows of a source for one table: a DuckDB relation with its columns, `_file` and `_row`."""

    table: Table
    view: str
    file: str
    files: tuple[OpenedTable, ...] = ()
    """Files from which the rows were read."""
    dated: str = ""
    """Column of the view with the reference date of commune codes; empty where there is none.

    It may be a column of the table, or an additional one.
    """
    unmapped: tuple[UnmappedValue, ...] = ()


@dataclass(frozen=True)
class StagedTable:
    """The rows of a table from the raw files of a source, in a Parquet file."""

    table: Table
    file: str
    path: Path
    unmapped: tuple[UnmappedValue, ...]


@dataclass(frozen=True)
class StagedSelects:
    """What the SELECTs of a source gave, in a folder, and the raw files with their rejected lines.

    No other database has to do with it: several sources can be staged at once.
    """

    folder: Path
    tables: tuple[StagedTable, ...] = ()
    files: tuple[tuple[OpenedTable, Sequence[tuple[Any, ...]]], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    """What nothing is made of in the raw files, where it was asked for."""


def read_source(
    source: Source,
    tables: Mapping[str, Table],
    db: duckdb.DuckDBPyConnection,
    staged: StagedSelects | None = None,
) -> list[SourceRows]:
    """Read the rows of a source, table by table, in the order of the canonical tables.

    A source has files in the canonical columns (`tables/`), raw files (`raw/`) with one SQL
    `SELECT` per table (`{table}.sql`), or both; of the latter, the rows may be `staged` already.
    Raises SourceError.
    """
    try:
        sheets = dict(_open_canonical_files(source, db))
        require_readable_files(source, tables, sheets)
        source_rows = [
            *_read_canonical_files(source, tables, sheets, db),
            *_load_selects(
                source, db, staged or stage_selects(source, tables, make_temp_path(db, "apart"))
            ),
        ]
        _require_date_column(source, source_rows)
        return source_rows
    except duckdb.Error as error:
        raise SourceError(f"source {source.name}: {error}") from error


def stage_selects(
    source: Source, tables: Mapping[str, Table], folder: Path, *, note_left_out: bool = False
) -> StagedSelects:
    """Run the SELECTs of a source over its raw files, with what they give in a new folder.

    With `note_left_out`, also find the rows, columns and sheets of which they make nothing, which
    reads the files once more. Raises SourceError.
    """
    stated = list(source.folder.glob("*.sql")) or source.mapping.tables
    if not (stated or (source.folder / "raw").is_dir()):
        return StagedSelects(folder)
    try:
        with open_isolated_database(folder) as own:
            return _stage_selects(source, tables, folder, own, note_left_out)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, duckdb.Error):
            raise SourceError(f"source {source.name}: {error}") from error
        raise


def _stage_selects(
    source: Source,
    tables: Mapping[str, Table],
    folder: Path,
    own: IsolatedDatabase,
    note_left_out: bool,
) -> StagedSelects:
    raw = list(_open_raw_files(source, own.db))
    define_cleaners(own.db)
    define_legal_form_macros(own.db)
    own.restrict_to([path for path, _ in raw])
    selects = prepare_selects(source, tables, raw, own.db)
    every = [one for _, opened in raw for one in opened]
    require_used_files(source, raw, selects.used_views)
    require_disclosure_filter(source, every, selects.text)
    staged = []
    for number, each in enumerate(selects.tables):
        path = folder / f"rows-{number}.parquet"
        select = _build_select(source, each.table, each.select, each.file, own.db, each.columns)
        own.write_rows(leave_out_undisclosed(select, every, own.db), path)
        unmapped = tuple(_find_unmapped(each, own.db))
        staged.append(StagedTable(each.table, each.file, path, unmapped))
    files = tuple((one, own.read_malformed_rows(one.malformed)) for one in every)
    left_out: tuple[LeftOut, ...] = ()
    if note_left_out and selects.tables:
        paths = [each.path for each in staged]
        left_out = tuple(find_left_out(raw, selects.used_views, selects.text, paths, own.db))
    return StagedSelects(folder, tuple(staged), files, left_out)


def _open_canonical_files(
    source: Source, db: duckdb.DuckDBPyConnection
) -> Iterator[tuple[Path, list[OpenedTable]]]:
    for path in sorted((source.folder / "tables").glob("*")):
        if path.is_file() and detect_file_kind(path) == "table":
            yield (
                path,
                open_tables(
                    db, path, _make_file_view_name(source, path), source.get_read_options(path)
                ),
            )


def _read_canonical_files(
    source: Source,
    tables: Mapping[str, Table],
    sheets: Mapping[Path, Sequence[OpenedTable]],
    db: duckdb.DuckDBPyConnection,
) -> Iterator[SourceRows]:
    for path, opened in sheets.items():
        # sheets named after tables; failing these, the first sheet, for the table the file is named
        # after
        for one in [sheet for sheet in opened if sheet.sheet in tables] or opened[:1]:
            table = _get_table(
                tables, one.sheet if one.sheet in tables else strip_extensions(path), path
            )
            relation = f"SELECT * FROM {sql.identifier(one.view)}"
            view = _make_rows_view_name(source, table, one.file)
            # a view: the file is streamed each time it is queried
            db.execute(
                f"CREATE OR REPLACE TEMP VIEW {sql.identifier(view)} AS "
                + _build_select(source, table, relation, one.file, db)
            )
            yield SourceRows(table, view, one.file, (one,), _find_date_column(source, view, db))


def _load_selects(
    source: Source, db: duckdb.DuckDBPyConnection, staged: StagedSelects
) -> Iterator[SourceRows]:
    """Load what was staged into tables of the work database, and remove it."""
    files = tuple(_load_malformed_rows(source, db, *each) for each in staged.files)
    for each in staged.tables:
        view = _make_rows_view_name(source, each.table, each.file)
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE {sql.identifier(view)} AS "
            f"SELECT * FROM read_parquet({sql.literal(str(each.path))})"
        )
        yield SourceRows(
            each.table, view, each.file, files, _find_date_column(source, view, db), each.unmapped
        )
    shutil.rmtree(staged.folder, ignore_errors=True)


def _find_unmapped(each: TableSelect, db: duckdb.DuckDBPyConnection) -> Iterator[UnmappedValue]:
    for query in each.unmapped:
        for file, value, rows in db.execute(query.select).fetchall():
            yield UnmappedValue(file or "", query.column, value, rows)


def _load_malformed_rows(
    source: Source,
    db: duckdb.DuckDBPyConnection,
    opened: OpenedTable,
    rows: Sequence[tuple[Any, ...]],
) -> OpenedTable:
    table = create_malformed_table(db, f"{len(source.name)}_{source.name}_{opened.view}")
    sql.insert_rows(db, sql.identifier(table), rows)
    return replace(opened, malformed=table)


def _get_table(tables: Mapping[str, Table], name: str, path: Path) -> Table:
    if name not in tables:
        raise TableError(f"{path}: no canonical table is called {name!r}")
    return tables[name]


def _open_raw_files(
    source: Source, db: duckdb.DuckDBPyConnection
) -> Iterator[tuple[Path, list[OpenedTable]]]:
    """Open each table of `raw/` as a view named after its file, with `_file` and `_row`."""
    taken: dict[str, str] = {}
    for path in sorted((source.folder / "raw").glob("*")):
        stated = source.has_read_options(path)
        if (
            path.is_file()
            and detect_file_kind(path) == "table"
            and (stated or path.suffix != ".txt")
        ):
            opened = open_tables(db, path, strip_extensions(path), source.get_read_options(path))
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


def _make_file_view_name(source: Source, path: Path) -> str:
    return f"read_{len(source.name)}_{source.name}_{path.name}"


def _make_rows_view_name(source: Source, table: Table, file: str) -> str:
    return f"lines_{len(source.name)}_{source.name}_{table.name}_{file}"


def _build_select(
    source: Source,
    table: Table,
    relation: str,
    file: str,
    db: duckdb.DuckDBPyConnection,
    columns: Sequence[str] | None = None,
) -> str:
    """Return the SELECT of a table's columns, `_file` and `_row` from a relation.

    `columns` are those of the relation, where they are known.
    """
    if columns is None:
        columns = [row[0] for row in db.execute(f"DESCRIBE {relation}").fetchall()]
    own = [source.codes_on_column] if source.codes_on_column else []
    _check_columns(table, columns, f"{source.name}/{file}", own)
    cells = ", ".join(
        _build_tagged_cell_sql(table, name, columns)
        if name in (OTHER_LABELS, OTHER_NAMES)
        else _build_cell_sql(name, name in columns)
        for name in table.names
    )
    dates = "".join(
        f", {_build_cell_sql(name, True)}"
        for name in own
        if name in columns and name not in table.names
    )
    marks = ", ".join(
        name if name in columns else f"CAST(NULL AS {kind}) AS {name}"
        for name, kind in (("_file", "VARCHAR"), ("_row", "BIGINT"))
    )
    return f"SELECT {cells}, {marks}{dates} FROM ({relation})"


def _find_date_column(source: Source, view: str, db: duckdb.DuckDBPyConnection) -> str:
    """Return the column with the reference date of codes; empty where the view has none."""
    if not source.codes_on_column:
        return ""
    columns = [row[0] for row in db.execute(f"DESCRIBE {sql.identifier(view)}").fetchall()]
    return source.codes_on_column if source.codes_on_column in columns else ""


def _require_date_column(source: Source, source_rows: Sequence[SourceRows]) -> None:
    """Raise SourceError where the stated date column exists in no table of the source."""
    column = source.codes_on_column
    if column and not any(lines.dated for lines in source_rows):
        raise SourceError(
            f"source {source.name}: codes_on_column = {column!r}: no table has that column",
            f"source {source.name} : codes_on_column = {column!r} : aucune table n'a cette colonne",
        )


def _build_cell_sql(name: str, is_present: bool) -> str:
    column = sql.identifier(name)
    return (
        f"nullif(trim(CAST({column} AS VARCHAR)), '') AS {column}"
        if is_present
        else (f"CAST(NULL AS VARCHAR) AS {column}")
    )


def _build_tagged_cell_sql(table: Table, column: str, columns: Sequence[str]) -> str:
    """The SQL of names in any language: with those of each column `label_xx`, tagged."""
    parts = [sql.identifier(column)] if column in columns else []
    parts += [
        build_tagged_sql(sql.identifier(name), name)
        for name in columns
        if table.find_tagged_column(name) == column
    ]
    if not parts:
        return _build_cell_sql(column, False)
    return f"nullif(trim(concat_ws('|', {', '.join(parts)})), '') AS {sql.identifier(column)}"


def build_tagged_sql(cell: str, column: str) -> str:
    """The SQL of a name, or of several other names, with the tag of the column of its language."""
    match = LANGUAGE_COLUMN.fullmatch(column)
    assert match, column
    if match["other"]:
        names = f"list_filter(string_split(CAST({cell} AS VARCHAR), '|'), lambda n: trim(n) <> '')"
        tagged = f"list_transform({names}, lambda n: trim(n) || '@{match['tag']}')"
        return f"nullif(array_to_string({tagged}, '|'), '')"
    text = f"nullif(trim(replace(CAST({cell} AS VARCHAR), '|', '/')), '')"
    return f"{text} || '@{match['tag']}'"


def _check_columns(table: Table, columns: Sequence[str], path: str, own: Sequence[str]) -> None:
    allowed_columns = {*table.names, "_file", "_row", *own}
    strange = [
        name
        for name in columns
        if name not in allowed_columns and not table.find_tagged_column(name)
    ]
    if strange:
        raise TableError(
            f"{path}: unknown column {', '.join(strange)}; "
            f"the table {table.name!r} has {', '.join(table.names)}"
        )
    missing = table.find_missing(columns)
    if missing:
        raise TableError(f"{path}: the column {', '.join(missing)} is required and is not there")
