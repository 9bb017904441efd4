"""Feed reader: the entries of RSS and Atom files as rows.

Authors are left out: they are persons, often with an e-mail address.
"""

import calendar
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import duckdb
import feedparser

from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.opened_table import OpenedTable
from kg.sources.text_rows import ReadEntries, TextRow, open_entries

MAX_FEED_BYTES: Final = 64 << 20
"""Largest feed, which is held in memory."""
COLUMNS: Final = (
    *("id", "link", "title", "summary", "content", "published", "updated", "categories"),
    *("language", "start", "end", "location", "latitude", "longitude"),
    *("feed_title", "feed_link", "feed_description"),
)
ENTRY_START: Final = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.IGNORECASE)
PARTIAL_DATE: Final = re.compile(r"\d{4}(-\d\d){0,2}")
"""A year, a month or a day, which is no moment."""
ILL_FORMED: Final = Text(
    "ce fil n’est pas du XML bien formé ({}) : ce qui s’en lit est lu",
    "this feed is not well-formed XML ({}): what can be read of it is read",
)


def open_feed(db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str) -> OpenedTable:
    """Open a feed as view `name`. Raises SourceError where it is none."""
    size = path.stat().st_size
    if size > MAX_FEED_BYTES:
        raise SourceError(
            f"{file} has {size >> 20} MB, more than the {MAX_FEED_BYTES >> 20} MB that are read "
            "of a feed",
            f"{file} a {size >> 20} Mo, plus que les {MAX_FEED_BYTES >> 20} Mo lus d’un fil",
        )
    content = path.read_bytes()
    feed = _parse_feed(content, file)
    problem = " ".join(str(feed.get("bozo_exception", "")).split())[:200]
    if not feed.version:
        raise _tell_no_feed(file, problem)
    notes = []
    if feed.bozo and problem:
        notes.append(Text(ILL_FORMED.fr.format(problem), ILL_FORMED.en.format(problem)))
    rows = list(_iter_rows(feed, content))
    description = f"{str(feed.get('encoding', 'utf-8')).upper()}, {_name_version(feed.version)}"
    return open_entries(db, name, file, ReadEntries(COLUMNS, rows, (), description, notes))


def count_entries(content: bytes, file: str) -> int:
    """The number of entries of a feed. Raises SourceError where it is none."""
    return len(_parse_feed(content, file).entries)


def _parse_feed(content: bytes, file: str) -> Any:
    # a stream, never a name: the library would take an address from the web
    try:
        return feedparser.parse(io.BytesIO(content))
    except (ValueError, OverflowError, LookupError, AttributeError, TypeError) as error:
        # an ill-formed feed, such as one with the number of no letter
        raise _tell_no_feed(file, str(error)) from error


def _tell_no_feed(file: str, problem: str) -> SourceError:
    return SourceError(
        f"{file} is no feed in RSS or Atom{': ' + problem if problem else ''}",
        f"{file} n’est pas un fil RSS ou Atom{' : ' + problem if problem else ''}",
    )


def _name_version(version: str) -> str:
    return "Atom" if version.startswith("atom") else "RSS"


def _iter_rows(feed: Any, content: bytes) -> Iterator[TextRow]:
    about = feed.feed
    feed_link = _get_text(about, "link")
    shared = {
        "feed_title": _get_text(about, "title"),
        "feed_link": feed_link,
        "feed_description": _get_text(about, "subtitle"),
    }
    lines = _find_lines(content, len(feed.entries))
    for line, entry in zip(lines, feed.entries, strict=True):
        latitude, longitude = _get_point(entry)
        link = _get_text(entry, "link")
        link = urljoin(feed_link, link) if link else ""
        bodies = [str(each.get("value", "")) for each in entry.get("content", [])]
        language = (entry.get("title_detail") or {}).get("language") or about.get("language") or ""
        yield TextRow(
            line,
            {
                "id": _get_text(entry, "id") or link,
                "link": link,
                "title": _get_text(entry, "title"),
                "summary": _get_text(entry, "summary"),
                "content": next((each for each in bodies if each), ""),
                "published": _get_moment(entry, "published") or _get_moment(entry, "created"),
                "updated": _get_moment(entry, "updated"),
                "categories": "|".join(_get_categories(entry)),
                "language": str(language).partition("-")[0].lower(),
                "start": _get_text(entry, "ev_startdate") or _get_text(entry, "xcal_dtstart"),
                "end": _get_text(entry, "ev_enddate") or _get_text(entry, "xcal_dtend"),
                "location": _get_text(entry, "ev_location") or _get_text(entry, "xcal_location"),
                "latitude": latitude,
                "longitude": longitude,
                **shared,
            },
        )


def _find_lines(content: bytes, count: int) -> list[int]:
    """Return the line where each entry begins; its position where the file does not show it."""
    starts = [match.start() for match in ENTRY_START.finditer(content)]
    if len(starts) != count:
        return list(range(1, count + 1))
    lines, line, last = [], 1, 0
    for start in starts:
        line += content.count(b"\n", last, start)
        last = start
        lines.append(line)
    return lines


def _get_text(entry: Any, name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""


def _get_moment(entry: Any, name: str) -> str:
    """Return a moment in ISO 8601 with the offset that the feed gives; a date as it is."""
    # `updated` stands for `published` where an entry has no other date: ask for what is there
    written = dict.get(entry, name)
    if not isinstance(written, str):
        return ""
    if PARTIAL_DATE.fullmatch(written.strip()):
        return written.strip()
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(written.strip())
        except (ValueError, TypeError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    parsed = dict.get(entry, f"{name}_parsed")
    if not parsed:
        return ""
    return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC).isoformat()


def _get_categories(entry: Any) -> Iterator[str]:
    for tag in entry.get("tags", []):
        term = tag.get("label") or tag.get("term")
        if term:
            yield str(term).strip().replace("|", "/")


def _get_point(entry: Any) -> tuple[str, str]:
    where = entry.get("where") or {}
    place = where.get("coordinates") if where.get("type") == "Point" else None
    if isinstance(place, tuple | list) and len(place) >= 2:
        return str(place[1]), str(place[0])
    return _get_text(entry, "geo_lat"), _get_text(entry, "geo_long")
