"""Outlines: one file of borders, drawn in any window without what cannot be seen in it."""

import re

import pytest

from api.views.outlines import (
    Projection,
    draw_ground,
    draw_outline,
    find_territory,
    fit_window,
    load_outlines,
)
from api.views.page_context import PageContext
from api.views.small_map import build_small_map
from kg.catalogue.records import Item
from kg.kinds import Text

Point = tuple[int, int]


def read_rings(path: str) -> list[list[Point]]:
    """The points of each line of a path."""
    rings = []
    for part in re.findall(r"M(-?\d+) (-?\d+)l([^Mz]*)", path):
        x, y = int(part[0]), int(part[1])
        ring = [(x, y)]
        numbers = list(map(int, part[2].split()))
        for east, north in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + east, y + north
            ring.append((x, y))
        rings.append(ring)
    return rings


def is_inside(point: Point, rings: list[list[Point]]) -> bool:
    """Whether a point is inside an odd number of rings."""
    x, y = point
    crossed = 0
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y0 <= y) != (y1 <= y) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x:
                crossed += 1
    return crossed % 2 == 1


@pytest.mark.parametrize(
    ("longitude", "latitude", "on_land"),
    [(2.35, 48.85, True), (3.0, 45.8, True), (-1.68, 48.11, True), (-6.5, 46.0, False),
     (9.1, 42.2, True), (55.5, -21.1, True), (6.0, 42.5, False)],
)  # fmt: skip
@pytest.mark.parametrize("width", [0.5, 3.0, 20.0])
def test_land_is_where_it_is_in_any_window(
    longitude: float, latitude: float, on_land: bool, width: float
) -> None:
    half = width / 2
    bounds = (longitude - half, latitude - half / 2, longitude + half, latitude + half / 2)
    projection = fit_window(bounds, 400, 300, width)
    x, y = projection.project(longitude, latitude)
    rings = read_rings(draw_ground(projection).land)
    assert is_inside((round(2 * x), round(2 * y)), rings) == on_land


def test_each_departement_and_region_has_its_outline() -> None:
    names = set(load_outlines())
    assert sum(name.startswith("departement-") for name in names) == 101
    assert sum(name.startswith("region-") for name in names) == 18
    for name in names:
        if name.startswith(("departement-", "region-")):
            outline = draw_outline(name, 300, 200)
            assert outline
            assert read_rings(outline[1]), name
    assert draw_outline("commune-59350", 300, 200) is None


def test_a_window_far_away_has_no_ground() -> None:
    projection = Projection((-120.0, 30.0, -110.0, 40.0), 400)
    assert draw_ground(projection).land == ""
    place = Item(1, "place", "p", Text("p", "p"), None, None, None, None, 35.0, -115.0, (), {})
    assert build_small_map(place, PageContext("fr")) is None


@pytest.mark.parametrize(
    ("longitude", "latitude", "departement", "region"),
    [(3.06, 50.63, "departement-59", "region-32"), (9.1, 42.2, "departement-2B", "region-94"),
     (55.5, -21.1, "departement-974", "region-04"), (2.35, 48.86, "departement-75", "region-11"),
     (-4.0, 46.0, None, None), (13.4, 52.5, None, None)],
)  # fmt: skip
def test_a_point_is_in_the_territory_whose_outline_is_around_it(
    longitude: float, latitude: float, departement: str | None, region: str | None
) -> None:
    assert find_territory(longitude, latitude, "departement") == departement
    assert find_territory(longitude, latitude, "region") == region
