"""Names of codes that are no IRIs: countries and languages in the cells of records."""

from functools import lru_cache
from typing import Final

from babel import Locale

from kg.catalogue.filters import UNSTATED
from kg.countries import list_country_codes, name_country
from kg.kinds import Text

COUNTRY: Final = "country"
LANGUAGE: Final = "language"
UNSTATED_NAME: Final = Text("non renseigné", "not stated")


def name_value(name: str, value: str) -> Text:
    """Name a facet value that is no IRI: the code of a language or of a country by its name."""
    if value == UNSTATED:
        return UNSTATED_NAME
    if name == COUNTRY:
        return Text(name_country(value, "fr"), name_country(value, "en"))
    if name == LANGUAGE:
        fr, en = (_read_languages(each).get(value, value) for each in ("fr", "en"))
        return Text(fr, en)
    return Text.with_fallback(None, None, value)


def is_known_code(name: str, value: str) -> bool:
    """Tell whether a value that no record has may be one of a column; free text always may."""
    if name == COUNTRY:
        return value in list_country_codes()
    if name == LANGUAGE:
        return value.partition("-")[0] in _read_languages("en")
    return True


@lru_cache(maxsize=2)
def _read_languages(language: str) -> dict[str, str]:
    return dict(Locale(language).languages)
