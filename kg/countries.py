"""Countries: their codes of ISO 3166-1, and the names that people write for them."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from babel import Locale
from babel.core import get_global

from kg.time_zones import OVERSEAS_COUNTRIES

HOME_COUNTRIES: Final = frozenset({"FR", *OVERSEAS_COUNTRIES.values()})
"""France, and its parts overseas that have codes of their own and its post codes."""
LANGUAGES: Final = ("fr", "en")
OTHER_NAMES: Final = {
    "uk": "GB",
    "great britain": "GB",
    "grande-bretagne": "GB",
    "usa": "US",
    "united states of america": "US",
    "etats-unis d'amerique": "US",
    "holland": "NL",
    "republique tcheque": "CZ",
    "czech republic": "CZ",
}
"""Usual names that are not those of the Unicode locale data."""


@cache
def list_country_codes() -> frozenset[str]:
    """The codes of two letters of ISO 3166-1, as the IANA database has them."""
    text = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in text.splitlines() if line and line[0] != "#")


@cache
def read_country_names() -> Mapping[str, str]:
    """The codes of countries by their names in French and English and by their other codes."""
    codes = list_country_codes()
    named = {
        _fold(name): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if code in codes
    }
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    long_codes = {
        alias.lower(): found[0]
        for alias, found in aliases.items()
        if len(alias) == 3 and alias.isalpha() and len(found) == 1 and found[0] in codes
    }
    others = {_fold(name): code for name, code in OTHER_NAMES.items()}
    return {**long_codes, **others, **named}


def name_country(code: str, language: str) -> str:
    """The name of a country; the code itself where it is of none."""
    return str(Locale(language).territories[code]) if code in list_country_codes() else code


def _fold(name: str) -> str:
    """A name without case, accents and hyphens, as the macro `country_code` reads cells."""
    letters = unicodedata.normalize("NFD", name.lower().replace("’", "'").replace("-", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
