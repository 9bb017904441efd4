"""What embedded pages show: months of a calendar, dots of a map."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from api.render.dates import between, months_between
from api.render.site import Site
from api.render.states import headline, state_of
from kg.catalogue.dates import FOREVER
from kg.catalogue.records import Item
from kg.kinds import Text

WIDTH: Final = 400.0
MARGIN: Final = 10.0
TALLEST: Final = 480.0
MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
SEASON: Final = re.compile(r"\d{4}-2[1-4]")
MOST_MONTHS: Final = 12
"""Months under which one long event stands in a calendar."""


@dataclass(frozen=True)
class Line:
    """A record in an embedded list or calendar."""

    title: str
    href: str
    state: str
    when: str


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


def lines(items: Sequence[Item], states: Mapping[str, Text], site: Site) -> list[Line]:
    """The records as a list shows them, in their order."""
    return [_line(item, states, site) for item in items]


def months(
    items: Sequence[Item], states: Mapping[str, Text], site: Site
) -> list[tuple[str, list[Line]]]:
    """The records under the months in which they take place, the latest first.

    What is dated by its year or its season stands under that, not under a month.
    """
    found: dict[str, tuple[str, list[Line]]] = {}
    for item in items:
        for key, heading in _periods(item, site):
            found.setdefault(key, (heading, []))[1].append(_line(item, states, site))
    return [found[key] for key in sorted(found, reverse=True)]


def _line(item: Item, states: Mapping[str, Text], site: Site) -> Line:
    begin, end = item.dates
    when = between(begin, end or begin, site.language, item.zone)
    state = state_of(item, states, site.language)
    return Line(site.in_(item.label), site.href(item.path), state, when)


def _periods(item: Item, site: Site) -> list[tuple[str, str]]:
    """What a record stands under in a calendar: text that sorts, and the heading."""
    stated, _, _ = next(filter(None, item.dates), "").partition("/")
    if item.begins is None or item.ends is None:
        return []
    if not MONTH.match(stated):
        key = f"{item.begins[:7]}~" if SEASON.match(stated) else item.begins[:4]
        return [(key, site.day(stated))]
    last = item.begins if item.ends == FOREVER else item.ends
    return [(m, site.day(m)) for m in months_between(item.begins, last, MOST_MONTHS)]


def _seam(longitudes: Sequence[float]) -> float:
    """The meridian at which a map is cut open: where the widest gap between its points ends."""
    found = sorted(set(longitudes))
    gaps = ((b - a, b) for a, b in pairwise(found))
    across = [(found[0] + 360 - found[-1], found[0])] if found else [(0.0, 0.0)]
    return max([*across, *gaps], key=lambda gap: gap[0])[1]


def points(items: Sequence[Item], states: Mapping[str, Text], site: Site) -> Picture:
    """The records on a plane, as far apart in both directions as they are on the ground."""
    located = [i.longitude for i in items if i.longitude is not None]
    seam = _seam(located)
    placed = [
        (i, None if i.longitude is None else (i.longitude - seam) % 360, i.latitude) for i in items
    ]
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
            headline(item, states, site.language),
            site.href(item.path),
        )
        for item, x, y in placed
        if x is not None and y is not None
    )
    height = (max(north) - min(north)) * scale
    return Picture(round(across * scale + 2 * MARGIN), round(height + 2 * MARGIN), dots)
