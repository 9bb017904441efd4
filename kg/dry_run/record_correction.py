"""Correction of one cell of a record or of a row about it: judged, kept for the next build."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import TEMPLATE_SLOT, Table, load_tables
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
from kg.mapping.corrections import (
    Correction,
    build_digest_sql,
    find_correction,
    read_corrections,
)
from kg.mapping.csvw_to_sql import build_template_sql
from kg.namespaces import ID
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release
from kg.sources import Source, SourceRows, discover_sources, read_source
from kg.suppression_list import read_suppressions

KEY_COLUMN: Final = "id"


@dataclass(frozen=True)
class _Target:
    """The row to correct: its address below that of all records, in one table of several."""

    path: str
    """`kind/key` of a record, or the address of a row about one (`person/x#membership-demo-1`)."""
    column: str
    tables: Collection[str]
    """Those whose rows may have this address."""


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

    `record` is `kind/key`, or the address of a row about a record, as a report has it; `column` may
    have the name of its table before it (`memberships.role`). What the shapes accept is kept as a
    correction; what they reject is told in the result. Raises SourceError where no row, or more
    than one source, has it.
    """
    tables = load_tables(paths.ontology / "tables")
    target = _find_target(tables, record, column)
    rows = [
        row
        for each in discover_sources(paths.sources)
        if source in ("", each.name)
        for row in _find_rows(each, target, tables, paths.corrections)
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
        paths.corrections / row.source / f"{row.table}.csv",
        row.file,
        row.digest,
        row.cells.get(KEY_COLUMN, ""),
    )
    corrected = RetryResult(names[0], [_change(row, earlier, target.column, value)])
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


def _find_target(tables: Mapping[str, Table], record: str, column: str) -> _Target:
    """What is to be corrected. Raises SourceError for a column that it does not have."""
    stated, _, name = column.rpartition(".")
    candidates = [
        table
        for table in tables.values()
        if stated in ("", table.name) and table.parse_row_path(record) is not None
    ]
    if not candidates and "#" in record:  # of a source in RDF, which has no rows
        return _Target(record, name, ())
    columns = dict.fromkeys(n for each in candidates for n in each.names if n != KEY_COLUMN)
    if name not in columns:
        listed = ", ".join(columns)
        raise SourceError(
            f"{record} has no column {name!r} to correct; there are {listed}",
            f"{record} n'a pas de colonne {name!r} à corriger ; il y a {listed}",
        )
    return _Target(record, name, [each.name for each in candidates if name in each.names])


def _find_rows(
    source: Source, target: _Target, tables: Mapping[str, Table], corrections: Path
) -> list[QuarantinedRow]:
    with duckdb.connect() as db:
        return [
            row
            for rows in read_source(source, tables, db)
            if rows.table.name in target.tables
            for row in _select_rows(source, rows, target.path, corrections, db)
        ]


def _select_rows(
    source: Source, rows: SourceRows, path: str, corrections: Path, db: duckdb.DuckDBPyConnection
) -> Iterator[QuarantinedRow]:
    """The rows that have an address, or were given it by a correction."""
    table = rows.table
    kept = list(read_corrections(corrections / source.name / f"{table.name}.csv"))
    moved_here = [each.digest for each in kept if _fill_about(table, each, source) == path]
    moved_away = {
        (each.file, each.digest) for each in kept if _fill_about(table, each, source) != path
    }
    cells = ", ".join(
        f"nullif(trim(v.{sql.identifier(name)}), '') AS {sql.identifier(name)}"
        for name in table.names
    )
    digest = build_digest_sql({name: f"v.{sql.identifier(name)}" for name in table.names})
    address = build_template_sql(table, table.about, source.name)
    found = db.execute(
        f"SELECT _file, _row, _digest, {', '.join(map(sql.identifier, table.names))} FROM "
        f"(SELECT coalesce(_file, ?) AS _file, _row, {digest} AS _digest, {cells} "
        f"FROM {sql.identifier(rows.view)} v) WHERE {address} = ? OR list_contains(?, _digest) "
        "ORDER BY ALL",
        (rows.file, ID + path, moved_here),
    ).fetchall()
    for file, row, mark, *texts in found:
        if (file, mark) not in moved_away:
            written = {name: text for name, text in zip(table.names, texts, strict=True) if text}
            yield QuarantinedRow(source.name, table.name, file, row, mark, written)


def _fill_about(table: Table, correction: Correction, source: Source) -> str:
    """The address of a row as it was corrected, below that of all records."""
    cells = {**correction.cells, "_source": source.name, "_row": str(correction.row)}
    return TEMPLATE_SLOT.sub(lambda m: cells.get(m[2], ""), table.about).removeprefix(ID)


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
