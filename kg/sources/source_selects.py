"""SELECTs of a source: its `.sql` files and what its declared mapping compiles to, on one path.

`<table>.sql` gives the rows of a table; `_<name>.sql` is the view `<name>` for the others, and so
is each name of `[views]`, over several files.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg import sql
from kg.csvw_tables import Table
from kg.errors import SourceError, TableError
from kg.sources import toml_entries
from kg.sources.declared_mapping_sql import (
    CompiledTable,
    UnmappedQuery,
    compile_table_rule,
    compile_view,
)
from kg.sources.isolated_sql import find_referenced_tables
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import DESCRIPTION_FILE, Source

RawFiles = Sequence[tuple[Path, Sequence[OpenedTable]]]


@dataclass(frozen=True)
class TableSelect:
    """The SELECT of one table, and the file of the source that states it."""

    table: Table
    file: str
    select: str
    unmapped: tuple[UnmappedQuery, ...] = ()
    columns: tuple[str, ...] | None = None
    """The columns of the SELECT, where they are known: to ask DuckDB costs a planning."""


@dataclass(frozen=True)
class SourceSelects:
    """All SELECTs of a source, the views that they read, and their text."""

    tables: tuple[TableSelect, ...]
    used_views: frozenset[str]
    text: str


def prepare_selects(
    source: Source, tables: Mapping[str, Table], raw: RawFiles, db: duckdb.DuckDBPyConnection
) -> SourceSelects:
    """Makes the views of a source in its database; its SELECTs. Raises SourceError."""
    used: set[str] = set()
    texts: list[str] = []
    for name, rule in source.mapping.views.items():
        select, files = compile_view(source, rule, raw)
        _create_view(source, db, name, select, DESCRIPTION_FILE, raw)
        used |= files
        texts.append(select)
    for path, text, named in _create_shared_views(source, db, raw):
        used |= named
        texts.append(f"-- {path.name}\n{text}")
    selects: list[TableSelect] = []
    for path in _list_files(source, shared=False):
        table = _get_table(tables, path.stem, path)
        text = _read_select(path)
        used |= find_referenced_tables(db, text, path.name)
        texts.append(text)
        selects.append(TableSelect(table, path.name, text))
    declared = list(_compile_mapping(source, tables, raw, db))
    for _, compiled, _ in declared:
        used |= compiled.views | find_referenced_tables(db, compiled.select, DESCRIPTION_FILE)
        texts.append(compiled.select)
    selects += _join_rules(declared)
    return SourceSelects(tuple(selects), frozenset(used), "\n".join(texts))


def _compile_mapping(
    source: Source, tables: Mapping[str, Table], raw: RawFiles, db: duckdb.DuckDBPyConnection
) -> Iterator[tuple[Table, CompiledTable, list[str]]]:
    """The rules of a source, each with its table and the columns that it fills."""
    if not source.mapping.tables:
        return
    views = _describe_views(db)
    for rule in source.mapping.tables:
        place = f"{source.name}/{DESCRIPTION_FILE}: {rule.place}"
        if rule.table not in tables:
            near = toml_entries.find_nearest(rule.table, list(tables))
            raise TableError(
                f"{place}: no canonical table is called {rule.table!r}; "
                + (f"did you mean {near}?" if near else f"there are {', '.join(tables)}"),
                f"{place} : aucune table ne s’appelle {rule.table!r} ; "
                + (f"vouliez-vous dire {near} ?" if near else f"il y a {', '.join(tables)}"),
            )
        table = tables[rule.table]
        compiled = compile_table_rule(source, rule, table, raw, views)
        try:
            described = db.execute(f"DESCRIBE {compiled.select}").fetchall()
        except duckdb.Error as error:
            why = str(error).partition("\n\n")[0]
            raise SourceError(f"{place}: {why}", f"{place} : {why}") from error
        yield table, compiled, [str(column) for column, *_ in described]


def _join_rules(
    declared: Sequence[tuple[Table, CompiledTable, Sequence[str]]],
) -> Iterator[TableSelect]:
    """One SELECT for each table, whatever the number of its rules."""
    for table in dict.fromkeys(table for table, *_ in declared):
        rules = [compiled for each, compiled, _ in declared if each is table]
        columns = dict.fromkeys(name for each, _, own in declared if each is table for name in own)
        select = " UNION ALL BY NAME ".join(f"({rule.select})" for rule in rules)
        unmapped = tuple(query for rule in rules for query in rule.unmapped)
        yield TableSelect(table, DESCRIPTION_FILE, select, unmapped, tuple(columns))


def _create_shared_views(
    source: Source, db: duckdb.DuckDBPyConnection, raw: RawFiles
) -> Iterator[tuple[Path, str, set[str]]]:
    """Makes the views of `_<name>.sql`, those first that others read; each with what it reads."""
    waiting = {
        path.stem.removeprefix("_"): (path, text := _read_select(path),
                                      find_referenced_tables(db, text, path.name))
        for path in _list_files(source, shared=True)
    }  # fmt: skip
    while waiting:
        folded = {name.casefold() for name in waiting}
        ready = [
            name
            for name, (_, _, named) in waiting.items()
            if not (named - {name.casefold()}) & folded
        ]
        if not ready:
            names = ", ".join(f"_{name}.sql" for name in waiting)
            raise SourceError(
                f"source {source.name}: {names} read one another in a circle",
                f"source {source.name} : {names} se lisent l’un l’autre en cercle",
            )
        for name in ready:
            path, text, named = waiting.pop(name)
            _create_view(source, db, name, text, path.name, raw)
            yield path, text, named


def _create_view(
    source: Source,
    db: duckdb.DuckDBPyConnection,
    name: str,
    select: str,
    file: str,
    raw: RawFiles,
) -> None:
    if name.casefold() in {one.view.casefold() for _, opened in raw for one in opened}:
        raise SourceError(
            f"source {source.name}: {file} makes the view {name!r}, which is a file already: "
            "give it another name",
            f"source {source.name} : {file} fait la vue {name!r}, qui est déjà un fichier : "
            "donnez-lui un autre nom",
        )
    try:
        db.execute(f"CREATE TEMP VIEW {sql.identifier(name)} AS {select}")
    except duckdb.Error as error:
        why = str(error).partition("\n\n")[0]
        raise SourceError(
            f"source {source.name}: {file}: {why}", f"source {source.name} : {file} : {why}"
        ) from error


def _describe_views(db: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    views: dict[str, list[str]] = {}
    rows: Iterable[tuple[str, str]] = db.execute(
        "SELECT c.table_name, c.column_name FROM duckdb_columns() c JOIN duckdb_views() v "
        "ON v.view_name = c.table_name AND v.database_oid = c.database_oid "
        "WHERE NOT v.internal ORDER BY c.table_name, c.column_index"
    ).fetchall()
    for view, column in rows:
        views.setdefault(view, []).append(column)
    return views


def _list_files(source: Source, *, shared: bool) -> list[Path]:
    paths = sorted(source.folder.glob("*.sql"))
    return [path for path in paths if path.name.startswith("_") == shared]


def _read_select(path: Path) -> str:
    return path.read_text("utf-8").rstrip().rstrip(";")


def _get_table(tables: Mapping[str, Table], name: str, path: Path) -> Table:
    if name not in tables:
        raise TableError(f"{path}: no canonical table is called {name!r}")
    return tables[name]
