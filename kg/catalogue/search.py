"""Full-text search: queries as FTS5 expressions, ranked results, spelling suggestions.

A question is answered as it was typed. Where nothing has all its words, what they may have been
meant to be is offered, never put in their place: right words of a field are rare in names too.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kg.catalogue import bitmap
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.record_sets import RecordRange
from kg.catalogue.text_analysis import (
    STOP_WORDS,
    compute_edit_distance,
    find_stems,
    fold,
    tokenize_without_stop_words,
)
from kg.catalogue.text_index import MIN_CORRECTED_LENGTH

MAX_QUERY_WORDS: Final = 12
"""Words of a question that are looked at."""
MAX_SPELLING_CANDIDATES: Final = 20_000
"""Words that are compared with one that nobody has."""
MIN_LENGTH_FOR_TWO_ERRORS: Final = 6
"""Letters from which a word may hold two errors."""
LONGEST_CUT: Final = 40
"""Letters of the longest word that is cut."""
MAX_RERANKED: Final = 300
"""Best results of the index that are ranked by how their names answer."""


@dataclass(frozen=True)
class TextQuery:
    """What is looked for: the words that tell something, as typed."""

    words: tuple[str, ...]

    @property
    def expression(self) -> str:
        """Every word, begun or whole."""
        return " AND ".join(_format_word(word) for word in self.words)

    @property
    def whole_word_expression(self) -> str:
        """Every word as it stands."""
        return " AND ".join(_format_word(word, prefix=False) for word in self.words)

    @property
    def name_expression(self) -> str:
        """Every word, begun or whole, of what has names alone."""
        return " AND ".join(_format_name_word(word) for word in self.words)

    @property
    def any_word_expression(self) -> str:
        """Any of the words."""
        return " OR ".join(_format_word(word) for word in self.words)


def parse_query(text: str) -> TextQuery | None:
    """The question a text asks; None where it holds no word."""
    typed = tokenize_without_stop_words(text)[:MAX_QUERY_WORDS]
    return TextQuery(tuple(typed)) if typed else None


def suggest_query(file: sqlite3.Connection, question: TextQuery) -> str:
    """What a question that nothing answers may have been meant to be; empty where nothing is near.

    A word that nobody has is replaced by the two that it runs together, else by the most frequent
    one spelt nearly like it.
    """
    meant = [_find_correction(file, word) or word for word in question.words]
    return " ".join(meant) if tuple(meant) != question.words else ""


def find_members(file: sqlite3.Connection, span: RecordRange, expression: str) -> RecordSet:
    """The set of the records of a kind that match."""
    rows = file.execute(
        "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?",
        (expression, span.first, span.last),
    )
    return bitmap.from_positions((number for (number,) in rows), span.first)


def iterate_ranked(
    file: sqlite3.Connection, span: RecordRange, expression: str
) -> Iterator[tuple[float, int]]:
    """(rank, number) of the records of a kind that match, best first by the index alone."""
    yield from file.execute(
        "SELECT rank, rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? "
        "ORDER BY rank, rowid",
        (expression, span.first, span.last),
    )


def find_candidates(
    file: sqlite3.Connection, spans: Sequence[RecordRange], expressions: Sequence[str]
) -> list[int]:
    """The numbers of the records worth ranking: those of the first expressions go first."""
    candidates: dict[int, None] = {}
    for expression in expressions:
        for span in spans:
            rows = file.execute(
                "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? "
                "ORDER BY rank LIMIT ?",
                (expression, span.first, span.last, MAX_RERANKED),
            )
            candidates.update((number, None) for (number,) in rows)
        if len(candidates) >= MAX_RERANKED:
            break
    return list(candidates)


def _format_word(word: str, prefix: bool = True) -> str:
    """What a word matches: its stems anywhere, or a name or a code that begins with it."""
    plain = _quote(fold(word))
    stemmed = " OR ".join(sorted({_quote(stem) for stem in find_stems(word)} | {plain}))
    star = " *" if prefix and len(word) > 1 else ""
    return f"(({{name code}} : {plain}{star}) OR ({{stem body}} : ({stemmed})))"


def _format_name_word(word: str) -> str:
    """The same of what has names and no text."""
    plain = _quote(fold(word))
    stemmed = " OR ".join(sorted({_quote(stem) for stem in find_stems(word)} | {plain}))
    star = " *" if len(word) > 1 else ""
    return f"(({{name}} : {plain}{star}) OR ({{stem}} : ({stemmed})))"


def _quote(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _find_correction(file: sqlite3.Connection, word: str) -> str | None:
    """What a word that nobody has may have been meant to be, None where nothing is near."""
    if _has_match(file, _format_word(word)) or _is_in_code_list(file, word):
        return None
    if parts := cut(file, fold(word)):
        return " ".join(parts)
    near = find_nearest_word(file, fold(word), offered=True)
    return near if near != fold(word) else None


def _is_in_code_list(file: sqlite3.Connection, word: str) -> bool:
    """Whether a code list has a word: it is right, be there records of it or not."""
    query = "SELECT 1 FROM concept_text WHERE concept_text MATCH ? LIMIT 1"
    return file.execute(query, (f"{{name}} : {_quote(fold(word))} *",)).fetchone() is not None


def _has_match(file: sqlite3.Connection, expression: str) -> bool:
    query = "SELECT 1 FROM text WHERE text MATCH ? LIMIT 1"
    return file.execute(query, (expression,)).fetchone() is not None


def cut(file: sqlite3.Connection, word: str) -> tuple[str, ...]:
    """The two words that one runs together (`larochelle`), none where no name has both.

    Each is one of the names, or the first is a small word (`la`, `de`); of several ways to cut, the
    one with the longest first word.
    """
    for place in range(min(len(word), LONGEST_CUT) - MIN_CORRECTED_LENGTH, 1, -1):
        first, last = word[:place], word[place:]
        if first not in STOP_WORDS and not _is_named(file, first):
            continue
        parts = [part for part in (first, last) if part not in STOP_WORDS]
        expression = " AND ".join(f"{{name}} : {_quote(part)}" for part in parts)
        if _is_named(file, last) and _has_match(file, expression):
            return first, last
    return ()


def _is_named(file: sqlite3.Connection, word: str) -> bool:
    """Whether names have a word, which is none of the short ones that are not counted."""
    query = "SELECT 1 FROM word WHERE word = ? AND records > 0"
    return len(word) >= MIN_CORRECTED_LENGTH and file.execute(query, (word,)).fetchone() is not None


def find_nearest_word(file: sqlite3.Connection, word: str, *, offered: bool = False) -> str | None:
    """The word of the names that is spelt most nearly like one, None where none is near.

    Of equally near ones, that of most records. There are as many names of villages as common
    words: what only territories are called is `offered` where a letter is missing, too many or
    swapped, not where another stands in its place (famille is no Familly).
    """
    if len(word) < MIN_CORRECTED_LENGTH or not word.isascii():
        return None
    bound = 1 if len(word) < MIN_LENGTH_FOR_TWO_ERRORS else 2
    rows = file.execute(
        "SELECT word.word, word.records, word.records = word.territories AND word.records > 0 "
        "FROM near JOIN word ON word.id = near.rowid "
        "WHERE near MATCH ? AND length(word.word) BETWEEN ? AND ? LIMIT ?",
        (
            _build_trigram_expression(word, bound),
            len(word) - bound,
            len(word) + bound,
            MAX_SPELLING_CANDIDATES,
        ),
    ).fetchall()
    records_by_word = {near: records for near, records, _ in rows}
    villages = {near for near, _, only in rows if only} if offered else set()
    near_words = [
        (edits, negative, near)
        for edits, negative, near in _find_near(word, records_by_word, bound)
        if near not in villages or (edits == 1 and _is_slip(word, near))
    ]
    return min(near_words)[2] if near_words else None


def _is_slip(word: str, other: str) -> bool:
    """Whether words that are one error apart begin alike and have no letter for another."""
    return word[0] == other[0] and (len(word) != len(other) or sorted(word) == sorted(other))


def _find_near(
    word: str, records_by_word: dict[str, int], bound: int
) -> list[tuple[int, int, str]]:
    """(edits, - records, word) of those that are near."""
    return [
        (edits, -records, candidate)
        for candidate, records in records_by_word.items()
        if (edits := compute_edit_distance(word, candidate, bound)) <= bound
    ]


def _build_trigram_expression(word: str, bound: int) -> str:
    """What a word spelt nearly like one must hold: one of its parts, of which errors spare one.

    A part is known by its trigrams; of a short word, any trigram will do.
    """
    parts = bound + 1
    if len(word) < 3 * parts:
        return " OR ".join(map(_quote, _split_trigrams(word)))
    cuts = [round(len(word) * part / parts) for part in range(parts + 1)]
    pieces = [word[start:end] for start, end in pairwise(cuts)]
    return " OR ".join(f"({' AND '.join(map(_quote, _split_trigrams(piece)))})" for piece in pieces)


def _split_trigrams(text: str) -> list[str]:
    return [text[i : i + 3] for i in range(len(text) - 2)]
