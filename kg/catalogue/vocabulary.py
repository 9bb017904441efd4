"""What the search indexes of a record, and the words by which typing errors are put right."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.words import fold, folded, stems, telling

NAMES: Final = ("label_fr", "label_en", "alt_labels", "acronym", "legal_name")
BODY: Final = ("description_fr", "description_en", "discipline", "address", "note_fr", "note_en")
CODES: Final = ("code", "post_codes", "former_codes", "post_code")
SHORTEST: Final = 4
"""Letters of the shortest word whose typing errors are put right."""


@dataclass(frozen=True)
class Indexed:
    """The four columns of the text index, words separated by spaces."""

    name: str
    stem: str
    body: str
    code: str


def indexed(
    label_fr: str | None,
    label_en: str | None,
    key: str,
    cells: Mapping[str, Sequence[str]],
    notations: Sequence[str],
) -> Indexed:
    """The text of a record. A record without a label is found by its key."""
    names = [text for column in NAMES for text in cells.get(column, ())]
    if not (label_fr or label_en):
        names.append(key)
    named = _telling(names)
    codes = {*notations, *(code for column in CODES for code in cells.get(column, ()))}
    return Indexed(
        " ".join(dict.fromkeys(map(folded, named))),
        _stemmed(named),
        _stemmed(_telling(text for column in BODY for text in cells.get(column, ()))),
        " ".join(sorted({word for code in codes for word in _code(code)})),
    )


def _telling(texts: Iterable[str]) -> list[str]:
    return [word for text in dict.fromkeys(texts) for word in telling(text)]


def _stemmed(found: Sequence[str]) -> str:
    return " ".join(sorted(set().union(*map(stems, found))))


def _code(code: str) -> Iterator[str]:
    """A code as it is written and without what separates its parts."""
    if code.isalnum() and code.isascii():
        yield code.lower()
        return
    yield from fold(code).replace("-", " ").replace(".", " ").split()
    yield "".join(char for char in fold(code) if char.isalnum())


def named(names: Sequence[str]) -> Indexed:
    """The text of what has names and nothing else."""
    told = _telling(names)
    return Indexed(" ".join(dict.fromkeys(map(folded, told))), _stemmed(told), "", "")


class Vocabulary:
    """The words of the names, with the number of records that have each, and of territories."""

    def __init__(self) -> None:
        self._records: Counter[str] = Counter()
        self._territories: Counter[str] = Counter()

    def add(self, text: Indexed, kind: str) -> None:
        """Counts the words of a record."""
        counted = self._territories if kind == "territory" else self._records
        counted.update(word for word in text.name.split() if len(word) >= SHORTEST)

    def know(self, text: Indexed) -> None:
        """Notes the words of what is no record."""
        self._records.update({word: 0 for word in text.name.split() if len(word) >= SHORTEST})

    def rows(self) -> Iterator[tuple[int, str, int, int]]:
        """(id, word, records, those of them that are territories), in alphabetical order.

        A word that a code list has and no record does is there with 0.
        """
        words = sorted(self._records.keys() | self._territories.keys())
        for number, word in enumerate(words, 1):
            places = self._territories[word]
            yield number, word, self._records[word] + places, places
