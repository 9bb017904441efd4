"""Correction of one cell of a record: judged as its source is, then kept for the next build."""

from collections.abc import Mapping
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Table, load_tables
from kg.dry_run.quarantine_retry import (
    QuarantinedRow,
    RetryFolders,
    RetryResult,
    keep_corrected,
    validate_corrected,
)
from kg.dry_run.result import Model
from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.kinds import KIND_BY_NAME
from kg.mapping.corrections import Correction, build_digest_sql, find_correction
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release
from kg.sources import Source, SourceRows, discover_sources, read_source
from kg.suppression_list import read_suppressions

KEY_COLUMN: Final = "id"


def correct_record(
    paths: InstallationPaths,
    record: str,
    column: str,
    value: str,
    *,
    release: Release | None,
    on: str,
    by: str,
    source: str = "",
    track: ProgressCallback = report_nothing,
) -> RetryResult:
    """Gives a column of a record another value, empty for none, in the row that its source has.

    `record` is `kind/key`. What the shapes accept is kept as a correction; what they reject is told
    in the result. Raises SourceError where no row, or more than one source, has the record.
    """
    kind, _, key = record.partition("/")
    tables = load_tables(paths.ontology / "tables")
    table = tables[KIND_BY_NAME[kind].table] if kind in KIND_BY_NAME else None
    if table is None or column not in table.names or column == KEY_COLUMN:
        columns = ", ".join(n for n in table.names if n != KEY_COLUMN) if table else ""
        raise SourceError(
            f"{record} has no column {column!r} to correct; there are {columns}",
            f"{record} n'a pas de colonne {column!r} à corriger ; il y a {columns}",
        )
    rows = [
        row
        for each in discover_sources(paths.sources)
        if source in ("", each.name)
        for row in _find_rows(each, table, tables, key)
    ]
    names = sorted({row.source for row in rows})
    if len(names) != 1:
        raise SourceError(
            f"{len(names)} sources have a row of {record} ({', '.join(names)}): say which with "
            "--source"
            if names
            else f"no row of a source has the key of {record}; correct it at its source",
            f"{len(names)} sources ont une ligne de {record} ({', '.join(names)}) : dites laquelle "
            "avec --source"
            if names
            else f"aucune ligne de source n'a la clé de {record} ; corrigez-le à sa source",
        )
    row = rows[0]
    earlier = find_correction(
        paths.corrections / row.source / f"{row.table}.csv", row.file, row.digest, key
    )
    corrected = RetryResult(names[0], [_change(row, earlier, column, value)])
    folders = RetryFolders(paths.data / "quarantine", paths.corrections, paths.sources)
    model = Model(paths.ontology, paths.model / "shapes")
    validate_corrected(
        corrected,
        folders,
        model,
        tables,
        release.folder if release else None,
        read_suppressions(paths.data),
        track,
        published=True,
    )
    keep_corrected(corrected, paths.corrections, tables, on, by)
    return corrected


def _find_rows(
    source: Source, table: Table, tables: Mapping[str, Table], key: str
) -> list[QuarantinedRow]:
    with duckdb.connect() as db:
        return [
            row
            for rows in read_source(source, tables, db)
            if rows.table.name == table.name
            for row in _select_rows(source, rows, key, db)
        ]


def _select_rows(
    source: Source, rows: SourceRows, key: str, db: duckdb.DuckDBPyConnection
) -> list[QuarantinedRow]:
    names = rows.table.names
    cells = ", ".join(f"v.{sql.identifier(name)}" for name in names)
    digest = build_digest_sql({name: f"v.{sql.identifier(name)}" for name in names})
    found = db.execute(
        f"SELECT coalesce(_file, ?), _row, {digest}, {cells} FROM {sql.identifier(rows.view)} v "
        f"WHERE v.{sql.identifier(KEY_COLUMN)} = ? ORDER BY ALL",
        (rows.file, key),
    ).fetchall()
    return [
        QuarantinedRow(
            source.name,
            rows.table.name,
            file,
            row,
            mark,
            {name: text.strip() for name, text in zip(names, texts, strict=True) if text},
        )
        for file, row, mark, *texts in found
    ]


def _change(
    row: QuarantinedRow, earlier: Correction | None, column: str, value: str
) -> QuarantinedRow:
    """The row with one cell changed, and with what was corrected in it before."""
    kept: Mapping[str, str] = {}
    if earlier is not None:  # without a note of what it changed it stands for the whole row
        kept = {n: earlier.cells.get(n, "") for n in earlier.was or earlier.cells}
    cells = {name: text for name, text in {**row.cells, **kept, column: value}.items() if text}
    was = {name: row.cells.get(name, "") for name in (*kept, column)}
    return QuarantinedRow(row.source, row.table, row.file, row.row, row.digest, cells, was)
