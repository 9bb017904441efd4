"""A build: read, map, check, link, freeze; each step hands its result to the next."""

import csv
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from kg import tables as canonical
from kg.errors import BuildError, OutOfBounds, Refused
from kg.mapping import map_source, open_work
from kg.mapping.facts import complete_facts
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf import add_triples, load_files
from kg.namespaces import ID
from kg.progress import Track, silent
from kg.queries.published import published
from kg.release import CURRENT, Release
from kg.releases import Contents, Identity, build_lock, freeze, identify, keep_only, verify
from kg.releases.changes import VERSIONS
from kg.releases.freeze import write_reports
from kg.releases.seal import point
from kg.reports import Edition, report_files, summary_of
from kg.sources import Source, discover
from kg.tables import Table
from kg.validation import inspect
from kg.validation.quarantine import write_quarantine
from kg.validation.remembered import Remembered

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
KEPT: Final = 5


@dataclass(frozen=True)
class Places:
    """The folders of an installation."""

    data: Path
    model: Path

    @property
    def sources(self) -> Path:
        return self.data / "sources"

    @property
    def releases(self) -> Path:
        return self.data / "releases"

    @property
    def quarantine(self) -> Path:
        return self.data / "quarantine"

    @property
    def stopped(self) -> Path:
        """The report of the last build, where its bounds stopped it."""
        return self.data / "stopped"

    @property
    def corrections(self) -> Path:
        return self.data / "corrections"

    @property
    def ontology(self) -> Path:
        return self.model / "ontology"

    @property
    def shapes(self) -> list[Path]:
        return sorted((self.model / "shapes").glob("*.ttl"))


@dataclass(frozen=True)
class Line:
    """One line of the summary of a build."""

    source: str
    read: int
    accepted: int
    refused: int
    warned: int
    triples: int
    seconds: float


@dataclass(frozen=True)
class Built:
    """A build that ended: its release, its summary, and whether anything had to be done."""

    release: Release
    lines: Sequence[Line]
    fresh: bool


def build(
    places: Places, *, strict: bool = False, force: bool = False, track: Track = silent
) -> Built:
    """Builds a release of everything in the sources and makes it current.

    Raises EssKgError with what is wrong and what to do; what was served stays served then. With
    `strict`, any refused record fails the build. The same inputs give the same release: where it
    is there already, intact, it is made current and nothing is built, unless `force` is set.
    """
    with build_lock(places.releases), _plain_failures():
        sources = discover(places.sources)
        identity = identify(_inputs(places, sources))
        kept = Release(places.releases / identity.id)
        if not force and kept.manifest_file.is_file() and not verify(kept):
            point(places.releases, kept)
            return Built(kept, _lines(kept), fresh=False)
        release, lines = _build(places, sources, identity, strict, force, track)
        keep_only(places.releases, KEPT)
        return Built(release, lines, fresh=True)


def _build(
    places: Places,
    sources: list[Source],
    identity: Identity,
    strict: bool,
    force: bool,
    track: Track,
) -> tuple[Release, list[Line]]:
    tables = canonical.load(places.ontology / "tables")
    with _work(places) as db:
        _load_model(db, places)
        describe_sources(db, sources, {"shapes": identity.digest_of("shapes/")})
        seconds = _import(db, places, sources, tables, track)
        gone = _withdrawn(places)
        _withdraw(db, gone)
        remember = Remembered(places.data / "work" / "checked")
        inspection = inspect.inspect(
            db, places.shapes, tables, track=track, remember=remember,
            previous=None if force else _remembered(places),
        )  # fmt: skip
        lines = [_line(db, source, inspection, seconds[source.name]) for source in sources]
        created = datetime.now(UTC).isoformat(timespec="seconds")
        reports = dict(_reports(db, places, sources, inspection, identity.id, created))
        reports |= remember.files()
        with _report_of_a_stop(places, reports):
            _hold_bounds(sources, lines, inspection, strict)
        release = freeze(
            db,
            Contents(
                identity=identity,
                created=created,
                sources=sources,
                tables=tables,
                model=places.model,
                licence=LICENCE,
                summary=[vars(line) for line in lines],
                reports=reports,
                moved=_moved(places),
                gone=gone,
                previous=_previous(places, identity.id),
            ),
            places.releases,
            track,
        )
        write_quarantine(db, places.quarantine)
    return release, _lines(release)


def _reports(
    db: duckdb.DuckDBPyConnection,
    places: Places,
    sources: Sequence[Source],
    inspection: "inspect.Inspection",
    release: str,
    created: str,
) -> Mapping[str, bytes | Path]:
    """The files of the report, their history going on from the release that is served."""
    served = (places.releases / CURRENT).read_text("utf-8").strip() if _served(places) else ""
    before = summary_of(Release(places.releases / served).report) if served else {}
    titles = {source.name: source.title for source in sources}
    edition = Edition(release, created, before)
    return report_files(db, inspection, titles, edition, places.data / "work")


def _remembered(places: Places) -> Remembered | None:
    """What the check of the release that is served left for this one."""
    if not _served(places):
        return None
    served = (places.releases / CURRENT).read_text("utf-8").strip()
    return Remembered(Release(places.releases / served).report / "checked")


@contextmanager
def _report_of_a_stop(places: Places, reports: Mapping[str, bytes | Path]) -> Iterator[None]:
    """Keeps the report of a build that its bounds stop, until one goes through."""
    shutil.rmtree(places.stopped, ignore_errors=True)
    try:
        yield
    except (Refused, OutOfBounds) as error:
        write_reports(reports, places.stopped)
        page = places.stopped / "index.en.html"
        raise type(error)(f"{error}. The report is in {page}") from error


def _previous(places: Places, fresh: str) -> Release | None:
    """The release that this one follows: the one served, or the one that it followed if it is this.

    None where it is not kept, or is older than the keeping of versions.
    """
    if not _served(places):
        return None
    name = (places.releases / CURRENT).read_text("utf-8").strip()
    if name == fresh:
        name = str(Release(places.releases / name).manifest().get("previous") or "")
    found = Release(places.releases / name)
    return found if name and (found.folder / VERSIONS).is_file() else None


def _served(places: Places) -> bool:
    return (places.releases / CURRENT).is_file()


def _inputs(places: Places, sources: Sequence[Source]) -> Iterator[tuple[str, Path]]:
    for source in sources:
        for path in source.files():
            yield f"sources/{source.name}/{path.relative_to(source.folder).as_posix()}", path
    for path in sorted(places.corrections.glob("*/*.csv")):
        yield f"corrections/{path.parent.name}/{path.name}", path
    for folder in ("ontology", "shapes"):
        for path in sorted((places.model / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(places.model).as_posix(), path
    for name in ("moved.csv", "gone.csv", "judgements.csv"):
        if (places.data / name).is_file():
            yield name, places.data / name


@contextmanager
def _work(places: Places) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work database, in a folder that goes with the build."""
    folder = places.data / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    db = open_work(folder / "build.duckdb")
    try:
        yield db
    finally:
        db.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _plain_failures() -> Iterator[None]:
    """What the machine refuses (a full disk, a folder one may not write) in plain words."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise BuildError(f"the build stopped: {error}; what was served has not changed") from error


def _load_model(db: duckdb.DuckDBPyConnection, places: Places) -> None:
    load_files(db, "ontology", sorted(places.ontology.glob("*.ttl")))
    load_files(db, "schemes", sorted((places.ontology / "schemes").glob("*.ttl")))
    load_files(db, "shapes", places.shapes)
    add_triples(db, "queries", published())


def _import(
    db: duckdb.DuckDBPyConnection,
    places: Places,
    sources: Sequence[Source],
    tables: Mapping[str, Table],
    track: Track,
) -> dict[str, float]:
    """Reads and maps every source; the seconds each took."""
    seconds: dict[str, float] = {}
    for source in track(sources, "Importing"):
        start = time.perf_counter()
        if not map_source(db, source, tables, places.corrections / source.name):
            raise BuildError(f"source {source.name} has no table and no RDF: nothing to import")
        seconds[source.name] = time.perf_counter() - start
    complete_facts(db)
    return seconds


def _moved(places: Places) -> list[tuple[str, str]]:
    rows = _rows(places.data / "moved.csv")
    return [(ID + row["old"], ID + row["new"]) for row in rows]


def _withdrawn(places: Places) -> list[tuple[str, str]]:
    rows = _rows(places.data / "gone.csv")
    return [(ID + row["record"], row["since"]) for row in rows]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _withdraw(db: duckdb.DuckDBPyConnection, gone: Sequence[tuple[str, str]]) -> None:
    """Leaves out what was withdrawn, with everything that is said of it or links to it."""
    for iri, _ in gone:
        db.execute(
            "DELETE FROM quads WHERE s = $1 OR starts_with(s, $1 || '#') OR o = '<' || $1 || '>' "
            "OR starts_with(o, '<' || $1 || '#') "
            "OR record IN (SELECT record FROM hangs WHERE needs = $1)",
            [iri],
        )


def _line(
    db: duckdb.DuckDBPyConnection, source: Source, inspection: "inspect.Inspection", seconds: float
) -> Line:
    counted = db.execute(
        "SELECT (SELECT count(*) FROM records WHERE source = $1), "
        "(SELECT count(*) FROM records JOIN refused USING (record) WHERE source = $1)",
        [source.name],
    ).fetchone()
    read_count, refused = counted if counted else (0, 0)
    return Line(
        source=source.name,
        read=read_count,
        accepted=read_count - refused,
        refused=refused,
        warned=inspection.warned(source.name),
        triples=0,  # counted when they are settled
        seconds=round(seconds, 3),
    )


def _lines(release: Release) -> list[Line]:
    names = Line.__dataclass_fields__
    return [
        Line(**{"source": entry["name"], **{k: v for k, v in entry.items() if k in names}})
        for entry in release.manifest()["sources"]
    ]


def _hold_bounds(
    sources: Sequence[Source], lines: Sequence[Line], inspection: "inspect.Inspection", strict: bool
) -> None:
    refused = sum(line.refused for line in lines)
    if strict and refused:
        raise Refused(
            f"{refused} records are refused, and the build is strict: {inspection.first_refusals()}"
        )
    for source, line in zip(sources, lines, strict=True):
        bounds = source.expect
        if line.accepted < bounds.records_min:
            raise OutOfBounds(
                f"source {source.name} gives {line.accepted} records, fewer than the "
                f"{bounds.records_min} it expects: {inspection.first_refusals(source.name)}"
            )
        if line.refused > bounds.refused_share_max * line.read:
            raise OutOfBounds(
                f"source {source.name}: {line.refused} of {line.read} records are refused, more "
                f"than the share of {bounds.refused_share_max:g} it allows: "
                f"{inspection.first_refusals(source.name)}"
            )
