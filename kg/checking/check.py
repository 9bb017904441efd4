"""The dry run: files are read, mapped and held to the shapes together; nothing is stored."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg import tables as canonical
from kg.checking import refusing, telling
from kg.checking.checked import SOURCE, Checked, CheckedFile, Model
from kg.checking.foreign_rows import without_french_rules
from kg.checking.former_codes import former_codes
from kg.checking.graphs import READ, Graph, map_graph, without_rule
from kg.checking.other_shapes import NOT_JUDGED, Judged, inspect_by
from kg.checking.outside import beside, outside
from kg.checking.reading import Found, tables_of
from kg.checking.source import with_files
from kg.checking.staging import Staged, stage
from kg.checking.unrecognised import leave_out, nameless
from kg.errors import CheckTooLarge, EssKgError, SourceError
from kg.kinds import Text
from kg.mapping import map_source, open_work
from kg.mapping.facts import complete_facts
from kg.mapping.moved_keys import moves_of, rename
from kg.mapping.subjects import hold_subjects
from kg.progress import Track, silent
from kg.release import Release
from kg.reports.counts import Counts, count
from kg.sources import Opened, Source, kinds_of
from kg.sources.opened import no_rows
from kg.tables import Table
from kg.validation.batches import Work
from kg.validation.findings import Finding
from kg.validation.inspect import Inspection, inspect
from kg.validation.release_statements import stated_in

IN_PROCESS: Final = Work(processes=1)
MEMORY: Final = "1GB"
"""What DuckDB may hold in memory; the rest waits in the work folder."""


@dataclass(frozen=True)
class _Table:
    """One table of a file in the work database."""

    found: Found
    staged: Staged
    notes: tuple[Text, ...]

    @property
    def file(self) -> str:
        return self.found.opened.file


@contextmanager
def check_files(
    paths: Sequence[Path],
    model: Model,
    *,
    release: Path | None = None,
    table: str | None = None,
    shapes: Sequence[Path] | None = None,
    source: Path | None = None,
    work: Work = IN_PROCESS,
    memory: str = MEMORY,
    track: Track = silent,
) -> Iterator[Checked]:
    """Holds files to the model and to a release, together; the result lasts as long as the block.

    A file that cannot be read is an error in the result, and the others are checked. `release` is
    the folder of the release in which references to records outside the files are looked up; with
    none they are not judged. `table` says which canonical table the files are. `shapes` replaces
    the shapes of the model. With `source`, a folder of a source, the files take the place of its
    own and are read as a build would. Raises EssKgError where nothing can be checked at all.
    """
    with tempfile.TemporaryDirectory(prefix="ess-kg-check-") as folder:
        db = open_work(Path(folder) / "check.duckdb", memory)
        try:
            db.execute(f"SET temp_directory = '{folder}/spill'")
            dry = _Dry(db, Path(folder), model, table, shapes, work, track)
            if source is None:
                dry.read_files(paths, release)
            else:
                dry.read_source(source, paths)
            yield dry.checked(release)
        finally:
            db.close()


class _Dry:
    """One dry run over its work database."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        folder: Path,
        model: Model,
        asked: str | None,
        shapes: Sequence[Path] | None,
        work: Work,
        track: Track,
    ) -> None:
        self.db = db
        self.folder = folder
        self.model = model
        self.asked = asked
        self.others = shapes
        self.work = work
        self.track = track
        self.tables: Mapping[str, Table] = canonical.load(model.tables)
        self.source = _source(folder)
        self.dates: Mapping[str, str] = {}
        self.known: list[Source] = []
        self.order: list[str] = []
        self.read: list[_Table] = []
        self.graphs: list[Graph] = []
        self.left: list[Finding] = []
        self.unreadable: list[CheckedFile] = []

    def read_files(self, paths: Sequence[Path], release: Path | None) -> None:
        """Reads and maps the files, each on its own."""
        self.order = [name for _, name in _named(paths)]
        for path, name in self.track(_named(paths), "Reading"):
            self._read(path, name)
        if self.graphs and not self.others:
            stated = stated_in(Release(release)) if release else None
            hold_subjects(self.db, SOURCE, self.tables, stated)

    def read_source(self, folder: Path, paths: Sequence[Path]) -> None:
        """Reads and maps a source as a build does, with these files in the place of its own."""
        source = with_files(folder, paths, self.folder)
        self.dates = {source.name: source.codes_on} if source.codes_on else {}
        map_source(
            self.db, source, self.tables, context=self.model.context,
            anonymous=self.others is not None,
        )  # fmt: skip
        if not self.others and not self.db.execute("SELECT 1 FROM records LIMIT 1").fetchone():
            raise no_rows(", ".join(path.name for path in paths) or source.name)
        self.known.append(source)

    def checked(self, release: Path | None) -> Checked:
        """What the shapes say of everything that was read, and with those of the model what the
        release says otherwise."""
        former: Mapping[str, tuple[Text, ...]] = {}
        if self.others and not self._tables_read():
            release, outside_, reference = None, 0, None  # RDF by itself, as any validator has it
        else:
            former = former_codes(self.db, self.dates, release)
            complete_facts(self.db)
            rename(self.db, moves_of(release) if release else ())
            outside_, reference = self._beside(release)
        judged = self._judged(reference, Release(release) if release else None)
        inspection = self._with_files(judged.inspection)
        counts = {each.file: each.counts for each in count(self.db, inspection.findings)}
        mine = [self._told(table, counts.pop(table.file, Counts())) for table in self.read]
        as_rdf = {graph.file: (READ,) for graph in self.graphs}
        others = [
            CheckedFile(name, counts=each, notes=as_rdf.get(name, ()))
            for name, each in counts.items()
        ]
        files = [
            replace(each, notes=(*each.notes, *former.get(each.name, ())))
            for each in (*mine, *others, *self.unreadable, *_of_shapes(inspection))
        ]
        files.sort(key=lambda file: self._place(file.name))
        return Checked(
            tuple(files), inspection, self.db, release.name if release else "", outside_,
            judged.unjudged,
        )  # fmt: skip

    def _tables_read(self) -> bool:
        row = self.db.execute("SELECT count(*) FROM (FROM records WHERE tbl <> '' LIMIT 1)")
        return row.fetchone() != (0,)

    def _place(self, name: str) -> int:
        plain = name.partition(" [")[0]
        return self.order.index(plain) if plain in self.order else len(self.order)

    def _read(self, path: Path, name: str) -> None:
        try:
            if kinds_of(path) == "rdf":
                self.graphs.append(self._graph(path, name))
            else:
                self._tables(path, name)
        except EssKgError as error:
            self.unreadable.append(CheckedFile(name, error=error))
        except duckdb.OutOfMemoryException as error:
            self.unreadable.append(CheckedFile(name, error=_too_large(name, error)))
        except (duckdb.Error, OSError) as error:
            why = str(error).partition("\n")[0]
            stopped = SourceError(f"{name} cannot be read: {why}", f"{name} ne se lit pas : {why}")
            self.unreadable.append(CheckedFile(name, error=stopped))

    def _tables(self, path: Path, name: str) -> None:
        number = len(self.read) + len(self.unreadable) + 1
        tables = tables_of(self.db, path, name, number, self.tables, self.asked)
        read = [found.opened for found in tables.found]
        if not tables.strange and not any(_has_lines(self.db, opened) for opened in read):
            raise no_rows(name, read[0].columns)
        for found in tables.found:
            place = len(self.read) + 1
            staged = stage(self.db, self.source, found.recognised, found.opened, place)
            self.read.append(_Table(found, staged, tables.notes))
        self.left += [leave_out(self.db, opened, label) for label, opened in tables.strange]

    def _graph(self, path: Path, name: str) -> Graph:
        anonymous, context = self.others is not None, self.model.context
        return map_graph(self.db, self.source, path, name, anonymous=anonymous, context=context)

    def _judged(self, reference: Path | None, released: Release | None) -> Judged:
        """What the shapes say: those of the model, or those of others."""
        if self.others:
            return inspect_by(
                self.db, self.others, self.tables, reference=reference, work=self.work,
                track=self.track,
            )  # fmt: skip
        shapes = sorted(self.model.shapes.glob("*.ttl"))
        found = inspect(
            self.db, shapes, self.tables, sources=self.known, released=released,
            reference=reference, work=self.work, track=self.track,
        )  # fmt: skip
        return Judged(found, ())

    def _with_files(self, inspection: Inspection) -> Inspection:
        """The inspection with what is said of whole files."""
        found = list(inspection.findings)
        for table in self.read:
            recognised = table.found.recognised
            whole = list(telling.findings(recognised, table.staged, table.found.opened))
            found = refusing.without_absent(found, table.file, recognised)
            found = without_french_rules(self.db, found, table.found.opened)
            refusing.refuse_all(self.db, table.file, whole)
            found += whole
            found += nameless(self.db, table.found.opened, recognised.table.name, recognised.read)
        if self.others:
            told = [without_rule(self.db, graph, inspection.shapes) for graph in self.graphs]
            found += [each for each in told if each]
        for sheet in self.left:
            refusing.refuse_all(self.db, sheet.file, [sheet])
            found.append(sheet)
        found.sort(key=lambda f: (f.file, f.row or 0))
        return replace(inspection, findings=found)

    def _beside(self, release: Path | None) -> tuple[int, Path]:
        """References that nobody judges, and the store of what the files point to."""
        if release is not None:
            return 0, Release(release).store
        number, records = outside(self.db)
        return number, beside(self.folder, self.model, records)

    def _told(self, table: _Table, counts: Counts) -> CheckedFile:
        opened, recognised = table.found.opened, table.found.recognised
        return CheckedFile(
            name=opened.file,
            table=recognised.table.name,
            counts=counts,
            notes=(*telling.notes(recognised, table.staged, opened), *table.notes),
        )


def _named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file with a name of its own: its file name, or its path where two are equal."""
    names = [path.name for path in paths]
    return [(path, path.name if names.count(path.name) == 1 else path.as_posix()) for path in paths]


def _of_shapes(inspection: Inspection) -> list[CheckedFile]:
    """The files of shapes of which something is told."""
    names = dict.fromkeys(f.file for f in inspection.findings if f.component == NOT_JUDGED)
    return [CheckedFile(name) for name in names]


def _too_large(name: str, cause: Exception) -> CheckTooLarge:
    """A file that asks for more memory than there is, for its columns or its members."""
    told = CheckTooLarge(
        f"{name} needs more memory than there is: it has too many columns, or too many members of "
        "one object; send fewer of them at a time",
        f"{name} demande plus de mémoire qu'il n'y en a : il a trop de colonnes, ou trop de "
        "membres dans un objet ; envoyez-en moins à la fois",
    )
    told.__cause__ = cause
    return told


def _has_lines(db: duckdb.DuckDBPyConnection, opened: Opened) -> bool:
    """Whether a table has a line, malformed ones among them."""
    malformed = f"SELECT 1 FROM {sql.name(opened.malformed)} LIMIT 1"
    return bool(opened.rows or db.execute(malformed).fetchone())


def _source(folder: Path) -> Source:
    nothing = Text("", "")
    return Source(
        name=SOURCE,
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
