"""Points of the territories of France: where they are, and where they come from."""

import csv
import gzip
from collections import Counter
from functools import cache
from math import cos, hypot, radians
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "data" / "sources" / "territoires" / "raw" / "points.csv.gz"
KILOMETRES = 111.2
"""A degree of latitude."""


@cache
def points() -> dict[str, dict[str, str]]:
    with gzip.open(SHIPPED, "rt", encoding="utf-8", newline="") as file:
        return {row["territory"]: row for row in csv.DictReader(file)}


def test_nearly_every_territory_has_a_point_and_every_point_a_territory() -> None:
    with duckdb.connect() as db:
        rows = db.execute(
            "SELECT CASE type WHEN 'commune-actuelle' THEN 'commune' ELSE type END || '-' || code, "
            "departement FROM read_json(?, columns = {type: 'VARCHAR', code: 'VARCHAR', "
            "departement: 'VARCHAR'})",
            [str(SHIPPED.parent / "communes.json.gz")],
        ).fetchall()
    communes = dict(rows)
    missing = Counter(
        "overseas" if department >= "975" else "France"
        for key, department in communes.items()
        if key not in points() and key.startswith("commune-") and "-a" not in key
    )
    assert missing["France"] < 100  # parts of communes that are not in the contours
    assert missing["overseas"] < 60  # islands that have no populated place of their code
    prefixes = {key.rpartition("-")[0] for key in points()}
    assert {"region", "departement", "arrondissement", "epci", "ept", "commune"} <= prefixes


def test_points_tell_where_they_come_from() -> None:
    origins = Counter(row["origin"] for row in points().values())
    assert set(origins) == {"contour", "geonames", "seat"}
    assert origins["contour"] > 39_000


@pytest.mark.parametrize(
    ("key", "latitude", "longitude"),
    [
        ("commune-59350", 50.63, 3.05),
        ("commune-97411", -20.93, 55.45),
        ("arrondissement-municipal-75111", 48.86, 2.38),
        ("epci-200093201", 50.64, 3.03),
        ("departement-2A", 41.86, 8.99),
        ("commune-98818", -22.27, 166.45),
    ],
)
def test_a_point_is_where_the_territory_is(key: str, latitude: float, longitude: float) -> None:
    row = points()[key]
    assert float(row["latitude"]) == pytest.approx(latitude, abs=0.1)
    assert float(row["longitude"]) == pytest.approx(longitude, abs=0.1)


def test_points_agree_with_those_of_another_publisher(shared: Path) -> None:
    file = shared / "data" / "territories" / "datasfun-communes-centroids-2024.csv"
    distances = []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            point = points().get(f"commune-{row['insee_com']}")
            if point and row["lat"] and row["commune_type"] == "COM":
                latitude, longitude = float(point["latitude"]), float(point["longitude"])
                east = (longitude - float(row["lng"])) * cos(radians(latitude))
                distances.append(hypot(latitude - float(row["lat"]), east) * KILOMETRES)
    assert len(distances) > 34_000
    assert sorted(distances)[int(len(distances) * 0.99)] < 2
