"""Extent index: boxes and periods select the same records as a scan."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.catalogue import bitmap, extent_index, schema
from kg.catalogue.edtf import OPEN_END
from kg.catalogue.filters import BoundingBox

FIRST = 7
"""Number of the first record: the preceding kinds have six."""
Point = tuple[float | None, float | None]
Extent = tuple[str | None, str | None]

SIDES = st.integers(-40, 40).map(lambda n: n / 10)


def degrees(most: float) -> st.SearchStrategy[float]:
    """Generate degrees: short ones, borders of squares, and ones precise to a millionth of a mm."""
    fine = (st.floats(-4, 4) | st.floats(-most, most)).map(lambda x: round(x, 14))
    return SIDES | fine | st.sampled_from([-most, most])


LONGITUDES, LATITUDES = degrees(180.0), degrees(90.0)
DAYS = st.dates().map(str) | st.sampled_from(["2015-01-01", "2015-01-31", "2015-02-01"])


def build_postings(
    file: sqlite3.Connection, which: str = "true"
) -> list[tuple[str, str, list[int]]]:
    return list(extent_index.build_postings(extent_index.iterate_values(file, which), FIRST))


@contextmanager
def records(points: Sequence[Point], dates: Sequence[Extent]) -> Iterator[sqlite3.Connection]:
    """Return a catalogue in memory with a record per point and extent, and its postings."""
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    for at, (longitude, latitude) in enumerate(points):
        begins, ends = dates[at] if at < len(dates) else (None, None)
        file.execute(
            "INSERT INTO entity VALUES "
            "(?, 'k', ?, '', '', '', '', ?, ?, ?, NULL, NULL, ?, ?, NULL, '[]', '{}')",
            (FIRST + at, str(at), begins, ends, begins, latitude, longitude),
        )
        if longitude is not None:
            spot = (FIRST + at, longitude, longitude, latitude, latitude)
            file.execute("INSERT INTO spot VALUES (?, ?, ?, ?, ?)", spot)
    for field, value, members in build_postings(file):
        packed = bitmap.encode(members)
        row = ("k", field, value, len(members), packed)
        file.execute("INSERT INTO posting VALUES (NULL, ?, ?, ?, ?, ?)", row)
    yield file
    file.close()


def boxed(file: sqlite3.Connection, size: int, box: BoundingBox) -> list[int]:
    """Return the positions of the records in a box."""
    return list(extent_index.find_in_box(file, "k", FIRST, FIRST + size - 1, box))


def one_by_one(points: Sequence[Point], box: BoundingBox) -> list[int]:
    """Return the same by testing each record."""
    west, south, east, north = box
    return [
        at
        for at, (x, y) in enumerate(points)
        if x is not None and y is not None and south <= y <= north
        and (west <= x <= east if west <= east else x >= west or x <= east)
    ]  # fmt: skip


@given(
    st.lists(st.tuples(LONGITUDES, LATITUDES), max_size=30),
    st.tuples(LONGITUDES, LONGITUDES),
    st.tuples(LATITUDES, LATITUDES),
)
@example([(0.3, 0.3), (0.1 + 0.2, 0.3)], (0.0, 0.3), (0.0, 0.3))
@example([(180.0, 90.0), (-180.0, -90.0)], (-180.0, 180.0), (-90.0, 90.0))
@example([(166.4, -22.3), (-149.6, -17.5), (3.1, 50.6)], (160.0, -130.0), (-25.0, -8.0))
def test_boxes_select_the_same_records_as_a_scan(
    points: list[Point], sides: tuple[float, float], heights: tuple[float, float]
) -> None:
    (west, east), (south, north) = sides, sorted(heights)  # perhaps across the 180th meridian
    box = (west, south, east, north)
    with records(points, ()) as file:
        assert boxed(file, len(points), box) == one_by_one(points, box)


@given(st.lists(st.tuples(DAYS, DAYS), max_size=30), st.none() | DAYS, st.none() | DAYS)
def test_periods_select_the_same_records_as_a_scan(
    pairs: list[tuple[str, str]], since: str | None, until: str | None
) -> None:
    dates = [(min(pair), max(pair)) for pair in pairs]
    expected = [
        at
        for at, (begins, ends) in enumerate(dates)
        if begins <= (until or OPEN_END) and ends >= (since or "")
    ]
    with records([(None, None)] * len(dates), dates) as file:
        assert list(extent_index.find_in_period(file, "k", FIRST, since, until)) == expected


def test_periods_select_moments_and_open_ended_records() -> None:
    dates = [("2015-03-02T18:30", "2015-03-02T18:30"), ("2014-01-01", OPEN_END), (None, None)]
    with records([(None, None)] * 3, dates) as file:
        for since, until, kept in (
            ("2015-03-02", "2015-03-02", [0, 1]),
            ("2015-03-03", None, [1]),
            (None, "2015-03-01", [1]),
            (None, "2013-12-31", []),
            (None, None, [0, 1]),
        ):
            assert list(extent_index.find_in_period(file, "k", FIRST, since, until)) == kept


@pytest.mark.parametrize("since", ["9999-12-31", "9999-12-01", "2015-03-02"])
def test_open_ended_records_are_not_scanned(since: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = list[int]()
    those = extent_index._filter_records

    def counted(
        file: sqlite3.Connection, first: int, some: bitmap.RecordSet, condition: str, value: str
    ) -> bitmap.RecordSet:
        looked_at.append(len(some))
        return those(file, first, some, condition, value)

    monkeypatch.setattr(extent_index, "_filter_records", counted)
    with records([(None, None)] * 100, [("2014-01-01", OPEN_END)] * 100) as file:
        assert len(extent_index.find_in_period(file, "k", FIRST, since, None)) == 100
    assert sum(looked_at) == 0


@pytest.mark.parametrize(
    ("box", "most"),
    [((-5.0, 42.0, 8.0, 51.0), 0.05), ((2.25, 48.75, 2.45, 48.95), 1), ((-180, -90, 180, 90), 0.0)],
)
def test_only_records_on_the_border_are_scanned(
    box: BoundingBox, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(4)
    points: list[Point] = [(draw.uniform(-5, 8), draw.uniform(42, 51)) for _ in range(5000)]
    looked_at = 0
    near = extent_index._find_in_small_box

    def counted(
        file: sqlite3.Connection, first: int, last: int, strip: BoundingBox
    ) -> bitmap.RecordSet:
        nonlocal looked_at
        found = near(file, first, last, strip)
        looked_at += len(found)
        return found

    monkeypatch.setattr(extent_index, "_find_in_small_box", counted)
    with records(points, ()) as file:
        found = boxed(file, len(points), box)
    assert found == one_by_one(points, box)
    assert looked_at <= most * len(found)
    assert len(found) > 0


def test_postings_hold_the_chosen_records_only() -> None:
    with records([(2.0, 48.0)] * 3, [("2015-01-01", "2015-12-31")] * 3) as file:
        found = build_postings(file, f"id = {FIRST + 1}")
        assert [(field, value) for field, value, _ in found] == [
            ("#begins", "2015-01"), ("#degree", "0138 0182"),
            ("#ends", "2015-12"), ("#tenth", "1380 1820"),
        ]  # fmt: skip
        assert all(members == [1] for _, _, members in found)
