"""Ground of maps: the outlines of régions and départements, as paths of an SVG (Web Mercator)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import asinh, atan, degrees, log2, radians, sinh, tan
from typing import Any, Final

import orjson

from api.views.jinja import STATIC_FOLDER
from kg.catalogue.filters import BoundingBox

OUTLINES_FILE: Final = "outlines.json"
"""TopoJSON of `data/territory_outlines.py`."""
TILE_PIXELS: Final = 256
OUTLINE_MARGIN: Final = 0.15
"""Share of the width of an outline that is left around it."""
UNITS: Final = 2
"""Units of a path to a pixel."""
Point = tuple[float, float]
Line = Sequence[Point]


@dataclass(frozen=True)
class Projection:
    """A window on the world in pixels: Web Mercator, as Leaflet has it."""

    window: BoundingBox
    width: float
    """Pixels of the window."""

    @property
    def scale(self) -> float:
        west, _, east, _ = self.window
        return self.width / (east - west)

    @property
    def height(self) -> float:
        return self.project(self.window[0], self.window[1])[1]

    @property
    def zoom(self) -> int:
        """The zoom of web maps that has about the same scale."""
        return max(0, round(log2(self.scale * 360 / TILE_PIXELS)))

    def project(self, longitude: float, latitude: float) -> Point:
        top = _stretch(self.window[3])
        return (
            (longitude - self.window[0]) * self.scale,
            (top - _stretch(latitude)) * self.scale,
        )


@dataclass(frozen=True)
class Ground:
    """Paths of an SVG: land, borders between régions, and those of départements inside one."""

    view_box: str
    land: str
    regions: str
    departements: str


def fit_window(bounds: BoundingBox, width: float, height: float, least: float) -> Projection:
    """A projection of bounds into pixels, in their middle and at least `least` degrees across."""
    west, south, east, north = bounds
    middle = (west + east) / 2
    low, high = _stretch(south), _stretch(north)
    span = max(east - west, (high - low) * width / height, least)
    centre = (low + high) / 2
    half = span * height / width / 2
    return Projection(
        (middle - span / 2, _shrink(centre - half), middle + span / 2, _shrink(centre + half)),
        width,
    )


@lru_cache(maxsize=512)
def draw_ground(projection: Projection) -> Ground:
    """The outlines in a window."""
    size = f"0 0 {round(projection.width * UNITS)} {round(projection.height * UNITS)}"
    objects = load_outlines()
    return Ground(
        size,
        _draw_lines(objects["land"], projection, closed=True),
        _draw_lines(objects["regions"], projection, closed=False),
        _draw_lines(objects["departements"], projection, closed=False),
    )


@lru_cache(maxsize=256)
def draw_outline(name: str, width: float, height: float) -> tuple[Projection, str] | None:
    """A window on a territory, and its outline as a path; None for one without outline."""
    lines = load_outlines().get(name)
    if lines is None:
        return None
    points = [point for line in lines for point in line]
    longitudes, latitudes = [x for x, _ in points], [y for _, y in points]
    margin = (max(longitudes) - min(longitudes)) * OUTLINE_MARGIN
    bounds = (
        min(longitudes) - margin,
        min(latitudes) - margin,
        max(longitudes) + margin,
        max(latitudes) + margin,
    )
    projection = fit_window(bounds, width, height, 0)
    return projection, _draw_lines(lines, projection, closed=True)


@lru_cache(maxsize=10_000)
def find_territory(longitude: float, latitude: float, level: str) -> str | None:
    """The key of the `region` or `departement` whose outline a point is in, if any."""
    for name, (west, south, east, north), lines in _list_territories(level):
        if not (west <= longitude <= east and south <= latitude <= north):
            continue
        crossed = (
            (y0 <= latitude) != (y1 <= latitude)
            and x0 + (latitude - y0) / (y1 - y0) * (x1 - x0) > longitude
            for line in lines
            for (x0, y0), (x1, y1) in pairwise([*line, line[0]])
        )
        if sum(crossed) % 2:
            return name
    return None


@lru_cache(maxsize=2)
def _list_territories(level: str) -> list[tuple[str, BoundingBox, list[Line]]]:
    """The territories of a level that have an outline, each with its bounds."""
    territories = []
    for name, lines in load_outlines().items():
        if name.startswith(f"{level}-"):
            longitudes, latitudes = zip(*(point for line in lines for point in line), strict=True)
            bounds = min(longitudes), min(latitudes), max(longitudes), max(latitudes)
            territories.append((name, bounds, lines))
    return territories


@lru_cache(maxsize=1)
def load_outlines() -> dict[str, list[Line]]:
    """The lines of each object of the file, in degrees."""
    topology = orjson.loads((STATIC_FOLDER / OUTLINES_FILE).read_bytes())
    scale = topology["transform"]["scale"]
    arcs = [list(_decode_arc(arc, scale)) for arc in topology["arcs"]]
    return {
        name: [_join_arcs(arcs, ring) for ring in _list_rings(shape)]
        for name, shape in topology["objects"].items()
    }


def _list_rings(shape: dict[str, Any]) -> Iterator[list[int]]:
    for part in shape["arcs"]:
        yield from part if shape["type"] == "MultiPolygon" else [part]


def _decode_arc(arc: list[list[int]], scale: Sequence[float]) -> Iterator[Point]:
    x = y = 0
    for east, north in arc:
        x, y = x + east, y + north
        yield x * scale[0], y * scale[1]


def _join_arcs(arcs: Sequence[Line], numbers: Iterable[int]) -> Line:
    line: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        line += arc[1:] if line else arc
    return line


def _draw_lines(lines: Iterable[Line], projection: Projection, *, closed: bool) -> str:
    paths = (_draw_line(line, projection, closed=closed) for line in lines)
    return "".join(path for path in paths if path)


def _draw_line(line: Line, projection: Projection, *, closed: bool) -> str:
    """A path in whole units, without what cannot be seen in the window."""
    width, height = projection.width * UNITS, projection.height * UNITS
    points: list[tuple[int, int]] = []
    for x, y in (projection.project(*point) for point in line):
        point = round(x * UNITS), round(y * UNITS)
        if not points or point != points[-1]:
            points.append(point)
    zones = [((x < 0) - (x > width), (y < 0) - (y > height)) for x, y in points]
    if any(all(zone[axis] == side for zone in zones) for axis in (0, 1) for side in (-1, 1)):
        return ""
    if len(set(points)) < (3 if closed else 2):
        return ""
    # what goes on outside, on one side of the window, is a straight line there
    kept = [
        point
        for i, point in enumerate(points)
        if i in (0, len(points) - 1)
        or zones[i] == (0, 0)
        or not zones[i - 1] == zones[i] == zones[i + 1]
    ]
    steps = (f"{x - before_x} {y - before_y}" for (before_x, before_y), (x, y) in pairwise(kept))
    return f"M{kept[0][0]} {kept[0][1]}l{' '.join(steps)}{'z' if closed else ''}"


def _stretch(latitude: float) -> float:
    """The height of a parallel on the plane, in degrees of the equator."""
    return degrees(asinh(tan(radians(latitude))))


def _shrink(height: float) -> float:
    """The parallel at a height."""
    return degrees(atan(sinh(radians(height))))
