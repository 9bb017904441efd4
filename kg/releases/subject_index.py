"""Subject index build: the statements of each subject, written from the quads of a release."""

import shutil
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.iris import build_graph_iri
from kg.progress import ProgressCallback
from kg.releases.canonical_quads import (
    ORDER_SQL,
    READ_CHUNK_LINES,
    QuadFile,
    QuadPartition,
    read_quad_chunks,
)
from kg.releases.differences import ADDED, REMOVED
from kg.sparql import subject_index
from kg.sparql.subject_index import GraphStatements

SAMPLE_SIZE: Final = 20_000
"""Statements of which the dictionary of what is common is made; more make it no better."""


def write_subject_index(
    path: Path,
    quads: QuadFile,
    partitions: Sequence[QuadPartition],
    samples: Sequence[GraphStatements],
    track: ProgressCallback,
) -> None:
    """Writes the index of a file of quads in these pieces. `samples`: see `select_samples`."""
    parts = track(_iter_parts(quads, partitions), "Subjects")
    subject_index.write_subject_index(path, parts, samples)


def update_subject_index(db: duckdb.DuckDBPyConnection, earlier: Path, path: Path) -> None:
    """Copies the file of an earlier release, and applies the staged difference from it."""
    shutil.copyfile(earlier, path)
    touched = (
        f"SELECT split_part(line[2:], '>', 1) AS s FROM (FROM {ADDED} UNION ALL FROM {REMOVED})"
    )
    subjects = [s for (s,) in db.execute(f"SELECT DISTINCT s FROM ({touched})").fetchall()]
    subject_index.update_subject_index(path, subjects, _iter_parts_of(db, touched))


def _iter_parts_of(db: duckdb.DuckDBPyConnection, subjects: str) -> Iterator[GraphStatements]:
    """What was settled of the subjects of a query, in the order of all quads."""
    cursor = db.execute(
        "SELECT source, s, '<' || p || '> ' || o FROM settled "
        f"WHERE s IN ({subjects}) ORDER BY again, {ORDER_SQL}"
    )
    rows = chain.from_iterable(iter(lambda: cursor.fetchmany(READ_CHUNK_LINES), []))
    for (source, subject), statements in groupby(rows, key=itemgetter(0, 1)):
        yield GraphStatements(subject, build_graph_iri(source), [text for *_, text in statements])


def select_samples(db: duckdb.DuckDBPyConnection) -> list[GraphStatements]:
    """What is said of some subjects of every kind."""
    count = sql.select_number(db, "SELECT count(*) FROM settled")
    rows = db.execute(
        "SELECT s, source, list('<' || p || '> ' || o ORDER BY p, o) FROM settled "
        "WHERE hash(s) % ? = 0 GROUP BY s, source ORDER BY s, source",
        [1 + count // SAMPLE_SIZE],
    ).fetchall()
    return [
        GraphStatements(s, build_graph_iri(source), statements) for s, source, statements in rows
    ]


def _iter_parts(quads: QuadFile, partitions: Sequence[QuadPartition]) -> Iterator[GraphStatements]:
    lines = (
        (piece.source, line)
        for piece, text in read_quad_chunks(quads, partitions)
        for line in text.decode().split("\n")[:-1]
    )
    for (source, subject), subject_lines in groupby(lines, key=_get_subject):
        name = build_graph_iri(source)
        begin, end = len(subject) + len("<> "), -len(f" <{name}> .")
        statements = [line[begin:end] for _, line in subject_lines]
        yield GraphStatements(subject, name, statements)


def _get_subject(line: tuple[str, str]) -> tuple[str, str]:
    source, quad = line
    return source, quad[1 : quad.index(">")]
