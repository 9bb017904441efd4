"""View model of the map of a selection: ground, clusters with counts, and the same by territory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.list_view_names import MAP, VIEW_PARAMETER
from api.views.outlines import UNITS, Ground, Projection, draw_ground, find_territory, fit_window
from api.views.page_context import PageContext, Parameters, build_page_context
from api.views.selection_view import ViewRequest
from kg.catalogue.filters import BoundingBox
from kg.catalogue.map_clusters import Cluster
from kg.catalogue.record_maps import NamedRecord, PlacedRecords
from kg.iris import build_record_iri

METROPOLE: Final = (-5.2, 41.3, 9.6, 51.15)
OVERSEAS: Final[Mapping[str, BoundingBox]] = {
    "region-01": (-61.85, 15.8, -60.95, 16.55),
    "region-02": (-61.28, 14.35, -60.78, 14.93),
    "region-03": (-54.7, 2.05, -51.5, 5.85),
    "region-04": (55.15, -21.42, 55.9, -20.85),
    "region-06": (44.98, -13.05, 45.35, -12.6),
}
"""Windows on the régions overseas that have outlines, by key."""
MAP_WIDTH: Final = 700.0
MAP_HEIGHT: Final = 640.0
INSET_PIXELS: Final = 92.0
LEAST_DEGREES: Final = 0.08
"""Width of the smallest window."""
SPOT_DEGREES: Final = 0.02
"""Width of what is all in one spot."""
SURROUNDING_DEGREES: Final = 0.6
"""What is shown on each side of it."""
MARGIN: Final = 0.06
"""Share of the width of the records that is left around them."""
MIN_RADIUS, MAX_RADIUS = 7.0, 26.0
REGION_DEGREES: Final = 0.8
"""Width of clusters that are in a région rather than in a département."""


@dataclass(frozen=True)
class Marker:
    """A cluster, or a record, on a drawn map: in units of its path."""

    x: int
    y: int
    radius: int
    count: int
    text: str
    """The number in the circle; empty for a record."""
    name: str
    href: str
    at_territory: bool


@dataclass(frozen=True)
class Picture:
    """A map as it is drawn."""

    ground: Ground
    markers: tuple[Marker, ...]


@dataclass(frozen=True)
class Inset:
    """A small map of a région overseas, which leads to it."""

    name: str
    href: str
    count: int
    window: str
    ground: Ground


@dataclass(frozen=True)
class TerritoryRow:
    """A territory of the table below a map."""

    name: str
    href: str
    map_href: str
    records: int
    placed: int


def render_map_view(request: ViewRequest) -> str:
    """The map of a selection, with the table that says the same."""
    site = build_page_context(request.representation)
    kind, catalogue = request.listing.kind, request.representation.served.catalogue
    placed = catalogue.place_records(kind.name, request.filters)
    parameters = request.parameters
    bounds = choose_bounds(placed)
    projection = fit_window(bounds, MAP_WIDTH, MAP_HEIGHT, LEAST_DEGREES)
    picture = draw_map(request.representation, kind.name, placed, projection, site, parameters)
    counts, elsewhere = catalogue.count_by_territory(kind.name, request.filters)
    labels = catalogue.read_labels(build_record_iri("territory", c.key) for c in counts)
    others = [pair for pair in parameters if pair[0] != "territory"]
    rows = [
        TerritoryRow(
            site.localize(labels[build_record_iri("territory", c.key)]),
            site.href(kind.path, [*others, ("territory", c.key)]),
            site.href(kind.path, [*others, ("territory", c.key), (VIEW_PARAMETER, MAP)]),
            c.records,
            c.placed,
        )
        for c in counts
    ]
    insets = list(build_insets(request, placed, projection, site)) if placed.placed else []
    return render_page(
        "view_map.html",
        site.language,
        **request.selection,
        next=None,
        placed=placed,
        unplaced=placed.total - placed.placed,
        window=format_box(bounds),
        picture=picture,
        insets=insets,
        rows=rows,
        elsewhere=elsewhere,
        clusters_address=site.href(f"/map/{kind.name}", parameters),
        list_address=site.href(kind.path, [p for p in parameters if p[0] != "bbox"]),
    )


def choose_bounds(placed: PlacedRecords) -> BoundingBox:
    """What to look at first: what is in European France, else everything."""
    found, bounds = placed.find_in(METROPOLE)
    if bounds is None:
        bounds = METROPOLE if found or placed.bounds is None else placed.bounds
    if bounds == METROPOLE:
        return bounds
    west, south, east, north = bounds
    extent = max(east - west, north - south)
    # around what is all in one spot, as much as shows where that is
    is_spread = extent > SPOT_DEGREES
    margin = max(extent, LEAST_DEGREES) * MARGIN if is_spread else SURROUNDING_DEGREES
    return (
        west - margin,
        max(-84, south - margin),
        east + margin,
        min(84, north + margin),
    )


def build_insets(
    request: ViewRequest, placed: PlacedRecords, shown: Projection, site: PageContext
) -> Sequence[Inset]:
    """The régions overseas that have records, and all where the map shows European France."""
    kind, catalogue = request.listing.kind, request.representation.served.catalogue
    labels = catalogue.read_labels(build_record_iri("territory", key) for key in OVERSEAS)
    others = [pair for pair in request.parameters if pair[0] != "territory"]
    insets = []
    for key, window in OVERSEAS.items():
        count, _ = placed.find_in(window)
        label = labels.get(build_record_iri("territory", key))
        if label is None or not count or _contains(shown.window, window):
            continue
        href = site.href(kind.path, [*others, ("territory", key), (VIEW_PARAMETER, MAP)])
        projection = fit_window(window, INSET_PIXELS, INSET_PIXELS, 0)
        insets.append(
            Inset(site.localize(label), href, count, format_box(window), draw_ground(projection))
        )
    return insets


def draw_map(
    variant: Representation,
    kind: str,
    placed: PlacedRecords,
    projection: Projection,
    site: PageContext,
    parameters: Parameters,
) -> Picture:
    """A map as it is drawn without scripts."""
    clusters = placed.find_clusters(projection.window, projection.zoom)
    named = variant.served.catalogue.name_clustered(kind, clusters)
    where = name_places(variant, clusters, site)
    ground = draw_ground(projection)
    largest = max((cluster.count for cluster in clusters), default=1)
    markers = []
    for cluster, place in zip(clusters, where, strict=True):
        turns = round(((projection.window[0] + projection.window[2]) / 2 - cluster.longitude) / 360)
        x, y = projection.project(cluster.longitude + 360 * turns, cluster.latitude)
        if not (0 <= x <= projection.width and 0 <= y <= projection.height):
            continue
        markers.append(
            _build_marker(cluster, place, (x, y), largest, named, f"/{kind}", site, parameters)
        )
    return Picture(ground, tuple(markers))


def name_places(
    variant: Representation, clusters: Sequence[Cluster], site: PageContext
) -> list[str]:
    """Where the middle of each cluster is: a région or département; empty for none that is known.

    Who hears a map, or goes through it by keyboard, does not see where a circle is.
    """
    keys = [_find_place(cluster) for cluster in clusters]
    iris = {key: build_record_iri("territory", key) for key in keys if key}
    labels = variant.served.catalogue.read_labels(iris.values())
    return [site.localize(labels[iris[key]]) if key and iris[key] in labels else "" for key in keys]


def _find_place(cluster: Cluster) -> str | None:
    west, _, east, _ = cluster.bounds
    level = "region" if east - west > REGION_DEGREES else "departement"
    # rounded, so that what was found is remembered
    return find_territory(round(cluster.longitude, 3), round(cluster.latitude, 3), level)


def _build_marker(
    cluster: Cluster,
    place: str,
    point: tuple[float, float],
    largest: int,
    named: Mapping[int, NamedRecord],
    path: str,
    site: PageContext,
    parameters: Parameters,
) -> Marker:
    x, y = (round(UNITS * each) for each in point)
    record = named.get(cluster.positions[0]) if len(cluster.positions) == 1 else None
    if record is not None:
        name = site.localize(record.label)
        if record.at_territory:
            name = f"{name} ({name_point(path.strip('/'), site)})"
        return Marker(x, y, 12, 1, "", name, site.href(f"{path}/{record.key}"), record.at_territory)
    share = (cluster.count / largest) ** 0.4
    radius = round(UNITS * (MIN_RADIUS + (MAX_RADIUS - MIN_RADIUS) * share))
    others = [pair for pair in parameters if pair[0] != "bbox"]
    counted = site.ngettext("records_counted", cluster.count)
    told = f"{counted} ({place})" if place else counted
    box = ("bbox", format_box(widen(cluster.bounds)))
    west, south, east, north = cluster.bounds
    is_one_point = (west, south) == (east, north)  # which no window takes apart
    view = () if is_one_point else ((VIEW_PARAMETER, MAP),)
    return Marker(
        x,
        y,
        radius,
        cluster.count,
        abbreviate(cluster.count, site),
        f"{told}{site.colon}{site.t('map_list_here' if is_one_point else 'map_closer')}",
        site.href(path, [*others, box, *view]),
        at_territory=False,
    )


def name_point(kind: str, site: PageContext) -> str:
    """What a record is at that is at the point of a territory."""
    covers = kind == "cluster"
    return site.t("point_of_covered" if covers else "point_of_commune")


def abbreviate(count: int, site: PageContext) -> str:
    """A number short enough for a circle."""
    if count < 10_000:
        return site.format_number(count)
    million, unit = count >= 1_000_000, count / (1_000_000 if count >= 1_000_000 else 1000)
    text = f"{unit:.1f}" if unit < 10 else f"{unit:.0f}"
    return f"{text.replace('.', ',') if site.language == 'fr' else text}{'M' if million else 'k'}"


def widen(bounds: BoundingBox) -> BoundingBox:
    """Bounds that hold their own corners, however these are rounded."""
    west, south, east, north = bounds
    return west - 2e-5, south - 2e-5, east + 2e-5, north + 2e-5


def format_box(box: BoundingBox) -> str:
    """A box as a parameter."""
    return ",".join(f"{degrees:.5f}".rstrip("0").rstrip(".") for degrees in box)


def _contains(outer: BoundingBox, inner: BoundingBox) -> bool:
    return (
        outer[0] <= inner[0] and outer[1] <= inner[1]
        and outer[2] >= inner[2] and outer[3] >= inner[3]
    )  # fmt: skip


def build_clusters_json(
    variant: Representation,
    kind: str,
    placed: PlacedRecords,
    window: BoundingBox,
    zoom: int,
) -> dict[str, Any]:
    """The clusters of a window, as a map asks for them."""
    site = build_page_context(variant)
    clusters = placed.find_clusters(window, zoom)
    named = variant.served.catalogue.name_clustered(kind, clusters)
    where = name_places(variant, clusters, site)
    return {
        "kind": kind,
        "release": variant.served.release.id,
        "total": placed.total,
        "placed": placed.placed,
        "at_commune": placed.at_territory,
        "clusters": [
            _serialize_cluster(cluster, place, named, kind, site)
            for cluster, place in zip(clusters, where, strict=True)
        ],
    }


def _serialize_cluster(
    cluster: Cluster,
    place: str,
    named: Mapping[int, NamedRecord],
    kind: str,
    site: PageContext,
) -> dict[str, Any]:
    records = [named[p] for p in cluster.positions if p in named]
    content: dict[str, Any] = {
        "count": cluster.count,
        "longitude": round(cluster.longitude, 5),
        "latitude": round(cluster.latitude, 5),
        "bounds": [round(degrees, 5) for degrees in cluster.bounds],
    }
    if place:
        content["place"] = place
    if records and len(records) == cluster.count:
        content["records"] = [
            {
                "name": site.localize(record.label),
                "href": site.href(f"/{kind}/{record.key}"),
                "at_commune": record.at_territory,
            }
            for record in records
        ]
    return content
