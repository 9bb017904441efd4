"""Dates as they are written, made into intervals that sort and compare as text.

A year is the interval of its days, an EDTF date whose year is unknown is no interval at all:
nothing is guessed. https://www.loc.gov/standards/datetime/
"""

import calendar
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

Interval = tuple[str, str]

MOMENT: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?.*")
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(-XX)?")
YEAR: Final = re.compile(r"(\d{4})(-XX)?(-XX)?")
SEASON: Final = re.compile(r"(\d{4})-(2[1-4])")
DECADE: Final = re.compile(r"(\d{3})X")
SEASONS: Final = {"21": ("03", "05"), "22": ("06", "08"), "23": ("09", "11"), "24": ("12", "12")}

ENDLESS: Final = frozenset({"organisation", "cluster", "project"})
"""Kinds whose records go on as long as nobody states their end; other ones end as they begin."""
FOREVER: Final = "9999-12-31"


@lru_cache(maxsize=100_000)
def interval(written: str) -> Interval | None:
    """First and last moment of a date as written, None where the year is not known."""
    first, slash, last = written.partition("/")
    if slash:
        begin, end = interval(first), interval(last)
        return (begin[0], end[1]) if begin and end else begin or end
    plain = re.sub(r"[?~%]", "", written)
    if match := MOMENT.fullmatch(plain):
        return match[1], match[1]
    if DAY.fullmatch(plain):
        return plain, plain
    if match := MONTH.fullmatch(plain):
        return _months(match[1], match[2], match[2])
    if match := SEASON.fullmatch(plain):
        return _months(match[1], *SEASONS[match[2]])
    if match := YEAR.fullmatch(plain):
        return _months(match[1], "01", "12")
    if match := DECADE.fullmatch(plain):
        return f"{match[1]}0-01-01", f"{match[1]}9-12-31"
    return None


def _months(year: str, first: str, last: str) -> Interval:
    days = calendar.monthrange(max(int(year), 1), int(last))[1]
    return f"{year}-{first}-01", f"{year}-{last}-{days:02}"


def extent(kind: str, starts: Sequence[str], ends: Sequence[str]) -> tuple[str | None, str | None]:
    """The interval of a record from the dates it states; (None, None) where none can be used."""
    begun = [i for i in map(interval, starts) if i]
    ended = [i for i in map(interval, ends) if i]
    if not begun and not ended:
        return None, None
    begin = min((i[0] for i in begun), default=ended[0][0] if ended else None)
    if ended:
        return begin, max(i[1] for i in ended)
    return begin, FOREVER if kind in ENDLESS else max(i[1] for i in begun)
