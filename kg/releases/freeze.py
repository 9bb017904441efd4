"""Release writer: accepted quads to a folder with store, catalogue, dumps and descriptions."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import orjson

from kg.catalogue.catalogue_update import update_catalogue
from kg.catalogue.writer import write_catalogue
from kg.csvw_metadata import METADATA_FILE, describe_dumps
from kg.csvw_tables import COLUMNS_FILE, Table, read_descriptions
from kg.file_hash import hash_file
from kg.iris import build_graph_iri
from kg.kinds import KINDS
from kg.namespaces import expand
from kg.progress import ProgressCallback
from kg.release_layout import Release
from kg.releases import atomic_publish
from kg.releases.atomic_publish import find_altered_files
from kg.releases.canonical_quads import (
    canonicalize_quads,
    list_sources_by_kind,
    write_quad_file,
)
from kg.releases.canonical_values import canonicalize_values
from kg.releases.changes import (
    ReleaseChanges,
    count_changes,
    create_version_tables,
    write_differences,
)
from kg.releases.describe import ReleaseFacts, write_dcat, write_void
from kg.releases.differences import (
    ADDED,
    REMOVED,
    WHOLE_DUMP,
    is_small_difference,
    stage_differences,
)
from kg.releases.discrepancy_statements import insert_discrepancy_statements
from kg.releases.dumps import (
    WHOLE_STEM,
    Dump,
    count_by_graph,
    write_rdf_dumps,
)
from kg.releases.inference import materialise_inferences
from kg.releases.line_positions import write_line_positions
from kg.releases.release_id import ReleaseIdentity, require_unchanged_inputs
from kg.releases.store_loader import StoreLoader
from kg.releases.store_update import StoreUpdater
from kg.releases.subject_index import update_subject_index
from kg.releases.subject_index_process import SubjectIndexWriter
from kg.releases.table_dumps import TableMetadata, list_table_files, write_table_dumps
from kg.releases.update_base import STORE_BASE_KEY, find_store_base
from kg.releases.void_statements import read_partition_counts, write_void_statements
from kg.sources import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReleaseContents:
    """What a release is made of, beside the quads of the work database."""

    identity: ReleaseIdentity
    created: str
    """When the build made it, an xsd:dateTime."""
    sources: Sequence[Source]
    tables: Mapping[str, Table]
    model: Path
    """The folder that holds `ontology/` and `shapes/`."""
    licence: str
    summary: Sequence[Mapping[str, Any]]
    """Per source: records read, accepted, refused, warned, seconds."""
    reports: Mapping[str, bytes | Path]
    """The files of the report, by name: their content, or where it was written."""
    moved: Sequence[tuple[str, str]] = ()
    withdrawn: Sequence[tuple[str, str]] = ()
    previous: Release | None = None
    """The release that is served, which this one follows."""
    base: Release | None = None
    """The release before it of the same make, which this one is an update of; without one,
    everything is written anew."""
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: Callable[[], Iterable[tuple[str, Path]]] | None = None
    """What the identity was taken of, found again: it must be the same before a release is sealed.
    """


def freeze_release(
    db: duckdb.DuckDBPyConnection,
    contents: ReleaseContents,
    releases: Path,
    track: ProgressCallback,
) -> Release:
    """Writes, seals and publishes a release; what was current stays so until the last step."""
    with atomic_publish.staging_folder(releases, contents.identity.id) as draft:
        triples = _write_graph(db, contents, draft, track)
        _copy_model(contents.model, draft)
        write_reports(contents.reports, draft.report)
        dumps = read_dumps(draft, triples.dumps)
        facts = gather_facts(db, contents, dumps, triples)
        write_void(facts, draft.void)
        write_dcat(facts, draft.dcat)
        if contents.inputs is not None:
            require_unchanged_inputs(contents.identity, contents.inputs())
        manifest = build_manifest(contents, facts, triples.changes)
        manifest[STORE_BASE_KEY] = triples.store_base.id if triples.store_base else None
        atomic_publish.write_manifest(draft, manifest, contents.previous)
        return atomic_publish.publish_draft(draft, releases, contents.identity.id)


def write_reports(reports: Mapping[str, bytes | Path], folder: Path) -> None:
    """Writes the files of a report, each given by its content or by where it is."""
    for name, content in reports.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            shutil.copyfile(content, path)


@dataclass(frozen=True)
class WrittenGraph:
    """What was written of the graph of a release: its triples, its dumps and what they change."""

    count: int
    dumps: Sequence[Dump]
    changes: ReleaseChanges
    store_base: Release | None = None


def _write_graph(
    db: duckdb.DuckDBPyConnection,
    contents: ReleaseContents,
    draft: Release,
    track: ProgressCallback,
) -> WrittenGraph:
    licences = {source.name: source.licence for source in contents.sources}
    with tempfile.TemporaryDirectory(dir=draft.folder, prefix=".work-") as work:
        for step in track(
            (
                canonicalize_values,
                materialise_inferences,
                insert_discrepancy_statements,
                write_void_statements,
                canonicalize_quads,
            ),
            "Settling",
        ):
            step(db)
        draft.dumps.mkdir()
        create_version_tables(db, contents.previous, draft.folder, contents.created)
        staged = _stage_store_base(db, contents)
        store_base = staged if staged and is_small_difference(db) else None
        quads = write_quad_file(db, Path(work) / "quads.nq", with_triples=store_base is None)
        # the store takes what the rest leaves of the processors, in threads without Python
        with ExitStack() as opened:
            store = (
                StoreUpdater(db, store_base, draft.store)
                if store_base
                else StoreLoader(draft.store, quads.path)
            )
            opened.enter_context(closing(store))
            write_line_positions(db, draft.folder, [iri for iri, _ in contents.withdrawn])
            is_staged = _stage_previous(db, contents, staged)
            # where the store is loaded as a whole, nothing else keeps remains of what was replaced
            base = contents.base if store_base and is_staged and is_small_difference(db) else None
            subjects = None
            if base and not find_altered_files(base, [base.subject_index.name]):
                update_subject_index(db, base.subject_index, draft.subject_index)
            else:
                subjects = SubjectIndexWriter(db, quads, draft.subject_index)
                opened.enter_context(closing(subjects))
            tables = write_catalogue_and_tables(db, contents, draft, track, base)
            statements = write_rdf_dumps(db, licences, quads, draft.dumps, track)
            dumps = [*statements.dumps, *tables]
            if contents.previous and is_staged:
                dumps += write_differences(db, contents.previous, draft.dumps)
            changes = ReleaseChanges(
                contents.previous.id if contents.previous else None,
                count_changes(db),
                dict(statements.hashes),
            )
            if subjects is not None:
                subjects.finish(track)
            store.finish(track)
    count = next(dump.count for dump in dumps if dump.name == f"{WHOLE_STEM}.ttl.gz")
    return WrittenGraph(count, dumps, changes, store_base)


def _stage_store_base(db: duckdb.DuckDBPyConnection, contents: ReleaseContents) -> Release | None:
    """The release whose store may be updated, the difference from it staged, if there is one."""
    base = find_store_base(contents.base, contents.identity) if contents.base else None
    if base is not None:
        stage_differences(db, base)
    return base


def _stage_previous(
    db: duckdb.DuckDBPyConnection, contents: ReleaseContents, staged: Release | None
) -> bool:
    """Stages the difference from the release before, if it is not yet; whether there is one."""
    previous = contents.previous
    if previous is None:
        return False
    if staged is not None and staged.id == previous.id:
        return True
    if problems := find_altered_files(previous, [WHOLE_DUMP]):
        reason = "; ".join(problems)
        log.warning("differences were not written", extra={"from": previous.id, "reason": reason})
        return False
    stage_differences(db, previous)
    return True


def write_catalogue_and_tables(
    db: duckdb.DuckDBPyConnection,
    contents: ReleaseContents,
    draft: Release,
    track: ProgressCallback,
    base: Release | None = None,
) -> list[Dump]:
    """Writes the catalogue, and the tables that it has gathered.

    `base` is the release from which the staged difference is and which may be built upon.
    """
    meta = {"release": contents.identity.id}
    moved, gone = contents.moved, contents.withdrawn
    is_updated = (
        base is not None
        and not find_altered_files(base, [base.catalogue.name, *_list_table_files(contents)])
        and update_catalogue(
            db, contents.tables, base.catalogue, draft.catalogue, (ADDED, REMOVED), track,
            meta=meta, moved=moved, gone=gone,
        )
    )  # fmt: skip
    if not is_updated:
        write_catalogue(
            db, contents.tables, draft.catalogue, track, meta=meta, moved=moved, gone=gone
        )
    about = TableMetadata(
        release=contents.identity.id,
        licence=contents.licence,
        sources=[
            {
                "name": source.name,
                "title": source.title.list_by_language(),
                "licence": source.licence,
                "retrieved": source.retrieved,
            }
            for source in contents.sources
        ],
    )
    earlier = base.dumps if base is not None and is_updated else None
    return write_table_dumps(db, contents.tables, about, draft.dumps, track, earlier)


def _list_table_files(contents: ReleaseContents) -> list[str]:
    return [f"dumps/{name}" for name in list_table_files(contents.tables)]


def _copy_model(model: Path, draft: Release) -> None:
    """Copies the model, its tables whole, and writes what describes the tables of the dumps."""
    ontology = draft.model / "ontology"
    not_copied = shutil.ignore_patterns(COLUMNS_FILE)
    shutil.copytree(model / "ontology", ontology, ignore=not_copied)
    shutil.copytree(model / "shapes", draft.model / "shapes")
    descriptions = read_descriptions(model / "ontology" / "tables")
    for name, description in descriptions.items():
        _write_json(ontology / "tables" / f"{name}.json", description)
    _write_json(draft.dumps / METADATA_FILE, describe_dumps(descriptions.values()))


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_dumps(draft: Release, dumps: Sequence[Dump]) -> list[tuple[Dump, int, str]]:
    """Dumps that are written, each with its bytes and SHA-256."""
    files = []
    for dump in dumps:
        path = draft.dumps / dump.name
        files.append((dump, path.stat().st_size, hash_file(path)))
    return files


def gather_facts(
    db: duckdb.DuckDBPyConnection,
    contents: ReleaseContents,
    dumps: Sequence[tuple[Dump, int, str]],
    written: WrittenGraph,
) -> ReleaseFacts:
    """What is counted and known of a release, from the settled quads."""
    most_values = db.execute(
        "SELECT p, max(n) FROM (SELECT any_value(p) AS p, count(*) AS n FROM settled "
        "WHERE NOT again GROUP BY hash(s, p)) GROUP BY p ORDER BY p"
    ).fetchall()
    return ReleaseFacts(
        release_id=contents.identity.id,
        created=contents.created,
        licence=contents.licence,
        graphs=count_by_graph(db),
        partitions=read_partition_counts(db),
        most_values=dict(most_values),
        triples=written.count,
        hashes={build_graph_iri(name): digest for name, digest in written.changes.hashes.items()},
        sources=contents.sources,
        dumps=dumps,
        sources_by_kind=list_sources_by_kind(db),
    )


def build_manifest(
    contents: ReleaseContents, facts: ReleaseFacts, changes: ReleaseChanges
) -> dict[str, Any]:
    """What a release says of itself, but for its files."""
    return {
        "id": contents.identity.id,
        "created": facts.created,
        "licence": contents.licence,
        "inputs": contents.identity.inputs,
        "versions": {**contents.identity.versions, **contents.versions},
        "triples": facts.triples,
        "most_values": facts.most_values,
        "graphs": facts.graphs,
        "hashes": facts.hashes,
        "previous": changes.previous,
        "changes": changes.records,
        "records": {
            kind: count
            for iri, count in facts.partitions.classes
            if (kind := _find_kind(iri)) is not None
        },
        "sources": [
            _describe_source(source, contents.summary, facts) for source in contents.sources
        ],
        "dumps": [
            {**_describe_dump(dump), "bytes": size, "sha256": digest}
            for dump, size, digest in facts.dumps
        ],
    }


def _find_kind(class_iri: str) -> str | None:
    return next((kind.name for kind in KINDS if expand(kind.class_iri) == class_iri), None)


def _describe_dump(dump: Dump) -> dict[str, Any]:
    stated = asdict(dump)
    return {**stated, "format": dump.format.name, "media_type": dump.format.media_type}


def _describe_source(
    source: Source, summary: Sequence[Mapping[str, Any]], facts: ReleaseFacts
) -> dict[str, Any]:
    counts = next((line for line in summary if line["source"] == source.name), {})
    return {
        "name": source.name,
        "title": asdict(source.title),
        "kind": source.kind,
        "licence": source.licence,
        "retrieved": source.retrieved,
        "precedence": dict(source.precedence),
        "age_max_days": source.bounds.age_max_days,
        "version": source.version,
        **{key: value for key, value in counts.items() if key != "source"},
        "triples": facts.graphs.get(build_graph_iri(source.name), 0),
    }
