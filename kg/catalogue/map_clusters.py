"""Clusters of a map: the located records of a list, counted by squares that suit a zoom.

A map of a million records gets some hundred counts. Where few records are in the window, their
points are gone through one by one; where many are, the sets of the extent index are intersected,
whose squares are a degree or a tenth of one. Neighbours that would overlap on the screen become one
cluster, so that every record in the window is counted once.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import cos, floor, log2, radians
from operator import itemgetter
from typing import Final

from kg.catalogue import bitmap, extent_index
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.filters import MAX_LONGITUDE, BoundingBox
from kg.catalogue.record_sets import RecordRange

UNITS: Final = 1_000_000
"""Steps of a degree in which points are kept."""
MAX_ZOOM: Final = 18
TILE_PIXELS: Final = 256
"""Width of the world at zoom 0 (the tiles of web maps)."""
MAX_WINDOW_PIXELS: Final = 4096
"""Width of a window; a wider one is looked at from farther away."""
CLUSTER_PIXELS: Final = 46
"""Distance of clusters on the screen."""
MAX_CLUSTERS: Final = 400
MAX_SINGLE_POINTS: Final = 60_000
"""Records that are gone through one by one."""
MAX_TESTED_POINTS: Final = 200_000
"""Records of the squares at the window that are tested for being in it."""
SAMPLE: Final = 24
"""Records whose mean point stands for a square with more of them."""
DEGREE_ZOOM: Final = 7
"""Zoom up to which squares of a degree are fine enough."""
SQUARE_ZOOM: Final = 10
"""Zoom up to which a window is made of whole squares; closer, records outside are left out."""
WINDOW_ZOOM: Final = 13
"""Zoom up to which records of the squares are tested; closer, few are in the window itself."""
MAX_NAMED: Final = 8
"""Records at one point that are named."""


@dataclass(frozen=True)
class Points:
    """The points of the records of a kind by position, and which of them are those of a commune."""

    longitudes: "array[int]"
    latitudes: "array[int]"
    located: RecordSet
    at_territory: RecordSet


@dataclass(frozen=True)
class Cluster:
    """Records that are near each other at a zoom."""

    count: int
    longitude: float
    latitude: float
    bounds: BoundingBox
    """West, south, east, north of the records, or of the squares that they are in."""
    positions: tuple[int, ...]
    """The records, where they are few and at one point."""


def read_points(file: sqlite3.Connection, span: RecordRange) -> Points:
    """Read the points of the records of a kind."""
    longitudes, latitudes = (array("i", bytes(4 * span.size)) for _ in range(2))
    rows = file.execute(
        "SELECT id - ?1, CAST(round((west + east) / 2 * ?3) AS INTEGER), "
        "CAST(round((south + north) / 2 * ?3) AS INTEGER) FROM spot WHERE id BETWEEN ?1 AND ?2",
        (span.first, span.last, UNITS),
    )
    located = []
    for position, longitude, latitude in rows:
        longitudes[position] = longitude
        latitudes[position] = latitude
        located.append(position)
    return Points(
        longitudes,
        latitudes,
        bitmap.from_positions(located),
        extent_index.find_at_territories(file, span.kind, span.first, span.last),
    )


def find_bounds(points: Points, members: RecordSet) -> BoundingBox | None:
    """The bounds of some records; None where there are none, or too many to go through.

    The world is cut open where the widest gap between them is: across the 180th meridian, east is
    more than 180.
    """
    if not 0 < len(members) <= MAX_SINGLE_POINTS:
        return None
    longitudes, latitudes = _get_coordinates(points, list(members))
    ordered = sorted(set(longitudes))
    turn = 360 * UNITS
    gaps = [(b - a, b, a + turn) for a, b in pairwise(ordered)]
    _, west, east = max([(ordered[0] + turn - ordered[-1], ordered[0], ordered[-1]), *gaps])
    return west / UNITS, min(latitudes) / UNITS, east / UNITS, max(latitudes) / UNITS


def turn_window(window: BoundingBox) -> BoundingBox:
    """A window with sides within 180 degrees: across the 180th meridian, west is the larger."""
    west, south, east, north = window
    if east - west >= 360:
        return -MAX_LONGITUDE, south, MAX_LONGITUDE, north
    return _turn(west), south, _turn(east), north


def _turn(longitude: float) -> float:
    return longitude if abs(longitude) <= MAX_LONGITUDE else (longitude + 180) % 360 - 180


def limit_zoom(window: BoundingBox, zoom: int) -> int:
    """The zoom, or the nearest at which a window is no wider than a screen."""
    width = (window[2] - window[0]) % 360 or 360
    widest = floor(log2(MAX_WINDOW_PIXELS / TILE_PIXELS * 360 / width))
    return max(0, min(zoom, widest, MAX_ZOOM))


def compute_clusters(
    file: sqlite3.Connection,
    span: RecordRange,
    points: Points,
    members: RecordSet,
    window: BoundingBox,
    zoom: int,
) -> list[Cluster]:
    """Cluster those of some located records that are in a window, or in its squares."""
    window = turn_window(window)
    zoom = limit_zoom(window, zoom)
    west, south, east, north = window
    if west > east:
        halves = (west, south, MAX_LONGITUDE, north), (-MAX_LONGITUDE, south, east, north)
        return [c for h in halves for c in compute_clusters(file, span, points, members, h, zoom)]
    step = CLUSTER_PIXELS * 360 / (TILE_PIXELS * 2**zoom)
    shrink = max(cos(radians((south + north) / 2)), 0.05)
    found = list(
        _find_clusters(file, span, points, members, window, zoom, (step / 2, step / 2 * shrink))
    )
    found = merge_clusters(found, step, shrink)
    while len(found) > MAX_CLUSTERS:
        step *= 1.5
        found = merge_clusters(found, step, shrink)
    return found


def _find_clusters(
    file: sqlite3.Connection,
    span: RecordRange,
    points: Points,
    members: RecordSet,
    window: BoundingBox,
    zoom: int,
    steps: tuple[float, float],
) -> Iterator[Cluster]:
    if zoom > WINDOW_ZOOM:
        box = extent_index.find_in_box(file, span.kind, span.first, span.last, window)
        if len(inside := members & box) <= MAX_SINGLE_POINTS:
            yield from _cluster_points(points, list(inside), steps)
            return
    scale = 1 if zoom <= DEGREE_ZOOM else 10
    squares = [
        (corner, inside)
        for corner, all_inside in extent_index.iterate_squares(file, span.kind, scale, window)
        if (inside := members & all_inside)
    ]
    positions: Sequence[int] | None = None
    found = sum(len(inside) for _, inside in squares)
    if found <= (MAX_SINGLE_POINTS if zoom <= SQUARE_ZOOM else MAX_TESTED_POINTS):
        positions = list(bitmap.union(inside for _, inside in squares))
        if zoom > SQUARE_ZOOM:
            positions = _select_in_window(points, positions, window)
    if positions is not None and len(positions) <= MAX_SINGLE_POINTS:
        yield from _cluster_points(points, positions, steps)
        return
    for (west, south), inside in squares:
        east, north = _get_coordinates(points, list(islice(inside, SAMPLE)))
        yield Cluster(
            len(inside),
            sum(east) / len(east) / UNITS,
            sum(north) / len(north) / UNITS,
            (west, south, west + 1 / scale, south + 1 / scale),
            tuple(inside) if len(inside) == 1 else (),
        )


def _select_in_window(
    points: Points, positions: Sequence[int], window: BoundingBox
) -> Sequence[int]:
    """The records whose point is in a window that the 180th meridian does not cross."""
    if not positions:
        return positions
    west, south, east, north = (side * UNITS for side in window)
    return [
        position
        for position, x, y in zip(positions, *_get_coordinates(points, positions), strict=True)
        if west <= x <= east and south <= y <= north
    ]


def _cluster_points(
    points: Points, positions: Sequence[int], steps: tuple[float, float]
) -> Iterator[Cluster]:
    """Cluster records by the square that their point is in."""
    if not positions:
        return
    across, up = (max(1, round(step * UNITS)) for step in steps)
    squares: dict[tuple[int, int], list[int]] = defaultdict(list)
    for position, east, north in zip(positions, *_get_coordinates(points, positions), strict=True):
        squares[east // across, north // up].append(position)
    for inside in squares.values():
        easts, norths = _get_coordinates(points, inside)
        west, south, east, north = min(easts), min(norths), max(easts), max(norths)
        coincide = west == east and south == north and len(inside) <= MAX_NAMED
        yield Cluster(
            len(inside),
            sum(easts) / len(inside) / UNITS,
            sum(norths) / len(inside) / UNITS,
            (west / UNITS, south / UNITS, east / UNITS, north / UNITS),
            tuple(inside) if coincide else (),
        )


def _get_coordinates(
    points: Points, positions: Sequence[int]
) -> tuple[Sequence[int], Sequence[int]]:
    if len(positions) == 1:
        return (points.longitudes[positions[0]],), (points.latitudes[positions[0]],)
    get = itemgetter(*positions)
    return get(points.longitudes), get(points.latitudes)


def merge_clusters(clusters: Iterable[Cluster], step: float, shrink: float) -> list[Cluster]:
    """Make one of clusters nearer to each other than a step of longitude, the largest first."""
    kept: dict[tuple[int, int], list[Cluster]] = defaultdict(list)
    for cluster in sorted(clusters, key=lambda c: -c.count):
        column, row = floor(cluster.longitude / step), floor(cluster.latitude / step / shrink)
        near = (
            (square, other)
            for square in ((column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
            for other in kept.get(square, ())
            if _measure(cluster, other, shrink) < step
        )
        nearest = min(near, key=lambda pair: _measure(cluster, pair[1], shrink), default=None)
        if nearest is None:
            kept[column, row].append(cluster)
        else:
            square, other = nearest
            kept[square][kept[square].index(other)] = _join(other, cluster)
    return [cluster for some in kept.values() for cluster in some]


def _measure(one: Cluster, other: Cluster, shrink: float) -> float:
    """The larger of the distances across and up, in degrees of longitude."""
    return max(abs(one.longitude - other.longitude), abs(one.latitude - other.latitude) / shrink)


def _join(one: Cluster, other: Cluster) -> Cluster:
    count = one.count + other.count
    positions: tuple[int, ...] = ()
    if one.bounds == other.bounds and one.positions and other.positions and count <= MAX_NAMED:
        positions = (*one.positions, *other.positions)
    return Cluster(
        count,
        (one.longitude * one.count + other.longitude * other.count) / count,
        (one.latitude * one.count + other.latitude * other.count) / count,
        (
            min(one.bounds[0], other.bounds[0]),
            min(one.bounds[1], other.bounds[1]),
            max(one.bounds[2], other.bounds[2]),
            max(one.bounds[3], other.bounds[3]),
        ),
        positions,
    )
