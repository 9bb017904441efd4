"""The dumps of a release: RDF whole, per source and per kind; tables per kind."""

import gzip
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import duckdb

from kg import rdf, sql
from kg.catalogue.pivot import pivot
from kg.formats import CSV, N_QUADS, N_TRIPLES, PARQUET, TURTLE, Format
from kg.iris import graph
from kg.kinds import KINDS, Kind
from kg.mapping.export import export_triples
from kg.namespaces import ID, expand
from kg.progress import Track
from kg.tables import Table

WHOLE: Final = "ess-kg"
COMPRESSION: Final = 6


@dataclass(frozen=True)
class Dump:
    """One file of the dumps: what it holds and how many triples or lines."""

    name: str
    format: Format
    scope: str
    subject: str
    """The source, the kind, or nothing for the whole."""
    count: int


def write_dumps(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    sources: Iterable[str],
    whole: Path,
    folder: Path,
    track: Track,
) -> list[Dump]:
    """Writes every dump; `whole` is the N-Quads file of the release."""
    folder.mkdir()
    work = folder / ".triples.nt"
    dumps = [_quads(db, whole, folder), _turtle(db, folder, work, "whole", "", "true")]
    for source in track(list(sources), "Dumping sources"):
        where = f"source = {sql.text(source)}"
        dumps.append(_turtle(db, folder, work, "source", source, where))
    for kind in track(KINDS, "Dumping kinds"):
        where = f"starts_with(s, {sql.text(ID + kind.name + '/')})"
        dumps.append(_turtle(db, folder, work, "kind", kind.name, where))
        dumps += _tables(db, tables[kind.table], kind, folder)
    work.unlink(missing_ok=True)
    return dumps


def _quads(db: duckdb.DuckDBPyConnection, whole: Path, folder: Path) -> Dump:
    name = f"{WHOLE}.nq.gz"
    with whole.open("rb") as plain, _gzip(folder / name) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    return Dump(name, N_QUADS, "whole", "", _count(db, "SELECT count(*) FROM accepted"))


def _turtle(
    db: duckdb.DuckDBPyConnection, folder: Path, work: Path, scope: str, subject: str, where: str
) -> Dump:
    name = f"{scope}-{subject}.ttl.gz" if subject else f"{WHOLE}.ttl.gz"
    count = export_triples(db, work, where)
    with _gzip(folder / name) as packed:
        rdf.write((quad.triple for quad in rdf.parse_lines(work, N_TRIPLES)), packed, TURTLE)
    return Dump(name, TURTLE, scope, subject, count)


def _tables(db: duckdb.DuckDBPyConnection, table: Table, kind: Kind, folder: Path) -> list[Dump]:
    relation = sql.name(pivot(db, table))
    count = _count(db, f"SELECT count(*) FROM {relation}")
    query = f"SELECT * FROM {relation} ORDER BY id"
    plain, columnar = folder / f"{kind.table}.csv", folder / f"{kind.table}.parquet"
    db.execute(f"COPY ({query}) TO {sql.text(str(plain))} (FORMAT csv, HEADER true)")
    db.execute(f"COPY ({query}) TO {sql.text(str(columnar))} (FORMAT parquet, COMPRESSION zstd)")
    return [
        Dump(plain.name, CSV, "table", kind.name, count),
        Dump(columnar.name, PARQUET, "table", kind.name, count),
    ]


@contextmanager
def _gzip(path: Path) -> Iterator[IO[bytes]]:
    # no name and no time in the header: the same triples give the same bytes
    with path.open("wb") as file, gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed:
        yield cast(IO[bytes], packed)


def _count(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def class_partitions(db: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """How many things of each class the release holds."""
    return db.execute(
        "SELECT o[2:-2], count(DISTINCT s) AS n FROM accepted WHERE p = ? "
        "GROUP BY o ORDER BY n DESC, o",
        [expand("rdf:type")],
    ).fetchall()


def graph_sizes(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many triples each named graph holds."""
    rows = db.execute("SELECT source, count(*) FROM accepted GROUP BY source ORDER BY source")
    return {graph(name): count for name, count in rows.fetchall()}
