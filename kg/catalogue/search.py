"""Text search: questions made into index expressions, typing errors put right, results ranked."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kg.catalogue import bitmap
from kg.catalogue.bitmap import Set
from kg.catalogue.sets import Span
from kg.catalogue.vocabulary import SHORTEST
from kg.catalogue.words import distance, fold, stems, telling

LONGEST: Final = 12
"""Words of a question that are looked at."""
CANDIDATES: Final = 20_000
"""Words that are compared with one that nobody has."""
LONG: Final = 6
"""Letters from which a word may hold two errors."""
RERANKED: Final = 300
"""Best results of the index that are ranked by how their names answer."""


@dataclass(frozen=True)
class Question:
    """What is looked for: the words as understood, and those that were put right."""

    words: tuple[str, ...]
    corrected: tuple[tuple[str, str], ...]
    """(as typed, as understood)"""

    @property
    def expression(self) -> str:
        """Every word, begun or whole."""
        return " AND ".join(_expression(word) for word in self.words)

    @property
    def whole(self) -> str:
        """Every word as it stands."""
        return " AND ".join(_expression(word, prefix=False) for word in self.words)

    @property
    def any_word(self) -> str:
        """Any of the words."""
        return " OR ".join(_expression(word) for word in self.words)


def understand(file: sqlite3.Connection, text: str) -> Question | None:
    """The question a text asks; None where it holds no word.

    A word that no record has is replaced by the most frequent one spelt nearly like it.
    """
    typed = telling(text)[:LONGEST]
    if not typed:
        return None
    understood, corrected = [], []
    for word in typed:
        better = _better(file, word)
        if better:
            corrected.append((word, better))
        understood.append(better or word)
    return Question(tuple(understood), tuple(corrected))


def members(file: sqlite3.Connection, span: Span, expression: str) -> Set:
    """The set of the records of a kind that match."""
    rows = file.execute(
        "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?",
        (expression, span.first, span.last),
    )
    return bitmap.from_positions((number for (number,) in rows), span.first)


def ranked(file: sqlite3.Connection, span: Span, expression: str) -> Iterator[tuple[float, int]]:
    """(rank, number) of the records of a kind that match, best first by the index alone."""
    yield from file.execute(
        "SELECT rank, rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? "
        "ORDER BY rank, rowid",
        (expression, span.first, span.last),
    )


def candidates(
    file: sqlite3.Connection, spans: Sequence[Span], expressions: Sequence[str]
) -> list[int]:
    """The numbers of the records worth ranking: those of the first expressions go first."""
    found: dict[int, None] = {}
    for expression in expressions:
        for span in spans:
            rows = file.execute(
                "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? "
                "ORDER BY rank LIMIT ?",
                (expression, span.first, span.last, RERANKED),
            )
            found.update((number, None) for (number,) in rows)
        if len(found) >= RERANKED:
            break
    return list(found)


def _expression(word: str, prefix: bool = True) -> str:
    """What a word matches: its stems anywhere, or a name or a code that begins with it."""
    plain = _quoted(fold(word))
    stemmed = " OR ".join(sorted({_quoted(stem) for stem in stems(word)} | {plain}))
    star = " *" if prefix and len(word) > 1 else ""
    return f"(({{name code}} : {plain}{star}) OR ({{stem body}} : ({stemmed})))"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _better(file: sqlite3.Connection, word: str) -> str | None:
    """What a word was meant to be, None where it is right as it stands.

    A word that only shares its stem with others may be a typing error all the same: "lile" has the
    stem of "lilas". It is put right where a name spelt nearly like it has another stem.
    """
    begins = _quoted(fold(word)) + (" *" if len(word) > 1 else "")
    if _matches(file, f"{{name code}} : {begins}"):
        return None
    near = nearest(file, fold(word))
    if near is None or (_matches(file, _expression(word)) and stems(near) & stems(word)):
        return None
    return near if near != word else None


def _matches(file: sqlite3.Connection, expression: str) -> bool:
    query = "SELECT 1 FROM text WHERE text MATCH ? LIMIT 1"
    return file.execute(query, (expression,)).fetchone() is not None


def nearest(file: sqlite3.Connection, word: str) -> str | None:
    """The word of the names that is spelt most nearly like one, None where none is near.

    Of equally near ones, that of most records.
    """
    if len(word) < SHORTEST or not word.isascii():
        return None
    bound = 1 if len(word) < LONG else 2
    rows = file.execute(
        "SELECT word.word, word.records FROM near JOIN word ON word.id = near.rowid "
        "WHERE near MATCH ? AND length(word.word) BETWEEN ? AND ? LIMIT ?",
        (_kept_by_errors(word, bound), len(word) - bound, len(word) + bound, CANDIDATES),
    ).fetchall()
    known = dict(rows)
    found = _near(word, known, bound)
    return min(found)[2] if found else None


def _near(word: str, known: dict[str, int], bound: int) -> list[tuple[int, int, str]]:
    """(edits, - records, word) of those that are near."""
    return [
        (edits, -records, candidate)
        for candidate, records in known.items()
        if (edits := distance(word, candidate, bound)) <= bound
    ]


def _kept_by_errors(word: str, bound: int) -> str:
    """What a word spelt nearly like one must hold: one of its parts, of which errors spare one.

    A part is known by its trigrams; of a short word, any trigram will do.
    """
    parts = bound + 1
    if len(word) < 3 * parts:
        return " OR ".join(map(_quoted, _trigrams(word)))
    cuts = [round(len(word) * part / parts) for part in range(parts + 1)]
    pieces = [word[start:end] for start, end in pairwise(cuts)]
    return " OR ".join(f"({' AND '.join(map(_quoted, _trigrams(piece)))})" for piece in pieces)


def _trigrams(text: str) -> list[str]:
    return [text[i : i + 3] for i in range(len(text) - 2)]
