"""Candidate records for a name: a few dozen from the text index, to be compared."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kg.catalogue import bitmap, search
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.name_similarity import normalize_name
from kg.catalogue.record_sets import RecordRange
from kg.catalogue.text_analysis import (
    WORD,
    build_natural_sort_key,
    find_stems,
    fold,
    tokenize_without_stop_words,
)
from kg.catalogue.text_index import MIN_CORRECTED_LENGTH

MAX_CANDIDATES: Final = 30
"""Number of candidates compared for one query."""
MAX_UNFILTERED_MATCHES: Final = 3_000
"""Number of matches of a name that are read before kinds and values filter them."""
MIN_CANDIDATES: Final = 5
MAX_RARE_WORDS: Final = 2
COMMON_WORD_COUNT: Final = 1 << 30

SetsByColumn = Mapping[str, Mapping[str, RecordSet]]
"""Kind, then column, to the records with the given values."""


@dataclass(frozen=True)
class SearchScope(RecordRange):
    """Range of records of one kind, or a subset of it, to search in."""

    subset: RecordSet | None = None
    """Positions in the range to search in; None for all."""

    def select(self, rows: Iterable[tuple[int]], most: int) -> Iterator[int]:
        """Return the first `most` of some record numbers that are in scope."""
        numbers = (number for (number,) in rows)
        only = self.subset
        selected = numbers if only is None else (n for n in numbers if n - self.first in only)
        return islice(selected, most)

    def widen_limit(self, most: int) -> int:
        """Return the number of records to read so that about `most` are in scope."""
        return most if self.subset is None else max(most, MAX_UNFILTERED_MATCHES)


def find_by_name(
    file: sqlite3.Connection, scopes: Sequence[SearchScope], text: str, kept: SetsByColumn
) -> list[int]:
    """Find the records of the same name, then those with its rarest words.

    Frequent words are slow and say little, so that the rarest words are added until few records
    match; if that is still too many, all words are required. Misspelt words are corrected, joined
    words split. Failing that, any one of the rarest words suffices, then words of the same stem.
    """
    words = tokenize_without_stop_words(normalize_name(text)) if text else []
    typed = list(dict.fromkeys(map(fold, words)))[: search.MAX_QUERY_WORDS]
    records_by_word = {word: _count_records(file, word) for word in typed}
    for word in [word for word, records in records_by_word.items() if not records]:
        better = search.find_nearest_word(file, word)
        for other in search.split_joined_word(file, word) or ((better,) if better else ()):
            records_by_word[other] = _count_records(file, other)
    ordered = sorted((records, word) for word, records in records_by_word.items() if records)
    numbers = find_same_name(file, scopes, text)
    if ordered:
        few = _join_words(_pick_most_selective_words(ordered))
        numbers = [*_find_matching_within(file, scopes, few, kept), *numbers]
        matches = find_matching(file, scopes, few)
        if len(matches) >= MAX_CANDIDATES:
            numbers += find_matching(file, scopes, _join_words([word for _, word in ordered]))
        numbers += matches
    for _, word in ordered[:MAX_RARE_WORDS] if len(numbers) < MIN_CANDIDATES else ():
        numbers += find_matching(file, scopes, _format_word(word))
    for word in typed[:MAX_RARE_WORDS] if len(numbers) < MIN_CANDIDATES else ():
        numbers += find_matching(file, scopes, _format_stems(word))
    return numbers


def find_same_name(file: sqlite3.Connection, scopes: Sequence[SearchScope], text: str) -> list[int]:
    """Find records with the same name, ignoring accents, case and punctuation."""
    name = build_natural_sort_key(" ".join(WORD.findall(normalize_name(text))))
    numbers: list[int] = []
    for scope in scopes if name else ():
        rows = file.execute(
            "SELECT id FROM entity WHERE kind = ? AND sort_en = ? LIMIT ?",
            (scope.kind, name, scope.widen_limit(MAX_CANDIDATES // 2)),
        )
        numbers += scope.select(rows, MAX_CANDIDATES // 2)
    return numbers


def _find_matching_within(
    file: sqlite3.Connection,
    scopes: Sequence[SearchScope],
    expression: str,
    sets_by_column: SetsByColumn,
) -> list[int]:
    """Find the matching records that also have all given values."""
    matches: list[int] = []
    for scope in scopes:
        if bits := intersect_by_column(scope, sets_by_column):
            numbers = find_matching(file, [scope], expression, MAX_UNFILTERED_MATCHES)
            inside = (number for number in numbers if number - scope.first in bits)
            matches += islice(inside, MAX_CANDIDATES // 2)
    return matches


def _pick_most_selective_words(ranked_words: Sequence[tuple[int, str]]) -> list[str]:
    """Return the rarest word if it is rare enough, else the three rarest."""
    return [
        word
        for _, word in ranked_words[
            : 1 if ranked_words[0][0] <= MAX_CANDIDATES else MAX_RARE_WORDS + 1
        ]
    ]


def _join_words(words: Iterable[str]) -> str:
    return " AND ".join(map(_format_word, words))


def _format_word(word: str) -> str:
    return '({name} : "' + word.replace('"', '""') + '")'


def _format_stems(word: str) -> str:
    alike = sorted(stem for stem in find_stems(word) | {word} if stem.isalnum()) or ["-"]
    return "({stem} : (" + " OR ".join(f'"{stem}"' for stem in alike) + "))"


def _count_records(file: sqlite3.Connection, word: str) -> int:
    """Count the records with a word in their name; short words are not counted, as frequent."""
    row = file.execute("SELECT records FROM word WHERE word = ?", (word,)).fetchone()
    return int(row[0]) if row else COMMON_WORD_COUNT if len(word) < MIN_CORRECTED_LENGTH else 0


def find_matching(
    file: sqlite3.Connection,
    scopes: Sequence[SearchScope],
    expression: str,
    most: int = MAX_CANDIDATES,
) -> list[int]:
    """Find some matching records of each kind, in index order."""
    numbers: list[int] = []
    for scope in scopes:
        rows = file.execute(
            "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?",
            (expression, scope.first, scope.last, scope.widen_limit(most)),
        )
        numbers += scope.select(rows, most)
    return numbers


def intersect_by_column(scope: SearchScope, kept: SetsByColumn) -> RecordSet:
    """Return the records of a kind with all given values; empty without values."""
    sets = list(kept[scope.kind].values())
    bits = sets[0] if sets else bitmap.from_positions(())
    for other in sets[1:]:
        bits = bits & other
    return bits
