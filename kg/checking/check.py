"""The dry run: files are read, mapped and held to the shapes together; nothing is stored."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import tables as canonical
from kg.checking import refusing, telling
from kg.checking.checked import SOURCE, Checked, CheckedFile, Model
from kg.checking.reading import Relation, relations
from kg.checking.recognise import Recognised, recognise
from kg.checking.staging import Staged, stage
from kg.errors import EssKgError, SourceError
from kg.kinds import Text
from kg.mapping import open_work
from kg.mapping.rdf import load_files
from kg.progress import Track, silent
from kg.sources import Source
from kg.tables import Table
from kg.validation.inspect import Inspection, inspect

MEMORY: Final = "1GB"
"""What DuckDB may hold in memory; the rest waits in the work folder."""


@dataclass(frozen=True)
class _Table:
    """One table of a file in the work database."""

    relation: Relation
    recognised: Recognised
    staged: Staged


@contextmanager
def check_files(
    paths: Sequence[Path],
    model: Model,
    *,
    release: Path | None = None,
    table: str | None = None,
    shapes: Sequence[Path] | None = None,
    memory: str = MEMORY,
    track: Track = silent,
) -> Iterator[Checked]:
    """Holds files to the model and to a release, together; the result lasts as long as the block.

    A file that cannot be read is an error in the result, and the others are checked. `release` is
    the folder of the release in which references to records outside the files are looked up; with
    none they are not judged. `table` says which canonical table the files are. `shapes` replaces
    the shapes of the model. Raises EssKgError where nothing can be checked at all.
    """
    with tempfile.TemporaryDirectory(prefix="ess-kg-check-") as folder:
        db = open_work(Path(folder) / "check.duckdb", memory)
        try:
            db.execute(f"SET temp_directory = '{folder}/spill'")
            yield _Dry(db, Path(folder), model, table, track).checked(
                paths, release, shapes or sorted(model.shapes.glob("*.ttl"))
            )
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
        track: Track,
    ) -> None:
        self.db = db
        self.folder = folder
        self.model = model
        self.asked = asked
        self.track = track
        self.tables: Mapping[str, Table] = canonical.load(model.tables)
        self.source = _source(folder)
        self.found: list[_Table] = []
        self.unreadable: list[CheckedFile] = []

    def checked(
        self, paths: Sequence[Path], release: Path | None, shapes: Sequence[Path]
    ) -> Checked:
        """Everything, in order."""
        for path, name in self.track(_named(paths), "Reading"):
            self._read(path, name)
        inspection = self._inspected(shapes)
        files = [*(self._counted(t, inspection) for t in self.found), *self.unreadable]
        order = {name: place for place, (_, name) in enumerate(_named(paths))}
        files.sort(key=lambda file: order.get(file.name.partition("#")[0], 0))
        return Checked(tuple(files), inspection, self.db, release.name if release else "", 0)

    def _read(self, path: Path, name: str) -> None:
        try:
            for relation in relations(self.db, path, name):
                self._table(relation)
        except EssKgError as error:
            self.unreadable.append(CheckedFile(name, error=error))
        except duckdb.Error as error:
            stopped = SourceError(
                f"{name}: it cannot be read: {error}", f"{name} : illisible : {error}"
            )
            self.unreadable.append(CheckedFile(name, error=stopped))

    def _table(self, relation: Relation) -> None:
        recognised = recognise(relation.file, relation.columns, self.tables, self.asked)
        number = len(self.found) + 1
        staged = stage(
            self.db,
            self.source,
            recognised,
            relation.view,
            relation.columns,
            relation.file,
            number,
        )
        self.found.append(_Table(relation, recognised, staged))

    def _inspected(self, shapes: Sequence[Path]) -> Inspection:
        load_files(self.db, "ontology", sorted(self.model.ontology.glob("*.ttl")))
        load_files(self.db, "schemes", sorted(self.model.schemes.glob("*.ttl")))
        inspection = inspect(self.db, list(shapes), self.tables, self.track)
        findings = list(inspection.findings)
        for table in self.found:
            whole = list(telling.findings(table.recognised, table.staged, table.relation.file))
            findings = refusing.without_absent(findings, table.relation.file, table.recognised)
            refusing.refuse_all(self.db, table.relation.file, whole)
            findings += whole
        findings.sort(key=lambda f: (f.file, f.row or 0))
        return replace(inspection, findings=findings)

    def _counted(self, table: _Table, inspection: Inspection) -> CheckedFile:
        file = table.relation.file
        refused = refusing.refused(self.db, file)
        warned = {f.row for f in inspection.findings if f.file == file and not f.refused and f.row}
        return CheckedFile(
            name=file,
            table=table.recognised.table.name,
            dialect=table.relation.dialect,
            read=table.staged.read,
            accepted=table.staged.read - refused,
            refused=refused,
            warned=len(warned),
            notes=telling.notes(table.recognised, table.staged),
        )


def _named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file with a name of its own: its file name, or its path where two are equal."""
    names = [path.name for path in paths]
    return [(path, path.name if names.count(path.name) == 1 else path.as_posix()) for path in paths]


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
