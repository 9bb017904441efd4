"""Small map of one record: its point, or the outline of a territory, on the ground of all maps."""

from dataclasses import dataclass
from typing import Final

from api.views.list_view_names import MAP, VIEW_PARAMETER
from api.views.outlines import UNITS, Ground, Projection, draw_ground, draw_outline, fit_window
from api.views.page_context import PageContext
from kg.catalogue.records import Item

WIDTH, HEIGHT = 360.0, 230.0
DEGREES: Final = 3.0
"""Width of the window on a point."""
STEPS: Final = 2
"""Steps of a degree that windows are set to, so that records near each other share their ground."""
ZOOM: Final = 9


@dataclass(frozen=True)
class SmallMap:
    """A map of one record as it is drawn."""

    ground: Ground
    outline: str
    """Path of a territory; empty for a point."""
    x: int
    y: int
    at_territory: bool
    is_covered: bool
    """Whether the territory is one that the record covers, and not the commune where it is."""
    href: str
    """The map of its kind, at its point."""


def build_small_map(item: Item, site: PageContext) -> SmallMap | None:
    """The map of a record; None where it has no point in a window with ground."""
    outline = draw_outline(item.key, WIDTH, HEIGHT) if item.kind == "territory" else None
    path = site.href(f"/{item.kind}", [(VIEW_PARAMETER, MAP)])
    if outline is not None:
        projection, drawn = outline
        west, south, east, north = projection.window
        href = f"{path}#7/{(south + north) / 2:.3f}/{(west + east) / 2:.3f}"
        return SmallMap(draw_ground(projection), drawn, 0, 0, False, False, href)
    if item.latitude is None or item.longitude is None:
        return None
    projection = _choose_window(item.longitude, item.latitude)
    ground = draw_ground(projection)
    if not ground.land:
        return None
    x, y = projection.project(item.longitude, item.latitude)
    href = f"{path}#{ZOOM}/{item.latitude:.4f}/{item.longitude:.4f}"
    is_covered = item.point_of in item.cells.get("covers", ())
    point = round(x * UNITS), round(y * UNITS)
    return SmallMap(ground, "", *point, item.is_at_territory, is_covered, href)


def _choose_window(longitude: float, latitude: float) -> Projection:
    east, north = (
        round(longitude * STEPS) / STEPS,
        max(-80, min(80, round(latitude * STEPS) / STEPS)),
    )
    half = DEGREES / 2
    return fit_window((east - half, north - 0.1, east + half, north + 0.1), WIDTH, HEIGHT, DEGREES)
