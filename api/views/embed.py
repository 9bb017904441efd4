"""View models of embeddable lists, calendars and maps."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from api.i18n.dates import format_interval, list_months
from api.serializers.event_status import format_headline, format_status
from api.views.page_context import PageContext
from kg.catalogue.edtf import OPEN_END
from kg.catalogue.records import Item
from kg.kinds import Text

MAP_WIDTH: Final = 400.0
MAP_MARGIN: Final = 10.0
MAX_MAP_HEIGHT: Final = 480.0
MONTH_PATTERN: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
SEASON_PATTERN: Final = re.compile(r"\d{4}-2[1-4]")
MAX_EVENT_MONTHS: Final = 12
"""Months under which one long event stands in a calendar."""


@dataclass(frozen=True)
class EmbeddedRecord:
    """A record in an embedded list or calendar."""

    title: str
    href: str
    state: str
    period: str


@dataclass(frozen=True)
class MapPoint:
    """A record on a map: where, and what it is called."""

    x: float
    y: float
    name: str
    href: str
    approximate: bool
    """Whether it is the point of a commune, which is nobody's address."""


@dataclass(frozen=True)
class PointMap:
    """A map without a background: nothing is loaded from elsewhere."""

    width: float
    height: float
    dots: tuple[MapPoint, ...]


def build_records(
    items: Sequence[Item], states: Mapping[str, Text], site: PageContext
) -> list[EmbeddedRecord]:
    """The records as a list shows them, in their order."""
    return [_build_record(item, states, site) for item in items]


def group_by_month(
    items: Sequence[Item], states: Mapping[str, Text], site: PageContext
) -> list[tuple[str, list[EmbeddedRecord]]]:
    """The records under the months in which they take place, the latest first.

    What is dated by its year or its season stands under that, not under a month.
    """
    records_by_period: dict[str, tuple[str, list[EmbeddedRecord]]] = {}
    for item in items:
        for key, heading in _list_periods(item, site):
            records_by_period.setdefault(key, (heading, []))[1].append(
                _build_record(item, states, site)
            )
    return [records_by_period[key] for key in sorted(records_by_period, reverse=True)]


def _build_record(item: Item, states: Mapping[str, Text], site: PageContext) -> EmbeddedRecord:
    begin, end = item.dates
    when = format_interval(begin, end or begin, site.language, item.zone)
    state = format_status(item, states, site.language)
    return EmbeddedRecord(site.localize(item.label), site.href(item.path), state, when)


def _list_periods(item: Item, site: PageContext) -> list[tuple[str, str]]:
    """What a record stands under in a calendar: text that sorts, and the heading."""
    stated, _, _ = next(filter(None, item.dates), "").partition("/")
    if item.begins is None or item.ends is None:
        return []
    if not MONTH_PATTERN.match(stated):
        key = f"{item.begins[:7]}~" if SEASON_PATTERN.match(stated) else item.begins[:4]
        return [(key, site.format_day(stated))]
    last = item.begins if item.ends == OPEN_END else item.ends
    return [(m, site.format_day(m)) for m in list_months(item.begins, last, MAX_EVENT_MONTHS)]


def _find_seam(longitudes: Sequence[float]) -> float:
    """The meridian at which a map is cut open: where the widest gap between its points ends."""
    sorted_longitudes = sorted(set(longitudes))
    gaps = ((b - a, b) for a, b in pairwise(sorted_longitudes))
    across = (
        [(sorted_longitudes[0] + 360 - sorted_longitudes[-1], sorted_longitudes[0])]
        if sorted_longitudes
        else [(0.0, 0.0)]
    )
    return max([*across, *gaps], key=lambda gap: gap[0])[1]


def _name_point(item: Item, states: Mapping[str, Text], site: PageContext) -> str:
    name = format_headline(item, states, site.language)
    return f"{name} ({site.t('point_of_commune')})" if item.is_at_territory else name


def build_map(items: Sequence[Item], states: Mapping[str, Text], site: PageContext) -> PointMap:
    """The records on a plane, as far apart in both directions as they are on the ground."""
    located = [i.longitude for i in items if i.longitude is not None]
    seam = _find_seam(located)
    placed = [
        (i, None if i.longitude is None else (i.longitude - seam) % 360, i.latitude) for i in items
    ]
    east = [x for _, x, _ in placed if x is not None]
    north = [y for _, _, y in placed if y is not None]
    if not east or not north:
        return PointMap(MAP_WIDTH, MAP_WIDTH / 2, ())
    shrink = math.cos(math.radians((min(north) + max(north)) / 2))
    across = max((max(east) - min(east)) * shrink, 0.01)
    scale = min(MAP_WIDTH / across, MAX_MAP_HEIGHT / max(max(north) - min(north), 0.01))
    dots = tuple(
        MapPoint(
            round(MAP_MARGIN + (x - min(east)) * shrink * scale, 1),
            round(MAP_MARGIN + (max(north) - y) * scale, 1),
            _name_point(item, states, site),
            site.href(item.path),
            item.is_at_territory,
        )
        for item, x, y in placed
        if x is not None and y is not None
    )
    height = (max(north) - min(north)) * scale
    return PointMap(round(across * scale + 2 * MAP_MARGIN), round(height + 2 * MAP_MARGIN), dots)
