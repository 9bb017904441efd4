"""Text index of records, and the spelling dictionary of their names."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from kg.catalogue.text_analysis import find_stems, fold, fold_cached, tokenize_without_stop_words
from kg.csvw_tables import OTHER_LABELS, list_names

NAME_COLUMNS: Final = ("label_fr", "label_en", "alt_labels", "acronym", "legal_name")
"""Columns of names beside those with the tag of their language."""
BODY_COLUMNS: Final = (
    "description_fr",
    "description_en",
    "discipline",
    "address",
    "note_fr",
    "note_en",
)
CODE_COLUMNS: Final = ("code", "post_codes", "former_codes", "post_code")
MIN_CORRECTED_LENGTH: Final = 4
"""Minimum length of words with spelling corrections."""


@dataclass(frozen=True)
class IndexedText:
    """Columns of the text index: words separated by spaces."""

    name: str
    stem: str
    body: str
    code: str


def index_record(
    label_fr: str | None,
    label_en: str | None,
    key: str,
    cells: Mapping[str, Sequence[str]],
    notations: Sequence[str],
) -> IndexedText:
    """Index the text of a record; its key stands for a missing label."""
    names = list_names(cells, NAME_COLUMNS)
    others = list_names(cells, [OTHER_LABELS])
    names += others
    if not (label_fr or label_en or others):
        names.append(key)
    tokens = _tokenize_all(names)
    codes = {*notations, *(code for column in CODE_COLUMNS for code in cells.get(column, ()))}
    return IndexedText(
        " ".join(dict.fromkeys(map(fold_cached, tokens))),
        _join_stems(tokens),
        _join_stems(
            _tokenize_all(text for column in BODY_COLUMNS for text in cells.get(column, ()))
        ),
        " ".join(sorted({word for code in codes for word in _split_code(code)})),
    )


def _tokenize_all(texts: Iterable[str]) -> list[str]:
    return [word for text in dict.fromkeys(texts) for word in tokenize_without_stop_words(text)]


def _join_stems(tokens: Sequence[str]) -> str:
    return " ".join(sorted(set().union(*map(find_stems, tokens))))


def _split_code(code: str) -> Iterator[str]:
    """Yield a code as written, and without separators."""
    if code.isalnum() and code.isascii():
        yield code.lower()
        return
    yield from fold(code).replace("-", " ").replace(".", " ").split()
    yield "".join(char for char in fold(code) if char.isalnum())


def join_texts(texts: Sequence[IndexedText]) -> IndexedText:
    """The texts of several records as one."""
    return IndexedText(
        *(
            " ".join(dict.fromkeys(word for text in texts for word in column(text).split()))
            for column in map(attrgetter, ("name", "stem", "body", "code"))
        )
    )


def index_names(names: Sequence[str]) -> IndexedText:
    """Index an entity that has only names."""
    tokens = _tokenize_all(names)
    return IndexedText(
        " ".join(dict.fromkeys(map(fold_cached, tokens))), _join_stems(tokens), "", ""
    )


class SpellingDictionary:
    """Word frequencies in names of records, with those in names of territories."""

    def __init__(self, rows: Iterable[tuple[str, int, int]] = ()) -> None:
        """Takes up the (word, records, records of territories) of an earlier one."""
        self._records: Counter[str] = Counter()
        self._territories: Counter[str] = Counter()
        for word, records, territories in rows:
            self._records[word] = records - territories
            if territories:
                self._territories[word] = territories

    def add_record(self, text: IndexedText, kind: str) -> None:
        """Count the words of a record."""
        self._select(kind).update(_list_corrected_words(text))

    def remove_record(self, text: IndexedText, kind: str) -> None:
        """Take the words of a record back."""
        self._select(kind).subtract(_list_corrected_words(text))

    def add_names(self, text: IndexedText) -> None:
        """Add words that are not from a record."""
        self._records.update(dict.fromkeys(_list_corrected_words(text), 0))

    def list_unused_words(self) -> set[str]:
        """The words that no record has: those of code lists, and those taken back."""
        words = self._records.keys() | self._territories.keys()
        return {word for word in words if not self._records[word] + self._territories[word]}

    def drop_words(self, words: Iterable[str]) -> None:
        """Forget some words."""
        for word in words:
            self._records.pop(word, None)
            self._territories.pop(word, None)

    def iterate_rows(self) -> Iterator[tuple[int, str, int, int]]:
        """Yield (id, word, records, records of territories), in alphabetical order.

        Words that occur only in code lists have a count of 0.
        """
        words = sorted(self._records.keys() | self._territories.keys())
        for number, word in enumerate(words, 1):
            places = self._territories[word]
            yield number, word, self._records[word] + places, places

    def _select(self, kind: str) -> Counter[str]:
        return self._territories if kind == "territory" else self._records


def _list_corrected_words(text: IndexedText) -> list[str]:
    return [word for word in text.name.split() if len(word) >= MIN_CORRECTED_LENGTH]
