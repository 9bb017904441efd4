"""Localised dates and intervals in French and English, with partial and uncertain ones."""

import re
from datetime import date, timedelta
from typing import Final

from babel import Locale
from babel.lists import format_list
from babel.units import format_unit

from api.i18n.punctuation import NO_BREAK_SPACE
from api.i18n.texts import TEXTS
from kg.time_zones import METROPOLITAN_ZONE, convert_to_zone

DATE_PATTERN: Final = re.compile(
    r"(?P<year>[0-9X]{4})(?:-(?P<month>[0-9X]{2}))?(?:-(?P<day>[0-9X]{2}))?"
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?(?P<offset>Z|[+-]\d{2}:\d{2})?)?"
)

MONTH_NAMES: Final = {
    language: dict(Locale(language).months["format"]["wide"]) for language in ("fr", "en")
}
MONTH_PATTERN: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
DAY_PATTERN: Final = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<day>\d{2})")
DURATION_UNITS: Final = ("year", "month", "week", "day", "hour", "minute", "second")
DURATION_PATTERN: Final = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)


def format_duration(written: str, language: str) -> str:
    """A duration of ISO 8601 in words; another text comes back unchanged."""
    match = DURATION_PATTERN.fullmatch(written)
    if match is None:
        return written
    parts = [
        format_unit(int(number), f"duration-{unit}", locale=language).replace(" ", NO_BREAK_SPACE)
        for unit, number in zip(DURATION_UNITS, match.groups(), strict=True)
        if number
    ]
    return format_list(parts, locale=language)


def format_date(written: str, language: str, zone: str | None = None) -> str:
    """A date in words; a text that is not a date comes back unchanged.

    A time of day is that of the place, whose zone is given where it is known; where that is not
    the time of European France, or only an offset is known, it is said.
    """
    first, slash, last = written.partition("/")
    if slash:
        return format_interval(first, last, language, zone)
    plain = re.sub(r"[?~%]", "", written)
    match = DATE_PATTERN.fullmatch(convert_to_zone(plain, zone))
    if match is None:
        return written
    words = _format_day(match, language)
    if match["hour"]:
        words += f", {_format_time(match, language)}{_format_zone(match, language, zone)}"
    if "X" in match["year"]:
        words += f" ({TEXTS['unknown_year'][language]})"
    return words if plain == written else f"{words} ({TEXTS['uncertain'][language]})"


def format_interval(
    begin: str | None, end: str | None, language: str, zone: str | None = None
) -> str:
    """A period in words; either side may be unknown."""
    if begin and end:
        if begin == end:
            return format_date(begin, language, zone)
        if (hours := _format_hours(begin, end, language, zone)) is not None:
            return hours
        if (days := _format_same_month(begin, end)) is not None:
            return f"{days} – {format_date(end, language, zone)}"
        return f"{format_date(begin, language, zone)} – {format_date(end, language, zone)}"
    if begin:
        return f"{TEXTS['since'][language]} {format_date(begin, language, zone)}"
    return f"{TEXTS['until'][language]} {format_date(end, language, zone)}" if end else ""


def format_days(first: str, last: str, language: str) -> str:
    """A period between two days in words: a whole month or year as such."""
    if first[:4] == last[:4] and first[4:] == "-01-01" and last[4:] == "-12-31":
        return format_date(first[:4], language)
    next_day = date.fromisoformat(last) + timedelta(1) if last < date.max.isoformat() else None
    whole_month = next_day is not None and next_day.day == 1 and first == f"{last[:7]}-01"
    return (
        format_date(last[:7], language) if whole_month else format_interval(first, last, language)
    )


def list_months(begin: str, end: str, most: int) -> list[str]:
    """The months from one day to another, as `2026-04`; the first `most` of them."""
    first, last = date.fromisoformat(begin[:10]), date.fromisoformat(end[:10])
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in numbers[:most]]


def _format_hours(begin: str, end: str, language: str, zone: str | None) -> str | None:
    """Two times of one day: the day once, then both hours; None where they are none."""
    if "T" not in begin or "T" not in end:
        return None
    first, last = (
        DATE_PATTERN.fullmatch(convert_to_zone(begin, zone)),
        DATE_PATTERN.fullmatch(convert_to_zone(end, zone)),
    )
    if first is None or last is None or not (first["hour"] and last["hour"]):
        return None
    same = ("year", "month", "day") if zone else ("year", "month", "day", "offset")
    if any(first[name] != last[name] for name in same):
        return None
    hours = f"{_format_time(first, language)} – {_format_time(last, language)}"
    return f"{_format_day(first, language)}, {hours}{_format_zone(last, language, zone)}"


def _format_same_month(begin: str, end: str) -> str | None:
    """The first day alone, where the last one is in the same month."""
    first, last = DAY_PATTERN.fullmatch(begin), DAY_PATTERN.fullmatch(end)
    if first is None or last is None or first["month"] != last["month"]:
        return None
    return str(int(first["day"]))


def _format_day(match: re.Match[str], language: str) -> str:
    year = "" if "X" in match["year"] else match["year"]
    month, day = match["month"], match["day"]
    if f"season_{month}" in TEXTS:  # EDTF writes a season as a month from 21 to 24
        return f"{TEXTS[f'season_{month}'][language]} {year}".strip()
    if not month or "X" in month:
        return year or match["year"]
    name = MONTH_NAMES[language].get(int(month), month)
    if not day or "X" in day:
        return f"{name} {year}".strip()
    ordinal = "1er" if language == "fr" and day == "01" else str(int(day))
    return f"{ordinal} {name} {year}".strip()


def _format_time(match: re.Match[str], language: str) -> str:
    hour, minute = match["hour"], match["minute"]
    if language == "en":
        return f"{hour}:{minute}"
    whole = f"{int(hour)}{NO_BREAK_SPACE}h"
    return whole if minute == "00" else f"{whole}{NO_BREAK_SPACE}{minute}"


def _format_zone(match: re.Match[str], language: str, zone: str | None) -> str:
    """On which clock a time is told, in brackets; empty where it is that of European France."""
    if zone:
        return "" if zone == METROPOLITAN_ZONE else f" ({TEXTS['local_time'][language]})"
    offset = match["offset"]
    if not offset:
        return ""
    return " (UTC)" if offset in ("Z", "+00:00") else f" (UTC{offset})"
