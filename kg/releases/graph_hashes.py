"""Hashes of the graphs of a release, computed while its quads are written.

There are no blank nodes, so the canonical form of a graph is its lines as N-Quads, sorted by code
point (https://www.w3.org/TR/rdf-canon/#canonicalization). Most come in that order
(`kg.releases.canonical_quads.ORDER_SQL`): those of records, which no other source has stated
before. The others are sorted into a file, and merged with them.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.mapping.ntriples_io import QUAD_LINE_SQL, export_lines
from kg.releases.canonical_quads import QuadPartition

OUT_OF_ORDER_SQL: Final = "again OR kind = ''"


class GraphHashes:
    """The RDFC-1.0 hash of each graph of the settled quads, computed from chunks of their lines."""

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Sorts what does not come in order into files of a new folder."""
        folder.mkdir()
        sources = db.execute(
            "SELECT source, count(*) FILTER ("
            f"{OUT_OF_ORDER_SQL}) FROM settled GROUP BY source ORDER BY source"
        ).fetchall()
        self._merges: dict[str, _MergedHash] = {}
        for number, (source, count) in enumerate(sources):
            path = folder / f"{number}.nq"
            if count:
                export_lines(
                    db,
                    f"SELECT {QUAD_LINE_SQL} AS line FROM settled "
                    f"WHERE source = {sql.literal(source)} AND ({OUT_OF_ORDER_SQL}) ORDER BY line",
                    path,
                )
            self._merges[source] = _MergedHash(_read_lines(path) if count else iter(()))

    def add(self, partition: QuadPartition, lines: bytes) -> None:
        """Adds the next lines of a partition, in their order."""
        if not partition.is_repeated and partition.kind:
            self._merges[partition.source].add(lines)

    def finish(self) -> dict[str, str]:
        """Source to the SHA-256 of its graph, once all lines were added."""
        return {name: merge.finish() for name, merge in self._merges.items()}


def _read_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=1 << 20) as lines:
        yield from lines


class _MergedHash:
    """The SHA-256 of two sorted sequences of lines as one: chunks that come, and a file."""

    def __init__(self, others: Iterator[bytes]) -> None:
        self._digest = hashlib.sha256()
        self._others = others
        self._next = next(others, None)

    def add(self, lines: bytes) -> None:
        """Adds a chunk, with the lines of the file before its end."""
        last = lines[lines.rfind(b"\n", 0, -1) + 1 :]
        between = []
        while self._next is not None and self._next < last:
            between.append(self._next)
            self._next = next(self._others, None)
        if between:
            lines = b"".join(sorted([*lines.splitlines(keepends=True), *between]))
        self._digest.update(lines)

    def finish(self) -> str:
        """Adds what is left of the file."""
        while self._next is not None:
            self._digest.update(self._next)
            self._next = next(self._others, None)
        return self._digest.hexdigest()
