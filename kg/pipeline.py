"""Build pipeline: read, map, check, derive and freeze the sources into a release."""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from kg.csvw_tables import load_tables
from kg.errors import BuildError
from kg.installation import InstallationPaths
from kg.mapping import map_sources, open_work_database
from kg.mapping.mapped_sources import MappedSources
from kg.mapping.moved_keys import apply_key_changes, filter_effective_moves, read_key_changes
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import load_model
from kg.mapping.suppressed_records import remove_suppressed_records
from kg.namespaces import ID
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release, read_current_id
from kg.releases import (
    ReleaseContents,
    ReleaseIdentity,
    build_lock,
    compute_identity,
    freeze_release,
    prune_releases,
)
from kg.releases.atomic_publish import is_intact, set_current
from kg.releases.build_bounds import (
    check_bounds,
    check_record_losses,
    check_removed_shares,
    check_sources,
    keep_report_if_stopped,
)
from kg.releases.build_summary import SourceSummary, read_summaries, summarize_source
from kg.releases.previous_release import PreviousReleases
from kg.releases.release_id import list_inputs
from kg.releases.update_base import is_of_same_make
from kg.reports import ReportRelease, build_report_files, read_summary
from kg.resolution.judgements import JUDGEMENTS_FILE
from kg.resolution.statements import insert_resolution, remove_links
from kg.sources import Source, discover_sources
from kg.suppression_list import read_suppressions
from kg.validation.incremental import IncrementalState
from kg.validation.link_validation import find_invalid_links
from kg.validation.quarantine import write_quarantine
from kg.validation.validate_build import ValidationOutcome, validate_work_database

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
MAX_KEPT_RELEASES: Final = 5


@dataclass(frozen=True)
class BuildResult:
    """A build that ended: its release, its summary, and whether anything had to be done."""

    release: Release
    lines: Sequence[SourceSummary]
    fresh: bool
    notes: Sequence[str] = ()
    """What is to be known of rows that stopped nothing, one sentence each."""


@dataclass(frozen=True)
class _BuildOptions:
    strict: bool
    full: bool
    accept_loss: frozenset[str]
    recipes: tuple[Path, ...]


def build(
    paths: InstallationPaths,
    *,
    strict: bool = False,
    force: bool = False,
    full: bool = False,
    accept_loss: Collection[str] = (),
    recipes: Sequence[Path] = (),
    track: ProgressCallback = report_nothing,
) -> BuildResult:
    """Builds a release of everything in the sources and makes it current.

    Raises EssKgError with what is wrong and what to do; what was served stays served then. With
    `strict`, any refused record fails the build. `accept_loss` names the sources that may have lost
    records since the release in service, and `gone.csv` where it may name what nobody has.
    `recipes` are folders of recipes that are built as sources are. The same inputs give the same
    release: where it is there already, intact, it is made current and nothing is built, unless
    `force` is set. What the release in service has in common with the new one is taken over where
    it is of the same make, unless `force` or `full` is set.
    """
    with _explain_failures(), build_lock(paths.releases):
        sources = discover_sources(paths.sources, recipes)
        previous = PreviousReleases(paths.releases)
        check_sources(sources, previous.manifest, accept_loss)
        identity = compute_identity(list_inputs(paths, sources))
        existing = Release(paths.releases / identity.id)
        if not force and is_intact(existing):
            set_current(paths.releases, existing)
            return BuildResult(existing, read_summaries(existing), fresh=False)
        options = _BuildOptions(strict, full or force, frozenset(accept_loss), tuple(recipes))
        result = _run_build(paths, sources, identity, previous, options, track)
        prune_releases(paths.releases, MAX_KEPT_RELEASES)
        return result


def _run_build(
    paths: InstallationPaths,
    sources: list[Source],
    identity: ReleaseIdentity,
    previous: PreviousReleases,
    options: _BuildOptions,
    track: ProgressCallback,
) -> BuildResult:
    tables = load_tables(paths.ontology / "tables")
    changes = read_key_changes(paths.data)
    with _open_work_folder(paths.work) as db:
        # read and map
        load_model(db, paths.ontology, paths.shapes)
        describe_sources(db, sources, {"shapes": identity.compute_digest("shapes/")})
        mapped = MappedSources(
            paths.mapped,
            paths.work / "mapped",
            {source.name: identity.compute_source_digest(source.name) for source in sources},
            reuse=not options.full,
        )
        seconds = map_sources(db, sources, tables, paths.corrections, paths.context, track, mapped)
        remove_suppressed_records(db, tables, read_suppressions(paths.data))
        notes = apply_key_changes(db, changes, previous.find_known, options.accept_loss)
        # check
        earlier = None if options.full else previous.find_incremental_state()
        state = IncrementalState(paths.work / "checked")
        outcome = validate_work_database(
            db, paths.shapes, tables, sources=sources, track=track, remember=state,
            previous=IncrementalState(earlier) if earlier else None,
        )  # fmt: skip
        lines = [summarize_source(db, source, outcome, seconds[source.name]) for source in sources]
        notes += [
            f"source {line.source} gives no records: there are none in its files"
            for line in lines
            if not line.read
        ]
        created = datetime.now(UTC).isoformat(timespec="seconds")
        reports = dict(_build_reports(db, paths, sources, outcome, identity.id, created))
        reports |= state.list_files()
        with keep_report_if_stopped(reports, paths.stopped_report):
            check_bounds(sources, lines, outcome, options.strict)
            check_record_losses(lines, previous.manifest, options.accept_loss)
            check_removed_shares(db, sources, previous.release, options.accept_loss)
        # link, derive and freeze
        notes += _link_records(db, paths, outcome)
        followed = previous.find_followed(identity.id)
        updated = followed if followed and not options.full else None
        release = freeze_release(
            db,
            ReleaseContents(
                identity=identity,
                created=created,
                sources=sources,
                tables=tables,
                model=paths.model,
                licence=LICENCE,
                summary=[vars(line) for line in lines],
                reports=reports,
                moved=filter_effective_moves(db, changes.moves),
                withdrawn=[(each.iri, each.since) for each in changes.withdrawn],
                previous=followed,
                base=updated if updated and is_of_same_make(updated, identity) else None,
                inputs=lambda: list_inputs(paths, discover_sources(paths.sources, options.recipes)),
            ),
            paths.releases,
            track,
        )
        # only now it is known that no file changed while it was read
        mapped.keep()
        write_quarantine(db, paths.quarantine)
    return BuildResult(release, read_summaries(release), fresh=True, notes=notes)


def _link_records(
    db: duckdb.DuckDBPyConnection, paths: InstallationPaths, outcome: ValidationOutcome
) -> list[str]:
    """States which records are one thing; a sentence for each link that violates a shape."""
    invalid = find_invalid_links(db, outcome.shapes, insert_resolution(db, paths.data))
    remove_links(db, invalid)
    return [
        f"{node.removeprefix(ID)} is not published: {why} Decisions are in {JUDGEMENTS_FILE}."
        for node, why in sorted(invalid.items())
    ]


def _build_reports(
    db: duckdb.DuckDBPyConnection,
    paths: InstallationPaths,
    sources: Sequence[Source],
    outcome: ValidationOutcome,
    release: str,
    created: str,
) -> Mapping[str, bytes | Path]:
    """The files of the report, their history going on from the release that is served."""
    name = read_current_id(paths.releases)
    summary = read_summary(Release(paths.releases / name).report) if name else {}
    titles = {source.name: source.title for source in sources}
    edition = ReportRelease(release, created, summary)
    return build_report_files(db, outcome, titles, edition, paths.work)


@contextmanager
def _open_work_folder(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work database, in a folder that goes with the build."""
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
