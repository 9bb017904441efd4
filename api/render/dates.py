"""Dates as people read them, in French and English; what a source left open is said."""

import re
from typing import Final

from api.render.texts import MONTHS, SEASONS, TEXTS

DATE: Final = re.compile(
    r"(?P<year>[0-9X]{4})(?:-(?P<month>[0-9X]{2}))?(?:-(?P<day>[0-9X]{2}))?"
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2}).*)?"
)

DAYS: Final = re.compile(r"(?P<month>\d{4}-\d{2})-(?P<day>\d{2})")


def spoken(written: str, language: str) -> str:
    """A date in words; a text that is not a date comes back unchanged."""
    first, slash, last = written.partition("/")
    if slash:
        return between(first, last, language)
    plain = re.sub(r"[?~%]", "", written)
    match = DATE.fullmatch(plain)
    if match is None:
        return written
    words = _calendar(match, language)
    if match["hour"]:
        words += f", {_clock(match['hour'], match['minute'], language)}"
    if "X" in match["year"]:
        words += f" ({TEXTS['unknown_year'][language]})"
    return words if plain == written else f"{words} ({TEXTS['uncertain'][language]})"


def between(begin: str | None, end: str | None, language: str) -> str:
    """A period in words; either side may be unknown."""
    if begin and end:
        if begin == end:
            return spoken(begin, language)
        if begin[:10] == end[:10] and "T" in end:
            return f"{spoken(begin, language)} – {_clock(end[11:13], end[14:16], language)}"
        if (days := _days(begin, end)) is not None:
            return f"{days} – {spoken(end, language)}"
        return f"{spoken(begin, language)} – {spoken(end, language)}"
    if begin:
        return f"{TEXTS['since'][language]} {spoken(begin, language)}"
    return f"{TEXTS['until'][language]} {spoken(end, language)}" if end else ""


def _days(begin: str, end: str) -> str | None:
    """The first day alone, where the last one is in the same month."""
    first, last = DAYS.fullmatch(begin), DAYS.fullmatch(end)
    if first is None or last is None or first["month"] != last["month"]:
        return None
    return str(int(first["day"]))


def _calendar(match: re.Match[str], language: str) -> str:
    year = "" if "X" in match["year"] else match["year"]
    month, day = match["month"], match["day"]
    if month in SEASONS:
        return f"{SEASONS[month][language]} {year}".strip()
    if not month or "X" in month:
        return year or match["year"]
    name = MONTHS[language][int(month) - 1] if 1 <= int(month) <= 12 else month
    if not day or "X" in day:
        return f"{name} {year}".strip()
    ordinal = "1er" if language == "fr" and day == "01" else str(int(day))
    return f"{ordinal} {name} {year}".strip()


def _clock(hour: str, minute: str, language: str) -> str:
    if language == "en":
        return f"{hour}:{minute}"
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)} h {minute}"
