"""Whole lists as streams: CSV, GeoJSON and iCalendar, a few hundred records at a time."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final

import orjson
from icalendar import Calendar, Event

from api.render.listing import text
from kg.catalogue.records import Field, Item
from kg.kinds import BY_NAME, Text

CHUNK: Final = 250
DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}\S*)?[?~%]?")
STATUS: Final = {"cancelled": "CANCELLED", "scheduled": "CONFIRMED", "announced": "CONFIRMED"}

Named = Callable[[Iterable[str]], Mapping[str, Text]]
"""Gives the labels of IRIs."""


@dataclass(frozen=True)
class Frame:
    """What a stream needs to know beside its records."""

    fields: Mapping[str, Field]
    named: Named
    language: str
    title: str
    created: datetime
    origin: str
    """Scheme and host under which this server was reached."""


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The records in lists of a few hundred."""
    walking = iter(items)
    while batch := list(islice(walking, CHUNK)):
        yield batch


def csv_rows(frame: Frame, items: Iterable[Item]) -> Iterator[bytes]:
    """The canonical columns; several values of a cell are joined by a vertical bar."""
    yield _csv([list(frame.fields)])
    for batch in batches(items):
        yield _csv(["|".join(item.cells.get(name, ())) for name in frame.fields] for item in batch)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()


def geojson(frame: Frame, items: Iterable[Item]) -> Iterator[bytes]:
    """A FeatureCollection of the records that have coordinates."""
    yield b'{"type":"FeatureCollection","features":['
    between = b"\n"
    for batch in batches(items):
        features = [orjson.dumps(feature) for item in batch if (feature := _feature(frame, item))]
        if features:
            yield between + b",\n".join(features)
            between = b",\n"
    yield b"\n]}\n"


def _feature(frame: Frame, item: Item) -> dict[str, object] | None:
    if item.longitude is None or item.latitude is None:
        return None
    return {
        "type": "Feature",
        "id": item.iri,
        "geometry": {"type": "Point", "coordinates": [item.longitude, item.latitude]},
        "properties": {
            "label": text(item.label),
            "kind": item.kind,
            "key": item.key,
            "url": frame.origin + item.path,
            **{
                name: list(cells) if frame.fields[name].multiple else "|".join(cells)
                for name, cells in item.cells.items()
                if name not in ("id", "latitude", "longitude", "label_fr", "label_en")
            },
        },
    }


def calendar(frame: Frame, items: Iterable[Item], omitted: int) -> Iterator[bytes]:
    """An iCalendar of the records that begin on a known day; the others are counted in it."""
    opening = Calendar()
    opening.add("prodid", "-//ess-kg//calendar//FR")
    opening.add("version", "2.0")
    opening.add("method", "PUBLISH")
    opening.add("x-wr-calname", frame.title)
    opening.add("x-ess-kg-without-date", str(omitted))
    before, _, after = opening.to_ical().partition(b"END:VCALENDAR")
    yield before
    for batch in batches(items):
        labels = frame.named(iri for item in batch for iri in _places(frame, item))
        events = (_event(frame, item, labels) for item in batch)
        yield b"".join(event.to_ical() for event in events if event)
    yield b"END:VCALENDAR" + after


def _places(frame: Frame, item: Item) -> Iterator[str]:
    for name in ("place", "territory", "topics"):
        for cell in item.cells.get(name, ()) if name in frame.fields else ():
            iri = frame.fields[name].iri(cell)
            if iri:
                yield iri


def _event(frame: Frame, item: Item, labels: Mapping[str, Text]) -> Event | None:
    first, last = [*BY_NAME[item.kind].dates, ""][:2]
    begin = moment(item.cells.get(first, ()))
    if begin is None:
        return None
    # the day of an organisation is that of its foundation, not all the time until it ends
    end = moment(item.cells.get(last, ())) if last == "end" else None
    event = Event()
    event.add("uid", item.iri)
    event.add("dtstamp", frame.created)
    event.add("summary", item.label[frame.language])
    event.add("dtstart", begin)
    if end is not None and type(end) is type(begin):
        event.add("dtend", end if isinstance(end, datetime) else end + timedelta(days=1))
    event.add("url", frame.origin + item.path)
    _describe(frame, item, labels, event)
    return event


def _describe(frame: Frame, item: Item, labels: Mapping[str, Text], event: Event) -> None:
    cells = item.cells
    where = [*_names(frame, item, labels, "place"), *cells.get("address", ())]
    where += [] if where else _names(frame, item, labels, "territory")
    if where:
        event.add("location", ", ".join(where))
    told = cells.get(f"description_{frame.language}") or cells.get("description_fr")
    if told:
        event.add("description", "\n".join(told))
    topics = _names(frame, item, labels, "topics")
    if topics:
        event.add("categories", topics)
    if item.latitude is not None and item.longitude is not None:
        event.add("geo", (item.latitude, item.longitude))
    begins = cells[BY_NAME[item.kind].dates[0]][0]
    uncertain = any(mark in begins for mark in "?~%")
    status = "TENTATIVE" if uncertain else STATUS.get("".join(cells.get("status", ())))
    if status:
        event.add("status", status)


def _names(frame: Frame, item: Item, labels: Mapping[str, Text], name: str) -> list[str]:
    found = (labels.get(frame.fields[name].iri(cell) or "") for cell in item.cells.get(name, ()))
    return [label[frame.language] for label in found if label]


def moment(cells: Sequence[str]) -> date | datetime | None:
    """The day or the instant of a date known to the day, None for any other one."""
    match = DAY.fullmatch(cells[0]) if cells else None
    if match is None:
        return None
    try:
        if match[2] is None:
            return date.fromisoformat(match[1])
        instant = datetime.fromisoformat(match[1] + match[2])
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant
