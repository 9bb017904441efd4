"""iCalendar reader (RFC 5545): the events of `.ics` files, and their occurrences, as rows.

A recurring event is one row for the series and one for each of its occurrences, with what an
override changes. Entries that are not public, tasks and free-busy times are left out, and so are
organisers and attendees, who are persons with an e-mail address.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import icalendar
import recurring_ical_events
from icalendar.timezone import tzp

from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.calendar_components import CalendarText, split_calendars
from kg.sources.encoding import open_as_utf8
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import ReadOptions
from kg.sources.text_rows import MalformedEntry, ReadEntries, TextRow, open_entries

MAX_CALENDAR_BYTES: Final = 64 << 20
"""Largest calendar, whose entries are all held in memory."""
MAX_OCCURRENCES: Final = 500
"""Occurrences of one series, at most."""
MAX_ROWS: Final = 200_000
"""Occurrences of one file, at most."""
DAYS_AHEAD: Final = 366
"""Days after the last stamp of a file up to which a rule without an end is followed."""
TOO_FREQUENT: Final = ("SECONDLY", "MINUTELY", "HOURLY")
RECURRENCE_PROPERTIES: Final = ("RRULE", "RDATE", "EXDATE")
PARSE_ERRORS: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError)
HOURS_ALONE: Final = re.compile(r"^DURATION(;[^:]*)?:[+-]?PT", re.IGNORECASE | re.MULTILINE)
PRIVATE_CLASSES: Final = ("PRIVATE", "CONFIDENTIAL")
COLUMNS: Final = (
    *("uid", "recurrence", "occurrence", "summary", "description", "start", "end", "date_text"),
    *("status", "url", "location", "latitude", "longitude", "categories", "rule", "language"),
    *("updated", "calendar", "calendar_description"),
)
SINGLE, SERIES, OCCURRENCE = "single", "series", "occurrence"
"""Values of the column `recurrence`."""
ENTRY_MALFORMED: Final = "entry-malformed"
ENTRY_DATE: Final = "entry-date"
NOTES: Final[Mapping[str, Text]] = {
    "private": Text(
        "{} entrées ne sont pas publiques (CLASS) : elles ne sont pas lues",
        "{} entries are not public (CLASS): they are not read",
    ),
    "other": Text(
        "{} entrées ne sont pas des événements ({}) : elles ne sont pas lues",
        "{} entries are no events ({}): they are not read",
    ),
    "floating": Text(
        "{} heures n’ont pas de fuseau : le jour seul est lu, l’heure reste dans date_text ; "
        "lignes {}",
        "{} times have no time zone: the day alone is read, the time stays in date_text; lines {}",
    ),
    "rule": Text(
        "{} règles de répétition ne se lisent pas : l’événement est lu une seule fois ; lignes {}",
        "{} recurrence rules cannot be read: the event is read once; lines {}",
    ),
    "frequent": Text(
        "{} événements se répètent toutes les heures ou plus souvent : ils sont lus une seule "
        "fois ; lignes {}",
        "{} events recur every hour or more often: they are read once; lines {}",
    ),
    "cut": Text(
        "{} séries ont plus d’occurrences que les " + str(MAX_OCCURRENCES) + " lues ; lignes {}",
        "{} series have more occurrences than the " + str(MAX_OCCURRENCES) + " read; lines {}",
    ),
    "value": Text(
        "{} valeurs facultatives ne se lisent pas et sont laissées de côté ; lignes {}",
        "{} optional values cannot be read and are left out; lines {}",
    ),
}
MAX_LISTED_LINES: Final = 10


@dataclass(frozen=True)
class _Entry:
    """One VEVENT that could be parsed."""

    line: int
    event: Any
    uid: str
    is_of_hours: bool = False
    """Whether its duration is stated without days, which the library makes of 24 hours."""

    def get_moment(self, name: str) -> date | datetime | None:
        return _get_moment(self.event, name)


def open_calendar(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: ReadOptions
) -> OpenedTable:
    """Open a calendar as view `name`. Raises SourceError where it is none."""
    size = path.stat().st_size
    if size > MAX_CALENDAR_BYTES:
        raise SourceError(
            f"{file} has {size >> 20} MB, more than the {MAX_CALENDAR_BYTES >> 20} MB that are "
            "read of a calendar: export it in parts",
            f"{file} a {size >> 20} Mo, plus que les {MAX_CALENDAR_BYTES >> 20} Mo lus d’un "
            "agenda : exportez-le en plusieurs parties",
        )
    text = open_as_utf8(db, path, reading.encoding)
    content = text.path.read_text("utf-8", errors="replace")
    reader = _CalendarReader()
    calendars = list(split_calendars(content, reader.malformed))
    if not calendars:
        raise SourceError(
            f"{file} is no iCalendar calendar: nothing in it begins with BEGIN:",
            f"{file} n’est pas un agenda iCalendar : rien n’y commence par BEGIN:",
        )
    _forget_zones()
    with warnings.catch_warnings():
        # the library warns where it takes the zone out of a program's own name for it
        warnings.simplefilter("ignore")
        rows = list(islice((row for each in calendars for row in reader.read(each)), MAX_ROWS + 1))
    if len(rows) > MAX_ROWS:
        raise SourceError(
            f"{file} has more than {MAX_ROWS} events: export it in parts",
            f"{file} a plus de {MAX_ROWS} événements : exportez-le en plusieurs parties",
        )
    return open_entries(
        db,
        name,
        file,
        ReadEntries(
            COLUMNS, rows, reader.malformed, f"{text.encoding_name}, iCalendar",
            reader.write_notes(),
        ),
    )  # fmt: skip


class _CalendarReader:
    """Reader of the events of a file, with what is to be told of them."""

    def __init__(self) -> None:
        self.malformed: list[MalformedEntry] = []
        self._told: dict[str, list[int]] = {}
        self._others: Counter[str] = Counter()

    def read(self, calendar: CalendarText) -> Iterator[TextRow]:
        """Yield the rows of one calendar, in the order of its entries."""
        self._others += calendar.others
        if calendar.zones:
            _forget_zones()
        header = _parse_header(calendar)
        zone = _find_zone(_get_text(header, "X-WR-TIMEZONE"))
        shared = {
            "calendar": _get_text(header, "NAME") or _get_text(header, "X-WR-CALNAME"),
            "calendar_description": _get_text(header, "DESCRIPTION")
            or _get_text(header, "X-WR-CALDESC"),
        }
        entries = [entry for line, text in calendar.events if (entry := self._parse(line, text))]
        horizon = _find_horizon(entries)
        for group in _group_by_uid(entries):
            for row in self._read_group(group, horizon, zone):
                yield replace(row, cells={**row.cells, **shared})

    def write_notes(self) -> list[Text]:
        """Return what was left out of the file."""
        notes = []
        for code, lines in self._told.items():
            listed = ", ".join(map(str, lines[:MAX_LISTED_LINES]))
            listed += " …" if len(lines) > MAX_LISTED_LINES else ""
            note = NOTES[code]
            notes.append(
                Text(note.fr.format(len(lines), listed), note.en.format(len(lines), listed))
            )
        if self._others:
            kinds = ", ".join(sorted(self._others))
            number = self._others.total()
            other = NOTES["other"]
            notes.append(Text(other.fr.format(number, kinds), other.en.format(number, kinds)))
        return notes

    def _tell(self, code: str, line: int) -> None:
        self._told.setdefault(code, []).append(line)

    def _parse(self, line: int, text: str) -> _Entry | None:
        try:
            event: Any = icalendar.Event.from_ical(text)
        except PARSE_ERRORS as error:
            why = " ".join(str(error).split())[:200]
            self.malformed.append(MalformedEntry(line, text, f"{ENTRY_MALFORMED} {why}"))
            return None
        if str(event.get("CLASS", "")).upper() in PRIVATE_CLASSES:
            self._tell("private", line)
            return None
        start = _get_moment(event, "DTSTART")
        if start is None:
            self.malformed.append(MalformedEntry(line, text, ENTRY_DATE))
            return None
        for name, _ in event.errors:
            self._tell("rule" if name in RECURRENCE_PROPERTIES else "value", line)
            if name:
                event.pop(name, None)
        uid = _get_text(event, "UID")
        # where an entry has no key, what it says is one
        uid = uid or f"{_format_key(start)} {_get_text(event, 'SUMMARY')}"
        return _Entry(line, event, uid, bool(HOURS_ALONE.search(text)))

    def _read_group(
        self,
        group: Sequence[_Entry],
        horizon: datetime,
        zone: tzinfo | None,
    ) -> Iterator[TextRow]:
        """Yield the rows of the entries with one UID."""
        recurring = [one for one in group if "RRULE" in one.event or "RDATE" in one.event]
        occurrences: list[Any] = []
        if recurring:
            occurrences = self._find_occurrences(group, recurring[0], horizon)
        stated = {_format_key(one.get_moment("RECURRENCE-ID")): one for one in group}
        for one in group:
            is_override = bool(one.get_moment("RECURRENCE-ID"))
            if is_override and occurrences:
                continue
            kind = SINGLE
            if occurrences and one is recurring[0]:
                kind = SERIES
            yield self._make_row(one, kind, zone)
        for event in occurrences:
            moment = _get_moment(event, "RECURRENCE-ID") or _get_moment(event, "DTSTART")
            one = stated.get(_format_key(moment), recurring[0])
            _restore_duration(event, one.event)
            yield self._make_row(replace(one, event=event), OCCURRENCE, zone)

    def _find_occurrences(
        self, group: Sequence[_Entry], master: _Entry, horizon: datetime
    ) -> list[Any]:
        rules = master.event.get("RRULE") or []
        rules = rules if isinstance(rules, list) else [rules]
        if any(str(rule.get("FREQ", [""])[0]).upper() in TOO_FREQUENT for rule in rules):
            self._tell("frequent", master.line)
            return []
        is_endless = any("UNTIL" not in rule and "COUNT" not in rule for rule in rules)
        whole = icalendar.Calendar()
        for each in group:
            whole.add_component(each.event)
        try:
            # a moment, never a day: from a day the library would not come to the next one
            first = _as_utc(master.event["DTSTART"].dt) - timedelta(days=2)
            found: list[Any] = []
            for event in islice(recurring_ical_events.of(whole).after(first), MAX_OCCURRENCES + 1):
                if is_endless and _as_utc(event["DTSTART"].dt) > horizon:
                    break
                found.append(event)
        except Exception:
            self._tell("rule", master.line)
            return []
        if len(found) > MAX_OCCURRENCES:
            self._tell("cut", master.line)
        return found[:MAX_OCCURRENCES]

    def _make_row(self, entry: _Entry, kind: str, zone: tzinfo | None) -> TextRow:
        event = entry.event
        start = entry.get_moment("DTSTART")
        end = _find_end(entry, start)
        written = [_format_moment(moment, _find_value_zone(event, name, zone))
                   for name, moment in (("DTSTART", start), ("DTEND", end))]  # fmt: skip
        floating = any(text for _, text in written)
        if floating and kind != OCCURRENCE:
            self._tell("floating", entry.line)
        occurrence = ""
        if kind == OCCURRENCE or (kind == SINGLE and entry.get_moment("RECURRENCE-ID")):
            occurrence = _format_key(entry.get_moment("RECURRENCE-ID") or start)
        latitude, longitude = _get_point(event)
        cells = {
            "uid": entry.uid,
            "recurrence": kind,
            "occurrence": occurrence,
            "summary": _get_text(event, "SUMMARY"),
            "description": _get_text(event, "DESCRIPTION"),
            "start": written[0][0],
            "end": written[1][0],
            "date_text": written[0][1],
            "status": _get_text(event, "STATUS").upper(),
            "url": _get_text(event, "URL"),
            "location": _get_text(event, "LOCATION"),
            "latitude": latitude,
            "longitude": longitude,
            "categories": "|".join(_get_categories(event)),
            "rule": _get_rule(event) if kind == SERIES else "",
            "language": _get_language(event),
            "updated": _format_moment(entry.get_moment("LAST-MODIFIED"), None)[0],
        }
        return TextRow(entry.line, cells)


def _forget_zones() -> None:
    """Makes the library forget the zones that other calendars define.

    It takes the first definition of a name for that of all others, whatever they say
    (`findings/icalendar-zone-of-another-calendar.sh`).
    """
    tzp.use_default()


def _parse_header(calendar: CalendarText) -> Any:
    """Return the properties of a calendar, its zones made known to the library."""
    begin, end = "BEGIN:VCALENDAR", "END:VCALENDAR"
    for lines in (calendar.header, []):
        try:
            return icalendar.Calendar.from_ical("\n".join([begin, *lines, *calendar.zones, end]))
        except PARSE_ERRORS:
            continue
    return icalendar.Calendar()


def _group_by_uid(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.uid, []).append(entry)
    return list(groups.values())


def _find_horizon(entries: Sequence[_Entry]) -> datetime:
    """Return the moment up to which a rule without an end is followed: it depends on the file
    alone."""
    stamps = [
        _as_utc(moment)
        for entry in entries
        for moment in (entry.get_moment("DTSTAMP"), entry.get_moment("LAST-MODIFIED"))
        if moment
    ]
    starts = [_as_utc(moment) for entry in entries if (moment := entry.get_moment("DTSTART"))]
    last = max(stamps or starts, default=datetime(1970, 1, 1, tzinfo=UTC))
    ahead = timedelta(days=DAYS_AHEAD)
    return min(last, datetime.max.replace(tzinfo=UTC) - ahead) + ahead


def _as_utc(moment: date | datetime) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(0))
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:  # in the first or the last hours that there are
        return moment.replace(tzinfo=UTC)


def _find_end(entry: _Entry, start: date | datetime | None) -> date | datetime | None:
    """Return the last day of an event of whole days, else the moment of its end."""
    end = entry.get_moment("DTEND")
    if end is None and start is not None:
        duration = _get_duration(entry.event)
        try:
            end = _add_duration(start, duration, entry.is_of_hours) if duration else None
        except OverflowError:
            return None
    if end is None or start is None:
        return end
    if isinstance(start, datetime) != isinstance(end, datetime):
        return None
    if not isinstance(end, datetime):
        # the end of whole days is the day after the last one
        end = end - timedelta(days=1)
        return end if end > start else None
    return end if _as_utc(end) != _as_utc(start) else None


def _restore_duration(occurrence: Any, stated: Any) -> None:
    """Put the duration that is stated in the place of the end that the library made of it."""
    duration = _get_duration(stated)
    start, end = _get_moment(occurrence, "DTSTART"), _get_moment(occurrence, "DTEND")
    # an occurrence may have an end of its own, from an RDATE with a period
    if duration and isinstance(start, datetime) and end == start + duration:
        del occurrence["DTEND"]
        occurrence["DURATION"] = stated["DURATION"]


def _get_duration(event: Any) -> timedelta | None:
    duration = getattr(event.get("DURATION"), "dt", None)
    return duration if isinstance(duration, timedelta) else None


def _add_duration(
    start: date | datetime, duration: timedelta, is_of_hours: bool
) -> date | datetime:
    """Return the moment after a duration, whose days are those of the calendar and whose hours
    are exact (RFC 5545, 3.3.6), also where the clocks change.

    The library adds both on the clock (`findings/icalendar-hours-across-summer-time.sh`).
    """
    if not isinstance(start, datetime) or start.tzinfo is None:
        return start + duration
    days = timedelta() if is_of_hours else timedelta(days=duration.days)
    return ((start + days).astimezone(UTC) + (duration - days)).astimezone(start.tzinfo)


def _find_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def _find_value_zone(event: Any, name: str, zone: tzinfo | None) -> tzinfo | None:
    """Return the zone that a time names; that of the calendar where it names none."""
    named = str(getattr(event.get(name), "params", {}).get("TZID", ""))
    return _find_zone(named) if named else zone


def _format_moment(moment: date | datetime | None, zone: tzinfo | None) -> tuple[str, str]:
    """Return a moment in ISO 8601; where it has no zone its day, and the moment as it is."""
    if moment is None:
        return "", ""
    if not isinstance(moment, datetime):
        return moment.isoformat(), ""
    moment = moment.replace(microsecond=0)
    if moment.tzinfo is None and zone is None:
        return moment.date().isoformat(), moment.strftime("%Y-%m-%d %H:%M")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    elif zone is not None and moment.utcoffset() == timedelta(0):
        with suppress(OverflowError):
            moment = moment.astimezone(zone)
    return moment.isoformat(), ""


def _format_key(moment: date | datetime | None) -> str:
    if moment is None:
        return ""
    return moment.strftime("%Y%m%dT%H%M%S" if isinstance(moment, datetime) else "%Y%m%d")


def _get_moment(event: Any, name: str) -> date | datetime | None:
    try:
        value = event.get(name).dt
    except Exception:
        return None
    return value if isinstance(value, date) else None


def _get_text(component: Any, name: str) -> str:
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value).strip()


def _get_language(event: Any) -> str:
    params = getattr(event.get("SUMMARY"), "params", {})
    return str(params.get("LANGUAGE", "")).partition("-")[0].lower()


def _get_point(event: Any) -> tuple[str, str]:
    point = event.get("GEO")
    if point is None or isinstance(point, list):
        return "", ""
    return str(point.latitude), str(point.longitude)


def _get_categories(event: Any) -> Iterator[str]:
    value = event.get("CATEGORIES")
    for each in value if isinstance(value, list) else [value] if value is not None else []:
        for category in getattr(each, "cats", [each]):
            yield str(category).strip().replace("|", "/")


def _get_rule(event: Any) -> str:
    rule = event.get("RRULE")
    rules = rule if isinstance(rule, list) else [rule] if rule is not None else []
    return " ".join(each.to_ical().decode("utf-8", "replace") for each in rules)
