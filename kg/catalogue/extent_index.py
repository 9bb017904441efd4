"""Spatial and temporal index: postings by grid square and by month, for boxes and periods.

Scanning a million records takes a third of a second. The release therefore has sets of records by
square (a degree, a tenth of a degree) and by month of beginning and of end, as postings whose names
start with `#`. Squares and months well inside the query are united; only records on its border are
tested one by one.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from math import ceil, floor
from typing import Final

import orjson

from kg.catalogue import bitmap
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.edtf import OPEN_END, parse_span
from kg.catalogue.filters import MAX_LONGITUDE, MONTH_LENGTH, BoundingBox, MonthRange
from kg.kinds import KIND_BY_NAME

GridRange = tuple[int, int, int, int]
"""Bounds of a range of squares: west, south, east, north, inclusive."""
VALUED_FIELD: Final = "#valued"
"""Field of the sets of records that have a value of some column."""
GRID_FIELDS: Final = {"#degree": 1, "#tenth": 10}
"""Fields of the grids, coarse first, with their squares per degree."""
BEGIN_FIELD, END_FIELD = "#begins", "#ends"
AT_TERRITORY: Final = "at_territory"
"""Name of the set of records whose coordinates are the point of a territory."""
AT_TERRITORY_CONDITION: Final = "point_of >= 'territory/' AND point_of < 'territory0'"
"""`0` is the character after `/`."""
BORDER_TOLERANCE: Final = 1e-9
"""Tolerance in degrees: a tenth of a degree has no exact binary representation."""


def iterate_values(
    file: sqlite3.Connection, which: str, *values: object
) -> Iterator[tuple[int, str, str]]:
    """Yield (id, field, value) of the squares and months of the records that fulfil a condition."""
    for number, longitude, latitude, begins, ends in file.execute(
        f"SELECT id, longitude, latitude, begins, ends FROM entity WHERE {which}", values
    ):
        if longitude is not None and latitude is not None:
            for field, scale in GRID_FIELDS.items():
                row, column = map(floor, _convert_to_grid(longitude, latitude, scale))
                yield number, field, f"{row:04} {column:04}"
        if begins is not None:
            yield number, BEGIN_FIELD, begins[:MONTH_LENGTH]
            # records without an end are on the border of no period
            yield number, END_FIELD, OPEN_END if ends == OPEN_END else ends[:MONTH_LENGTH]


def build_postings(
    values: Iterable[tuple[int, str, str]], first: int
) -> Iterator[tuple[str, str, list[int]]]:
    """Yield (field, value, positions) of the sets of (id, field, value), `first` at position 0."""
    positions: dict[tuple[str, str], list[int]] = {}
    for number, field, value in values:
        positions.setdefault((field, value), []).append(number - first)
    for (field, value), members in sorted(positions.items()):
        yield field, value, members


def find_in_period(
    file: sqlite3.Connection, kind: str, first: int, since: str | None, until: str | None
) -> RecordSet:
    """Find the records whose interval meets a period of days, bounds included."""
    since, until = since or "", until or OPEN_END
    earliest, latest = since[:MONTH_LENGTH], until[:MONTH_LENGTH]
    matches = _union_postings(file, kind, BEGIN_FIELD, "value <= ?", latest)
    matches -= _union_postings(file, kind, END_FIELD, "value < ?", earliest)
    matches -= _filter_records(
        file,
        first,
        matches & _union_postings(file, kind, BEGIN_FIELD, "value = ?", latest),
        "begins > ?",
        until + "~",
    )
    return matches - _filter_records(
        file,
        first,
        matches & _union_postings(file, kind, END_FIELD, "value = ?", earliest),
        "ends < ?",
        since,
    )


def find_begun(file: sqlite3.Connection, kind: str, first: int, months: MonthRange) -> RecordSet:
    """Find the records that begin in a range of months.

    In a range of whole years these are all that are known to; in a single month, those whose month
    is known: of a year or a season, nobody knows in which of its months it began.
    """
    since, until = months
    matches = _union_postings(file, kind, BEGIN_FIELD, "value BETWEEN ? AND ?", since, until)
    if since.endswith("-01") and until.endswith("-12"):
        return matches
    on_a_day = _union_postings(file, kind, VALUED_FIELD, "value = ?", "day")
    column = KIND_BY_NAME[kind].dates[0]
    others = orjson.dumps(
        [first + position for position in bitmap.iterate_positions(matches - on_a_day)]
    ).decode()
    rows = file.execute(
        "SELECT id, cells ->> ? FROM entity WHERE id IN (SELECT value FROM json_each(?))",
        (f"$.{column}[0]", others),
    )
    in_a_month = (number for number, date in rows if date and parse_span(date)[2] == "month")
    return (matches & on_a_day) | bitmap.from_positions(in_a_month, first)


def find_in_box(
    file: sqlite3.Connection, kind: str, first: int, last: int, box: BoundingBox
) -> RecordSet:
    """Find the records in a box, bounds included; a box may cross the 180th meridian."""
    west, south, east, north = box
    if west > east:
        halves = (west, south, MAX_LONGITUDE, north), (-MAX_LONGITUDE, south, east, north)
        return bitmap.union(find_in_box(file, kind, first, last, half) for half in halves)
    (large, small) = (_find_inner_squares(box, scale) for scale in GRID_FIELDS.values())
    if small is None:
        return _find_in_small_box(file, first, last, box)
    degree, tenth = GRID_FIELDS
    matches = _find_in_squares(file, kind, tenth, small, large and _subdivide(large))
    if large is not None:
        matches |= _find_in_squares(file, kind, degree, large)
    for strip in _split_border(box, small):
        matches |= _find_in_small_box(file, first, last, strip)
    return matches


def find_at_territories(file: sqlite3.Connection, kind: str, first: int, last: int) -> RecordSet:
    """Find the records that are at the point of a territory, and at no address."""
    rows = file.execute(
        "SELECT members FROM posting WHERE kind = ? AND field = ? AND value = ?",
        (kind, VALUED_FIELD, AT_TERRITORY),
    ).fetchall()
    if rows:
        return bitmap.decode(rows[0][0])
    # a release frozen before this set was
    numbers = file.execute(
        f"SELECT id FROM entity WHERE id BETWEEN ? AND ? AND {AT_TERRITORY_CONDITION}",
        (first, last),
    )
    return bitmap.from_positions((number for (number,) in numbers), first)


def iterate_squares(
    file: sqlite3.Connection, kind: str, scale: int, box: BoundingBox
) -> Iterator[tuple[tuple[float, float], RecordSet]]:
    """Yield the squares that meet a box: west and south of each, and its records."""
    field = next(name for name, squares in GRID_FIELDS.items() if squares == scale)
    south, west = _convert_to_grid(box[0], box[1], scale)
    north, east = _convert_to_grid(box[2], box[3], scale)
    bounds = _format_bounds((floor(west), floor(south), floor(east), floor(north)))
    rows = file.execute(
        "SELECT value, members FROM posting WHERE kind = ? AND field = ? "
        "AND value BETWEEN ? AND ? AND substr(value, 6) BETWEEN ? AND ?",
        (kind, field, *bounds),
    )
    for value, members in rows:
        corner = int(value[5:]) / scale - 180, int(value[:4]) / scale - 90
        yield corner, bitmap.decode(members)


def _convert_to_grid(longitude: float, latitude: float, scale: int) -> tuple[float, float]:
    """Convert coordinates to grid units; the order of points is preserved."""
    return (latitude + 90) * scale, (longitude + 180) * scale


def _find_inner_squares(box: BoundingBox, scale: int) -> GridRange | None:
    """Return the range of squares that lie wholly inside a box."""
    south, west = _convert_to_grid(box[0], box[1], scale)
    north, east = _convert_to_grid(box[2], box[3], scale)
    squares = floor(west) + 1, floor(south) + 1, ceil(east) - 2, ceil(north) - 2
    return squares if squares[0] <= squares[2] and squares[1] <= squares[3] else None


def _subdivide(large: GridRange) -> GridRange:
    """Return the small squares inside a range of large ones."""
    west, south, east, north = large
    return west * 10, south * 10, east * 10 + 9, north * 10 + 9


def _split_border(box: BoundingBox, inner: GridRange) -> Iterator[BoundingBox]:
    """Yield the strips of a box around its inner squares, overlapping these by the tolerance."""
    scale = GRID_FIELDS["#tenth"]
    west, south, east, north = box
    yield west, south, inner[0] / scale - 180 + BORDER_TOLERANCE, north
    yield (inner[2] + 1) / scale - 180 - BORDER_TOLERANCE, south, east, north
    yield west, south, east, inner[1] / scale - 90 + BORDER_TOLERANCE
    yield west, (inner[3] + 1) / scale - 90 - BORDER_TOLERANCE, east, north


def _find_in_squares(
    file: sqlite3.Connection,
    kind: str,
    field: str,
    squares: GridRange,
    but: GridRange | None = None,
) -> RecordSet:
    """Find the records in a range of squares, except those in the range `but`."""
    where = "value BETWEEN ? AND ? AND substr(value, 6) BETWEEN ? AND ?"
    parameters = _format_bounds(squares)
    if but is not None:
        where += f" AND NOT ({where})"
        parameters += _format_bounds(but)
    return _union_postings(file, kind, field, where, *parameters)


def _format_bounds(squares: GridRange) -> tuple[str, ...]:
    west, south, east, north = squares
    return f"{south:04}", f"{north:04}~", f"{west:04}", f"{east:04}"


def _find_in_small_box(
    file: sqlite3.Connection, first: int, last: int, box: BoundingBox
) -> RecordSet:
    """Find the records in a small box; the R-tree rounds outwards, so coordinates are tested too.

    CROSS JOIN forces SQLite to walk the R-tree first, against its estimate.
    """
    inside = file.execute(
        "SELECT id FROM spot WHERE west >= ?1 AND east <= ?3 AND south >= ?2 AND north <= ?4 "
        "AND id BETWEEN ?5 AND ?6",
        (*box, first, last),
    )
    matches = bitmap.from_positions((number for (number,) in inside), first)
    rows = file.execute(
        "SELECT entity.id FROM spot CROSS JOIN entity USING (id) WHERE spot.west <= ?3 AND "
        "spot.east >= ?1 AND spot.south <= ?4 AND spot.north >= ?2 AND entity.id BETWEEN ?5 AND ?6 "
        "AND NOT (spot.west >= ?1 AND spot.east <= ?3 AND spot.south >= ?2 AND spot.north <= ?4) "
        "AND longitude BETWEEN ?1 AND ?3 AND latitude BETWEEN ?2 AND ?4",
        (*box, first, last),
    )
    return matches | bitmap.from_positions((number for (number,) in rows), first)


def _union_postings(
    file: sqlite3.Connection, kind: str, field: str, where: str, *values: str
) -> RecordSet:
    """Return the union of the postings of a field whose value satisfies a condition."""
    rows = file.execute(
        f"SELECT members FROM posting WHERE kind = ? AND field = ? AND {where}",
        (kind, field, *values),
    )
    return bitmap.union(bitmap.decode(members) for (members,) in rows)


def _filter_records(
    file: sqlite3.Connection, first: int, some: RecordSet, condition: str, value: str
) -> RecordSet:
    """Return those of some records that satisfy a condition."""
    numbers = orjson.dumps(
        [first + position for position in bitmap.iterate_positions(some)]
    ).decode()
    rows = file.execute(
        f"SELECT id FROM entity WHERE id IN (SELECT value FROM json_each(?)) AND {condition}",
        (numbers, value),
    )
    return bitmap.from_positions((number for (number,) in rows), first)
