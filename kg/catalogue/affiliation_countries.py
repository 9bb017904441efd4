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
        for position, word in enumerate(words):
            if word.last and not word.in_street:
                before = words[max(0, position + 1 - MAX_COUNTRY_WORDS) : position + 1]
                if code := _find_country(before):
                    found.append((position, code))
        self._positions = [position for position, _ in found]
        self._codes = [code for _, code in found]

    def find_after(self, position: int) -> str:
        """The code of the first country at a position or after it, nothing where there is none."""
        place = bisect_left(self._positions, position)
        return self._codes[place] if place < len(self._codes) else ""


def is_country(written: str) -> bool:
    """Whether a word is the name of a country."""
    return fold(written) in _read_countries()


def _find_country(words: Sequence[Word]) -> str:
    """The country with which words end."""
    countries = _read_countries()
    name = ""
    for word in reversed(words[-MAX_COUNTRY_WORDS:]):
        name = f"{fold(word.written)} {name}".rstrip()
        if code := countries.get(name):
            return code
    return ""


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
