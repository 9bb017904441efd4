"""Derives the outlines of régions and départements that maps are drawn on, as TopoJSON.

    python data/territory_outlines.py polygone-4326_dep.geojson departements.json \\
        >api/static/outlines.json

The first file has a polygon for each département (IGN, ADMIN EXPRESS, generalised by the ANCT,
https://github.com/anct-carto/superposeur-V2, Licence Ouverte 2.0), the second their régions (INSEE,
official geographic code, https://github.com/datagouv/decoupage-administratif, Licence Ouverte).

Borders that two départements share are one arc, simplified once, so that neighbours go on touching
(Douglas-Peucker, `TOLERANCE` on the ground; overseas half of it); islands smaller than `SMALLEST`
are left out where the département has others. An object is named by the key of its territory.
The object `land` is all of them together; `regions` and `departements` are the borders between
régions, and those between départements of one région.

It needs Python alone.
"""

import json
import sys
from collections.abc import Iterable
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Line = list[Point]

TOLERANCE = 0.003
"""Degrees of latitude, some 330 m."""
SMALLEST = 0.0008
"""Square degrees, some 7 km²."""
UNITS = 2000
"""Steps of a degree that coordinates are rounded to."""
OVERSEAS = ("971", "972", "973", "974", "976")


def read_polygons(file: Path) -> dict[str, list[list[Line]]]:
    """The polygons of each département, by code; each is its outer ring and its holes."""
    found = {}
    for feature in json.loads(file.read_text())["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"]
        if geometry["type"] == "Polygon":
            polygons = [polygons]
        rings = [[[(p[0], p[1]) for p in ring] for ring in polygon] for polygon in polygons]
        found[feature["properties"]["insee_dep"]] = drop_islets(rings)
    return dict(sorted(found.items()))


def drop_islets(polygons: list[list[Line]]) -> list[list[Line]]:
    """The polygons without those that would be a dot; the largest stays."""
    largest = max(polygons, key=lambda polygon: measure(polygon[0]))
    return [p for p in polygons if p is largest or measure(p[0]) >= SMALLEST]


def measure(ring: Line) -> float:
    """The area of a ring in square degrees."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))) / 2


def simplify(line: Line, tolerance: float) -> Line:
    """A line without the points that lie nearer to it than the tolerance (Douglas-Peucker)."""
    shrink = cos(radians(line[0][1]))
    kept = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        (x0, y0), (x1, y1) = line[first], line[last]
        across, up = (x1 - x0) * shrink, y1 - y0
        length = hypot(across, up)
        farthest, distance = 0, tolerance
        for i in range(first + 1, last):
            east, north = (line[i][0] - x0) * shrink, line[i][1] - y0
            away = abs(east * up - north * across) / length if length else hypot(east, north)
            if away > distance:
                farthest, distance = i, away
        if farthest:
            kept.add(farthest)
            spans += [(first, farthest), (farthest, last)]
    return [line[i] for i in sorted(kept)]


class Borders:
    """The arcs of a map: lines between the points where more than two départements meet."""

    def __init__(self, rings: Iterable[tuple[str, Line]]) -> None:
        self._owners: dict[tuple[Point, Point], set[str]] = {}
        for code, ring in rings:
            for a, b in pairwise(ring):
                self._owners.setdefault((min(a, b), max(a, b)), set()).add(code)
        self.arcs: list[Line] = []
        self.owners: list[set[str]] = []
        self._numbers: dict[tuple[Point, ...], int] = {}

    def cut(self, ring: Line) -> list[int]:
        """The numbers of the arcs that a ring is made of; ~n is arc n the other way round."""
        line = ring[:-1]
        sides = [self._find_owners(a, b) for a, b in pairwise(ring)]
        starts = [i for i in range(len(line)) if sides[i] != sides[i - 1]]
        if not starts:
            starts = [line.index(min(line))]
        turned = line[starts[0] :] + line[: starts[0]]
        ends = [s - starts[0] for s in starts] + [len(line)]
        turned.append(turned[0])
        return [self._number(turned[a : b + 1]) for a, b in pairwise(ends)]

    def _find_owners(self, a: Point, b: Point) -> set[str]:
        return self._owners[min(a, b), max(a, b)]

    def _number(self, line: Line) -> int:
        forward, backward = tuple(line), tuple(reversed(line))
        if backward in self._numbers:
            return ~self._numbers[backward]
        if forward not in self._numbers:
            self._numbers[forward] = len(self.arcs)
            self.arcs.append(line)
            self.owners.append(self._find_owners(line[0], line[1]))
        return self._numbers[forward]


def join_rings(arcs: list[Line], numbers: list[int]) -> list[list[int]]:
    """Closed rings of some arcs, each used once; ~n is arc n the other way round."""
    at: dict[Point, list[int]] = {}
    for number in numbers:
        at.setdefault(arcs[number][0], []).append(number)
        at.setdefault(arcs[number][-1], []).append(~number)
    left = set(numbers)
    rings = []
    while left:
        first = last = min(left)
        ring = [first]
        left.remove(first)
        while (end := arcs[last][-1] if last >= 0 else arcs[~last][0]) != arcs[first][0]:
            last = next(n for n in at[end] if max(n, ~n) in left)
            ring.append(last)
            left.remove(max(last, ~last))
        rings.append(ring)
    return rings


def encode(line: Line) -> list[list[int]]:
    """A line as the steps from point to point, in units."""
    steps, before = [], (0, 0)
    for x, y in line:
        point = (round(x * UNITS), round(y * UNITS))
        if not steps or point != before:
            steps.append([point[0] - before[0], point[1] - before[1]])
            before = point
    return steps


def split_closed(line: Line, tolerance: float) -> Line:
    """A closed line simplified half by half: its ends are one point, which has no direction."""
    if line[0] != line[-1]:
        return simplify(line, tolerance)
    far = max(
        range(len(line)), key=lambda i: hypot(line[i][0] - line[0][0], line[i][1] - line[0][1])
    )
    return simplify(line[: far + 1], tolerance) + simplify(line[far:], tolerance)[1:]


def build_topology(
    polygons: dict[str, list[list[Line]]], regions: dict[str, str]
) -> dict[str, Any]:
    """The TopoJSON of départements and régions."""
    rings = [(code, ring) for code, parts in polygons.items() for part in parts for ring in part]
    borders = Borders(rings)
    objects: dict[str, Any] = {}
    for code, parts in polygons.items():
        arcs = [[borders.cut(ring) for ring in part] for part in parts]
        objects[f"departement-{code}"] = {"type": "MultiPolygon", "arcs": arcs}
    for region in sorted({regions[code] for code in polygons}):
        members = {code for code in polygons if regions[code] == region}
        outside = [
            number
            for number, owners in enumerate(borders.owners)
            if owners & members and not (len(owners) == 2 and owners <= members)
        ]
        rings_of_region = join_rings(borders.arcs, outside)
        objects[f"region-{region}"] = {
            "type": "MultiPolygon",
            "arcs": [[ring] for ring in rings_of_region],
        }
    outer = [n for n, owners in enumerate(borders.owners) if len(owners) == 1]
    rings_of_land = join_rings(borders.arcs, outer)
    objects["land"] = {"type": "MultiPolygon", "arcs": [[ring] for ring in rings_of_land]}
    for name, crossed in (("regions", 2), ("departements", 1)):
        objects[name] = {
            "type": "MultiLineString",
            "arcs": [
                [n]
                for n, owners in enumerate(borders.owners)
                if len(owners) == 2 and len({regions[code] for code in owners}) == crossed
            ],
        }
    lines = []
    for line, owners in zip(borders.arcs, borders.owners, strict=True):
        tolerance = TOLERANCE / 2 if owners & set(OVERSEAS) else TOLERANCE
        lines.append(encode(split_closed(line, tolerance)))
    return {
        "type": "Topology",
        "source": "IGN ADMIN EXPRESS, ANCT; INSEE",
        "licence": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
        "transform": {"scale": [1 / UNITS, 1 / UNITS], "translate": [0, 0]},
        "objects": objects,
        "arcs": lines,
    }


def read_regions(file: Path) -> dict[str, str]:
    """The région of each département, by code."""
    return {d["code"]: d["region"] for d in json.loads(file.read_text()) if "region" in d}


def main() -> None:
    polygons, regions = map(Path, sys.argv[1:3])
    topology = build_topology(read_polygons(polygons), read_regions(regions))
    json.dump(topology, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main()
