"""RDF dumps of a release: complete, by source, licence and kind."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg.formats import N_QUADS, TURTLE, Format
from kg.iris import build_graph_iri
from kg.kinds import KINDS
from kg.licences import make_licence_slug
from kg.progress import ProgressCallback
from kg.releases.canonical_quads import (
    QuadFile,
    QuadPartition,
    list_partitions,
    read_quad_chunks,
)
from kg.releases.graph_hashes import GraphHashes
from kg.releases.turtle_sql import CompressedPartitions, open_gzip
from kg.work_tables import ACCEPTED

WHOLE_STEM: Final = "ess-kg"


@dataclass(frozen=True)
class Dump:
    """One file of the dumps: what it holds and how many triples or lines."""

    name: str
    format: Format
    scope: str
    subject: str
    """The source, the kind, the licence, the table of relations, or nothing for the whole."""
    count: int
    sources: tuple[str, ...] = ()
    """The sources that state the rows of a table."""


@dataclass(frozen=True)
class StatementDumps:
    """The dumps of statements, and of each source the RDFC-1.0 SHA-256 of its graph."""

    dumps: Sequence[Dump]
    hashes: Mapping[str, str]


def write_rdf_dumps(
    db: duckdb.DuckDBPyConnection,
    sources: Mapping[str, str],
    quads: QuadFile,
    folder: Path,
    track: ProgressCallback,
) -> StatementDumps:
    """Writes the dumps of what was settled; `sources` gives the licence of each."""
    every = list_partitions(db)
    hashes = GraphHashes(db, quads.path.with_name("out-of-order"))
    # most of it is compression, which leaves Python and the database free
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(_write_quads, every, quads, hashes, folder)
        pieces = quads.path.with_name("pieces")
        turtle = list(_write_turtle(db, every, sources, pieces, folder, track))
        whole = written.result()
    return StatementDumps([whole, *turtle], hashes.finish())


def _write_quads(
    every: Sequence[QuadPartition], quads: QuadFile, hashes: GraphHashes, folder: Path
) -> Dump:
    name = f"{WHOLE_STEM}.nq.gz"
    with open_gzip(folder / name) as file:
        for piece, lines in read_quad_chunks(quads, every):
            file.write(lines)
            hashes.add(piece, lines)
    return Dump(name, N_QUADS, "whole", "", sum(piece.count for piece in every))


def _write_turtle(
    db: duckdb.DuckDBPyConnection,
    every: Sequence[QuadPartition],
    sources: Mapping[str, str],
    work: Path,
    folder: Path,
    track: ProgressCallback,
) -> Iterator[Dump]:
    compressed = CompressedPartitions(db, every, work, track)
    once = [piece for piece in every if not piece.is_repeated]
    scopes = [("whole", "", once)]
    scopes += [("source", name, [p for p in every if p.source == name]) for name in sources]
    for licence in sorted(set(sources.values())):
        under = {name for name, stated in sources.items() if stated == licence}
        scopes.append(
            ("licence", make_licence_slug(licence), [p for p in every if p.source in under])
        )
    scopes += [("kind", k.name, [p for p in once if p.kind == k.name]) for k in KINDS]
    for scope, subject, chosen in scopes:
        name = f"{scope}-{subject}.ttl.gz" if subject else f"{WHOLE_STEM}.ttl.gz"
        yield Dump(name, TURTLE, scope, subject, compressed.write_dump(chosen, folder / name))


def count_by_graph(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many triples each named graph holds."""
    rows = db.execute(f"SELECT source, count(*) FROM {ACCEPTED} GROUP BY source ORDER BY source")
    return {build_graph_iri(name): count for name, count in rows.fetchall()}
