"""Dry run: reads, maps and validates files together, and stores nothing."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import csvw_tables as canonical
from kg import sql
from kg.csvw_tables import Table
from kg.dry_run import file_findings, file_rejection
from kg.dry_run.custom_shapes import UNSUPPORTED_COMPONENT, CustomValidation, validate_with_shapes
from kg.dry_run.external_references import find_external_references, write_reference_store
from kg.dry_run.file_tables import DetectedTable, find_tables
from kg.dry_run.former_commune_codes import update_former_codes
from kg.dry_run.rdf_input import READ_AS_RDF_NOTE, RdfFile, find_missing_target, map_rdf_file
from kg.dry_run.result import CHECK_SOURCE, CheckedFile, DryRunResult, Model
from kg.dry_run.source_overlay import overlay_files
from kg.dry_run.staging import StagedFile, stage_file
from kg.dry_run.unrecognised_content import find_unnamed_columns, reject_sheet
from kg.errors import EssKgError, JobTooLarge, SourceError
from kg.kinds import Text
from kg.mapping import map_source, open_work_database
from kg.mapping.fact_objects import infer_fact_objects
from kg.mapping.moved_keys import apply_key_moves, read_release_moves
from kg.mapping.subject_classes import check_subject_classes
from kg.mapping.suppressed_records import (
    reject_suppressed_records,
    remove_suppressed_records,
)
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release
from kg.reports.row_counts import RowCounts, count_rows
from kg.sources import OpenedTable, Source, detect_file_kind, stage_selects
from kg.sources.opened_table import no_rows
from kg.suppression_list import NOTHING_FORGOTTEN, SuppressionList
from kg.validation.batch_run import BatchOptions
from kg.validation.findings import Finding
from kg.validation.release_statements import make_stated_lookup
from kg.validation.validate_build import ValidationOutcome, validate_work_database
from kg.work_tables import RECORDS

IN_PROCESS_OPTIONS: Final = BatchOptions(processes=1)
MEMORY_LIMIT: Final = "1GB"
"""Memory limit of DuckDB; it spills the rest to the work folder."""


@dataclass(frozen=True)
class _ReadTable:
    """One table of a file in the work database."""

    detected: DetectedTable
    staged: StagedFile
    notes: tuple[Text, ...]

    @property
    def file(self) -> str:
        return self.detected.opened.file


@contextmanager
def check_files(
    paths: Sequence[Path],
    model: Model,
    *,
    release: Path | None = None,
    table: str | None = None,
    shapes: Sequence[Path] | None = None,
    source: Path | None = None,
    corrections: Path | None = None,
    suppressions: SuppressionList = NOTHING_FORGOTTEN,
    tell_forgotten: bool = True,
    work: BatchOptions = IN_PROCESS_OPTIONS,
    memory: str = MEMORY_LIMIT,
    track: ProgressCallback = report_nothing,
) -> Iterator[DryRunResult]:
    """Validates files together against the model; the result is valid inside the block.

    A file that cannot be read is an error in the result, and the others are validated. References
    to records outside the files are looked up in `release`, the folder of a release; without one
    they are not validated. `table` is the canonical table of the files, if it is not to be
    detected. `shapes` replaces the shapes of the model. With `source`, the folder of a source, the
    files replace its own and are read as a build would, with the `corrections` of its rows that a
    folder has. Rows about what `suppressions` has are rejected unread, or left out as a build
    does where they are not to be told. Raises EssKgError where nothing can be validated.
    """
    with tempfile.TemporaryDirectory(prefix="ess-kg-check-") as folder:
        db = open_work_database(Path(folder) / "check.duckdb", memory)
        try:
            db.execute(f"SET temp_directory = '{folder}/spill'")
            dry = _DryRun(db, Path(folder), model, table, shapes, work, track)
            if source is None:
                dry.read_files(paths, release)
            else:
                dry.read_source(source, paths, corrections)
            suppress = reject_suppressed_records if tell_forgotten else remove_suppressed_records
            suppress(db, dry.tables, suppressions)
            yield dry.build_result(release)
        finally:
            db.close()


class _DryRun:
    """One dry run over its work database."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        folder: Path,
        model: Model,
        table: str | None,
        shapes: Sequence[Path] | None,
        work: BatchOptions,
        track: ProgressCallback,
    ) -> None:
        self.db = db
        self.folder = folder
        self.model = model
        self.requested_table = table
        self.custom_shapes = shapes
        self.options = work
        self.track = track
        self.tables: Mapping[str, Table] = canonical.load_tables(model.tables)
        self.source = _make_source(folder)
        self.code_dates: Mapping[str, str] = {}
        self.known_sources: list[Source] = []
        self.file_order: list[str] = []
        self.tables_read: list[_ReadTable] = []
        self.rdf_files: list[RdfFile] = []
        self.left_out: list[Finding] = []
        self.unreadable: list[CheckedFile] = []
        self.left_out_of_files: Mapping[str, tuple[Text, ...]] = {}
        self.reading_notes: Mapping[str, tuple[Text, ...]] = {}

    def read_files(self, paths: Sequence[Path], release: Path | None) -> None:
        """Reads and maps the files, each on its own."""
        self.file_order = [name for _, name in _name_files(paths)]
        for path, name in self.track(_name_files(paths), "Reading"):
            self._read_file(path, name)
        if self.rdf_files and not self.custom_shapes:
            stated = make_stated_lookup(Release(release)) if release else None
            check_subject_classes(self.db, CHECK_SOURCE, self.tables, stated)

    def read_source(
        self, folder: Path, paths: Sequence[Path], corrections: Path | None = None
    ) -> None:
        """Reads and maps a source as a build does, with these files instead of its own."""
        source = overlay_files(folder, paths, self.folder)
        self.code_dates = {source.name: source.codes_on} if source.codes_on else {}
        staged = stage_selects(source, self.tables, self.folder / "apart", note_left_out=True)
        self.reading_notes = {opened.file: opened.notes for opened, _ in staged.files}
        self.left_out_of_files = {each.file: tuple(each.describe()) for each in staged.left_out}
        map_source(
            self.db, source, self.tables, corrections, self.model.context,
            staged=staged, anonymous=self.custom_shapes is not None,
        )  # fmt: skip
        if (
            not self.custom_shapes
            and not self.db.execute(f"SELECT 1 FROM {RECORDS} LIMIT 1").fetchone()
        ):
            raise self._make_empty_error(source, paths)
        self.known_sources.append(source)

    def _make_empty_error(self, source: Source, paths: Sequence[Path]) -> SourceError:
        """The error for a source without records, with what its mapping leaves out."""
        name = ", ".join(path.name for path in paths) or source.name
        notes = [(file, note) for file, some in self.left_out_of_files.items() for note in some]
        if not notes:
            return no_rows(name)
        english, french = (
            " ".join(f"{file}: {note[language]}" for file, note in notes)
            for language in ("en", "fr")
        )
        return SourceError(
            f"{name}: there are no records. {english}", f"{name} : aucune fiche. {french}"
        )

    def build_result(self, release: Path | None) -> DryRunResult:
        """Validates all files together; with the shapes of the model, also finds the values that
        differ in the release."""
        former: Mapping[str, tuple[Text, ...]] = {}
        if self.custom_shapes and not self._has_tables():
            release, outside_, reference = None, 0, None  # RDF by itself, as any validator has it
        else:
            former = update_former_codes(self.db, self.code_dates, release, self.tables)
            infer_fact_objects(self.db)
            apply_key_moves(self.db, read_release_moves(release) if release else ())
            outside_, reference = self._prepare_references(release)
        judged = self._validate(reference, Release(release) if release else None)
        inspection = self._add_file_findings(judged.inspection)
        counts = {each.file: each.counts for each in count_rows(self.db, inspection.findings)}
        mine = [
            self._describe_file(table, counts.pop(table.file, RowCounts()))
            for table in self.tables_read
        ]
        as_rdf = {graph.file: (READ_AS_RDF_NOTE,) for graph in self.rdf_files}
        others = [
            CheckedFile(
                name,
                counts=counts.get(name, RowCounts()),
                notes=(
                    *as_rdf.get(name, ()),
                    *self.reading_notes.get(name, ()),
                    *self.left_out_of_files.get(name, ()),
                ),
            )
            for name in dict.fromkeys((*counts, *self.left_out_of_files))
        ]
        files = [
            replace(each, notes=(*each.notes, *former.get(each.name, ())))
            for each in (*mine, *others, *self.unreadable, *_list_shape_files(inspection))
        ]
        files.sort(key=lambda file: self._get_position(file.name))
        return DryRunResult(
            tuple(files), inspection, self.db, release.name if release else "", outside_,
            judged.unsupported_parts,
        )  # fmt: skip

    def _has_tables(self) -> bool:
        row = self.db.execute(f"SELECT count(*) FROM (FROM {RECORDS} WHERE tbl <> '' LIMIT 1)")
        return row.fetchone() != (0,)

    def _get_position(self, name: str) -> int:
        plain = name.partition(" [")[0]
        return self.file_order.index(plain) if plain in self.file_order else len(self.file_order)

    def _read_file(self, path: Path, name: str) -> None:
        try:
            if detect_file_kind(path) == "rdf":
                self.rdf_files.append(self._read_rdf(path, name))
            else:
                self._read_tables(path, name)
        except EssKgError as error:
            self.unreadable.append(CheckedFile(name, error=error))
        except duckdb.OutOfMemoryException as error:
            self.unreadable.append(CheckedFile(name, error=_make_too_large_error(name, error)))
        except (duckdb.Error, OSError) as error:
            why = str(error).partition("\n")[0]
            stopped = SourceError(f"{name} cannot be read: {why}", f"{name} ne se lit pas : {why}")
            self.unreadable.append(CheckedFile(name, error=stopped))

    def _read_tables(self, path: Path, name: str) -> None:
        number = len(self.tables_read) + len(self.unreadable) + 1
        tables = find_tables(self.db, path, name, number, self.tables, self.requested_table)
        read = [detected.opened for detected in tables.detected]
        if not tables.unknown_sheets and not any(_has_lines(self.db, opened) for opened in read):
            raise no_rows(name, read[0].columns)
        for detected in tables.detected:
            place = len(self.tables_read) + 1
            staged = stage_file(self.db, self.source, detected.match, detected.opened, place)
            self.tables_read.append(_ReadTable(detected, staged, tables.notes))
        self.left_out += [
            reject_sheet(self.db, opened, label) for label, opened in tables.unknown_sheets
        ]

    def _read_rdf(self, path: Path, name: str) -> RdfFile:
        anonymous, context = self.custom_shapes is not None, self.model.context
        return map_rdf_file(self.db, self.source, path, name, anonymous=anonymous, context=context)

    def _validate(self, reference: Path | None, released: Release | None) -> CustomValidation:
        """Validates against the shapes of the model, or against custom ones."""
        if self.custom_shapes:
            return validate_with_shapes(
                self.db, self.custom_shapes, self.tables, reference=reference, work=self.options,
                track=self.track,
            )  # fmt: skip
        shapes = sorted(self.model.shapes.glob("*.ttl"))
        outcome = validate_work_database(
            self.db, shapes, self.tables, sources=self.known_sources, released=released,
            reference=reference, work=self.options, track=self.track,
        )  # fmt: skip
        return CustomValidation(outcome, ())

    def _add_file_findings(self, inspection: ValidationOutcome) -> ValidationOutcome:
        """The outcome with the findings on whole files."""
        findings = list(inspection.findings)
        for table in self.tables_read:
            recognised = table.detected.match
            whole = list(
                file_findings.find_file_problems(recognised, table.staged, table.detected.opened)
            )
            findings = file_rejection.remove_absent_column_findings(
                findings, table.file, recognised
            )
            file_rejection.reject_file(self.db, table.file, whole)
            findings += whole
            findings += find_unnamed_columns(
                self.db, table.detected.opened, recognised.table.name, recognised.read_headings
            )
        if self.custom_shapes:
            without_target = [
                find_missing_target(self.db, graph, inspection.shapes) for graph in self.rdf_files
            ]
            findings += [each for each in without_target if each]
        for sheet in self.left_out:
            file_rejection.reject_file(self.db, sheet.file, [sheet])
            findings.append(sheet)
        findings.sort(key=lambda f: (f.file, f.row or 0))
        return replace(inspection, findings=findings)

    def _prepare_references(self, release: Path | None) -> tuple[int, Path]:
        """The number of references that are not validated, and the reference store."""
        if release is not None:
            return 0, Release(release).store
        number, records = find_external_references(self.db)
        return number, write_reference_store(self.folder, self.model, records)

    def _describe_file(self, table: _ReadTable, counts: RowCounts) -> CheckedFile:
        opened, recognised = table.detected.opened, table.detected.match
        return CheckedFile(
            name=opened.file,
            table=recognised.table.name,
            counts=counts,
            notes=(*file_findings.write_notes(recognised, table.staged, opened), *table.notes),
        )


def _name_files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file with a name of its own: its file name, or its path where two are equal."""
    names = [path.name for path in paths]
    return [(path, path.name if names.count(path.name) == 1 else path.as_posix()) for path in paths]


def _list_shape_files(inspection: ValidationOutcome) -> list[CheckedFile]:
    """The files of shapes with findings."""
    names = dict.fromkeys(
        f.file for f in inspection.findings if f.component == UNSUPPORTED_COMPONENT
    )
    return [CheckedFile(name) for name in names]


def _make_too_large_error(name: str, cause: Exception) -> JobTooLarge:
    """The error for a file that needs more memory than allowed."""
    error = JobTooLarge(
        f"{name} needs more memory than there is: it has too many columns, or too many members of "
        "one object; send fewer of them at a time",
        f"{name} demande plus de mémoire qu'il n'y en a : il a trop de colonnes, ou trop de "
        "membres dans un objet ; envoyez-en moins à la fois",
    )
    error.__cause__ = cause
    return error


def _has_lines(db: duckdb.DuckDBPyConnection, opened: OpenedTable) -> bool:
    """Whether a table has a line, malformed ones among them."""
    malformed = f"SELECT 1 FROM {sql.identifier(opened.malformed)} LIMIT 1"
    return bool(opened.rows or db.execute(malformed).fetchone())


def _make_source(folder: Path) -> Source:
    nothing = Text("", "")
    return Source(
        name=CHECK_SOURCE,
        folder=folder,
        title=nothing,
        description=nothing,
        publisher=nothing,
        kind="document",
        language="fr",
        licence="",
        licence_note=nothing,
        retrieved="",
    )
