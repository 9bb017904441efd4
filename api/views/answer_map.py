"""Map of the answer of a query: its rows that have coordinates, a point as text, or a record."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import dist
from typing import Any, Final

from api.views.labels import LabelResolver, LinkedText
from api.views.map_view import (
    LEAST_DEGREES,
    MAP_HEIGHT,
    MAP_WIDTH,
    MAX_RADIUS,
    MIN_RADIUS,
    Marker,
    Picture,
    choose_bounds,
    format_box,
)
from api.views.network_parts import read_kind
from api.views.outlines import UNITS, Projection, draw_ground, fit_window
from api.views.page_context import PageContext
from api.views.query_terms import Binding, parse_term
from kg.catalogue.filters import BoundingBox
from kg.catalogue.record_maps import PlacedRecords, RecordPoint
from kg.kinds import KIND_BY_NAME
from kg.namespaces import expand

MAX_NAMES: Final = 5
"""Names of things at one point that its marker tells."""
ONE_RADIUS: Final = 12
GROUP_PIXELS: Final = 44
"""What is nearer than that to each other has one marker."""
NEUTRAL_KIND: Final = "place"
"""The kind whose colour a map has that shows several kinds, or none."""
LATITUDE_PATTERN: Final = re.compile(r"(.*?)_?(?:lat|latitude)", re.IGNORECASE)
LONGITUDE_PATTERN: Final = re.compile(r"(.*?)_?(?:lon|long|lng|longitude)", re.IGNORECASE)
WKT_PATTERN: Final = re.compile(
    r"\s*(?:<(?P<crs>[^>]*)>)?\s*POINT\s*\(\s*(?P<x>[-+\d.eE]+)\s+(?P<y>[-+\d.eE]+)\s*\)\s*",
    re.IGNORECASE,
)
WKT_DATATYPE: Final = expand("geo:wktLiteral")
LONGITUDE_FIRST: Final = "CRS84"
LATITUDE_FIRST: Final = "EPSG/0/4326"

Locate = Callable[[Iterable[str]], Mapping[str, RecordPoint]]
ReadPoint = Callable[[Binding], RecordPoint | None]


@dataclass(frozen=True)
class AnswerPoint:
    """A row of an answer that has a place."""

    place: RecordPoint
    thing: LinkedText
    kind: str
    """The kind of the record; empty for what is none."""


@dataclass(frozen=True)
class AnswerMap:
    """The rows of an answer that have a place: drawn, and as the script of maps takes them."""

    placed: int
    rows: int
    kind: str
    picture: Picture
    window: str
    clusters: Sequence[Mapping[str, Any]]
    has_territories: bool
    """Whether some are at the point of a territory."""


def find_points(
    names: Sequence[str], bindings: Sequence[Binding], labels: LabelResolver, locate: Locate
) -> list[AnswerPoint]:
    """The rows that have a place: by columns of coordinates, else by the records of a column."""
    for read in _list_readers(names, bindings):
        points = [(binding, place) for binding in bindings if (place := read(binding))]
        if points:
            return [_name_point(names, binding, place, labels) for binding, place in points]
    best: list[AnswerPoint] = []
    for name in names:
        rows = [b for b in bindings if name in b and b[name]["type"] == "uri"]
        places = locate(binding[name]["value"] for binding in rows)
        located = [binding for binding in rows if binding[name]["value"] in places]
        if len(located) > len(best):
            best = [_name_point((name,), b, places[b[name]["value"]], labels) for b in located]
    return best


def draw_points(points: Sequence[AnswerPoint], rows: int, site: PageContext) -> AnswerMap:
    """The map of points; `rows` is how many rows the answer has."""
    at: dict[tuple[float, float], list[AnswerPoint]] = {}
    for point in points:
        here = at.setdefault((point.place.longitude, point.place.latitude), [])
        if point.thing not in (other.thing for other in here):
            here.append(point)
    bounds = choose_bounds(_place(list(at)))
    projection = fit_window(bounds, MAP_WIDTH, MAP_HEIGHT, LEAST_DEGREES)
    groups = _group_points(at, projection)
    largest = max((len(here) for here in groups.values()), default=1)
    markers = [_build_marker(x, y, here, largest, site) for (x, y), here in groups.items()]
    kinds = Counter(point.kind for point in points)
    kind, number = kinds.most_common(1)[0]
    return AnswerMap(
        len(points),
        rows,
        kind if kind in KIND_BY_NAME and number == len(points) else NEUTRAL_KIND,
        Picture(draw_ground(projection), tuple(markers)),
        format_box(bounds),
        [_serialize_point(point, here) for point, here in at.items()],
        any(point.place.at_territory for point in points),
    )


def parse_wkt_point(text: str) -> RecordPoint | None:
    """A point of GeoSPARQL in degrees (WGS 84, longitude first by default); None for others."""
    match = WKT_PATTERN.fullmatch(text)
    if match is None:
        return None
    system = match["crs"] or LONGITUDE_FIRST
    if system.endswith(LATITUDE_FIRST):
        return _read_point(match["x"], match["y"])
    return _read_point(match["y"], match["x"]) if system.endswith(LONGITUDE_FIRST) else None


def _list_readers(names: Sequence[str], bindings: Sequence[Binding]) -> list[ReadPoint]:
    """A reader of points for each pair of columns of coordinates, and for each of points."""
    readers = []
    longitudes = {m[1]: name for name in names if (m := LONGITUDE_PATTERN.fullmatch(name))}
    for name in names:
        match = LATITUDE_PATTERN.fullmatch(name)
        if match and match[1] in longitudes:
            readers.append(_build_pair_reader(name, longitudes[match[1]]))
        if any(b[name].get("datatype") == WKT_DATATYPE for b in bindings if name in b):
            readers.append(_build_wkt_reader(name))
    return readers


def _build_pair_reader(latitude: str, longitude: str) -> ReadPoint:
    def read(binding: Binding) -> RecordPoint | None:
        if latitude not in binding or longitude not in binding:
            return None
        return _read_point(binding[latitude]["value"], binding[longitude]["value"])

    return read


def _build_wkt_reader(name: str) -> ReadPoint:
    def read(binding: Binding) -> RecordPoint | None:
        return parse_wkt_point(str(binding[name]["value"])) if name in binding else None

    return read


def _read_point(latitude: Any, longitude: Any) -> RecordPoint | None:
    try:
        north, east = float(latitude), float(longitude)
    except (TypeError, ValueError):
        return None
    on_earth = abs(north) <= 85 and abs(east) <= 180  # which no NaN is; maps end at 85 degrees
    return RecordPoint(north, east, at_territory=False) if on_earth else None


def _name_point(
    names: Sequence[str], binding: Binding, place: RecordPoint, labels: LabelResolver
) -> AnswerPoint:
    """The place of a row with what has it: the first thing with an address, else the first text."""
    terms = [binding[name] for name in names if name in binding]
    term = next((term for term in terms if term["type"] == "uri"), terms[0])
    kind = read_kind(term["value"]) if term["type"] == "uri" else ""
    return AnswerPoint(place, labels.resolve(parse_term(term)), kind)


def _place(points: Sequence[tuple[float, float]]) -> PlacedRecords:
    """The points as maps choose their window by them."""

    def find_in(box: BoundingBox) -> tuple[int, BoundingBox | None]:
        west, south, east, north = box
        inside = [(x, y) for x, y in points if west <= x <= east and south <= y <= north]
        return len(inside), _find_bounds(inside)

    total = len(points)
    return PlacedRecords(total, total, 0, _find_bounds(points), lambda *_: (), find_in)


def _find_bounds(points: Sequence[tuple[float, float]]) -> BoundingBox | None:
    if not points:
        return None
    longitudes, latitudes = zip(*points, strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _group_points(
    at: Mapping[tuple[float, float], Sequence[AnswerPoint]], projection: Projection
) -> dict[tuple[float, float], list[AnswerPoint]]:
    """What is at or near each place of a drawing, by pixels, so that no two markers overlap."""
    groups: dict[tuple[float, float], list[AnswerPoint]] = {}
    for (longitude, latitude), here in at.items():
        x, y = projection.project(longitude, latitude)
        if 0 <= x <= projection.width and 0 <= y <= projection.height:
            near = (place for place in groups if dist(place, (x, y)) < GROUP_PIXELS)
            groups.setdefault(next(near, (x, y)), []).extend(here)
    return groups


def _build_marker(
    left: float, top: float, here: Sequence[AnswerPoint], largest: int, site: PageContext
) -> Marker:
    first, x, y = here[0], round(left * UNITS), round(top * UNITS)
    if len(here) == 1:
        name = first.thing.text
        if first.place.at_territory:
            name = f"{name} ({site.t('point_of_covered')})"
        near = first.place.at_territory
        return Marker(x, y, ONE_RADIUS, 1, "", name, first.thing.href or "#rows", near)
    named = ", ".join(point.thing.text for point in here[:MAX_NAMES])
    more = "…" if len(here) > MAX_NAMES else ""
    share = (len(here) / largest) ** 0.4
    radius = round(UNITS * (MIN_RADIUS + (MAX_RADIUS - MIN_RADIUS) * share))
    count = site.format_number(len(here))
    return Marker(
        x, y, radius, len(here), count, f"{count}{site.colon}{named}{more}", "#rows",
        at_territory=False,
    )  # fmt: skip


def _serialize_point(point: tuple[float, float], here: Sequence[AnswerPoint]) -> dict[str, Any]:
    """The things at a point, as `/map/{kind}` gives a cluster whose records are named."""
    longitude, latitude = point
    return {
        "count": len(here),
        "longitude": longitude,
        "latitude": latitude,
        "records": [
            {
                "name": one.thing.text,
                "href": one.thing.href or "#rows",
                "at_commune": one.place.at_territory,
            }
            for one in here
        ],
    }
