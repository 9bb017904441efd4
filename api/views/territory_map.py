"""Map of what is in a territory: the clusters of one kind of its records on its outline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.serving.representation import Representation
from api.views.list_view_names import MAP, VIEW_PARAMETER
from api.views.map_view import LEAST_DEGREES, Picture, choose_bounds, draw_map
from api.views.outlines import draw_outline, fit_window
from api.views.page_context import PageContext
from kg.catalogue.filters import Filters
from kg.catalogue.record_maps import PlacedRecords
from kg.catalogue.records import Item
from kg.kinds import KIND_BY_NAME

WIDTH, HEIGHT = 560.0, 390.0
DRAWN_KINDS: Final = ("organisation", "place", "event")
"""Kinds that a map may show, the one of interest to most readers first."""


@dataclass(frozen=True)
class TerritoryMap:
    """A map of the records of one kind in a territory."""

    kind: str
    title: str
    href: str
    """The map of this kind, and of this territory."""
    placed: int
    picture: Picture
    outline: str
    """Path of the territory; empty where it has none."""
    others: Sequence[tuple[str, str]]
    """Titles and addresses of the maps of the other kinds."""


def build_territory_map(
    variant: Representation, item: Item, counts: Mapping[str, int], site: PageContext
) -> TerritoryMap | None:
    """The map of the first kind whose records in a territory are in several spots; else of the
    first that has one with a point, if there is one.

    `counts` has the number of its records by kind.
    """
    filters = Filters({"territory": (item.key,)})
    find = variant.served.catalogue.place_records
    placed = {kind: find(kind, filters) for kind in DRAWN_KINDS if counts.get(kind)}
    drawn = [kind for kind, records in placed.items() if records.placed]
    if not drawn:
        return None
    kind = next((kind for kind in drawn if _are_spread(placed[kind])), drawn[0])
    return TerritoryMap(
        kind,
        _title_map(kind, site),
        _link_map(kind, item, site),
        placed[kind].placed,
        *_draw(variant, kind, placed[kind], item, site),
        [(_title_map(k, site), _link_map(k, item, site)) for k in drawn if k != kind],
    )


def _are_spread(placed: PlacedRecords) -> bool:
    """Whether records are not all in one spot, as those placed at one commune are."""
    if placed.bounds is None:
        return True
    west, south, east, north = placed.bounds
    return (west, south) != (east, north)


def _title_map(kind: str, site: PageContext) -> str:
    return site.t("kinds_on_map").format(kinds=site.localize(KIND_BY_NAME[kind].plural))


def _link_map(kind: str, item: Item, site: PageContext) -> str:
    path = KIND_BY_NAME[kind].path
    return site.href(path, [("territory", item.key), (VIEW_PARAMETER, MAP)])


def _draw(
    variant: Representation, kind: str, placed: PlacedRecords, item: Item, site: PageContext
) -> tuple[Picture, str]:
    outlined = draw_outline(item.key, WIDTH, HEIGHT)
    if outlined is None:
        projection = fit_window(choose_bounds(placed), WIDTH, HEIGHT, LEAST_DEGREES)
        outline = ""
    else:
        projection, outline = outlined
    parameters = [("territory", item.key)]
    return draw_map(variant, kind, placed, projection, site, parameters), outline
