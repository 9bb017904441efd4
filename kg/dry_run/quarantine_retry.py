"""Quarantine retry: validates corrected rows, and keeps those that pass as corrections."""

import csv
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox
import tomli_w

from kg import csvw_tables as canonical
from kg import sql
from kg.csvw_tables import Table
from kg.dry_run.result import DryRunResult, Model
from kg.dry_run.run import check_files
from kg.errors import SourceError
from kg.iris import build_graph_iri, build_record_iri
from kg.kinds import KINDS
from kg.mapping.corrections import Correction, save_corrections
from kg.progress import ProgressCallback, report_nothing
from kg.rdf.stores import open_release_store
from kg.release_layout import Release
from kg.reports.as_workbook import EXPORT_COLUMNS
from kg.shacl.terms import LEGAL_IRI
from kg.shacl.vocabulary import RDF_TYPE
from kg.sources import open_tables
from kg.suppression_list import NOTHING_FORGOTTEN, SuppressionList
from kg.validation.fixed_messages import UNUSABLE_MESSAGES
from kg.work_tables import OMITTED, REASONS, RECORDS, REFUSED

BY_TABLE: Final = {kind.table: kind for kind in KINDS}
FORMULA_GUARD: Final = re.compile(r"^'(?=[=+\-@\t\r])")
DESCRIPTION_FILE: Final = "source.toml"
READING_ENTRIES: Final = ("map", "views", "read", "fetch", "recognise", "codes_on_column")
"""Entries of a description that say where rows come from."""


@dataclass(frozen=True)
class RetryFolders:
    """Folders of the quarantine, the corrections and the sources."""

    quarantine: Path
    corrections: Path
    sources: Path


@dataclass(frozen=True)
class QuarantinedRow:
    """Row of the quarantine with its corrected cells."""

    source: str
    table: str
    file: str
    row: int
    digest: str
    cells: Mapping[str, str]
    """As typed; an apostrophe that the export put before a formula is removed."""
    was: Mapping[str, str] = field(default_factory=dict)
    """The cells that were changed, as they were."""
    admitted: bool = False
    """Whether the record is published without some cells: it has its key by right."""


@dataclass
class RetryResult:
    """Outcome of a retry for the rows of one source."""

    source: str
    corrected: list[QuarantinedRow] = field(default_factory=list)
    rejected: list[tuple[QuarantinedRow, str, str]] = field(default_factory=list)
    """Rejected again, with the reason in French and English."""
    unchanged: list[QuarantinedRow] = field(default_factory=list)
    unknown: list[QuarantinedRow] = field(default_factory=list)
    """Not in the quarantine any more: admitted since, or changed in the source."""


def retry_quarantine(
    path: Path,
    folders: RetryFolders,
    model: Model,
    *,
    release: Path | None,
    on: str,
    by: str,
    suppressions: SuppressionList = NOTHING_FORGOTTEN,
    track: ProgressCallback = report_nothing,
) -> list[RetryResult]:
    """Validates the corrected rows of an exported file, and saves those that pass as corrections.

    The quarantine does not change: the next build accepts the corrected rows. Raises SourceError
    where the file is no export of the quarantine.
    """
    tables = canonical.load_tables(model.tables)
    lines = list(_read_rows(path, tables))
    retries = []
    for source in dict.fromkeys(line.source for line in lines):
        mine = [line for line in lines if line.source == source]
        retried = _classify_rows(source, mine, folders.quarantine, tables)
        validate_corrected(retried, folders, model, tables, release, suppressions, track)
        keep_corrected(retried, folders.corrections, tables, on, by)
        retries.append(retried)
    return retries


def _read_rows(path: Path, tables: Mapping[str, Table]) -> Iterator[QuarantinedRow]:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/read.duckdb") as db:
        db.execute("SET enable_progress_bar = false")
        for opened in open_tables(db, path, "exported"):
            if missing := [name for name in EXPORT_COLUMNS if name not in opened.columns]:
                raise SourceError(
                    f"{path.name}: no column {', '.join(missing)}; is it an export of the "
                    "quarantine (ess-kg quarantine export)?",
                    f"{path.name} : pas de colonne {', '.join(missing)} ; est-ce un export de la "
                    "quarantaine (ess-kg quarantine export) ?",
                )
            columns = ", ".join(map(sql.identifier, opened.columns))
            rows = db.execute(f"SELECT {columns} FROM {sql.identifier(opened.view)} ORDER BY _row")
            while chunk := rows.fetchmany(5_000):
                for row in chunk:
                    yield _parse_row(dict(zip(opened.columns, row, strict=True)), tables)


def _parse_row(row: Mapping[str, str | None], tables: Mapping[str, Table]) -> QuarantinedRow:
    given = {name: (value or "").strip() for name, value in row.items()}
    table = given["q_table"]
    if table not in tables or not given["q_row"].isdigit():
        raise SourceError(
            f"{table!r} is no table whose lines can be corrected here: correct the file itself",
            f"les lignes de {table!r} ne se corrigent pas ici : corrigez le fichier lui-même",
        )
    names = tables[table].names
    return QuarantinedRow(
        given["q_source"], table, given["q_file"], int(given["q_row"]), given["q_digest"],
        {name: given[name] for name in names if given.get(name)},
    )  # fmt: skip


def _classify_rows(
    source: str, lines: Sequence[QuarantinedRow], quarantine: Path, tables: Mapping[str, Table]
) -> RetryResult:
    """Sorts the rows into unknown, unchanged and `corrected`, which are still to be validated."""
    retried = RetryResult(source)
    for table in dict.fromkeys(line.table for line in lines):
        path = quarantine / source / f"{table}.csv"
        quarantined = _load_quarantined(path, tables[table])
        without_cells = _load_admitted(path)
        for line in (line for line in lines if line.table == table):
            waiting = quarantined.get(line.digest, {})
            # the source may have been read again since: the same row may have another number
            place = (line.file, line.row)
            place = place if place in waiting else next(iter(waiting), place)
            before = waiting.pop(place, None)
            if before is None:
                retried.unknown.append(line)
                continue
            cells = {
                name: text if text == before.get(name) else FORMULA_GUARD.sub("", text)
                for name, text in line.cells.items()
            }
            changed = [name for name in tables[table].names if before.get(name) != cells.get(name)]
            was = {name: before.get(name, "") for name in changed}
            admitted = line.digest in without_cells and "id" not in was
            line = replace(
                line, file=place[0], row=place[1], cells=cells, was=was, admitted=admitted
            )
            (retried.unchanged if before == cells else retried.corrected).append(line)
    return retried


def _load_quarantined(path: Path, table: Table) -> dict[str, dict[tuple[str, int], dict[str, str]]]:
    """The rows of a quarantine file: by digest, their cells by file and row."""
    by_digest: dict[str, dict[tuple[str, int], dict[str, str]]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                by_digest.setdefault(row["_digest"], {})[row["_file"], int(row["_row"])] = {
                    name: text for name in table.names if (text := (row.get(name) or "").strip())
                }
    return by_digest


def _load_admitted(path: Path) -> frozenset[str]:
    """The digests of the rows in the quarantine that were admitted without some cells."""
    if not path.is_file():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["_digest"] for row in csv.DictReader(file) if row.get("_cells"))


def validate_corrected(
    retried: RetryResult,
    folders: RetryFolders,
    model: Model,
    tables: Mapping[str, Table],
    release: Path | None,
    suppressions: SuppressionList,
    track: ProgressCallback,
    *,
    published: bool = False,
) -> None:
    """Validates the corrected rows as rows of their source; moves the rejected ones.

    `published`: whether they are those of the release, which has their keys by right.
    """
    if not retried.corrected:
        return
    by_table: dict[str, list[QuarantinedRow]] = {}
    for line in retried.corrected:
        by_table.setdefault(line.table, []).append(line)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / retried.source
        (folder / "tables").mkdir(parents=True)
        stated = (folders.sources / retried.source / DESCRIPTION_FILE).read_text("utf-8")
        (folder / DESCRIPTION_FILE).write_text(_leave_out_reading(stated), "utf-8")
        for name, lines in by_table.items():
            _write_table(lines, tables[name], folder / "tables" / f"{name}.csv")
        with check_files(
            [], model, release=release, source=folder, suppressions=suppressions, track=track
        ) as checked:
            refused = _load_rejected(checked)
    taken = (
        {}
        if release is None or published
        else _find_taken_keys(Release(release), retried.source, by_table)
    )
    passed = []
    for name, lines in by_table.items():
        for number, line in enumerate(lines, 2):
            key = (name, line.cells.get("id", ""))
            reasons = refused.get((name, number)) or (None if line.admitted else taken.get(key))
            if reasons:
                retried.rejected.append((line, *reasons))
            else:
                passed.append(line)
    retried.corrected = passed


def _leave_out_reading(description: str) -> str:
    """A description without what says how files become rows: corrected rows are in our columns."""
    entries = tomllib.loads(description)
    return tomli_w.dumps(
        {name: each for name, each in entries.items() if name not in READING_ENTRIES}
    )


def _write_table(lines: Sequence[QuarantinedRow], table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table.names, restval="")
        writer.writeheader()
        writer.writerows(line.cells for line in lines)


def _load_rejected(checked: DryRunResult) -> Mapping[tuple[str, int], tuple[str, str]]:
    rows = checked.db.execute(
        f"SELECT tbl, \"row\", coalesce(reason_fr, ''), coalesce(reason_en, '') FROM {RECORDS} "
        f"JOIN (SELECT record FROM {REFUSED} UNION SELECT record FROM {OMITTED}) USING (record) "
        f"LEFT JOIN {REASONS} USING (record)"
    ).fetchall()
    return {(table, row): (french, english) for table, row, french, english in rows}


def _find_taken_keys(
    release: Release, source: str, lines: Mapping[str, Sequence[QuarantinedRow]]
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Keys that another row of the same source has in the release, with the reason.

    The next build would reject them, which a validation of the corrected rows alone cannot see.
    """
    store, message = open_release_store(release.store), UNUSABLE_MESSAGES["key-duplicate"]
    reason = tuple(f"[id] {message.text[each]} {message.advice[each]}" for each in ("fr", "en"))
    taken = {}
    for name, some in lines.items():
        if kind := BY_TABLE.get(name):
            for key in {line.cells["id"] for line in some if "id" in line.cells}:
                iri = build_record_iri(kind.name, key)
                if not LEGAL_IRI.fullmatch(iri):
                    continue  # rejected already
                pattern = (ox.NamedNode(iri), RDF_TYPE, None, ox.NamedNode(build_graph_iri(source)))
                if next(iter(store.quads_for_pattern(*pattern)), None):
                    taken[name, key] = (reason[0], reason[1])
    return taken


def keep_corrected(
    retried: RetryResult, corrections: Path, tables: Mapping[str, Table], on: str, by: str
) -> None:
    """Keeps the rows that passed as corrections of their source."""
    for table in dict.fromkeys(line.table for line in retried.corrected):
        made = [
            Correction(line.file, line.row, line.digest, on, by, line.cells, line.was)
            for line in retried.corrected
            if line.table == table
        ]
        save_corrections(made, tables[table].names, corrections / retried.source / f"{table}.csv")
