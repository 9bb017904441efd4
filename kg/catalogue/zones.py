"""Time zones of territories: on which clock an event takes place.

A country of one zone has it from the table of the IANA time zone database; the overseas parts of
France have ISO 3166-1 codes of their own there. Where a territory has several zones, or none is
known, there is no answer: no clock is guessed.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

MAINLAND: Final = "Europe/Paris"
"""The zone of European France, and the clock by which moments of different zones are ordered."""

COUNTRY: Final = "country-"
FRENCH: Final = frozenset({
    "departement", "collectivite", "arrondissement", "commune", "commune-deleguee",
    "commune-associee", "arrondissement-municipal",
})  # fmt: skip
"""Levels whose keys end in an INSEE code; the others are inside one of these."""
OVERSEAS: Final = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL",
    "978": "MF", "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
"""First three digits of the INSEE codes of an overseas territory, to its ISO 3166-1 code."""
UNSETTLED: Final = ("984", "989")
"""Lands without one civil time: the austral lands, Clipperton."""
REGIONS: Final = {"01": "GP", "02": "MQ", "03": "GF", "04": "RE", "06": "YT"}
"""INSEE codes of the overseas régions."""
ISLANDS: Final = {
    "98719": "Pacific/Gambier",
    **dict.fromkeys(
        ("98718", "98723", "98731", "98746", "98756", "98757"),
        "Pacific/Marquesas",
    ),
}
"""Communes of French Polynesia that do not keep the time of Tahiti."""
TAHITI: Final = "Pacific/Tahiti"


def zone_of(territories: Iterable[str]) -> str | None:
    """The zone of a record from the keys of all territories it is in, None where not just one."""
    keys = list(territories)
    found = {zone for key in keys if (zone := _zone(key))}
    if found & set(ISLANDS.values()):
        found.discard(TAHITI)
    return found.pop() if len(found) == 1 else None


def _zone(key: str) -> str | None:
    if key.startswith(COUNTRY):
        code = key.removeprefix(COUNTRY)
        # France as a whole has the zones of its overseas parts too
        return None if code == "FR" else _of_country(code)
    level, _, code = key.rpartition("-")
    if level == "region":
        return _of_country(REGIONS[code]) if code in REGIONS else MAINLAND
    if level not in FRENCH or code[:3] in UNSETTLED:
        return None
    if code in ISLANDS:
        return ISLANDS[code]
    country = OVERSEAS.get(code[:3])
    if country == "PF":
        return TAHITI
    return _of_country(country) if country else MAINLAND


def _of_country(code: str) -> str | None:
    zones = _zones().get(code, ())
    return zones[0] if len(zones) == 1 else None


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    """ISO 3166-1 code to zones, from `zone.tab` of the IANA database."""
    text = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            found[code] = (*found.get(code, ()), zone)
    return found
