"""The concepts of the code lists in a catalogue: written from the graph, found by their words."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import duckdb

from kg.catalogue.vocabulary import Vocabulary, named
from kg.namespaces import SCHEME, expand

NAMES: Final = ("skos:prefLabel", "skos:altLabel", "skos:notation")


def write(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, vocabulary: Vocabulary
) -> None:
    """Writes `concept` and `concept_text` from the `quads` of a work database."""
    rows = connection.execute(
        """
        WITH said AS (
            SELECT substr(s, length($scheme) + 1) AS path, p, o FROM quads
            WHERE starts_with(s, $scheme) AND contains(substr(s, length($scheme) + 1), '/')
        )
        SELECT path, list(lexical(o) ORDER BY lexical(o)) FILTER (list_contains($names, p)),
            min(substr(o, length($scheme) + 2)) FILTER (p = $broader)
        FROM said GROUP BY path ORDER BY path
        """,
        {
            "scheme": SCHEME,
            "names": [expand(name) for name in NAMES],
            "broader": expand("skos:broader"),
        },
    ).fetchall()
    for number, (path, names, broader) in enumerate(rows, 1):
        scheme, _, notation = path.partition("/")
        above = (broader or "").removesuffix(">").rpartition("/")[2] or None
        text = named(names or ())
        vocabulary.know(text)
        file.execute("INSERT INTO concept VALUES (?, ?, ?, ?)", (number, scheme, notation, above))
        file.execute(
            "INSERT INTO concept_text (rowid, name, stem) VALUES (?, ?, ?)",
            (number, text.name, text.stem),
        )


def found(file: sqlite3.Connection, expression: str, most: int) -> Sequence[tuple[str, str]]:
    """(scheme, notation) of the concepts whose words match, the best first."""
    return file.execute(
        "SELECT scheme, notation FROM concept_text JOIN concept ON concept.id = concept_text.rowid "
        "WHERE concept_text MATCH ? ORDER BY rank, concept.id LIMIT ?",
        (expression, most),
    ).fetchall()


def narrower(file: sqlite3.Connection, scheme: str, notation: str) -> list[str]:
    """A concept and those that are narrower, directly or not, by what follows their list."""
    rows = file.execute(
        "WITH RECURSIVE below (notation) AS (SELECT ? UNION SELECT concept.notation FROM concept "
        "JOIN below ON concept.scheme = ? AND concept.broader = below.notation) "
        "SELECT notation FROM below",
        (notation, scheme),
    )
    return [below for (below,) in rows]
