"""The statements of each subject, side by side, written from the quads of a release."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.iris import graph
from kg.progress import Track
from kg.releases.settled import pieces, read_quads
from kg.store import subjects
from kg.store.subjects import Part

SAMPLED: Final = 100_000
"""Statements of which the dictionary of what is common is made."""
UNLIKE: Final = r'"(\^\^|@[a-z]*[A-Z-])|[\\\x00-\x1f\x7f]'
"""In a value that the store may tell otherwise than it is written: numbers, dates, tags of
languages, escapes and what should be one."""
AT_ONCE: Final = 100_000
"""Values that are compared with what the store makes of them at a time."""


def write_subjects(db: duckdb.DuckDBPyConnection, both: Path, path: Path, track: Track) -> None:
    """Writes the file of the quads that `write_both` wrote into `both`."""
    subjects.write(path, track(_parts(db, both), "Subjects"), _samples(db))


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
    stored, unlike = _as_stored(db), re.compile(UNLIKE)
    lines = (
        (piece.source, line)
        for piece, text in read_quads(both, pieces(db))
        for line in text.decode().split("\n")[:-1]
    )
    for (source, subject), said in groupby(lines, key=_subject):
        name = graph(source)
        begin, end = len(subject) + len("<> "), -len(f" <{name}> .")
        statements = [line[begin:end] for _, line in said]
        if stored:
            for place, statement in enumerate(statements):
                if unlike.search(statement):
                    property_, _, value = statement.partition(" ")
                    statements[place] = f"{property_} {stored.get(value, value)}"
            statements = list(dict.fromkeys(statements))
        yield Part(subject, name, statements)


def _subject(line: tuple[str, str]) -> tuple[str, str]:
    source, quad = line
    return source, quad[1 : quad.index(">")]


def _as_stored(db: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """The values that the store gives back in other words (`01` as `1`), and in which."""
    cursor = db.execute(
        f"SELECT DISTINCT o FROM settled WHERE regexp_matches(o, {sql.text(UNLIKE)}) ORDER BY o"
    )
    found = {}
    while rows := cursor.fetchmany(AT_ONCE):
        values = [value for (value,) in rows]
        text = "".join(f"<urn:{n}> <urn:is> {value} .\n" for n, value in enumerate(values))
        store = ox.Store()
        store.bulk_load(text.encode(), ox.RdfFormat.N_TRIPLES, lenient=True)
        for quad in store:
            value = values[int(quad.subject.value.removeprefix("urn:"))]
            if (other := str(quad.object)) != value:
                found[value] = other
    return found
