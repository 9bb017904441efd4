"""The statements of each subject, side by side, written from the quads of a release."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

import duckdb

from kg.iris import graph
from kg.progress import Track
from kg.releases.settled import pieces, read_quads
from kg.sparql import subject_index
from kg.sparql.subject_index import Part

SAMPLED: Final = 100_000
"""Statements of which the dictionary of what is common is made."""


def write_subjects(db: duckdb.DuckDBPyConnection, both: Path, path: Path, track: Track) -> None:
    """Writes the file of the quads that `write_both` wrote into `both`."""
    subject_index.write(path, track(_parts(db, both), "Subjects"), _samples(db))


def _samples(db: duckdb.DuckDBPyConnection) -> list[Part]:
    """What is said of some subjects of every kind."""
    (count,) = db.execute("SELECT count(*) FROM settled").fetchone() or (0,)
    rows = db.execute(
        "SELECT s, source, list('<' || p || '> ' || o ORDER BY p, o) FROM settled "
        "WHERE hash(s) % ? = 0 GROUP BY s, source ORDER BY s, source",
        [1 + count // SAMPLED],
    ).fetchall()
    return [Part(s, graph(source), said) for s, source, said in rows]


def _parts(db: duckdb.DuckDBPyConnection, both: Path) -> Iterator[Part]:
    lines = (
        (piece.source, line)
        for piece, text in read_quads(both, pieces(db))
        for line in text.decode().split("\n")[:-1]
    )
    for (source, subject), said in groupby(lines, key=_subject):
        name = graph(source)
        begin, end = len(subject) + len("<> "), -len(f" <{name}> .")
        statements = [line[begin:end] for _, line in said]
        yield Part(subject, name, statements)


def _subject(line: tuple[str, str]) -> tuple[str, str]:
    source, quad = line
    return source, quad[1 : quad.index(">")]
