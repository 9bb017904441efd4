"""Coordinates of Lambert-93 become those that PROJ gives."""

import duckdb
import pytest

from kg.sources.projection_macros import define_projection_macros


@pytest.mark.parametrize(
    ("x", "y", "point"),
    [
        # pyproj, EPSG:2154 to EPSG:4326
        ("652381.02", "6862047.12", (48.856700, 2.350999)),
        ("704000", "7059000", (50.627975, 3.056436)),
        ("1213000", "6100000", (41.820511, 9.166528)),
        ("147000", "6837000", (48.397319, -4.482107)),
        ("[ND]", "[ND]", (None, None)),
        (None, None, (None, None)),
        # of another projection: La Réunion
        ("338000", "7690000", (None, None)),
    ],
)
def test_lambert_93_is_taken_to_degrees(
    x: str | None, y: str | None, point: tuple[float | None, float | None]
) -> None:
    with duckdb.connect() as db:
        define_projection_macros(db)
        row = db.execute(
            "SELECT lambert93_latitude($1, $2)::DOUBLE, lambert93_longitude($1, $2)::DOUBLE", [x, y]
        ).fetchone()
    if point == (None, None):
        assert row == point
    else:
        assert row == pytest.approx(point, abs=1e-6)
