"""Streaming exporters of whole lists: CSV, GeoJSON and iCalendar."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final, Literal
from zoneinfo import ZoneInfo

import orjson
from icalendar import Calendar, Event, Timezone

from api.i18n.texts import TEXTS
from api.serializers.event_status import format_headline
from api.serializers.list_json import serialize_label, serialize_value
from kg.catalogue.edtf import parse_instant
from kg.catalogue.records import Field, Item
from kg.kinds import KIND_BY_NAME, Text

BATCH_SIZE: Final = 250
DAY_PATTERN: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}\S*)?[?~%]?")
ICALENDAR_STATUS: Final = {
    "cancelled": "CANCELLED", "postponed": "TENTATIVE", "announced": "TENTATIVE",
    "programme-to-be-announced": "CONFIRMED", "scheduled": "CONFIRMED", "past": "CONFIRMED",
}  # fmt: skip
"""States of events in RFC 5545, which has no word for a postponed one: what it has left is
TENTATIVE, and the state stands in the title."""

LabelLoader = Callable[[Iterable[str]], Mapping[str, Text]]
"""Gives the labels of IRIs."""
AddressFinder = Callable[[str], str]
"""Gives the postal address of a place by its key, empty where none is known."""


@dataclass(frozen=True)
class ExportContext:
    """What a stream needs to know beside its records."""

    fields: Mapping[str, Field]
    load_labels: LabelLoader
    find_address: AddressFinder
    states: Mapping[str, Text]
    """The names of the states of events, by code."""
    language: str
    title: str
    created: datetime
    origin: str
    """Scheme and host under which this server was reached."""


def split_into_batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The records in lists of a few hundred."""
    walking = iter(items)
    while batch := list(islice(walking, BATCH_SIZE)):
        yield batch


def stream_csv(frame: ExportContext, items: Iterable[Item]) -> Iterator[bytes]:
    """The canonical columns; several values of a cell are joined by a vertical bar.

    The headings are in quotes: DuckDB guesses from the first 20,480 lines whether there are any.
    """
    yield _encode_csv([list(frame.fields)], csv.QUOTE_ALL)
    for batch in split_into_batches(items):
        yield _encode_csv(
            [_format_cell(frame, item, name) for name in frame.fields] for item in batch
        )


def _format_cell(frame: ExportContext, item: Item, name: str) -> str:
    cells = item.cells.get(name)
    return "|".join(_as_list(frame.fields[name].format_cells(cells))) if cells else ""


def _as_list(value: list[str] | str) -> list[str]:
    return [value] if isinstance(value, str) else value


def _encode_csv(
    rows: Iterable[Sequence[str]], quoting: Literal[0, 1, 2, 3] = csv.QUOTE_MINIMAL
) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n", quoting=quoting).writerows(rows)
    return written.getvalue().encode()


def stream_geojson(frame: ExportContext, items: Iterable[Item]) -> Iterator[bytes]:
    """A FeatureCollection of the records that have coordinates."""
    yield b'{"type":"FeatureCollection","features":['
    between = b"\n"
    for batch in split_into_batches(items):
        features = [
            orjson.dumps(feature) for item in batch if (feature := _build_feature(frame, item))
        ]
        if features:
            yield between + b",\n".join(features)
            between = b",\n"
    yield b"\n]}\n"


FEATURE_COLUMNS: Final = ("id", "latitude", "longitude", "label_fr", "label_en", "url")
"""Columns that a feature tells elsewhere: `url` is the address of the record, as in JSON."""


def _build_feature(frame: ExportContext, item: Item) -> dict[str, object] | None:
    if item.longitude is None or item.latitude is None:
        return None
    return {
        "type": "Feature",
        "id": item.iri,
        "geometry": {"type": "Point", "coordinates": [item.longitude, item.latitude]},
        "properties": {
            **serialize_label(item.label, frame.language),
            "kind": item.kind,
            "key": item.key,
            "url": frame.origin + item.path,
            **({"point_of": item.point_of} if item.point_of else {}),
            **({"homepage": "|".join(item.cells["url"])} if item.cells.get("url") else {}),
            **{
                name: serialize_value(frame.fields[name], cells)
                for name, cells in item.cells.items()
                if name not in FEATURE_COLUMNS
            },
            "sources": list(item.sources),
        },
    }


def stream_icalendar(frame: ExportContext, items: Iterable[Item], omitted: int) -> Iterator[bytes]:
    """An iCalendar of the records that begin on a known day; the others are counted in it.

    It has no METHOD, which is for invitations, where an ORGANIZER is asked for (RFC 5546, 3.2.1).
    """
    opening = Calendar()
    opening.add("prodid", "-//ess-kg//calendar//FR")
    opening.add("version", "2.0")
    opening.add("x-wr-calname", frame.title)
    opening.add("x-ess-kg-without-date", str(omitted))
    before, _, after = opening.to_ical().partition(b"END:VCALENDAR")
    yield before
    empty = True
    for batch in split_into_batches(items):
        labels = frame.load_labels(iri for item in batch for iri in _list_place_iris(frame, item))
        events = [event for item in batch if (event := _build_event(frame, item, labels))]
        empty = empty and not events
        yield b"".join(event.to_ical() for event in events)
    if empty:
        # RFC 5545, 3.6: a calendar has at least one component. Of a zone with summer time, the
        # library writes its begin an hour late (icalendar 7.3.0)
        yield Timezone.from_tzid("Etc/UTC").to_ical()
    yield b"END:VCALENDAR" + after


def _list_place_iris(frame: ExportContext, item: Item) -> Iterator[str]:
    for name in ("place", "territory", "topics"):
        for cell in item.cells.get(name, ()) if name in frame.fields else ():
            iri = frame.fields[name].build_iri(cell)
            if iri:
                yield iri


def _build_event(frame: ExportContext, item: Item, labels: Mapping[str, Text]) -> Event | None:
    start, finish = item.dates
    begin = parse_moment(start, item.zone)
    if begin is None:
        return None
    # the day of an organisation is that of its foundation, not all the time until it ends
    end = parse_moment(finish, item.zone) if KIND_BY_NAME[item.kind].dates[-1] == "end" else None
    event = Event()
    event.add("uid", item.iri)
    event.add("dtstamp", frame.created)
    event.add("summary", _format_title(frame, item, start))
    event.add("dtstart", begin)
    closing = _compute_end(begin, end, item.zone)
    if closing is not None:
        event.add("dtend", closing)
    event.add("url", frame.origin + item.path)
    _add_details(frame, item, labels, event)
    return event


def _format_title(frame: ExportContext, item: Item, start: str) -> str:
    title = format_headline(item, frame.states, frame.language)
    doubt = TEXTS["uncertain_date"][frame.language]
    return f"{title} ({doubt})" if _is_uncertain(start) else title


def _compute_end(
    begin: date | datetime, end: date | datetime | None, zone: str | None
) -> date | datetime | None:
    """The first moment after an event, in the precision of its beginning.

    None where there is none that is later than the beginning, as RFC 5545 (3.8.2.2) asks for.
    """
    if end is None:
        return None
    if not isinstance(begin, datetime):
        day = end.date() if isinstance(end, datetime) else end
        return day + timedelta(days=1) if day >= begin else None
    if not isinstance(end, datetime):  # until the last day is over, on the clock of the place
        following = datetime.combine(end + timedelta(days=1), time())
        if begin.tzinfo:
            following = following.replace(tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(UTC)
        end = following
    return end if bool(end.tzinfo) == bool(begin.tzinfo) and end > begin else None


def _add_details(
    frame: ExportContext, item: Item, labels: Mapping[str, Text], event: Event
) -> None:
    cells = item.cells
    places = cells.get("place", ())
    where = [*_list_labels(frame, item, labels, "place"), *cells.get("address", ())]
    where += [a for place in places if (a := frame.find_address(place.partition("/")[2]))]
    where += [] if where else _list_labels(frame, item, labels, "territory")
    if where:
        event.add("location", ", ".join(where))
    descriptions = cells.get(f"description_{frame.language}") or cells.get("description_fr")
    if descriptions:
        event.add("description", "\n".join(descriptions))
    topics = _list_labels(frame, item, labels, "topics")
    if topics:
        event.add("categories", topics)
    if item.latitude is not None and item.longitude is not None:
        event.add("geo", (item.latitude, item.longitude))
    status = (
        ICALENDAR_STATUS.get("".join(cells.get("status", ()))) if item.kind == "event" else None
    )
    if status != "CANCELLED" and _is_uncertain(item.dates[0]):
        status = "TENTATIVE"
    if status:
        event.add("status", status)


def _list_labels(
    frame: ExportContext, item: Item, labels: Mapping[str, Text], name: str
) -> list[str]:
    item_labels = (
        labels.get(frame.fields[name].build_iri(cell) or "") for cell in item.cells.get(name, ())
    )
    return [label[frame.language] for label in item_labels if label]


def _is_uncertain(written: str) -> bool:
    return any(mark in written for mark in "?~%")


def parse_moment(written: str, zone: str | None = None) -> date | datetime | None:
    """The day or the instant of a date known to the day, None for any other one.

    A time of day without an offset is an instant where the zone of its place is known, and a
    floating time elsewhere (RFC 5545, 3.3.5).
    """
    match = DAY_PATTERN.fullmatch(written)
    if match is None:
        return None
    plain = written.rstrip("?~%")
    try:
        if match[2] is None:
            return date.fromisoformat(match[1])
        read = datetime.fromisoformat(plain)
    except ValueError:
        return None
    instant = parse_instant(plain, zone)
    return instant.astimezone(UTC) if instant else read
