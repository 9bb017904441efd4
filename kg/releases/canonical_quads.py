"""Canonical quads: the accepted statements deduplicated, in the order of the dumps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.mapping.ntriples_io import QUAD_LINE_SQL, TRIPLE_LINE_SQL, export_lines
from kg.namespaces import ID
from kg.work_tables import ACCEPTED, QUADS

KIND_SQL: Final = (
    f"CASE WHEN starts_with(s, {sql.literal(ID)}) AND contains(s[{len(ID) + 1}:], '/') "
    f"THEN split_part(s[{len(ID) + 1}:], '/', 1) ELSE '' END"
)
"""The kind of the record that a subject belongs to, empty where it is no record."""
ORDER_SQL: Final = "kind || '/', source, s || '>', p || '>', o"
"""So that the N-Quads of the records of a source are in the order of their code points."""
MAX_GROUPED_QUADS: Final = 6_000_000
"""Quads stated several times that DuckDB groups at a time: many more do not fit in the memory of
the work database."""
READ_CHUNK_LINES: Final = 10_000
"""Quads that are read at a time."""
_HASH_SQL: Final = "hash(s, p, o)"


@dataclass(frozen=True)
class QuadPartition:
    """Statements that follow each other: those of one kind of subjects in one source."""

    kind: str
    source: str
    is_repeated: bool
    """Whether another source has stated them already."""
    count: int


@dataclass(frozen=True)
class QuadFile:
    """The settled quads as a file of N-Quads in their order."""

    path: Path
    count: int
    """How many quads."""
    lines_of_quad: int
    """1, or 2 where the triple of each in the default graph follows it."""


def canonicalize_quads(db: duckdb.DuckDBPyConnection) -> None:
    """Puts the accepted quads in order, each once; nothing is read by its record any more.

    They are grouped by kind, then source, then sorted as the lines of N-Quads are; what several
    sources state is of the first of them, and follows again at the end for each of the others.
    """
    create_united_view(db)
    db.execute(f"CREATE TABLE settled AS SELECT * FROM united ORDER BY {ORDER_SQL}")
    db.execute("DROP VIEW united; DROP TABLE repeated; DROP TABLE several")
    db.execute(
        "INSERT INTO settled SELECT * FROM (SELECT DISTINCT true, kind, q.source, s, p, o, true "
        f"FROM settled t JOIN {QUADS} q USING (s, p, o) WHERE shared AND q.source <> t.source) "
        f"ORDER BY {ORDER_SQL}"
    )
    db.execute(f"DROP VIEW {ACCEPTED}; DROP TABLE {QUADS}")
    db.execute(
        f"CREATE VIEW {QUADS} AS "
        "SELECT source, CAST(NULL AS BIGINT) AS record, s, p, o FROM settled"
    )
    db.execute(f"CREATE VIEW {ACCEPTED} AS SELECT source, s, p, o FROM settled")


def create_united_view(db: duckdb.DuckDBPyConnection, at_once: int = MAX_GROUPED_QUADS) -> None:
    """Makes the view `united` of each statement once; about `at_once` are grouped at a time.

    Most are stated once, which their hashes tell: only the others have to be compared.
    """
    db.execute(
        f"CREATE TEMP TABLE several AS SELECT {_HASH_SQL} AS h, count(*) AS n FROM {QUADS} "
        "GROUP BY h HAVING n > 1"
    )
    repeats = sql.select_number(db, "SELECT coalesce(sum(n), 0)::BIGINT FROM several")
    shares = 1 + repeats // at_once
    for share in range(shares):
        db.execute(
            f"{'INSERT INTO repeated' if share else 'CREATE TEMP TABLE repeated AS'} "
            "SELECT min(source) AS source, s, p, o, max(source) <> min(source) AS shared "
            f"FROM {QUADS} WHERE {_HASH_SQL} IN (SELECT h FROM several "
            f"WHERE h % {shares} = {share}) GROUP BY s, p, o"
        )
    db.execute(
        f"CREATE TEMP VIEW united AS SELECT false AS again, {KIND_SQL} AS kind, source, s, p, o, "
        f"shared FROM (SELECT source, s, p, o, false AS shared FROM {QUADS} WHERE {_HASH_SQL} "
        "NOT IN (SELECT h FROM several) UNION ALL FROM repeated)"
    )


def list_partitions(db: duckdb.DuckDBPyConnection) -> list[QuadPartition]:
    """The pieces in their order; their counts add up to all the quads."""
    rows = db.execute(
        "SELECT kind, source, again, count(*) FROM settled GROUP BY again, kind, source "
        "ORDER BY again, kind || '/', source"
    ).fetchall()
    return [QuadPartition(*row) for row in rows]


def list_sources_by_kind(db: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Which sources say something of the records of each kind."""
    sources_by_kind: dict[str, list[str]] = {}
    for piece in list_partitions(db):
        source_names = sources_by_kind.setdefault(piece.kind, [])
        if piece.source not in source_names:
            source_names.append(piece.source)
    return sources_by_kind


def write_quad_file(
    db: duckdb.DuckDBPyConnection, path: Path, *, with_triples: bool = True
) -> QuadFile:
    """Writes the quads as N-Quads, with `with_triples` each with its triple in the default graph.

    Side by side, because a store that loads them in batches then reads each name once.
    """
    line = f"{QUAD_LINE_SQL} || chr(10) || {TRIPLE_LINE_SQL}" if with_triples else QUAD_LINE_SQL
    count = export_lines(db, f"SELECT {line} FROM settled", path)
    return QuadFile(path, count, 2 if with_triples else 1)


def read_quad_chunks(
    file: QuadFile, every: Sequence[QuadPartition]
) -> Iterator[tuple[QuadPartition, bytes]]:
    """The quads of a file in their order: some lines at a time and their piece."""
    step = file.lines_of_quad
    with file.path.open("rb", buffering=1 << 20) as lines:
        for piece in every:
            for start in range(0, piece.count, READ_CHUNK_LINES):
                number = min(READ_CHUNK_LINES, piece.count - start)
                yield piece, b"".join(islice(lines, 0, step * number, step))
