"""Rows of the sources about a record: which rows of which files say it, or name it beside others.

The sources are mapped as a build maps them, so that a row is found whatever made its key of it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import orjson

from kg import csvw_tables
from kg.csvw_tables import OTHER_LABELS, OTHER_NAMES, Table
from kg.errors import EssKgError
from kg.installation import InstallationPaths
from kg.kinds import KIND_BY_NAME
from kg.mapping.forgotten_quads import remove_record_quads
from kg.mapping.source_mapping import map_source
from kg.mapping.suppressed_records import select_forgotten_rows
from kg.namespaces import ID
from kg.progress import ProgressCallback
from kg.sources import Source, discover_sources
from kg.work_tables import ORIGINALS, QUADS, RAW_LINE_COLUMN, RECORDS

NAME_COLUMNS: Final = ("label_fr", "label_en", OTHER_LABELS, OTHER_NAMES)
DATA_FOLDERS: Final = ("tables", "raw", "rdf")


@dataclass(frozen=True)
class SourceRow:
    """A row of a file of a source, by the number that a spreadsheet shows."""

    path: Path
    row: int | None
    table: str
    cells: Mapping[str, str]
    """Its cells as the canonical table has them."""


@dataclass(frozen=True)
class SourceRows:
    """What the sources say of a record."""

    own: Sequence[SourceRow] = ()
    """Rows about it, or about nothing without it."""
    beside: Sequence[SourceRow] = ()
    """Rows about other records that name it."""
    names: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    """(scheme, value)"""
    values: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    """Sources that could not be read, with the reason."""


def find_source_rows(
    db: duckdb.DuckDBPyConnection,
    paths: InstallationPaths,
    tables: Mapping[str, Table],
    iri: str,
    track: ProgressCallback,
) -> SourceRows:
    """The rows of all sources about a record. `db` is an empty work database."""
    sources, unread = _map_sources(db, paths, tables, track)
    db.execute(
        f"CREATE TEMP TABLE naming_row AS SELECT DISTINCT record FROM {QUADS} "
        "WHERE o[1] = '<' AND split_part(o[2:-2], '#', 1) = ?",
        [iri],
    )
    remove_record_quads(db, tables, [iri])
    select_forgotten_rows(db, tables, [iri])
    _add_malformed_rows(db, iri)
    own = _read_rows(db, sources, "forgotten_row")
    beside = _read_rows(db, sources, "(FROM naming_row ANTI JOIN forgotten_row USING (record))")
    kind = iri.removeprefix(ID).partition("/")[0]
    mine = [row for row in own if row.table == KIND_BY_NAME[kind].table]
    return SourceRows(
        own=own,
        beside=beside,
        names=frozenset(name for row in mine for name in list_names(row.cells)),
        identifiers=frozenset(
            (row.cells.get("scheme", ""), row.cells["value"])
            for row in own
            if row.table == "identifiers" and row.cells.get("value")
        ),
        values=frozenset(
            row.cells["email"]
            for row in own
            if row.table == "contact_points" and row.cells.get("email")
        ),
        unread=unread,
    )


def _add_malformed_rows(db: duckdb.DuckDBPyConnection, iri: str) -> None:
    """Adds to `forgotten_row` the lines that could not be read and name the record."""
    kind, _, key = iri.removeprefix(ID).partition("/")
    line = f"(cells ->> '$.{RAW_LINE_COLUMN}')"
    table = KIND_BY_NAME[kind].table
    db.execute(
        f"INSERT INTO forgotten_row SELECT record FROM {ORIGINALS} JOIN {RECORDS} USING (record) "
        f"WHERE regexp_matches({line}, ?) OR (tbl IN ('', ?) AND regexp_matches({line}, ?))",
        [_build_pattern(f"{kind}/{key}"), table, _build_pattern(key)],
    )


def _build_pattern(name: str) -> str:
    return rf"(^|[^\w/-]){re.escape(name)}($|[^\w-])"


def _map_sources(
    db: duckdb.DuckDBPyConnection,
    paths: InstallationPaths,
    tables: Mapping[str, Table],
    track: ProgressCallback,
) -> tuple[Mapping[str, Source], dict[str, str]]:
    try:
        sources = discover_sources(paths.sources)
    except EssKgError as error:
        return {}, {"": str(error)}
    unread = {}
    for source in track(sources, "Importing"):
        try:
            map_source(db, source, tables, None, paths.context)
        except EssKgError as error:
            unread[source.name] = str(error)
    return {source.name: source for source in sources}, unread


def _read_rows(
    db: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], relation: str
) -> list[SourceRow]:
    rows = db.execute(
        f'SELECT source, file, "row", tbl, cells::VARCHAR FROM {RECORDS} JOIN {relation} '
        f"USING (record) LEFT JOIN {ORIGINALS} USING (record) ORDER BY record"
    ).fetchall()
    return [
        SourceRow(_find_file(sources[source], file), row, table, _parse_cells(cells))
        for source, file, row, table, cells in rows
    ]


def _parse_cells(cells: str | None) -> Mapping[str, str]:
    return {name: str(value) for name, value in orjson.loads(cells or "{}").items() if value}


def _find_file(source: Source, name: str) -> Path:
    """The file of a source that rows name; the name alone where there is none (a SELECT)."""
    # the sheet of a workbook is a file of its own: `workbook.xlsx/sheet`
    for file in (name, name.partition("/")[0]):
        for folder in DATA_FOLDERS:
            path = source.folder / folder / file
            if path.is_file():
                return path
    return source.folder / name


def list_names(cells: Mapping[str, str]) -> list[str]:
    """The names that a row gives to what it is about."""
    values = {column: cells.get(column, "").split("|") for column in NAME_COLUMNS}
    names = csvw_tables.list_names(values, NAME_COLUMNS)
    given, family = cells.get("given_name"), cells.get("family_name")
    if given and family:
        names += [f"{given} {family}", f"{family} {given}"]
    return [name.strip() for name in names if name.strip()]
