"""Map clusters: each located record is counted once, whatever the window, zoom and size."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.catalogue import bitmap, map_clusters, schema
from kg.catalogue.extent_index import build_postings, iterate_values
from kg.catalogue.filters import BoundingBox
from kg.catalogue.map_clusters import compute_clusters, find_bounds, limit_zoom, read_points
from kg.catalogue.record_sets import RecordRange

FIRST = 5
WORLD = (-180.0, -90.0, 180.0, 90.0)
POINTS = st.lists(
    st.tuples(st.integers(-1800, 1800), st.integers(-850, 850)).map(
        lambda point: (point[0] / 10, point[1] / 10)
    ),
    min_size=1,
    max_size=60,
)


def store(points: list[tuple[float, float]]) -> tuple[sqlite3.Connection, RecordRange]:
    """A catalogue in memory with a record at each point."""
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    for at, (longitude, latitude) in enumerate(points, FIRST):
        place = (at, str(at), latitude, longitude)
        file.execute(
            "INSERT INTO entity VALUES (?, 'k', ?, '', '', '', '', NULL, NULL, NULL, NULL, NULL, "
            "?, ?, NULL, '[]', '{}')",
            place,
        )
        file.execute(
            "INSERT INTO spot VALUES (?, ?, ?, ?, ?)",
            (at, longitude, longitude, latitude, latitude),
        )
    for field, value, members in build_postings(iterate_values(file, "true"), FIRST):
        row = ("k", field, value, len(members), bitmap.encode(members))
        file.execute("INSERT INTO posting VALUES (NULL, ?, ?, ?, ?, ?)", row)
    return file, RecordRange("k", FIRST, len(points), len(points))


@settings(deadline=None, max_examples=60)
@given(POINTS, st.integers(0, 22), st.booleans())
def test_each_record_is_counted_once(
    points: list[tuple[float, float]], zoom: int, many: bool
) -> None:
    file, span = store(points)
    located = read_points(file, span)
    with pytest.MonkeyPatch.context() as patch:
        if many:
            patch.setattr(map_clusters, "MAX_SINGLE_POINTS", 3)
        found = compute_clusters(file, span, located, located.located, WORLD, zoom)
    file.close()
    assert sum(cluster.count for cluster in found) == len(points)
    for cluster in found:
        west, south, east, north = cluster.bounds
        assert west - 1e-4 <= cluster.longitude <= east + 1e-4
        assert south - 1e-4 <= cluster.latitude <= north + 1e-4


def test_a_window_has_what_is_in_it_and_may_cross_the_180th_meridian() -> None:
    file, span = store([(2.35, 48.85), (2.36, 48.86), (-178.0, -14.3), (166.4, -22.2)])
    points = read_points(file, span)

    def count(window: BoundingBox, zoom: int) -> int:
        return sum(
            c.count for c in compute_clusters(file, span, points, points.located, window, zoom)
        )

    assert count((2.3, 48.8, 2.4, 48.9), 12) == 2
    assert count((2.3, 48.8, 2.355, 48.9), 15) == 1
    assert count((160.0, -30.0, -170.0, -10.0), 4) == 2
    assert count((160.0, -30.0, 190.0, -10.0), 4) == 2
    bounds = find_bounds(points, points.located)
    # the widest gap is between Wallis and Paris, not at the 180th meridian
    assert bounds == pytest.approx((2.35, -22.2, 182.0, 48.86), abs=1e-4)
    file.close()


def test_records_apart_stand_alone_and_those_at_one_point_are_told() -> None:
    file, span = store([(2.0, 48.0), (2.0, 48.0), (5.0, 45.0)])
    points = read_points(file, span)
    found = compute_clusters(file, span, points, points.located, (1.0, 44.0, 6.0, 49.0), 9)
    file.close()
    # the world does not fit on a screen at zoom 18
    assert limit_zoom(WORLD, 18) == 4
    assert sorted(cluster.positions for cluster in found) == [(0, 1), (2,)]
