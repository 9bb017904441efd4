"""Countries that an affiliation string names, each at the end of a segment."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from babel import Locale

from kg.catalogue.affiliation_words import Word
from kg.catalogue.canonical_names import SMALL_WORDS
from kg.catalogue.text_analysis import WORD, fold

LANGUAGES: Final = ("fr", "en", "de", "es", "it", "nl", "pt")
OTHER_NAMES: Final = {
    "usa": "US", "uk": "GB", "united states america": "US", "fr": "FR", "quebec": "CA", "qc": "CA",
    "ontario": "CA",
}  # fmt: skip
"""Names that are not those of the Unicode locale data, and provinces where French is spoken."""
MAX_COUNTRY_WORDS: Final = 3


class NamedCountries:
    """The countries of a string by where they stand: each is that of what comes before it."""

    def __init__(self, words: Sequence[Word]) -> None:
        found = []
        self._size = len(words)
        for position, word in enumerate(words):
            if word.last and not word.in_street:
                before = words[max(0, position + 1 - MAX_COUNTRY_WORDS) : position + 1]
                if code := _find_country(before):
                    found.append((position, code))
        self._positions = [position for position, _ in found]
        self._codes = [code for _, code in found]

    def find_after(self, position: int) -> str:
        """The code of the first country at a position or after it, nothing where there is none."""
        return self.find_next(position)[1]

    def find_next(self, position: int) -> tuple[int, str]:
        """Where the first country at a position or after it stands, and its code."""
        place = bisect_left(self._positions, position)
        if place < len(self._codes):
            return self._positions[place], self._codes[place]
        return self._size, ""


def is_country(written: str) -> bool:
    """Whether a word is the name of a country."""
    return fold(written) in _read_countries()


def _find_country(words: Sequence[Word]) -> str:
    """The country with which words end: that of the longest name, French Guiana is not Guyana."""
    countries = _read_countries()
    name = code = ""
    for word in reversed(words[-MAX_COUNTRY_WORDS:]):
        name = f"{fold(word.written)} {name}".rstrip()
        code = countries.get(name, code)
    return code


@lru_cache(maxsize=1)
def _read_countries() -> Mapping[str, str]:
    """The codes of countries by their names, folded, small words left out."""
    named = {
        " ".join(w for w in WORD.findall(fold(name)) if w not in SMALL_WORDS): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if code.isalpha() and len(code) == 2
    }
    return named | OTHER_NAMES
