"""What embedded pages show: months of a calendar, dots of a map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.render.dates import spoken
from kg.catalogue.records import Item

WIDTH: Final = 400.0
MARGIN: Final = 10.0
TALLEST: Final = 480.0


@dataclass(frozen=True)
class Dot:
    """A record on a map: where, and what it is called."""

    x: float
    y: float
    name: str
    href: str


@dataclass(frozen=True)
class Picture:
    """A map without a background: nothing is loaded from elsewhere."""

    width: float
    height: float
    dots: tuple[Dot, ...]


def months(items: Sequence[Item], language: str) -> list[tuple[str, list[Item]]]:
    """The records that have a month, by month, the latest first."""
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.begins and len(item.begins) >= 7:
            found.setdefault(item.begins[:7], []).append(item)
    return [(spoken(month, language), listed) for month, listed in found.items()]


def points(items: Sequence[Item], language: str) -> Picture:
    """The records on a plane, as far apart in both directions as they are on the ground."""
    placed = [(i, i.longitude, i.latitude) for i in items]
    east = [x for _, x, _ in placed if x is not None]
    north = [y for _, _, y in placed if y is not None]
    if not east or not north:
        return Picture(WIDTH, WIDTH / 2, ())
    shrink = math.cos(math.radians((min(north) + max(north)) / 2))
    across = max((max(east) - min(east)) * shrink, 0.01)
    scale = min(WIDTH / across, TALLEST / max(max(north) - min(north), 0.01))
    dots = tuple(
        Dot(
            round(MARGIN + (x - min(east)) * shrink * scale, 1),
            round(MARGIN + (max(north) - y) * scale, 1),
            item.label[language],
            item.path,
        )
        for item, x, y in placed
        if x is not None and y is not None
    )
    height = (max(north) - min(north)) * scale
    return Picture(round(across * scale + 2 * MARGIN), round(height + 2 * MARGIN), dots)
