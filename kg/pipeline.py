"""Build pipeline: read, map, check and freeze the sources into a release."""

import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from kg import csvw_tables as canonical
from kg.csvw_tables import Table
from kg.errors import BuildError, OutOfBounds, RecordsRefused, ReleaseError
from kg.mapping import map_source, open_work_database
from kg.mapping.current_commune_codes import update_commune_codes
from kg.mapping.fact_objects import infer_fact_objects
from kg.mapping.moved_keys import (
    MOVED_FILE,
    WITHDRAWN_FILE,
    apply_key_moves,
    check_moves_and_withdrawals,
    filter_effective_moves,
    read_key_moves,
    read_withdrawn_records,
    remove_withdrawn_records,
)
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import add_triples, load_rdf_files
from kg.progress import ProgressCallback, report_nothing
from kg.queries.query_catalogue import describe_query_catalogue
from kg.release_layout import Release, read_current_id
from kg.releases import (
    ReleaseContents,
    ReleaseIdentity,
    build_lock,
    compute_identity,
    freeze_release,
    prune_releases,
    verify_release,
)
from kg.releases.atomic_publish import set_current
from kg.releases.build_bounds import check_bounds, check_record_losses, check_sources
from kg.releases.freeze import write_reports
from kg.releases.previous_release import PreviousReleases
from kg.reports import ReportRelease, build_report_files, read_summary
from kg.sources import Source, discover_sources
from kg.validation import validate_build
from kg.validation.incremental import IncrementalState
from kg.validation.quarantine import write_quarantine

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
MAX_KEPT_RELEASES: Final = 5
CONTEXT_FILE: Final = "context.jsonld"


@dataclass(frozen=True)
class InstallationPaths:
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
    def stopped_report(self) -> Path:
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
class SourceSummary:
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
class BuildResult:
    """A build that ended: its release, its summary, and whether anything had to be done."""

    release: Release
    lines: Sequence[SourceSummary]
    fresh: bool
    notes: Sequence[str] = ()
    """What is to be known of rows that stopped nothing, one sentence each."""


def build(
    places: InstallationPaths,
    *,
    strict: bool = False,
    force: bool = False,
    accept_loss: Collection[str] = (),
    track: ProgressCallback = report_nothing,
) -> BuildResult:
    """Builds a release of everything in the sources and makes it current.

    Raises EssKgError with what is wrong and what to do; what was served stays served then. With
    `strict`, any refused record fails the build. `accept_loss` names the sources that may have lost
    records since the release in service, and `gone.csv` where it may name what nobody has. The same
    inputs give the same release: where it is there already, intact, it is made current and nothing
    is built, unless `force` is set.
    """
    with _explain_failures(), build_lock(places.releases):
        sources = discover_sources(places.sources)
        before = PreviousReleases(places.releases)
        check_sources(sources, before.manifest, accept_loss)
        identity = compute_identity(_list_inputs(places, sources))
        kept = Release(places.releases / identity.id)
        if not force and _is_intact(kept):
            set_current(places.releases, kept)
            return BuildResult(kept, _read_summary(kept), fresh=False)
        asked = _BuildOptions(strict, force, frozenset(accept_loss))
        built = _run_build(places, sources, identity, before, asked, track)
        prune_releases(places.releases, MAX_KEPT_RELEASES)
        return built


@dataclass(frozen=True)
class _BuildOptions:
    strict: bool
    force: bool
    accept_loss: frozenset[str]


def _is_intact(release: Release) -> bool:
    try:
        return release.manifest_file.is_file() and not verify_release(release)
    except ReleaseError:
        return False


def _run_build(
    places: InstallationPaths,
    sources: list[Source],
    identity: ReleaseIdentity,
    before: PreviousReleases,
    asked: _BuildOptions,
    track: ProgressCallback,
) -> BuildResult:
    tables = canonical.load_tables(places.ontology / "tables")
    gone = read_withdrawn_records(places.data / WITHDRAWN_FILE)
    moves = read_key_moves(places.data / MOVED_FILE, gone)
    with _open_work_folder(places) as db:
        _load_model(db, places)
        describe_sources(db, sources, {"shapes": identity.compute_digest("shapes/")})
        seconds = _import_sources(db, places, sources, tables, track)
        named = [each.iri for each in gone] + [move.old for move in moves]
        accept = WITHDRAWN_FILE in asked.accept_loss
        told = check_moves_and_withdrawals(db, gone, moves, before.find_known(named), accept=accept)
        apply_key_moves(db, moves)
        remove_withdrawn_records(db, gone)
        remember = IncrementalState(places.data / "work" / "checked")
        checked = None if asked.force else before.find_incremental_state()
        inspection = validate_build.validate_work_database(
            db, places.shapes, tables, sources=sources, track=track, remember=remember,
            previous=IncrementalState(checked) if checked else None,
        )  # fmt: skip
        lines = [
            _summarize_source(db, source, inspection, seconds[source.name]) for source in sources
        ]
        told = [*told, *(_nothing_in(line.source) for line in lines if not line.read)]
        created = datetime.now(UTC).isoformat(timespec="seconds")
        reports = dict(_build_reports(db, places, sources, inspection, identity.id, created))
        reports |= remember.list_files()
        with _keep_report_of_stopped_build(places, reports):
            check_bounds(sources, lines, inspection, asked.strict)
            check_record_losses(lines, before.manifest, asked.accept_loss)
        release = freeze_release(
            db,
            ReleaseContents(
                identity=identity,
                created=created,
                sources=sources,
                tables=tables,
                model=places.model,
                licence=LICENCE,
                summary=[vars(line) for line in lines],
                reports=reports,
                moved=filter_effective_moves(db, moves),
                withdrawn=[(each.iri, each.since) for each in gone],
                previous=before.find_followed(identity.id),
                inputs=lambda: _list_inputs(places, discover_sources(places.sources)),
            ),
            places.releases,
            track,
        )
        write_quarantine(db, places.quarantine)
    return BuildResult(release, _read_summary(release), fresh=True, notes=told)


def _nothing_in(source: str) -> str:
    return f"source {source} gives no records: there are none in its files"


def _build_reports(
    db: duckdb.DuckDBPyConnection,
    places: InstallationPaths,
    sources: Sequence[Source],
    inspection: "validate_build.ValidationOutcome",
    release: str,
    created: str,
) -> Mapping[str, bytes | Path]:
    """The files of the report, their history going on from the release that is served."""
    name = read_current_id(places.releases)
    before = read_summary(Release(places.releases / name).report) if name else {}
    titles = {source.name: source.title for source in sources}
    edition = ReportRelease(release, created, before)
    return build_report_files(db, inspection, titles, edition, places.data / "work")


@contextmanager
def _keep_report_of_stopped_build(
    places: InstallationPaths, reports: Mapping[str, bytes | Path]
) -> Iterator[None]:
    """Keeps the report of a build that its bounds stop, until one goes through."""
    shutil.rmtree(places.stopped_report, ignore_errors=True)
    try:
        yield
    except (RecordsRefused, OutOfBounds) as error:
        write_reports(reports, places.stopped_report)
        page = places.stopped_report / "index.en.html"
        raise type(error)(f"{str(error).rstrip('.')}. The report is in {page}") from error


def _list_inputs(
    places: InstallationPaths, sources: Sequence[Source]
) -> Iterator[tuple[str, Path]]:
    for source in sources:
        for path in source.list_files():
            yield f"sources/{source.name}/{path.relative_to(source.folder).as_posix()}", path
    for path in sorted(places.corrections.glob("*/*.csv")):
        yield f"corrections/{path.parent.name}/{path.name}", path
    for folder in ("ontology", "shapes"):
        for path in sorted((places.model / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(places.model).as_posix(), path
    for name in (MOVED_FILE, WITHDRAWN_FILE, "judgements.csv"):
        if (places.data / name).is_file():
            yield name, places.data / name


@contextmanager
def _open_work_folder(places: InstallationPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work database, in a folder that goes with the build."""
    folder = places.data / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    db = open_work_database(folder / "build.duckdb")
    try:
        yield db
    finally:
        db.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _explain_failures() -> Iterator[None]:
    """What the machine refuses (a full disk, a folder one may not write) in plain words."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise BuildError(f"the build stopped: {error}; what was served has not changed") from error


def _load_model(db: duckdb.DuckDBPyConnection, places: InstallationPaths) -> None:
    load_rdf_files(db, "ontology", sorted(places.ontology.glob("*.ttl")))
    load_rdf_files(db, "schemes", sorted((places.ontology / "schemes").glob("*.ttl")))
    load_rdf_files(db, "shapes", places.shapes)
    add_triples(db, "queries", describe_query_catalogue())


def _import_sources(
    db: duckdb.DuckDBPyConnection,
    places: InstallationPaths,
    sources: Sequence[Source],
    tables: Mapping[str, Table],
    track: ProgressCallback,
) -> dict[str, float]:
    """Reads and maps every source; the seconds each took."""
    seconds: dict[str, float] = {}
    for source in track(sources, "Importing"):
        start = time.perf_counter()
        corrections, context = places.corrections / source.name, places.ontology / CONTEXT_FILE
        if not map_source(db, source, tables, corrections, context):
            raise BuildError(f"source {source.name} has no table and no RDF: nothing to import")
        seconds[source.name] = time.perf_counter() - start
    update_commune_codes(
        db, {source.name: source.codes_on for source in sources if source.codes_on}
    )
    infer_fact_objects(db)
    return seconds


def _summarize_source(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    inspection: "validate_build.ValidationOutcome",
    seconds: float,
) -> SourceSummary:
    counted = db.execute(
        "SELECT (SELECT count(*) FROM records WHERE source = $1), "
        "(SELECT count(*) FROM records JOIN refused USING (record) WHERE source = $1), "
        "(SELECT count(*) FROM records JOIN unjudged USING (record) WHERE source = $1)",
        [source.name],
    ).fetchone()
    read_count, refused, unjudged = counted if counted else (0, 0, 0)
    return SourceSummary(
        source=source.name,
        read=read_count,
        accepted=read_count - refused - unjudged,
        refused=refused,
        warned=inspection.count_warned(source.name),
        triples=0,  # counted when they are settled
        seconds=round(seconds, 3),
        unjudged=unjudged,
        discrepancies=inspection.count_discrepancies(source.name),
        duplicates=inspection.duplicates(source.name),
    )


def _read_summary(release: Release) -> list[SourceSummary]:
    names = SourceSummary.__dataclass_fields__
    return [
        SourceSummary(**{"source": entry["name"], **{k: v for k, v in entry.items() if k in names}})
        for entry in release.read_manifest()["sources"]
    ]
