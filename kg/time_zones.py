"""Time zones of territories, and moments on the clock of a zone.

Zones come from the IANA database: a country of one zone has that of its table; overseas parts of
France have ISO 3166-1 codes of their own there. A territory with several zones, or an unknown one,
has none.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

METROPOLITAN_ZONE: Final = "Europe/Paris"
"""Time zone of European France, in which moments of different zones are ordered."""

DATE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?"
)

COUNTRY_PREFIX: Final = "country-"
FRENCH_KINDS: Final = frozenset({
    "departement", "collectivite", "arrondissement", "commune", "commune-deleguee",
    "commune-associee", "arrondissement-municipal",
})  # fmt: skip
"""Levels whose keys end in an INSEE code; the other levels are inside one of these."""
OVERSEAS_COUNTRIES: Final = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL",
    "978": "MF", "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
"""Three-digit prefixes of INSEE codes overseas, with the ISO 3166-1 code of the territory."""
PREFIXES_WITHOUT_ZONE: Final = ("984", "989")
"""Territories without a civil time zone: the austral lands, Clipperton."""
OVERSEAS_REGIONS: Final = {"01": "GP", "02": "MQ", "03": "GF", "04": "RE", "06": "YT"}
"""INSEE codes of the overseas regions."""
ISLAND_ZONES: Final = {
    "98719": "Pacific/Gambier",
    **dict.fromkeys(
        ("98718", "98723", "98731", "98746", "98756", "98757"),
        "Pacific/Marquesas",
    ),
}
"""Communes of French Polynesia outside the time zone of Tahiti."""
TAHITI_ZONE: Final = "Pacific/Tahiti"


def find_today() -> date:
    """The day that it is in European France."""
    return datetime.now(ZoneInfo(METROPOLITAN_ZONE)).date()


def find_zone(territories: Iterable[str]) -> str | None:
    """Return the zone of a record, given all its territories; None unless it is unique."""
    keys = list(territories)
    zones = {zone for key in keys if (zone := _find_territory_zone(key))}
    if zones & set(ISLAND_ZONES.values()):
        zones.discard(TAHITI_ZONE)
    return zones.pop() if len(zones) == 1 else None


def convert_to_zone(moment: str, zone: str | None) -> str:
    """Convert a moment with an offset to local time; other texts are returned unchanged."""
    match = DATE_TIME.fullmatch(moment)
    if match is None or not match[2] or not zone:
        return moment
    try:
        return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat()
    except (ValueError, OverflowError):
        return moment


def _find_territory_zone(key: str) -> str | None:
    if key.startswith(COUNTRY_PREFIX):
        code = key.removeprefix(COUNTRY_PREFIX)
        # France as a whole includes the zones of its overseas territories
        return None if code == "FR" else _find_country_zone(code)
    level, _, code = key.rpartition("-")
    if level == "region":
        return (
            _find_country_zone(OVERSEAS_REGIONS[code])
            if code in OVERSEAS_REGIONS
            else METROPOLITAN_ZONE
        )
    if level not in FRENCH_KINDS or code[:3] in PREFIXES_WITHOUT_ZONE:
        return None
    if code in ISLAND_ZONES:
        return ISLAND_ZONES[code]
    country = OVERSEAS_COUNTRIES.get(code[:3])
    if country == "PF":
        return TAHITI_ZONE
    return _find_country_zone(country) if country else METROPOLITAN_ZONE


def _find_country_zone(code: str) -> str | None:
    zones = _read_zone_table().get(code, ())
    return zones[0] if len(zones) == 1 else None


@cache
def _read_zone_table() -> dict[str, tuple[str, ...]]:
    """Read ISO 3166-1 code to time zones, from `zone.tab` of the IANA database."""
    text = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    zones_by_country: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            zones_by_country[code] = (*zones_by_country.get(code, ()), zone)
    return zones_by_country
