"""A build: read, map, check, link, freeze; each step hands its result to the next."""

import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from kg import tables as canonical
from kg.errors import BuildError, OutOfBounds, Refused, ReleaseError
from kg.mapping import map_source, open_work
from kg.mapping.current_codes import make_todays
from kg.mapping.facts import complete_facts
from kg.mapping.moved_keys import (
    GONE,
    MOVED,
    hold_rows,
    leading_somewhere,
    read_moves,
    read_withdrawn,
    rename,
    withdraw,
)
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf import add_triples, load_files
from kg.progress import Track, silent
from kg.queries.published import published
from kg.release import Release, served
from kg.releases import Contents, Identity, build_lock, freeze, identify, keep_only, verify
from kg.releases.bounds import hold_bounds, hold_records, hold_sources
from kg.releases.freeze import write_reports
from kg.releases.previous import Before
from kg.releases.seal import point
from kg.reports import Edition, report_files, summary_of
from kg.sources import Source, discover
from kg.tables import Table
from kg.validation import inspect
from kg.validation.quarantine import write_quarantine
from kg.validation.remembered import Remembered

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
KEPT: Final = 5
CONTEXT: Final = "context.jsonld"


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
    unjudged: int = 0
    discrepancies: int = 0
    """Accepted lines that say something which another source says otherwise."""
    duplicates: int = 0
    """Accepted lines that are likely those of another record."""


@dataclass(frozen=True)
class Built:
    """A build that ended: its release, its summary, and whether anything had to be done."""

    release: Release
    lines: Sequence[Line]
    fresh: bool
    told: Sequence[str] = ()
    """What is to be known of rows that stopped nothing, one sentence each."""


def build(
    places: Places,
    *,
    strict: bool = False,
    force: bool = False,
    accept_loss: Collection[str] = (),
    track: Track = silent,
) -> Built:
    """Builds a release of everything in the sources and makes it current.

    Raises EssKgError with what is wrong and what to do; what was served stays served then. With
    `strict`, any refused record fails the build. `accept_loss` names the sources that may have lost
    records since the release in service, and `gone.csv` where it may name what nobody has. The same
    inputs give the same release: where it is there already, intact, it is made current and nothing
    is built, unless `force` is set.
    """
    with _plain_failures(), build_lock(places.releases):
        sources = discover(places.sources)
        before = Before(places.releases)
        hold_sources(sources, before.manifest, accept_loss)
        identity = identify(_inputs(places, sources))
        kept = Release(places.releases / identity.id)
        if not force and _is_intact(kept):
            point(places.releases, kept)
            return Built(kept, _lines(kept), fresh=False)
        asked = _Asked(strict, force, frozenset(accept_loss))
        built = _build(places, sources, identity, before, asked, track)
        keep_only(places.releases, KEPT)
        return built


@dataclass(frozen=True)
class _Asked:
    strict: bool
    force: bool
    accept_loss: frozenset[str]


def _is_intact(release: Release) -> bool:
    try:
        return release.manifest_file.is_file() and not verify(release)
    except ReleaseError:
        return False


def _build(
    places: Places,
    sources: list[Source],
    identity: Identity,
    before: Before,
    asked: _Asked,
    track: Track,
) -> Built:
    tables = canonical.load(places.ontology / "tables")
    gone = read_withdrawn(places.data / GONE)
    moves = read_moves(places.data / MOVED, gone)
    with _work(places) as db:
        _load_model(db, places)
        describe_sources(db, sources, {"shapes": identity.digest_of("shapes/")})
        seconds = _import(db, places, sources, tables, track)
        named = [each.iri for each in gone] + [move.old for move in moves]
        accept = GONE in asked.accept_loss
        told = hold_rows(db, gone, moves, before.knew(named), accept=accept)
        rename(db, moves)
        withdraw(db, gone)
        remember = Remembered(places.data / "work" / "checked")
        checked = None if asked.force else before.checked()
        inspection = inspect.inspect(
            db, places.shapes, tables, sources=sources, track=track, remember=remember,
            previous=Remembered(checked) if checked else None,
        )  # fmt: skip
        lines = [_line(db, source, inspection, seconds[source.name]) for source in sources]
        told = [*told, *(_nothing_in(line.source) for line in lines if not line.read)]
        created = datetime.now(UTC).isoformat(timespec="seconds")
        reports = dict(_reports(db, places, sources, inspection, identity.id, created))
        reports |= remember.files()
        with _report_of_a_stop(places, reports):
            hold_bounds(sources, lines, inspection, asked.strict)
            hold_records(lines, before.manifest, asked.accept_loss)
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
                moved=leading_somewhere(db, moves),
                gone=[(each.iri, each.since) for each in gone],
                previous=before.followed(identity.id),
                inputs=lambda: _inputs(places, discover(places.sources)),
            ),
            places.releases,
            track,
        )
        write_quarantine(db, places.quarantine)
    return Built(release, _lines(release), fresh=True, told=told)


def _nothing_in(source: str) -> str:
    return f"source {source} gives no records: there are none in its files"


def _reports(
    db: duckdb.DuckDBPyConnection,
    places: Places,
    sources: Sequence[Source],
    inspection: "inspect.Inspection",
    release: str,
    created: str,
) -> Mapping[str, bytes | Path]:
    """The files of the report, their history going on from the release that is served."""
    name = served(places.releases)
    before = summary_of(Release(places.releases / name).report) if name else {}
    titles = {source.name: source.title for source in sources}
    edition = Edition(release, created, before)
    return report_files(db, inspection, titles, edition, places.data / "work")


@contextmanager
def _report_of_a_stop(places: Places, reports: Mapping[str, bytes | Path]) -> Iterator[None]:
    """Keeps the report of a build that its bounds stop, until one goes through."""
    shutil.rmtree(places.stopped, ignore_errors=True)
    try:
        yield
    except (Refused, OutOfBounds) as error:
        write_reports(reports, places.stopped)
        page = places.stopped / "index.en.html"
        raise type(error)(f"{str(error).rstrip('.')}. The report is in {page}") from error


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
    for name in (MOVED, GONE, "judgements.csv"):
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
        corrections, context = places.corrections / source.name, places.ontology / CONTEXT
        if not map_source(db, source, tables, corrections, context):
            raise BuildError(f"source {source.name} has no table and no RDF: nothing to import")
        seconds[source.name] = time.perf_counter() - start
    make_todays(db, {source.name: source.codes_on for source in sources if source.codes_on})
    complete_facts(db)
    return seconds


def _line(
    db: duckdb.DuckDBPyConnection, source: Source, inspection: "inspect.Inspection", seconds: float
) -> Line:
    counted = db.execute(
        "SELECT (SELECT count(*) FROM records WHERE source = $1), "
        "(SELECT count(*) FROM records JOIN refused USING (record) WHERE source = $1), "
        "(SELECT count(*) FROM records JOIN unjudged USING (record) WHERE source = $1)",
        [source.name],
    ).fetchone()
    read_count, refused, unjudged = counted if counted else (0, 0, 0)
    return Line(
        source=source.name,
        read=read_count,
        accepted=read_count - refused - unjudged,
        refused=refused,
        warned=inspection.warned(source.name),
        triples=0,  # counted when they are settled
        seconds=round(seconds, 3),
        unjudged=unjudged,
        discrepancies=inspection.discrepancies(source.name),
        duplicates=inspection.duplicates(source.name),
    )


def _lines(release: Release) -> list[Line]:
    names = Line.__dataclass_fields__
    return [
        Line(**{"source": entry["name"], **{k: v for k, v in entry.items() if k in names}})
        for entry in release.manifest()["sources"]
    ]
