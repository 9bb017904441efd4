"""Corrected lines of the quarantine, checked again: those that pass are kept as corrections."""

import csv
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg import tables as canonical
from kg.checking.check import check_files
from kg.checking.checked import Checked, Model
from kg.errors import SourceError
from kg.iris import graph, record
from kg.kinds import KINDS
from kg.mapping.corrections import Correction, keep
from kg.progress import Track, silent
from kg.release import Release
from kg.reports.as_workbook import MARKS
from kg.sources import open_tables
from kg.tables import Table
from kg.validation.sentences import UNUSABLE
from kg.validation.terms import LEGAL
from kg.validation.vocabulary import RDF_TYPE

BY_TABLE: Final = {kind.table: kind for kind in KINDS}
GUARD: Final = re.compile(r"^'(?=[=+\-@\t\r])")
DESCRIPTION: Final = "source.toml"


@dataclass(frozen=True)
class Folders:
    """Where the quarantine, the corrections and the sources are."""

    quarantine: Path
    corrections: Path
    sources: Path


@dataclass(frozen=True)
class Line:
    """A line of the quarantine with what its cells are to say."""

    source: str
    table: str
    file: str
    row: int
    digest: str
    cells: Mapping[str, str]
    """As they were typed: an apostrophe before a formula is taken away where it is not theirs."""


@dataclass
class Retried:
    """What became of the lines of one source."""

    source: str
    corrected: list[Line] = field(default_factory=list)
    refused: list[tuple[Line, str, str]] = field(default_factory=list)
    """Refused again, with the reason in French and English."""
    unchanged: list[Line] = field(default_factory=list)
    unknown: list[Line] = field(default_factory=list)
    """Not in the quarantine any more: admitted since, or changed in the source."""


def retry(
    path: Path,
    folders: Folders,
    model: Model,
    *,
    release: Path | None,
    on: str,
    by: str,
    track: Track = silent,
) -> list[Retried]:
    """Checks the corrected lines of an exported file, and keeps those that pass.

    The quarantine does not change: the next build admits what was corrected. Raises SourceError
    where the file is no export of the quarantine.
    """
    tables = canonical.load(model.tables)
    lines = list(_read(path, tables))
    found = []
    for source in dict.fromkeys(line.source for line in lines):
        mine = [line for line in lines if line.source == source]
        retried = _sorted_out(source, mine, folders.quarantine, tables)
        _check(retried, folders, model, tables, release, track)
        _keep(retried, folders.corrections, tables, on, by)
        found.append(retried)
    return found


def _read(path: Path, tables: Mapping[str, Table]) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/read.duckdb") as db:
        db.execute("SET enable_progress_bar = false")
        for opened in open_tables(db, path, "exported"):
            if missing := [name for name in MARKS if name not in opened.columns]:
                raise SourceError(
                    f"{path.name}: no column {', '.join(missing)}; is it an export of the "
                    "quarantine (ess-kg quarantine export)?",
                    f"{path.name} : pas de colonne {', '.join(missing)} ; est-ce un export de la "
                    "quarantaine (ess-kg quarantine export) ?",
                )
            columns = ", ".join(map(sql.name, opened.columns))
            rows = db.execute(f"SELECT {columns} FROM {sql.name(opened.view)} ORDER BY _row")
            while chunk := rows.fetchmany(5_000):
                for row in chunk:
                    yield _line(dict(zip(opened.columns, row, strict=True)), tables)


def _line(row: Mapping[str, str | None], tables: Mapping[str, Table]) -> Line:
    given = {name: (value or "").strip() for name, value in row.items()}
    table = given["q_table"]
    if table not in tables or not given["q_row"].isdigit():
        raise SourceError(
            f"{table!r} is no table whose lines can be corrected here: correct the file itself",
            f"les lignes de {table!r} ne se corrigent pas ici : corrigez le fichier lui-même",
        )
    names = tables[table].names
    return Line(
        given["q_source"], table, given["q_file"], int(given["q_row"]), given["q_digest"],
        {name: given[name] for name in names if given.get(name)},
    )  # fmt: skip


def _sorted_out(
    source: str, lines: Sequence[Line], quarantine: Path, tables: Mapping[str, Table]
) -> Retried:
    """The lines by what is known of them before any check; those to be checked are `corrected`."""
    retried = Retried(source)
    for table in dict.fromkeys(line.table for line in lines):
        known = _quarantined(quarantine / source / f"{table}.csv", tables[table])
        for line in (line for line in lines if line.table == table):
            waiting = known.get(line.digest, {})
            # the source may have been read again since: the line says the same, at another row
            place = (line.file, line.row)
            place = place if place in waiting else next(iter(waiting), place)
            before = waiting.pop(place, None)
            if before is None:
                retried.unknown.append(line)
                continue
            cells = {
                name: text if text == before.get(name) else GUARD.sub("", text)
                for name, text in line.cells.items()
            }
            line = replace(line, file=place[0], row=place[1], cells=cells)
            (retried.unchanged if before == cells else retried.corrected).append(line)
    return retried


def _quarantined(path: Path, table: Table) -> dict[str, dict[tuple[str, int], dict[str, str]]]:
    """By digest, the lines that wait in a file: their cells by their file and row."""
    found: dict[str, dict[tuple[str, int], dict[str, str]]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["_digest"], {})[row["_file"], int(row["_row"])] = {
                    name: text for name in table.names if (text := (row.get(name) or "").strip())
                }
    return found


def _check(
    retried: Retried,
    folders: Folders,
    model: Model,
    tables: Mapping[str, Table],
    release: Path | None,
    track: Track,
) -> None:
    """Holds the corrected lines to the shapes, as lines of their source; refused ones move."""
    if not retried.corrected:
        return
    by_table: dict[str, list[Line]] = {}
    for line in retried.corrected:
        by_table.setdefault(line.table, []).append(line)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / retried.source
        (folder / "tables").mkdir(parents=True)
        shutil.copyfile(folders.sources / retried.source / DESCRIPTION, folder / DESCRIPTION)
        for name, lines in by_table.items():
            _write(lines, tables[name], folder / "tables" / f"{name}.csv")
        with check_files([], model, release=release, source=folder, track=track) as checked:
            refused = _refused(checked)
    taken = {} if release is None else _taken(Release(release), retried.source, by_table)
    passed = []
    for name, lines in by_table.items():
        for number, line in enumerate(lines, 2):
            reasons = refused.get((name, number)) or taken.get((name, line.cells.get("id", "")))
            if reasons:
                retried.refused.append((line, *reasons))
            else:
                passed.append(line)
    retried.corrected = passed


def _write(lines: Sequence[Line], table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table.names, restval="")
        writer.writeheader()
        writer.writerows(line.cells for line in lines)


def _refused(checked: Checked) -> Mapping[tuple[str, int], tuple[str, str]]:
    rows = checked.db.execute(
        "SELECT tbl, \"row\", coalesce(reason_fr, ''), coalesce(reason_en, '') FROM records "
        "JOIN refused USING (record) LEFT JOIN reasons USING (record)"
    ).fetchall()
    return {(table, row): (french, english) for table, row, french, english in rows}


def _taken(
    release: Release, source: str, lines: Mapping[str, Sequence[Line]]
) -> Mapping[tuple[str, str], tuple[str, str]]:
    """The keys of lines that another line of their source has in the release, with the reason.

    The next build would refuse them: a check of the corrected lines alone does not see it.
    """
    store, said = ox.Store.read_only(str(release.store)), UNUSABLE["key-duplicate"]
    reason = tuple(f"[id] {said.message[each]} {said.advice[each]}" for each in ("fr", "en"))
    found = {}
    for name, some in lines.items():
        if kind := BY_TABLE.get(name):
            for key in {line.cells["id"] for line in some if "id" in line.cells}:
                iri = record(kind.name, key)
                if not LEGAL.fullmatch(iri):
                    continue  # the check has refused it
                told = (ox.NamedNode(iri), RDF_TYPE, None, ox.NamedNode(graph(source)))
                if next(iter(store.quads_for_pattern(*told)), None):
                    found[name, key] = (reason[0], reason[1])
    return found


def _keep(
    retried: Retried, corrections: Path, tables: Mapping[str, Table], on: str, by: str
) -> None:
    for table in dict.fromkeys(line.table for line in retried.corrected):
        made = [
            Correction(line.file, line.row, line.digest, on, by, line.cells)
            for line in retried.corrected
            if line.table == table
        ]
        keep(made, tables[table].names, corrections / retried.source / f"{table}.csv")
