"""Turtle writer in SQL, compressed piece by piece.

What was settled is in order, so a statement only has to be compared with the one before and the one
after to know whether it goes on with their subject or property: the database does so as it copies
them. A term in N-Triples is one in Turtle too; names get the prefixes of the project. A dump is
some of the pieces one after the other: several Turtle documents in a row are one, and so are
several members of a gzip file (https://www.rfc-editor.org/rfc/rfc1952#section-2.2).
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

import duckdb
from zlib_ng import gzip_ng

from kg import sql
from kg.mapping.ntriples_io import export_lines
from kg.namespaces import ID, PREFIXES, RDF_TYPE, SCHEME, shorten
from kg.progress import ProgressCallback
from kg.releases.canonical_quads import QuadPartition

GZIP_LEVEL: Final = 5
"""Of zlib-ng: as small as level 6 of zlib, in a third of the time."""
TURTLE_PREFIXES: Final = "".join(
    f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()
).encode()
LOCAL_NAME: Final = "[A-Za-z_][A-Za-z0-9_-]*"
"""Local names that are written after a prefix: those that need no escape."""
PREFIXED_NAME: Final = re.compile(rf"[a-z0-9]+:{LOCAL_NAME}")
OWN_IRI_STARTS: Final = (f"<{ID}", f"<{SCHEME}")
"""How most values begin that have no prefix."""


class CompressedPartitions:
    """The pieces of what was settled as packed Turtle, in a folder that goes away."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        pieces: Sequence[QuadPartition],
        folder: Path,
        track: ProgressCallback,
    ) -> None:
        self._db = db
        self._folder = folder
        folder.mkdir()
        _create_property_names(db)
        self._paths = dict[QuadPartition, Path]()
        # one piece is compressed while the next is written, and no more of them wait on disk
        with ThreadPoolExecutor(1) as pool:
            packed: Future[None] | None = None
            for number, piece in enumerate(track(pieces, "Dumping", len(pieces)), 1):
                self._paths[piece] = folder / f"{number}.ttl.gz"
                plain = self._write_partition(number, piece)
                if packed is not None:
                    packed.result()
                packed = pool.submit(_compress, plain, self._paths[piece])
            if packed is not None:
                packed.result()
        self._empty = folder / "0.ttl.gz"
        with open_gzip(self._empty) as compressed_file:
            compressed_file.write(TURTLE_PREFIXES)

    def write_dump(self, pieces: Sequence[QuadPartition], path: Path) -> int:
        """Writes a dump of these pieces; how many triples."""
        with path.open("wb") as dump:
            for part_path in [self._paths[piece] for piece in pieces] or [self._empty]:
                with part_path.open("rb") as part:
                    shutil.copyfileobj(part, dump, 1 << 20)
        return sum(piece.count for piece in pieces)

    def _write_partition(self, number: int, piece: QuadPartition) -> Path:
        plain = self._folder / f"{number}.ttl"
        with _keep_join_order(self._db):
            written = export_lines(self._db, _build_lines_sql(piece), plain)
        if written != piece.count:
            raise AssertionError(f"{written} statements of {piece} were written")
        return plain


def _compress(plain: Path, path: Path) -> None:
    """Packs a piece, which is removed."""
    with plain.open("rb") as file, open_gzip(path) as compressed_file:
        compressed_file.write(TURTLE_PREFIXES)
        shutil.copyfileobj(file, compressed_file, 1 << 20)
    plain.unlink()


@contextmanager
def _keep_join_order(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Joins that keep the order of their first relation.

    The optimizer would take a piece that is smaller than the table of properties for the side that
    is hashed, which loses its order.
    """
    db.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        yield
    finally:
        db.execute("RESET disabled_optimizers")


def _create_property_names(db: duckdb.DuckDBPyConnection) -> None:
    """Makes `property_name(p, name)`: each property as Turtle has it."""
    db.execute("CREATE OR REPLACE TEMP TABLE property_name (p VARCHAR, name VARCHAR)")
    properties = db.execute("SELECT DISTINCT p FROM settled").fetchall()
    sql.insert_rows(db, "property_name", [(iri, _shorten_property(iri)) for (iri,) in properties])


def _shorten_property(iri: str) -> str:
    """A property as Turtle has it."""
    short = "a" if iri == RDF_TYPE else shorten(iri)
    return short if short == "a" or PREFIXED_NAME.fullmatch(short) else f"<{iri}>"


def _build_lines_sql(piece: QuadPartition) -> str:
    """The query of the lines of a piece: `subject property value`, what repeats left out."""
    kind, source = sql.literal(piece.kind), sql.literal(piece.source)
    return f"""
        SELECT CASE WHEN same_property THEN '\t\t'
            WHEN same_subject THEN '\t' || name || ' '
            ELSE '<' || s || '> ' || name || ' ' END || {_build_value_sql()} ||
            CASE WHEN next_property THEN ' ,' WHEN next_subject THEN ' ;' ELSE ' .' END
        FROM (
            SELECT s, p, o, {_build_prefix_sql()} AS prefix,
                coalesce(s = lag(s) OVER (), false) AS same_subject,
                coalesce(s = lag(s) OVER () AND p = lag(p) OVER (), false) AS same_property,
                coalesce(s = lead(s) OVER (), false) AS next_subject,
                coalesce(s = lead(s) OVER () AND p = lead(p) OVER (), false) AS next_property
            FROM settled
            WHERE kind = {kind} AND source = {source} AND again = {str(piece.is_repeated).lower()}
        ) JOIN property_name USING (p)"""


def _build_value_sql() -> str:
    """The SQL of a value in Turtle."""
    typed = rf"\^\^<{re.escape(PREFIXES['xsd'])}([A-Za-z]+)>$"
    return (
        "CASE WHEN o[1] = '<' THEN CASE WHEN "
        f"regexp_full_match(o[prefix.length + 2:-2], {sql.literal(LOCAL_NAME)}) "
        "THEN prefix.name || o[prefix.length + 2:-2] ELSE o END "
        f"WHEN o[-1] = '>' THEN regexp_replace(o, {sql.literal(typed)}, '^^xsd:\\1') ELSE o END"
    )


def _build_prefix_sql() -> str:
    """The SQL of the prefix of an IRI, `name` and `length` of what it stands for; NULL without."""
    own = " OR ".join(f"starts_with(o, {sql.literal(text)})" for text in OWN_IRI_STARTS)
    # the longest first; one expression for all local names: DuckDB compiles each when it plans
    names = " ".join(
        f"WHEN starts_with(o, {sql.literal(f'<{iri}')}) "
        f"THEN {{'name': {sql.literal(f'{prefix}:')}, 'length': {len(iri)}}}"
        for prefix, iri in sorted(PREFIXES.items(), key=lambda pair: (-len(pair[1]), pair))
    )
    return f"CASE WHEN o[1] <> '<' OR {own} THEN NULL {names} END"


@contextmanager
def open_gzip(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file to write in."""
    with path.open("wb") as file:
        # no name and no time in the header: the same triples give the same bytes
        compressed_file = gzip_ng.GzipNGFile("", "wb", GZIP_LEVEL, file, mtime=0)  # type: ignore[no-untyped-call]
        with compressed_file:
            yield cast(IO[bytes], compressed_file)
