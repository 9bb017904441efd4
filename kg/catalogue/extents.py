"""Which records lie in a box or meet a period, whatever the size of either.

To look at a million records one by one takes a third of a second. So the release keeps sets of
records by square of the Earth (a degree, a tenth of one) and by month of their beginning and end,
as postings whose names start with `#`: what lies well inside is put together from these, and only
what is on the border is looked at.
"""

import sqlite3
from collections.abc import Iterator
from math import ceil, floor
from typing import Final

import orjson

from kg.catalogue import bitmap
from kg.catalogue.bitmap import Set
from kg.catalogue.dates import FOREVER
from kg.catalogue.filters import HALF, Box

Squares = tuple[int, int, int, int]
"""Columns and rows of the first and the last: west, south, east, north."""
Posting = tuple[str, str, Set]
"""Field, value and the records of a kind under it."""

SQUARES: Final = {"#degree": 1, "#tenth": 10}
"""Fields of squares, the largest first, and how many of them make a degree."""
BEGINS, ENDS = "#begins", "#ends"
MONTH: Final = 7
"""Characters of the month of a date."""
HAIR: Final = 1e-9
"""Degrees: the side of a square is not a number of degrees that can be written exactly."""


def postings(file: sqlite3.Connection, first: int, size: int) -> Iterator[Posting]:
    """The sets that are kept of the records of a kind."""
    found: dict[tuple[str, str], list[int]] = {}
    for position, longitude, latitude, begins, ends in file.execute(
        "SELECT id - ?1, longitude, latitude, begins, ends FROM entity "
        "WHERE id >= ?1 AND id < ?1 + ?2 ORDER BY id",
        (first, size),
    ):
        if longitude is not None and latitude is not None:
            for field, scale in SQUARES.items():
                row, column = map(floor, _row_and_column(longitude, latitude, scale))
                found.setdefault((field, f"{row:04} {column:04}"), []).append(position)
        if begins is not None:
            found.setdefault((BEGINS, begins[:MONTH]), []).append(position)
            # what has no end is on no border, whatever the period
            last = FOREVER if ends == FOREVER else ends[:MONTH]
            found.setdefault((ENDS, last), []).append(position)
    for (field, value), members in sorted(found.items()):
        yield field, value, bitmap.from_positions(members)


def dated(
    file: sqlite3.Connection, kind: str, first: int, since: str | None, until: str | None
) -> Set:
    """The records that begin before a period ends and end after it begins; days included."""
    since, until = since or "", until or FOREVER
    earliest, latest = since[:MONTH], until[:MONTH]
    found = _union(file, kind, BEGINS, "value <= ?", latest)
    found -= _union(file, kind, ENDS, "value < ?", earliest)
    found -= _those(
        file,
        first,
        found & _union(file, kind, BEGINS, "value = ?", latest),
        "begins > ?",
        until + "~",
    )
    return found - _those(
        file, first, found & _union(file, kind, ENDS, "value = ?", earliest), "ends < ?", since
    )


def boxed(file: sqlite3.Connection, kind: str, first: int, last: int, box: Box) -> Set:
    """The records in a box, its border included; one across the 180th meridian is two."""
    west, south, east, north = box
    if west > east:
        halves = (west, south, HALF, north), (-HALF, south, east, north)
        return bitmap.union(boxed(file, kind, first, last, half) for half in halves)
    (large, small) = (_inside(box, scale) for scale in SQUARES.values())
    if small is None:
        return _near(file, first, last, box)
    degree, tenth = SQUARES
    found = _squares(file, kind, tenth, small, large and _divided(large))
    if large is not None:
        found |= _squares(file, kind, degree, large)
    for strip in _around(box, small):
        found |= _near(file, first, last, strip)
    return found


def _row_and_column(longitude: float, latitude: float, scale: int) -> tuple[float, float]:
    """Where a point is, in squares: what is west of another point is never more to the east."""
    return (latitude + 90) * scale, (longitude + 180) * scale


def _inside(box: Box, scale: int) -> Squares | None:
    """The squares of a size of which nothing is outside a box."""
    south, west = _row_and_column(box[0], box[1], scale)
    north, east = _row_and_column(box[2], box[3], scale)
    found = floor(west) + 1, floor(south) + 1, ceil(east) - 2, ceil(north) - 2
    return found if found[0] <= found[2] and found[1] <= found[3] else None


def _divided(large: Squares) -> Squares:
    """The small squares of some large ones."""
    west, south, east, north = large
    return west * 10, south * 10, east * 10 + 9, north * 10 + 9


def _around(box: Box, inner: Squares) -> Iterator[Box]:
    """What is left of a box around the small squares inside, and a hair of them."""
    scale = SQUARES["#tenth"]
    west, south, east, north = box
    yield west, south, inner[0] / scale - 180 + HAIR, north
    yield (inner[2] + 1) / scale - 180 - HAIR, south, east, north
    yield west, south, east, inner[1] / scale - 90 + HAIR
    yield west, (inner[3] + 1) / scale - 90 - HAIR, east, north


def _squares(
    file: sqlite3.Connection, kind: str, field: str, wanted: Squares, but: Squares | None = None
) -> Set:
    """The records in some squares, others left out."""
    where = "value BETWEEN ? AND ? AND substr(value, 6) BETWEEN ? AND ?"
    parameters = _bounds(wanted)
    if but is not None:
        where += f" AND NOT ({where})"
        parameters += _bounds(but)
    return _union(file, kind, field, where, *parameters)


def _bounds(squares: Squares) -> tuple[str, ...]:
    west, south, east, north = squares
    return f"{south:04}", f"{north:04}~", f"{west:04}", f"{east:04}"


def _near(file: sqlite3.Connection, first: int, last: int, box: Box) -> Set:
    """The records in a small box; the tree rounds outwards: on its border the coordinates decide.

    CROSS JOIN: SQLite then walks the tree first, whatever it thinks of it.
    """
    inside = file.execute(
        "SELECT id FROM spot WHERE west >= ?1 AND east <= ?3 AND south >= ?2 AND north <= ?4 "
        "AND id BETWEEN ?5 AND ?6",
        (*box, first, last),
    )
    found = bitmap.from_positions((number for (number,) in inside), first)
    rows = file.execute(
        "SELECT entity.id FROM spot CROSS JOIN entity USING (id) WHERE spot.west <= ?3 AND "
        "spot.east >= ?1 AND spot.south <= ?4 AND spot.north >= ?2 AND entity.id BETWEEN ?5 AND ?6 "
        "AND NOT (spot.west >= ?1 AND spot.east <= ?3 AND spot.south >= ?2 AND spot.north <= ?4) "
        "AND longitude BETWEEN ?1 AND ?3 AND latitude BETWEEN ?2 AND ?4",
        (*box, first, last),
    )
    return found | bitmap.from_positions((number for (number,) in rows), first)


def _union(file: sqlite3.Connection, kind: str, field: str, where: str, *values: str) -> Set:
    """The records that are in any posting of a field whose value is as said."""
    rows = file.execute(
        f"SELECT members FROM posting WHERE kind = ? AND field = ? AND {where}",
        (kind, field, *values),
    )
    return bitmap.union(bitmap.decode(members) for (members,) in rows)


def _those(file: sqlite3.Connection, first: int, some: Set, condition: str, value: str) -> Set:
    """Of some records, those of which a condition is true."""
    numbers = orjson.dumps([first + position for position in bitmap.positions(some)]).decode()
    rows = file.execute(
        f"SELECT id FROM entity WHERE id IN (SELECT value FROM json_each(?)) AND {condition}",
        (numbers, value),
    )
    return bitmap.from_positions((number for (number,) in rows), first)
