"""EDTF dates as intervals that sort and compare as text.

A year is the interval of its days. An EDTF date without a known year has no interval: missing parts
are not guessed. https://www.loc.gov/standards/datetime/
"""

import calendar
import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from kg.time_zones import DATE_TIME, METROPOLITAN_ZONE, convert_to_zone

Interval = tuple[str, str]

FRENCH_DATE: Final = re.compile(r"(?:(?:(\d{1,2})[/.])?(\d{1,2})[/.])?(\d{4})")
"""French notation of a day, a month or a year: 31/12/2018, 12/2018, 2018."""
DOUBTS: Final = re.compile("[?~%]")
"""EDTF qualifiers: uncertain, approximate, or both."""
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(-XX)?")
YEAR: Final = re.compile(r"(\d{4})(-XX)?(-XX)?")
SEASON: Final = re.compile(r"(\d{4})-(2[1-4])")
DECADE: Final = re.compile(r"(\d{3})X")
SEASON_MONTHS: Final = {
    "21": ("03", "05"),
    "22": ("06", "08"),
    "23": ("09", "11"),
    "24": ("12", "12"),
}

PATTERN_BY_PRECISION: Final = {
    "time": DATE_TIME, "day": DAY, "month": MONTH, "season": SEASON, "year": YEAR, "decade": DECADE,
}  # fmt: skip

OPEN_ENDED_KINDS: Final = frozenset({"organisation", "cluster", "project"})
"""Kinds whose records continue until an end is stated; others end when they begin."""
OPEN_END: Final = "9999-12-31"
DAY_LENGTH: Final = len("2010-11-04")
MINUTE_LENGTH: Final = len("2010-11-04T16:30")


@lru_cache(maxsize=100_000)
def parse_interval(written: str, zone: str | None = None) -> Interval | None:
    """Return the first and last moment of a date; None where the year is unknown.

    A moment with an offset is converted to `zone` (an IANA name), where one is given.
    """
    if DAY.fullmatch(written):  # fast path for the most frequent form
        return written, written
    first, slash, last = written.partition("/")
    if slash:
        begin, end = parse_interval(first, zone), parse_interval(last, zone)
        return (begin[0], end[1]) if begin and end else begin or end
    plain = DOUBTS.sub("", written)
    if match := DATE_TIME.fullmatch(plain):
        local = convert_to_zone(plain, zone)[:MINUTE_LENGTH]
        return local, local
    if DAY.fullmatch(plain):
        return plain, plain
    if match := MONTH.fullmatch(plain):
        return _build_interval(match[1], match[2], match[2])
    if match := SEASON.fullmatch(plain):
        return _build_interval(match[1], *SEASON_MONTHS[match[2]])
    if match := YEAR.fullmatch(plain):
        return _build_interval(match[1], "01", "12")
    if match := DECADE.fullmatch(plain):
        return f"{match[1]}0-01-01", f"{match[1]}9-12-31"
    return None


DateSpan = tuple[str | None, str | None, str]


def parse_span(written: str) -> DateSpan:
    """Return earliest day, latest day (None where unknown) and precision of a date.

    The precision is `time`, `day`, `month`, `season`, `year`, `decade`, `period` (two dates) or,
    where no year can be read, `unknown`.
    """
    first, slash, last = written.partition("/")
    if slash:
        begin, end = parse_interval(first), parse_interval(last)
        return begin and begin[0][:10], end and end[1][:10], "period" if begin or end else "unknown"
    interval = parse_interval(written)
    if interval is None:
        return None, None, "unknown"
    plain = DOUBTS.sub("", written)
    name = next(name for name, form in PATTERN_BY_PRECISION.items() if form.fullmatch(plain))
    return interval[0][:10], interval[1][:10], name


def _build_interval(year: str, first: str, last: str) -> Interval:
    days = calendar.monthrange(max(int(year), 1), int(last))[1]
    return f"{year}-{first}-01", f"{year}-{last}-{days:02}"


def parse_instant(moment: str, zone: str | None) -> datetime | None:
    """Return the instant of a moment, by its offset or else by `zone`; None without either."""
    match = DATE_TIME.fullmatch(moment) if "T" in moment else None
    if match is None or not (match[2] or zone):
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return read if read.tzinfo or zone is None else read.replace(tzinfo=ZoneInfo(zone))


def compute_sort_key(start: str | None, begins: str | None, zone: str | None) -> str | None:
    """Return the text by which records sort by date.

    Instants are converted to the time of European France, so that the order does not depend on the
    offsets in which sources write them.
    """
    read = parse_instant(start, zone) if start and zone != METROPOLITAN_ZONE else None
    if read is None:
        return begins
    try:
        return read.astimezone(ZoneInfo(METROPOLITAN_ZONE)).isoformat()[:MINUTE_LENGTH]
    except OverflowError:
        return begins


def parse_typed_date(text: str) -> Interval | None:
    """Return the first and last day of a typed date; None for other texts.

    Accepts 2018, 2018-12 and 2018-12-31, and the French forms 12/2018 and 31/12/2018.
    """
    match = FRENCH_DATE.fullmatch(text)
    if match:
        day, month, year = match.groups()
        text = "-".join([year, *(part.zfill(2) for part in (month, day) if part)])
    elif "/" in text and None in map(parse_interval, text.split("/")):
        return None  # one half of a period is invalid
    read = parse_interval(text)
    return read if read and all(_is_day(bound[:10]) for bound in read) else None


def is_on_day(begin: str, end: str, day: Interval) -> bool | None:
    """Whether what is dated lasts on a day, or at some time of a month or a year.

    What has no end lasts on. None where neither its beginning nor its end has a known year.
    """
    first = parse_interval(begin) if begin else None
    last = parse_interval(end) if end else None
    if first is None and last is None:
        return None
    begins = first[0][:DAY_LENGTH] if first else ""
    ends = last[1][:DAY_LENGTH] if last else OPEN_END
    return begins <= day[1] and ends >= day[0]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def compute_extent(
    kind: str, starts: Sequence[str], ends: Sequence[str], zone: str | None = None
) -> tuple[str | None, str | None]:
    """Return the interval of a record from its dates; (None, None) without a usable one."""
    begun = [i for start in starts if (i := parse_interval(start, zone))]
    ended = [i for end in ends if (i := parse_interval(end, zone))]
    if not begun and not ended:
        return None, None
    begin = min((i[0] for i in begun), default=ended[0][0] if ended else None)
    if ended:
        return begin, max(i[1] for i in ended)
    return begin, OPEN_END if kind in OPEN_ENDED_KINDS else max(i[1] for i in begun)
