"""Full-text search: queries as FTS5 expressions, ranked results, spelling suggestions.

Queries are run as typed. If no record has all words, a correction is suggested, but not applied:
correct technical terms may be rare in the index too.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

import orjson

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
"""Number of best matches of a kind that are ranked again by name."""
MIN_RERANKED: Final = 100
"""The same, where fewer results than these are asked for."""
MAX_RANKED: Final = 3000
"""Number of matches of a kind that the index ranks: for a word that 300,000 names have, it would
take most of a second. Of more, names that begin with the first word come first, by name."""
MAX_POPULOUS: Final = 50
"""Number of most populous territories that are ranked again, too, where many have the words."""
MAX_NUMBER: Final = (1 << 32) - 1
"""Of records (`record_numbers`)."""


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
        return self._format_initial(prefix=True)

    @property
    def expressions(self) -> tuple[tuple[str, str], ...]:
        """The expressions of whole words and of all, each with that of names that begin so."""
        return (
            (self.whole_word_expression, self._format_initial(prefix=False)),
            (self.expression, self.initial_expression),
        )

    @property
    def name_expression(self) -> str:
        """FTS5 expression: all words, as prefixes or whole, for indexes of names only."""
        return " AND ".join(_format_name_word(word) for word in self.words)

    @property
    def any_word_expression(self) -> str:
        """FTS5 expression: any of the words."""
        return " OR ".join(_format_word(word) for word in self.words)

    @property
    def typed_expressions(self) -> tuple[tuple[str, str], ...]:
        """The same, of a text that is being typed: its last word is no stem of others."""
        named = " AND ".join(f"({{name code}} : {_quote(fold(word))})" for word in self.words)
        (_, initial), every = self.expressions
        return (named, initial), every

    def _format_initial(self, *, prefix: bool) -> str:
        first, *others = self.words
        star = " *" if prefix and len(first) > 1 else ""
        return " AND ".join(
            [
                f"({{name}} : ^{_quote(fold(first))}{star})",
                *(_format_word(word, prefix) for word in others),
            ]
        )


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


def find_numbers(
    file: sqlite3.Connection,
    expression: str,
    first: int = 0,
    last: int = MAX_NUMBER,
    most: int = MAX_NUMBER,
) -> RecordSet:
    """Return the numbers of the matching records, of all kinds or in a range, the first so many."""
    # as one text, which is read faster than a row for each
    (numbers,) = file.execute(
        "SELECT json_group_array(rowid) FROM "
        "(SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)",
        (expression, first, last, most),
    ).fetchone()
    return bitmap.from_positions(orjson.loads(numbers))


def find_members(file: sqlite3.Connection, span: RecordRange, expression: str) -> RecordSet:
    """Return the set of the matching records of a kind."""
    numbers = find_numbers(file, expression, span.first, span.last)
    return bitmap.from_positions(numbers, span.first)


def iterate_ranked(
    file: sqlite3.Connection, span: RecordRange, query: TextQuery, selected: RecordSet
) -> Iterator[tuple[float, int]]:
    """Yield (rank, number) of some matching records of a kind, best first.

    More than MAX_RANKED are not ranked by the index: names that begin with the first word come
    before the others, both in their order.
    """
    if len(selected) > MAX_RANKED:
        begun = find_members(file, span, query.initial_expression) & selected
        for rank, members in ((-1.0, begun), (0.0, selected - begun)):
            yield from ((rank, span.first + p) for p in bitmap.iterate_positions(members))
        return
    numbers = [span.first + position for position in bitmap.iterate_positions(selected)]
    ranks = _rank_numbers(file, query.expression, numbers)
    yield from sorted((rank, number) for number, rank in ranks.items())


def find_candidates(
    file: sqlite3.Connection,
    spans: Sequence[RecordRange],
    expressions: Iterable[tuple[str, str]],
    most: int = MAX_RERANKED,
) -> list[int]:
    """Return the record numbers to rank, at most so many of a kind by each expression.

    Each expression comes with that of the names that begin so. Those that follow are asked where
    the ones before have few matches. Of territories, the most populous are added.
    """
    candidates: dict[int, None] = {}
    for expression, initial in expressions:
        # one search for all kinds: the index reads all matches of a word for each search
        matches = find_numbers(file, expression, spans[0].first, spans[-1].last)
        ranked: list[int] = []
        for span in spans:
            own = bitmap.select_range(matches, span.first, span.last)
            if len(own) > MAX_RANKED:
                begun = find_numbers(file, initial, span.first, span.last, most)
                candidates.update(dict.fromkeys([*begun, *own[:most]][:most]))
            elif len(own) > most:
                ranked += own
            else:
                candidates.update(dict.fromkeys(own))
            if len(own) > most and span.kind == "territory":
                candidates.update(dict.fromkeys(_find_most_populous(file, span.kind, own)))
        candidates.update(dict.fromkeys(_choose_best(file, spans, expression, ranked, most)))
        if len(matches) >= MAX_RERANKED:
            break
    return list(candidates)


def _choose_best(
    file: sqlite3.Connection,
    spans: Sequence[RecordRange],
    expression: str,
    numbers: Sequence[int],
    most: int,
) -> Iterator[int]:
    """The best of some matches by the index, at most so many of each kind."""
    ranks = _rank_numbers(file, expression, numbers)
    best = sorted(ranks, key=lambda number: (ranks[number], number))
    for span in spans:
        yield from islice((n for n in best if span.first <= n <= span.last), most)


def _rank_numbers(
    file: sqlite3.Connection, expression: str, numbers: Sequence[int]
) -> dict[int, float]:
    """The ranks of some matches, in ascending order of number, by the index; lower is better."""
    if not numbers:
        return {}
    # with the plus sign the index is gone through once, and not searched for each number
    rows = file.execute(
        "SELECT rowid, rank FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? "
        "AND +rowid IN (SELECT value FROM json_each(?))",
        (expression, numbers[0], numbers[-1], orjson.dumps(numbers).decode()),
    )
    return dict(rows.fetchall())


def _find_most_populous(file: sqlite3.Connection, kind: str, matches: RecordSet) -> Iterator[int]:
    """The most populous of many matches: what most of those who type few letters mean."""
    rows = file.execute(
        "SELECT id FROM entity WHERE kind = ? AND population IS NOT NULL "
        "ORDER BY population DESC, id DESC",
        (kind,),
    )
    return islice((number for (number,) in rows if number in matches), MAX_POPULOUS)


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
