"""Ranking of search results: names before texts, whole words before prefixes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.records import Item
from kg.catalogue.text_analysis import find_stems, fold, tokenize_without_stop_words
from kg.catalogue.text_index import CODE_COLUMNS
from kg.csvw_tables import list_names

LABEL_POINTS: Final = 10.0
OTHER_NAME_POINTS: Final = 8.0
STEM_POINTS: Final = 5.0
PREFIX_POINTS: Final = 3.0
TEXT_POINTS: Final = 1.0
BEGINNING_POINTS: Final = 2.5
"""Points for a label that begins with the first word, where the last is being typed."""
WHOLE_NAME_POINTS: Final = 20.0
"""Points for a name that equals the query."""
OTHER_NAME_COLUMNS: Final = ("alt_labels", "acronym", "legal_name")


@dataclass(frozen=True)
class RankingQuery:
    """Folded words of a query, with their stems."""

    words: tuple[str, ...]
    word_stems: tuple[frozenset[str], ...]
    unfinished: bool = False
    """Whether the last word is being typed: `mar` is no more the stem of Mars than the beginning of
    Marseille."""

    @classmethod
    def from_words(cls, words: Sequence[str], *, unfinished: bool = False) -> "RankingQuery":
        return cls(tuple(map(fold, words)), tuple(map(find_stems, words)), unfinished)

    @property
    def prefix_points(self) -> Sequence[float]:
        """The points of a word of a name that begins with each word."""
        last = STEM_POINTS if self.unfinished else PREFIX_POINTS
        return [*(PREFIX_POINTS for _ in self.words[1:]), last]


def score_record(item: Item, asked: RankingQuery) -> float:
    """Score how well a record matches; higher is better."""
    labels = [
        list(map(fold, tokenize_without_stop_words(text)))
        for text in {item.label.fr, item.label.en}
    ]
    other_names = [
        list(map(fold, tokenize_without_stop_words(text)))
        for text in list_names(item.cells, OTHER_NAME_COLUMNS)
    ]
    codes = {fold(code) for column in CODE_COLUMNS for code in item.cells.get(column, ())}
    points = sum(
        _score_word(word, stemmed, prefix_points, labels, other_names, codes)
        for word, stemmed, prefix_points in zip(
            asked.words, asked.word_stems, asked.prefix_points, strict=True
        )
    )
    if asked.unfinished and any(name and name[0].startswith(asked.words[0]) for name in labels):
        points += BEGINNING_POINTS
    points += max(_score_whole_name(name, asked) for name in labels)
    points += max((_score_whole_name(name, asked) for name in other_names), default=0.0) / 2
    return points + math.log10((item.population or 0) + 1) / 4


def _score_word(
    word: str,
    stemmed: frozenset[str],
    prefix_points: float,
    labels: Sequence[Sequence[str]],
    other_names: Sequence[Sequence[str]],
    codes: set[str],
) -> float:
    if any(word in name for name in labels):
        return LABEL_POINTS
    if word in codes or any(word in name for name in other_names):
        return OTHER_NAME_POINTS
    if any(stemmed & find_stems(part) for name in labels for part in name):
        return STEM_POINTS
    if any(part.startswith(word) for name in (*labels, *other_names) for part in name):
        return prefix_points
    return TEXT_POINTS


def _score_whole_name(name: Sequence[str], query: RankingQuery) -> float:
    """Score a name by the share of its words that the query has."""
    if tuple(name) == query.words:
        return WHOLE_NAME_POINTS
    shared = sum(word in name for word in query.words)
    return LABEL_POINTS / 2 * shared / max(len(name), 1)
