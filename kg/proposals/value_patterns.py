"""Value patterns: what the values of a column look like (SIREN, INSEE code, date, address…)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

LA_POSTE: Final = "356000000"
"""The SIREN of La Poste: the SIRET of its establishments have no check digit."""
INSEE_CODE: Final = re.compile(r"(?:0[1-9]|[1345678]\d|2[1-9AB]|9[0-578])\d{3}|[1-9]\d{3}")
POST_CODE: Final = re.compile(r"\d{4,5}(\.0)?")
URL: Final = re.compile(r"(https?:/+|www\.)\S+|([a-z\d-]+\.)+[a-z]{2,}(/\S*)?", re.IGNORECASE)
DAY: Final = re.compile(
    r"\d{4}([/.-]\d{2}([/.-]\d{2})?)?([ T]\d{2}:\d{2}.*)?|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}.*"
    r"|\d{8}|\d{4}\.0"
)
NUMBER: Final = re.compile(r"[+-]?\d{1,3}([.,]\d+)?")
PAIR: Final = re.compile(r"\[?\s*[+-]?\d{1,2}\.\d+\s*[,; ]\s*[+-]?\d{1,3}\.\d+\s*\]?")
NAF: Final = re.compile(r"\d{2}\.?\d{2}[A-Z]")
LEGAL_FORM: Final = re.compile(r"\d{4}(\.0)?")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
WIKIDATA: Final = re.compile(r"(https?://www\.wikidata\.org/(wiki|entity)/)?Q\d+")
ROR: Final = re.compile(r"https://ror\.org/0[a-z\d]{8}")
ORCID: Final = re.compile(r"(https://orcid\.org/)?\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
DOI: Final = re.compile(r"(https?://(dx\.)?doi\.org/)?10\.\d{4,9}/\S+")
RNA: Final = re.compile(r"W\d[\dAB]\d{7}|W9[MR]\d{7}", re.IGNORECASE)
LATITUDES: Final = (-90.0, 90.0)
LONGITUDES: Final = (-180.0, 180.0)
MIN_NUMBERS: Final = 1


def is_siren(text: str) -> bool:
    """Whether a text is nine digits with the check digit of a SIREN."""
    digits = re.sub(r"\s|\.0$", "", text)
    return len(digits) == 9 and digits.isdigit() and digits.isascii() and _passes_luhn(digits)


def is_siret(text: str) -> bool:
    """Whether a text is fourteen digits with the check digit of a SIRET."""
    digits = re.sub(r"\s|\.0$", "", text)
    if len(digits) != 14 or not (digits.isdigit() and digits.isascii()):
        return False
    return digits.strip("0") != "" and (_passes_luhn(digits) or digits.startswith(LA_POSTE))


def _passes_luhn(digits: str) -> bool:
    if not digits.strip("0"):
        return False
    total = sum(
        sum(divmod(int(digit) * (2 if place % 2 else 1), 10))
        for place, digit in enumerate(reversed(digits))
    )
    return total % 10 == 0


def _is_within(bounds: tuple[float, float]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        return bool(NUMBER.fullmatch(text)) and (
            bounds[0] <= float(text.replace(",", ".")) <= bounds[1]
        )

    return test


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: bool(pattern.fullmatch(text))


TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "siren": is_siren,
    "siret": is_siret,
    "rna": _matches(RNA),
    "ror": _matches(ROR),
    "wikidata": _matches(WIKIDATA),
    "orcid": _matches(ORCID),
    "doi": _matches(DOI),
    "insee": _matches(INSEE_CODE),
    "post-code": _matches(POST_CODE),
    "url": _matches(URL),
    "date": _matches(DAY),
    "latitude": _is_within(LATITUDES),
    "longitude": _is_within(LONGITUDES),
    "coordinates": _matches(PAIR),
    "naf": _matches(NAF),
    "legal-form": _matches(LEGAL_FORM),
    "email": _matches(EMAIL),
}


def measure_shares(values: Sequence[str]) -> dict[str, float]:
    """The share of the values that look so, for each pattern; nothing of an empty column."""
    plain = [value.strip() for value in values if value and value.strip()]
    if len(plain) < MIN_NUMBERS:
        return {}
    return {name: sum(map(test, plain)) / len(plain) for name, test in TESTS.items()}
