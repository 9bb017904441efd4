"""Full-text search: queries as FTS5 expressions, ranked results, spelling suggestions.

Queries are run as typed. If no record has all words, a correction is suggested, but not applied:
correct technical terms may be rare in the index too.
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
"""Maximum number of words of a query."""
MAX_SPELLING_CANDIDATES: Final = 20_000
"""Number of words compared with a misspelt one."""
MIN_LENGTH_FOR_TWO_ERRORS: Final = 6
"""Length from which a word may have two errors."""
MAX_SPLIT_LENGTH: Final = 40
"""Maximum length of words to split."""
MAX_RERANKED: Final = 300
"""Number of best matches of the index that are ranked again by name."""
MAX_RANKED: Final = 3000
"""Number of matches of a kind that the index ranks: for a word that 300,000 names have, it would
take most of a second. Of more, the first by name are ranked, and names that begin with the word."""


@dataclass(frozen=True)
class TextQuery:
    """Words of a query, without stop words."""

    words: tuple[str, ...]

    @property
    def expression(self) -> str:
        """FTS5 expression: all words, as prefixes or whole."""
        return " AND ".join(_format_word(word) for word in self.words)

    @property
    def whole_word_expression(self) -> str:
        """FTS5 expression: all words, whole."""
        return " AND ".join(_format_word(word, prefix=False) for word in self.words)

    @property
    def initial_expression(self) -> str:
        """FTS5 expression: all words, as prefixes or whole; names begin with the first."""
        first, *others = self.words
        star = " *" if len(first) > 1 else ""
        return " AND ".join(
            [f"({{name}} : ^{_quote(fold(first))}{star})", *map(_format_word, others)]
        )

    @property
    def name_expression(self) -> str:
        """FTS5 expression: all words, as prefixes or whole, for indexes of names only."""
        return " AND ".join(_format_name_word(word) for word in self.words)

    @property
    def any_word_expression(self) -> str:
        """FTS5 expression: any of the words."""
        return " OR ".join(_format_word(word) for word in self.words)


def parse_query(text: str) -> TextQuery | None:
    """Parse a query; None for a text without words."""
    typed = tokenize_without_stop_words(text)[:MAX_QUERY_WORDS]
    return TextQuery(tuple(typed)) if typed else None


def suggest_query(file: sqlite3.Connection, question: TextQuery) -> str:
    """Suggest a corrected query; empty where there is none.

    An unknown word is split into two known ones, or else replaced by the most frequent word of
    similar spelling.
    """
    meant = [_find_correction(file, word) or word for word in question.words]
    return " ".join(meant) if tuple(meant) != question.words else ""


def find_members(file: sqlite3.Connection, span: RecordRange, expression: str) -> RecordSet:
    """Return the set of the matching records of a kind."""
    rows = file.execute(
        "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?",
        (expression, span.first, span.last),
    )
    return bitmap.from_positions((number for (number,) in rows), span.first)


def iterate_ranked(
    file: sqlite3.Connection, span: RecordRange, expression: str
) -> Iterator[tuple[float, int]]:
    """Yield (rank, number) of the matching records of a kind, in the order of the index."""
    yield from file.execute(
        "SELECT rank, rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? "
        "ORDER BY rank, rowid",
        (expression, span.first, span.last),
    )


def find_candidates(
    file: sqlite3.Connection,
    spans: Sequence[RecordRange],
    query: TextQuery,
    expressions: Sequence[str],
) -> list[int]:
    """Return the record numbers to rank, those of the first expressions first."""
    candidates: dict[int, None] = {}
    for expression in expressions:
        for span in spans:
            matches, is_complete = _rank_matches(file, span, expression)
            if not is_complete:
                matches = [*_rank_matches(file, span, query.initial_expression)[0], *matches]
            candidates.update(dict.fromkeys(matches[:MAX_RERANKED]))
        if len(candidates) >= MAX_RERANKED:
            break
    return list(candidates)


def _rank_matches(
    file: sqlite3.Connection, span: RecordRange, expression: str
) -> tuple[list[int], bool]:
    """The best matches of a kind, and whether all matches were ranked."""
    rows = file.execute(
        "SELECT rowid, count(*) OVER () FROM (SELECT rowid, rank FROM text WHERE text MATCH ? "
        "AND rowid BETWEEN ? AND ? LIMIT ?) ORDER BY rank LIMIT ?",
        (expression, span.first, span.last, MAX_RANKED, MAX_RERANKED),
    ).fetchall()
    return [number for number, _ in rows], not rows or rows[0][1] < MAX_RANKED


def _format_word(word: str, prefix: bool = True) -> str:
    """Format a word as an expression: its stems in any column, or a name or code prefix."""
    plain = _quote(fold(word))
    stemmed = " OR ".join(sorted({_quote(stem) for stem in find_stems(word)} | {plain}))
    star = " *" if prefix and len(word) > 1 else ""
    return f"(({{name code}} : {plain}{star}) OR ({{stem body}} : ({stemmed})))"


def _format_name_word(word: str) -> str:
    """Format a word as an expression for indexes of names only."""
    plain = _quote(fold(word))
    stemmed = " OR ".join(sorted({_quote(stem) for stem in find_stems(word)} | {plain}))
    star = " *" if len(word) > 1 else ""
    return f"(({{name}} : {plain}{star}) OR ({{stem}} : ({stemmed})))"


def _quote(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _find_correction(file: sqlite3.Connection, word: str) -> str | None:
    """Return the correction of an unknown word, if any."""
    if _has_match(file, _format_word(word)) or _is_in_code_list(file, word):
        return None
    if parts := split_joined_word(file, fold(word)):
        return " ".join(parts)
    near = find_nearest_word(file, fold(word), offered=True)
    return near if near != fold(word) else None


def _is_in_code_list(file: sqlite3.Connection, word: str) -> bool:
    """Tell whether a code list has a word, which is then correct, even without records."""
    query = "SELECT 1 FROM concept_text WHERE concept_text MATCH ? LIMIT 1"
    return file.execute(query, (f"{{name}} : {_quote(fold(word))} *",)).fetchone() is not None


def _has_match(file: sqlite3.Connection, expression: str) -> bool:
    query = "SELECT 1 FROM text WHERE text MATCH ? LIMIT 1"
    return file.execute(query, (expression,)).fetchone() is not None


def split_joined_word(file: sqlite3.Connection, word: str) -> tuple[str, ...]:
    """Split two words that were joined (`larochelle`); empty where no name has both.

    Both are words of names, or the first is a stop word (`la`, `de`). The longest first word is
    preferred.
    """
    for place in range(min(len(word), MAX_SPLIT_LENGTH) - MIN_CORRECTED_LENGTH, 1, -1):
        first, last = word[:place], word[place:]
        if first not in STOP_WORDS and not _is_named(file, first):
            continue
        parts = [part for part in (first, last) if part not in STOP_WORDS]
        expression = " AND ".join(f"{{name}} : {_quote(part)}" for part in parts)
        if _is_named(file, last) and _has_match(file, expression):
            return first, last
    return ()


def _is_named(file: sqlite3.Connection, word: str) -> bool:
    """Tell whether names have a word; short words are not in the dictionary."""
    query = "SELECT 1 FROM word WHERE word = ? AND records > 0"
    return len(word) >= MIN_CORRECTED_LENGTH and file.execute(query, (word,)).fetchone() is not None


def find_nearest_word(file: sqlite3.Connection, word: str, *, offered: bool = False) -> str | None:
    """Return the name word of the nearest spelling, if any is near enough.

    Among equals, the most frequent word is chosen. With `offered`, words that only occur in names
    of territories must differ by a missing, additional or swapped letter, not by a replaced one:
    these names are as numerous as common words (Familly is not famille).
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
    """Tell whether two words with one error begin alike and have no replaced letter."""
    return word[0] == other[0] and (len(word) != len(other) or sorted(word) == sorted(other))


def _find_near(
    word: str, records_by_word: dict[str, int], bound: int
) -> list[tuple[int, int, str]]:
    """Return (edits, -records, word) of words within a distance."""
    return [
        (edits, -records, candidate)
        for candidate, records in records_by_word.items()
        if (edits := compute_edit_distance(word, candidate, bound)) <= bound
    ]


def _build_trigram_expression(word: str, bound: int) -> str:
    """Return a trigram expression that all words within an edit distance match.

    Errors leave at least one part of the word intact, of which all trigrams are required. For a
    short word, any trigram suffices.
    """
    parts = bound + 1
    if len(word) < 3 * parts:
        return " OR ".join(map(_quote, _split_trigrams(word)))
    cuts = [round(len(word) * part / parts) for part in range(parts + 1)]
    pieces = [word[start:end] for start, end in pairwise(cuts)]
    return " OR ".join(f"({' AND '.join(map(_quote, _split_trigrams(piece)))})" for piece in pieces)


def _split_trigrams(text: str) -> list[str]:
    return [text[i : i + 3] for i in range(len(text) - 2)]
