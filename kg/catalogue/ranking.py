"""How well a record answers a question: names before texts, whole words before parts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.records import Item
from kg.catalogue.vocabulary import CODES
from kg.catalogue.words import fold, stems, telling

EXACT: Final = 10.0
OTHER_NAME: Final = 8.0
STEM: Final = 5.0
PREFIX: Final = 3.0
ELSEWHERE: Final = 1.0
WHOLE: Final = 20.0
"""What a name earns that is exactly what was asked."""
OTHER_NAMES: Final = ("alt_labels", "acronym", "legal_name")


@dataclass(frozen=True)
class Asked:
    """The words of a question, folded, with their stems."""

    words: tuple[str, ...]
    stemmed: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, words: Sequence[str]) -> "Asked":
        return cls(tuple(map(fold, words)), tuple(map(stems, words)))


def score(item: Item, asked: Asked) -> float:
    """The higher, the better the record answers."""
    labels = [list(map(fold, telling(text))) for text in {item.label.fr, item.label.en}]
    others = [
        list(map(fold, telling(text)))
        for column in OTHER_NAMES
        for text in item.cells.get(column, ())
    ]
    codes = {fold(code) for column in CODES for code in item.cells.get(column, ())}
    points = sum(
        _word(word, stemmed, labels, others, codes)
        for word, stemmed in zip(asked.words, asked.stemmed, strict=True)
    )
    points += max(_whole(name, asked) for name in labels)
    points += max((_whole(name, asked) for name in others), default=0.0) / 2
    return points + math.log10((item.population or 0) + 1) / 4


def _word(
    word: str,
    stemmed: frozenset[str],
    labels: Sequence[Sequence[str]],
    others: Sequence[Sequence[str]],
    codes: set[str],
) -> float:
    if any(word in name for name in labels):
        return EXACT
    if word in codes or any(word in name for name in others):
        return OTHER_NAME
    if any(stemmed & stems(part) for name in labels for part in name):
        return STEM
    if any(part.startswith(word) for name in (*labels, *others) for part in name):
        return PREFIX
    return ELSEWHERE


def _whole(name: Sequence[str], asked: Asked) -> float:
    """What a name earns by holding little else than the words asked."""
    if tuple(name) == asked.words:
        return WHOLE
    shared = sum(word in name for word in asked.words)
    return EXACT / 2 * shared / max(len(name), 1)
