"""Concepts of the code lists: their tables in the catalogue, and search by name."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import duckdb

from kg.catalogue.records import Field
from kg.catalogue.search import TextQuery
from kg.catalogue.text_analysis import fold
from kg.catalogue.text_index import SpellingDictionary, index_names
from kg.iris import build_concept_iri
from kg.kinds import KIND_BY_NAME, KINDS, Text
from kg.namespaces import SCHEME, expand
from kg.work_tables import QUADS

MAX_CONCEPTS: Final = 10
"""Number of concepts in a search result."""
MAX_MATCHES: Final = 200
NAME_PROPERTIES: Final = ("skos:prefLabel", "skos:altLabel", "skos:notation")


def write_concepts(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, vocabulary: SpellingDictionary
) -> None:
    """Write `concept` and `concept_text` from the `quads` of a work database."""
    for number, (path, names, broader) in enumerate(_read_concepts(connection), 1):
        scheme, _, notation = path.partition("/")
        above = (broader or "").removesuffix(">").rpartition("/")[2] or None
        text = index_names(names or ())
        vocabulary.add_names(text)
        file.execute("INSERT INTO concept VALUES (?, ?, ?, ?)", (number, scheme, notation, above))
        file.execute(
            "INSERT INTO concept_text (rowid, name, stem) VALUES (?, ?, ?)",
            (number, text.name, text.stem),
        )


def add_concept_names(
    connection: duckdb.DuckDBPyConnection, vocabulary: SpellingDictionary
) -> None:
    """Add the words of the names of concepts to a spelling dictionary."""
    for _, names, _ in _read_concepts(connection):
        vocabulary.add_names(index_names(names or ()))


def _read_concepts(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, list[str] | None, str | None]]:
    """Scheme and notation of each concept, its names, and the one above it."""
    return connection.execute(
        f"""
        WITH said AS (
            SELECT substr(s, length($scheme) + 1) AS path, p, o FROM {QUADS}
            WHERE starts_with(s, $scheme) AND contains(substr(s, length($scheme) + 1), '/')
        )
        SELECT path, list(lexical(o) ORDER BY lexical(o)) FILTER (list_contains($names, p)),
            min(substr(o, length($scheme) + 2)) FILTER (p = $broader)
        FROM said GROUP BY path ORDER BY path
        """,
        {
            "scheme": SCHEME,
            "names": [expand(name) for name in NAME_PROPERTIES],
            "broader": expand("skos:broader"),
        },
    ).fetchall()


@dataclass(frozen=True)
class MatchedConcept:
    """Concept of a code list that matches a query."""

    scheme: str
    notation: str
    label: Text
    lists: tuple[tuple[str, str, int], ...]
    """(kind, column, records) of the lists that the concept filters."""

    @property
    def iri(self) -> str:
        return build_concept_iri(self.scheme, self.notation)

    @property
    def path(self) -> str:
        """Local path of its page."""
        return f"/scheme/{self.scheme}/{self.notation}"


def search_concepts(
    file: sqlite3.Connection,
    question: TextQuery,
    fields: Mapping[str, Sequence[Field]],
    kinds: Sequence[str],
) -> list[MatchedConcept]:
    """Find the concepts that match all words of a query, best first; with `kinds`, only theirs."""
    rows = file.execute(
        "SELECT scheme, notation, fr, en FROM concept_text "
        "JOIN concept ON concept.id = concept_text.rowid "
        "LEFT JOIN label ON iri = ? || scheme || '/' || notation "
        "WHERE concept_text MATCH ? ORDER BY rank, concept.id LIMIT ?",
        (SCHEME, question.name_expression, MAX_MATCHES),
    ).fetchall()
    query_text = " ".join(map(fold, question.words))
    # first what is called so, in code or name, and nothing more
    ordered = sorted(rows, key=lambda row: query_text not in {fold(name or "") for name in row[1:]})
    codes = (
        MatchedConcept(
            scheme,
            notation,
            Text.with_fallback(fr, en, notation),
            tuple(_find_lists(file, scheme, notation, fields, kinds)),
        )
        for scheme, notation, fr, en in ordered
    )
    everywhere = len(kinds) == len(KINDS)
    return list(islice((code for code in codes if everywhere or code.lists), MAX_CONCEPTS))


def _find_lists(
    file: sqlite3.Connection,
    scheme: str,
    notation: str,
    fields: Mapping[str, Sequence[Field]],
    kinds: Sequence[str],
) -> Iterator[tuple[str, str, int]]:
    for kind in kinds:
        for column in fields.get(kind, ()):
            if column.scheme == scheme and column.name in KIND_BY_NAME[kind].facets:
                row = file.execute(
                    "SELECT records FROM posting WHERE kind = ? AND field = ? AND value = ?",
                    (kind, column.name, notation),
                ).fetchone()
                yield kind, column.name, int(row[0]) if row else 0


def find_narrower(file: sqlite3.Connection, scheme: str, notation: str) -> list[str]:
    """Return a concept and its narrower ones, transitively, as notations."""
    rows = file.execute(
        "WITH RECURSIVE below (notation) AS (SELECT ? UNION SELECT concept.notation FROM concept "
        "JOIN below ON concept.scheme = ? AND concept.broader = below.notation) "
        "SELECT notation FROM below",
        (notation, scheme),
    )
    return [below for (below,) in rows]
