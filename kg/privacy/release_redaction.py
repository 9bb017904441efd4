"""Redaction of a kept release: the graph without a record or field, frozen again under its id.

The quads are read from the dump, what is forgotten is taken out, and store, catalogue, subject
index, dumps and descriptions are written anew beside the release, which is then exchanged for
them in one step. Files that held nothing of it are shared with what was there.
"""

import os
import re
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.catalogue.schema import open_read_only
from kg.csvw_metadata import METADATA_FILE
from kg.csvw_tables import Table, load_tables
from kg.errors import ReleaseError
from kg.file_hash import hash_file
from kg.formats import N_QUADS
from kg.iris import build_source_iri
from kg.kinds import KIND_BY_NAME, Text
from kg.mapping import open_work_database
from kg.mapping.forgotten_quads import (
    list_field_columns,
    remove_field_quads,
    remove_record_quads,
)
from kg.mapping.ntriples_io import build_lines_sql
from kg.namespaces import GRAPH, ID, expand
from kg.privacy.file_content import iter_bytes
from kg.privacy.file_redaction import can_redact, redact_file
from kg.privacy.traces import Traces
from kg.progress import ProgressCallback
from kg.rdf.term_readers import define_term_readers
from kg.release_layout import Release
from kg.releases.atomic_publish import staging_folder, swap_folders, write_manifest
from kg.releases.canonical_quads import canonicalize_quads, write_quad_file
from kg.releases.changes import (
    DEPARTED_FILE,
    ReleaseChanges,
    create_fingerprints,
    write_version_files,
)
from kg.releases.describe import write_dcat, write_void
from kg.releases.differences import VERSIONS_FILE
from kg.releases.dumps import WHOLE_STEM, Dump, write_rdf_dumps
from kg.releases.freeze import (
    ReleaseContents,
    WrittenGraph,
    build_manifest,
    gather_facts,
    read_dumps,
    write_catalogue_and_tables,
)
from kg.releases.redaction_record import REDACTIONS_KEY, RedactionAct, build_record
from kg.releases.release_id import ReleaseIdentity
from kg.releases.store_loader import StoreLoader
from kg.releases.subject_index_process import SubjectIndexWriter
from kg.releases.update_base import STORE_BASE_KEY
from kg.releases.void_statements import write_void_statements
from kg.sources import Source
from kg.sources.source_description import Bounds
from kg.work_tables import DISCREPANCY, PAIRS, QUADS, RECORDS

DIFFERENCE_SCOPES: Final = ("added", "removed")
"""The dumps of what came and went since the release before."""
GRAPH_SQL: Final = rf"regexp_extract(line, ' <{re.escape(GRAPH)}([^<>]*)> \.$', 1)"
REGENERATED: Final = ("store", "catalogue.sqlite", "subjects.sqlite")
MODEL_FILES: Final = ("model", METADATA_FILE)
"""What is of the model and no data: it stays, whatever its examples are."""


@dataclass(frozen=True)
class _Frozen:
    """What is known of a release from its folder."""

    release: Release
    manifest: Mapping[str, Any]
    tables: Mapping[str, Table]


def redact_release(
    release: Release, traces: Traces, act: RedactionAct, secret: bytes, track: ProgressCallback
) -> None:
    """Takes what is forgotten out of a kept release, whose id and date stay.

    Raises ReleaseError where the release cannot be written anew.
    """
    manifest = release.read_manifest()
    frozen = _Frozen(release, manifest, load_tables(release.model / "ontology" / "tables"))
    releases = release.folder.parent
    with staging_folder(releases, release.id) as draft:
        fresh = _rewrite_graph(frozen, draft, traces, track)
        _copy_rest(release, draft, traces)
        after = {
            path.relative_to(draft.folder).as_posix(): hash_file(path)
            for path in sorted(draft.folder.rglob("*"))
            if path.is_file() and path != draft.manifest_file
        }
        record = build_record(manifest, act, after, secret)
        records = [*(manifest.get(REDACTIONS_KEY) or []), record]
        # the store is loaded anew, on that of no other release
        kept = {name: value for name, value in manifest.items() if name != STORE_BASE_KEY}
        write_manifest(draft, {**kept, **fresh, REDACTIONS_KEY: records})
        swap_folders(draft.folder, release.folder)


def may_hold_remains(release: Release) -> bool:
    """Whether the store of a release is an update of another's, and may have kept what it had."""
    return bool(release.read_manifest().get(STORE_BASE_KEY))


def holds_traces(release: Release, traces: Traces) -> bool:
    """Whether a release has anything of what is forgotten: in its graph, or in another file."""
    whole = release.dumps / f"{WHOLE_STEM}.nq.gz"
    if not whole.is_file():
        raise ReleaseError(f"{whole} is missing: the release cannot be written without it")
    if traces.field:
        return _has_field(release, traces, whole)
    return traces.are_in_file(whole) or any(
        can_redact(path) and traces.are_in_file(path)
        for path in sorted(release.folder.rglob("*"))
        if path.is_file() and not _is_left_alone(path.relative_to(release.folder))
    )


def _has_field(release: Release, traces: Traces, quads: Path) -> bool:
    """Whether a dump says something in the field of the record."""
    tables = load_tables(release.model / "ontology" / "tables")
    columns = list_field_columns(tables[KIND_BY_NAME[traces.kind].table], traces.field)
    properties = [f"> <{expand(c.predicate)}> ".encode() for c in columns if c.predicate]
    languages = {None if c.tagged else c.lang for c in columns}
    endings = tuple(f'"@{c} <'.encode() for c in languages if c)
    # a column of all other languages says nothing in those that have columns of their own
    others = (b'"@fr <', b'"@en <') if any(c.tagged and not c.lang for c in columns) else ()
    subject, rest = f"<{traces.iri}".encode(), b""
    for chunk in iter_bytes(quads):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if (
                line.startswith((subject + b">", subject + b"#"))
                and any(each in line for each in properties)
                and (None in languages or any(ending in line for ending in endings))
                and not any(ending in line for ending in others)
            ):
                return True
    return False


def _is_left_alone(name: Path) -> bool:
    return name.parts[0] in (*REGENERATED, *MODEL_FILES) or name.name in MODEL_FILES


def _rewrite_graph(
    frozen: _Frozen, draft: Release, traces: Traces, track: ProgressCallback
) -> Mapping[str, Any]:
    """Writes all that follows from the quads; what the manifest says of it."""
    with tempfile.TemporaryDirectory(dir=draft.folder, prefix=".work-") as folder:
        work = Path(folder)
        with closing(open_work_database(work / "redaction.duckdb")) as db:
            _load_quads(db, frozen.release)
            _remove_quads(db, frozen.tables, traces)
            _restore_discrepancies(db)
            write_void_statements(db)
            canonicalize_quads(db)
            contents = _describe_contents(db, frozen, traces)
            written = _write_files(db, contents, frozen, draft, work, traces, track)
            facts = gather_facts(db, contents, read_dumps(draft, written.dumps), written)
            write_void(facts, draft.void)
            write_dcat(facts, draft.dcat)
            return build_manifest(contents, facts, written.changes)


def _load_quads(db: duckdb.DuckDBPyConnection, release: Release) -> None:
    lines = build_lines_sql(release.dumps / f"{WHOLE_STEM}.nq.gz")
    db.execute(
        f"""INSERT INTO {QUADS} SELECT DISTINCT source, NULL, s[2:-2], p[2:-2],
            line[length(s) + length(p) + 3:-(length(source) + {len(GRAPH) + 6})]
        FROM (SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p,
            {GRAPH_SQL} AS source FROM {lines})"""
    )


def _remove_quads(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], traces: Traces
) -> None:
    if not traces.field:
        remove_record_quads(db, tables, [traces.iri])
        return
    table = tables[KIND_BY_NAME[traces.kind].table]
    remove_field_quads(db, table, traces.iri, traces.field)


def _restore_discrepancies(db: duckdb.DuckDBPyConnection) -> None:
    """Fills `discrepancy` from what the graph says of it: the catalogue shows values by it."""
    define_term_readers(db)
    names = ("rdf:subject", "rdf:predicate", "ess:statedValue", "rdf:value", "dct:source")
    subject, predicate, stated, value, source = (sql.literal(expand(name)) for name in names)
    db.execute(
        f"""INSERT INTO {DISCREPANCY}
        SELECT a.o[2:-2], b.o[2:-2], coalesce(language(v.o), ''),
            replace(regexp_extract(a.s, 'discrepancy-(.*)$', 1), '-', '_'), v.o, v.o,
            regexp_extract(w.o, '/([^/>]*)>$', 1),
            CAST(regexp_extract(v.s, '-([0-9]+)$', 1) AS BIGINT)
        FROM {QUADS} a JOIN {QUADS} b ON b.s = a.s AND b.p = {predicate}
        JOIN {QUADS} c ON c.s = a.s AND c.p = {stated}
        JOIN {QUADS} v ON v.s = c.o[2:-2] AND v.p = {value}
        LEFT JOIN {QUADS} w ON w.s = v.s AND w.p = {source}
        WHERE a.p = {subject} AND contains(a.s, 'discrepancy-')"""
    )


def _describe_contents(
    db: duckdb.DuckDBPyConnection, frozen: _Frozen, traces: Traces
) -> ReleaseContents:
    manifest = frozen.manifest
    versions = dict(manifest["versions"])
    catalogue = _read_rows(
        frozen.release.catalogue,
        {"moved": "SELECT old, new FROM moved", "gone": "SELECT iri, since FROM gone"},
    )
    return ReleaseContents(
        identity=ReleaseIdentity(frozen.release.id, manifest["inputs"], versions),
        created=manifest["created"],
        sources=[_restore_source(db, entry) for entry in manifest["sources"]],
        tables=frozen.tables,
        model=frozen.release.model,
        licence=manifest["licence"],
        summary=[{**entry, "source": entry["name"]} for entry in manifest["sources"]],
        reports={},
        moved=[row for row in catalogue["moved"] if not traces.is_any_of(row)],
        withdrawn=[row for row in catalogue["gone"] if not traces.is_any_of(row)],
    )


def _restore_source(db: duckdb.DuckDBPyConnection, entry: Mapping[str, Any]) -> Source:
    """A source as the release describes it: its folder may say something else by now."""
    iri = build_source_iri(entry["name"])
    rows = db.execute(
        "SELECT p, lexical(o), coalesce(language(o), '') FROM settled WHERE source = 'sources' "
        "AND s IN (?, ?) ORDER BY ALL",
        [iri, f"{iri}#publisher"],
    ).fetchall()
    stated = {(predicate, language): value for predicate, value, language in rows}

    def text(name: str) -> Text:
        french = stated.get((expand(name), "fr"), "")
        return Text(french, stated.get((expand(name), "en"), french))

    return Source(
        name=entry["name"],
        folder=Path(entry["name"]),
        title=Text(**entry["title"]),
        description=text("dct:description"),
        publisher=text("foaf:name"),
        kind=entry["kind"],
        language=stated.get((expand("dct:language"), ""), ""),
        licence=entry["licence"],
        licence_note=text("dct:rights"),
        retrieved=entry["retrieved"],
        version=entry.get("version", ""),
        bounds=Bounds(age_max_days=entry.get("age_max_days", 0)),
        precedence=entry.get("precedence", {}),
    )


def _write_files(
    db: duckdb.DuckDBPyConnection,
    contents: ReleaseContents,
    frozen: _Frozen,
    draft: Release,
    work: Path,
    traces: Traces,
    track: ProgressCallback,
) -> WrittenGraph:
    draft.dumps.mkdir()
    quads = write_quad_file(db, work / "quads.nq")
    licences = {source.name: source.licence for source in contents.sources}
    with (
        closing(StoreLoader(draft.store, quads.path)) as store,
        closing(SubjectIndexWriter(db, quads, draft.subject_index)) as subjects,
    ):
        _restore_versions(db, frozen, draft, contents.created, traces)
        tables = write_catalogue_and_tables(db, contents, draft, track)
        statements = write_rdf_dumps(db, licences, quads, draft.dumps, track)
        dumps = [*statements.dumps, *tables, *_write_differences(frozen, draft, traces)]
        subjects.finish(track)
        store.finish(track)
    count = next(dump.count for dump in dumps if dump.name == f"{WHOLE_STEM}.ttl.gz")
    changes = ReleaseChanges(
        frozen.manifest.get("previous"),
        dict(frozen.manifest.get("changes", {})),
        dict(statements.hashes),
    )
    return WrittenGraph(count, dumps, changes)


def _restore_versions(
    db: duckdb.DuckDBPyConnection, frozen: _Frozen, draft: Release, created: str, traces: Traces
) -> None:
    """Makes `version`, `change` and `departed` as they were, without what is forgotten."""
    create_fingerprints(db)
    folder = frozen.release.folder
    kept = f"kind || '/' || key NOT IN ({sql.literal('')}" + (
        ")" if traces.field else f", {sql.literal(traces.reference)})"
    )
    versions = f"read_parquet({sql.literal(str(folder / VERSIONS_FILE))})"
    departed = f"read_parquet({sql.literal(str(folder / DEPARTED_FILE))})"
    db.execute(
        f"""CREATE OR REPLACE TABLE version AS
        SELECT kind, key, f.digest, coalesce(b.changed, {sql.literal(created)}) AS changed
        FROM fingerprint f LEFT JOIN {versions} b USING (kind, key);
        CREATE OR REPLACE TABLE departed AS FROM {departed} WHERE {kept};
        CREATE OR REPLACE TABLE change (kind VARCHAR, key VARCHAR, change VARCHAR, digest VARCHAR)
        """
    )
    queries = {
        "change": "SELECT kind, key, change, digest FROM change",
        "departed": "SELECT iri FROM departed",
        "pair": "SELECT number, id, one, other, sure, score, reasons, decision FROM pair",
    }
    rows = _read_rows(frozen.release.catalogue, queries)
    changes = [row for row in rows["change"] if not traces.is_any_of([f"{row[0]}/{row[1]}"])]
    sql.insert_rows(db, "change", changes)
    pairs = [row for row in rows["pair"] if not traces.is_any_of([row[2], row[3]])]
    sql.insert_rows(db, PAIRS, pairs)
    db.execute(
        "UPDATE change SET digest = version.digest FROM version "
        "WHERE version.kind = change.kind AND version.key = change.key; DROP TABLE fingerprint"
    )
    # one that waited in the quarantine had not left its source: the writer knows it by its row
    told = [[iri for (iri,) in rows["departed"]]]
    db.execute(
        f"INSERT INTO {RECORDS} (record, subject) SELECT 0, {sql.literal(ID)} || kind || '/' || "
        f"key AS iri FROM departed WHERE iri NOT IN (SELECT unnest(?::VARCHAR[]))",
        told,
    )
    write_version_files(db, draft.folder)


def _read_rows(catalogue: Path, queries: Mapping[str, str]) -> Mapping[str, list[tuple[Any, ...]]]:
    """The rows of a catalogue that some queries give, by their names."""
    try:
        with closing(open_read_only(catalogue)) as file:
            return {name: file.execute(query).fetchall() for name, query in queries.items()}
    except sqlite3.Error as error:
        raise ReleaseError(f"{catalogue} cannot be read: {error}") from error


def _write_differences(frozen: _Frozen, draft: Release, traces: Traces) -> list[Dump]:
    """The lines that came and went, without those of what is forgotten."""
    dumps = []
    for entry in frozen.manifest.get("dumps", ()):
        if entry["scope"] in DIFFERENCE_SCOPES:
            path = frozen.release.dumps / entry["name"]
            fresh = draft.dumps / entry["name"]
            redact_file(path, fresh, traces)
            count = sum(chunk.count(b"\n") for chunk in iter_bytes(fresh))
            dumps.append(Dump(fresh.name, N_QUADS, entry["scope"], entry["subject"], count))
    return dumps


def _copy_rest(release: Release, draft: Release, traces: Traces) -> None:
    """Files that do not follow from the quads: shared where they hold nothing, else redacted."""
    for path in sorted(release.folder.rglob("*")):
        name = path.relative_to(release.folder)
        target = draft.folder / name
        if (
            not path.is_file()
            or target.exists()
            or path == release.manifest_file
            or name.parts[0] in REGENERATED
        ):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if can_redact(path) and not _is_left_alone(name) and traces.are_in_file(path):
            redact_file(path, target, traces)
        else:
            os.link(path, target)
