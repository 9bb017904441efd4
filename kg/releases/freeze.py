"""Freezing what was accepted into a release folder: store, catalogue, dumps, descriptions."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from kg.catalogue.write import write_catalogue
from kg.iris import graph
from kg.kinds import KINDS
from kg.namespaces import expand
from kg.progress import Track
from kg.release import Release
from kg.releases import seal
from kg.releases.canonical import make_canonical
from kg.releases.changes import Changes, counted, hashes, note_versions, write_differences
from kg.releases.describe import Facts, write_dcat, write_void
from kg.releases.discrepancies import state_discrepancies
from kg.releases.dumps import (
    WHOLE,
    Dump,
    class_partitions,
    graph_sizes,
    write_statements,
)
from kg.releases.identity import Identity, hold, sha256
from kg.releases.line_positions import write_lines
from kg.releases.rules import derive
from kg.releases.settled import settle, speakers, write_both
from kg.releases.store import StoreBeside
from kg.releases.subjects import write_subjects
from kg.releases.tables import About, write_tables
from kg.sources import Source
from kg.tables import Table


@dataclass(frozen=True)
class Contents:
    """What a release is made of, beside the quads of the work database."""

    identity: Identity
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
    gone: Sequence[tuple[str, str]] = ()
    previous: Release | None = None
    """The release that is served, which this one follows."""
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: Callable[[], Iterable[tuple[str, Path]]] | None = None
    """What the identity was taken of, found again: it must be the same before a release is sealed.
    """


def freeze(
    db: duckdb.DuckDBPyConnection, contents: Contents, releases: Path, track: Track
) -> Release:
    """Writes, seals and publishes a release; what was current stays so until the last step."""
    with seal.staging(releases, contents.identity.id) as draft:
        triples = _write_graph(db, contents, draft, track)
        _copy_model(contents.model, draft.model)
        write_reports(contents.reports, draft.report)
        dumps = _read_dumps(draft, triples.dumps)
        facts = _facts(db, contents, dumps, triples)
        write_void(facts, draft.void)
        write_dcat(facts, draft.dcat)
        if contents.inputs is not None:
            hold(contents.identity, contents.inputs())
        seal.seal(draft, _manifest(contents, facts, triples.changes))
        return seal.publish(draft, releases, contents.identity.id)


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
class _Graph:
    count: int
    dumps: Sequence[Dump]
    changes: Changes


def _write_graph(
    db: duckdb.DuckDBPyConnection, contents: Contents, draft: Release, track: Track
) -> _Graph:
    licences = {source.name: source.licence for source in contents.sources}
    with tempfile.TemporaryDirectory(dir=draft.folder, prefix=".work-") as work:
        both = Path(work) / "both.nq"
        for step in track((make_canonical, derive, state_discrepancies, settle), "Settling"):
            step(db)
        draft.dumps.mkdir()
        write_both(db, both)
        # the store takes what the rest leaves of the processors, in threads without Python
        with closing(StoreBeside(draft.store, both)) as store:
            note_versions(db, contents.previous, draft.folder, contents.created)
            write_lines(db, draft.folder, [iri for iri, _ in contents.gone])
            tables = _write_catalogue(db, contents, draft, track)
            write_subjects(db, both, draft.subjects, track)
            statements = write_statements(db, licences, both, draft.dumps, track)
            dumps = [*statements.dumps, *tables]
            dumps += write_differences(db, contents.previous, draft.dumps)
            changes = Changes(
                contents.previous.id if contents.previous else None,
                counted(db),
                hashes(db, statements.digests, Path(work) / "sorted.nq"),
            )
            store.finish(track)
    count = next(dump.count for dump in dumps if dump.name == f"{WHOLE}.ttl.gz")
    return _Graph(count, dumps, changes)


def _write_catalogue(
    db: duckdb.DuckDBPyConnection, contents: Contents, draft: Release, track: Track
) -> list[Dump]:
    """Writes the catalogue, and the tables that it has gathered."""
    write_catalogue(
        db,
        contents.tables,
        draft.catalogue,
        track,
        meta={"release": contents.identity.id},
        moved=contents.moved,
        gone=contents.gone,
    )
    about = About(
        release=contents.identity.id,
        licence=contents.licence,
        sources=[
            {
                "name": source.name,
                "title": asdict(source.title),
                "licence": source.licence,
                "retrieved": source.retrieved,
            }
            for source in contents.sources
        ],
    )
    return write_tables(db, contents.tables, about, draft.dumps, track)


def _copy_model(model: Path, target: Path) -> None:
    shutil.copytree(model / "ontology", target / "ontology")
    shutil.copytree(model / "shapes", target / "shapes")


def _read_dumps(draft: Release, dumps: Sequence[Dump]) -> list[tuple[Dump, int, str]]:
    found = []
    for dump in dumps:
        path = draft.dumps / dump.name
        found.append((dump, path.stat().st_size, sha256(path)))
    return found


def _facts(
    db: duckdb.DuckDBPyConnection,
    contents: Contents,
    dumps: Sequence[tuple[Dump, int, str]],
    written: _Graph,
) -> Facts:
    properties = db.execute(
        "SELECT p, count(*) AS n FROM accepted GROUP BY p ORDER BY n DESC, p"
    ).fetchall()
    most_values = db.execute(
        "SELECT p, max(n) FROM (SELECT any_value(p) AS p, count(*) AS n FROM settled "
        "WHERE NOT again GROUP BY hash(s, p)) GROUP BY p ORDER BY p"
    ).fetchall()
    return Facts(
        release_id=contents.identity.id,
        created=contents.created,
        licence=contents.licence,
        graphs=graph_sizes(db),
        classes=class_partitions(db),
        properties=properties,
        most_values=dict(most_values),
        triples=written.count,
        hashes={graph(name): found for name, found in written.changes.hashes.items()},
        sources=contents.sources,
        dumps=dumps,
        speakers=speakers(db),
    )


def _manifest(contents: Contents, facts: Facts, changes: Changes) -> dict[str, Any]:
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
            kind: count for iri, count in facts.classes if (kind := _kind_of(iri)) is not None
        },
        "sources": [_source(source, contents.summary, facts) for source in contents.sources],
        "dumps": [
            {**_dump(dump), "bytes": size, "sha256": digest} for dump, size, digest in facts.dumps
        ],
    }


def _kind_of(class_iri: str) -> str | None:
    return next((kind.name for kind in KINDS if expand(kind.class_iri) == class_iri), None)


def _dump(dump: Dump) -> dict[str, Any]:
    stated = asdict(dump)
    return {**stated, "format": dump.format.name, "media_type": dump.format.media_type}


def _source(source: Source, summary: Sequence[Mapping[str, Any]], facts: Facts) -> dict[str, Any]:
    counts = next((line for line in summary if line["source"] == source.name), {})
    return {
        "name": source.name,
        "title": asdict(source.title),
        "kind": source.kind,
        "licence": source.licence,
        "retrieved": source.retrieved,
        "precedence": dict(source.precedence),
        "age_max_days": source.expect.age_max_days,
        "version": source.version,
        **{key: value for key, value in counts.items() if key != "source"},
        "triples": facts.graphs.get(graph(source.name), 0),
    }
