"""Routes of what other sites embed: each view of a list, their builder, and oEmbed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.http import links
from api.http.problems import FormatNotImplemented
from api.http.security_headers import build_frame_headers, build_framing_headers
from api.serving.representation import Representation
from api.views.embed import build_records, group_by_month
from api.views.embed_builder import (
    DEFAULT_HEIGHT,
    DRAWN_SHAPES,
    MAX_HEIGHT,
    MIN_HEIGHT,
    SHAPES,
    THEMES,
    EmbedChoice,
    format_frame,
    list_shapes,
    list_view_options,
    list_whole_parameters,
    render_builder_page,
)
from api.views.jinja import render_page
from api.views.list_page import UNLISTED_PARAMETERS, format_filter, format_other_filter
from api.views.list_view_names import (
    CHART,
    LIST,
    LOCATED_KINDS,
    NETWORK,
    TIMELINE,
    VIEW_OPTIONS,
    VIEW_PARAMETER,
    is_in_calendars,
)
from api.views.list_views import VIEWS, check_view_options
from api.views.map_view import LEAST_DEGREES, choose_bounds, draw_map
from api.views.outlines import fit_window
from api.views.page_context import PageContext, build_page_context
from api.views.selection_view import ViewRequest
from kg.catalogue.filters import Filters, list_parameters, parse_filters
from kg.catalogue.listing import Listing, find_facet_iri, load_labels, load_status_labels
from kg.catalogue.records import Item
from kg.errors import BadRequest, NotFound
from kg.formats import HTML, JSON
from kg.kinds import KIND_BY_NAME, Kind
from kg.time_zones import find_today

MAX_ROWS: Final = 50
MAX_CALENDAR_RECORDS: Final = 200
MAP_WIDTH, MAP_HEIGHT = 640.0, 560.0
OWN_PARAMETERS: Final = ("lang", "limit", "theme", "upcoming", RELEASE_PARAMETER)
BUILDER_PARAMETERS: Final = ("of", "shape", "height", "by", "and", *OWN_PARAMETERS, "format")
MAX_ADDRESS: Final = 2000
"""Characters of an address that is embedded."""
DAY_SECONDS: Final = 86_400

router = APIRouter(tags=["Lists"])


@router.get("/embed", summary="Choose what to embed", response_class=Response)
def builder(request: Request, served: ServedReleaseDep) -> Response:
    """A page where a view of a list is chosen and the line to embed it is copied."""
    variant = Representation.negotiate(request, served, (HTML,), path="/embed", suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    asked = request.query_params
    kind = _find_kind(asked.get("of") or "event")
    # what is left are the filters of the kind; others may be of the kind chosen before
    known = set(list_parameters(kind)) - {*BUILDER_PARAMETERS, *UNLISTED_PARAMETERS, "after"}
    filters = [p for p in asked.multi_items() if p[0] in known and p[1]]
    _parse_filters(kind, filters)
    shape = asked.get("shape") or ""
    shape = shape if shape in list_shapes(kind) else list_shapes(kind)[0]
    choice = EmbedChoice(
        kind,
        shape,
        tuple(filters),
        _read_theme(request),
        variant.language,
        bool(asked.get("upcoming")),
        _read_height(asked.get("height") or ""),
        list_view_options(kind, shape, asked),
    )
    site = build_page_context(variant)
    told = _describe_filters(variant, kind, filters, site)
    fields = {field.name: field for field in served.catalogue.fields[kind.name]}
    body = render_builder_page(site, choice, told, variant.origin, fields)
    return variant.build_response(body, build_framing_headers())


def _describe_filters(
    variant: Representation, kind: Kind, filters: Sequence[tuple[str, str]], site: PageContext
) -> list[str]:
    """The filters in words."""
    catalogue = variant.served.catalogue
    fields = {field.name: field for field in catalogue.fields[kind.name]}
    columns = catalogue.list_filters(kind.name)
    iris = (find_facet_iri(fields, name, value) for name, value in filters if name in columns)
    labels = catalogue.read_labels(iri for iri in iris if iri)
    return [
        format_filter(name, value, kind, fields, labels, site)
        if name in columns
        else format_other_filter(name, value, site)
        for name, value in filters
    ]


@router.get("/embed/{shape}/{kind}", summary="A view of a list to embed")
def embed(request: Request, served: ServedReleaseDep, shape: str, kind: str) -> Response:
    """The records of a list as a small page for a frame, with the filters of the list.

    `theme` is `light` or `dark`, else that of the visitor; `upcoming=1` leaves out of a calendar
    what is over; `by` and `and` say what a chart counts, `by` the step of a timeline.
    """
    if shape not in SHAPES or kind not in KIND_BY_NAME:
        raise NotFound(
            f"there is no /embed/{shape}/{kind}; shapes: {', '.join(SHAPES)}",
            f"il n'y a pas de /embed/{shape}/{kind} ; formes : {', '.join(SHAPES)}",
        )
    path = f"/embed/{shape}/{kind}"
    day = find_today().isoformat() if shape == "calendar" else ""
    variant = Representation.negotiate(request, served, (HTML,), path=path, key=day, suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    chosen = KIND_BY_NAME[kind]
    if shape == "calendar" and not chosen.dates:
        raise BadRequest(
            f"{chosen.plural.en} have no dates",
            f"{chosen.plural.fr} : ces fiches n'ont pas de date",
        )
    if shape == "map" and kind not in LOCATED_KINDS:
        raise BadRequest(
            f"{chosen.plural.en} have no place on a map",
            f"{chosen.plural.fr} : ces fiches n'ont pas de lieu sur une carte",
        )
    if shape not in list_shapes(chosen):
        raise BadRequest(
            f"{chosen.plural.en} have no {shape}; shapes: {', '.join(list_shapes(chosen))}",
            f"{chosen.plural.fr} : pas de forme {shape} ; il y a {', '.join(list_shapes(chosen))}",
        )
    drawn = VIEW_OPTIONS[shape] if shape in DRAWN_SHAPES else ()
    options = {name: text for name in drawn if (text := request.query_params.get(name))}
    own = (*OWN_PARAMETERS, *drawn)
    pairs = [p for p in request.query_params.multi_items() if p[0] not in own]
    filters = _parse_filters(chosen, pairs)
    site = build_page_context(variant)
    frame = {
        "site": site,
        "kind": chosen,
        "shape": shape,
        "theme": _read_theme(request),
        "whole": site.href(chosen.path, list_whole_parameters(shape, pairs, [*options.items()])),
    }
    if shape in DRAWN_SHAPES:
        body = _draw_view(variant, chosen, filters, shape, pairs, options, frame)
    else:
        values = _load_values(variant, chosen, filters, shape, pairs)
        body = render_page("embed.html", site.language, **frame, **values)
    return variant.build_response(body, build_frame_headers(scripts=shape == NETWORK))


@router.get("/oembed", summary="oEmbed", response_class=Response)
def oembed(request: Request, served: ServedReleaseDep) -> Response:
    """How a list of this site, in any view, is embedded, by its address (https://oembed.com/).

    oEmbed has two formats, and 501 for the one that is not written: consumers then ask the other.
    """
    if request.query_params.get("format") == "xml":
        raise FormatNotImplemented(
            "oEmbed is available here as json", "oEmbed est disponible ici en json"
        )
    variant = Representation.negotiate(request, served, (JSON,), path="/oembed", suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    asked = request.query_params
    choice = _read_address(asked.get("url") or "", variant)
    width = _read_bound(asked.get("maxwidth"), 640)
    height = min(_read_bound(asked.get("maxheight"), MAX_HEIGHT), choice.height)
    choice = replace(choice, height=height)
    content = {
        "version": "1.0",
        "type": "rich",
        "provider_name": "ess-kg",
        "provider_url": f"{variant.origin}/",
        "title": f"ess-kg – {choice.kind.plural[choice.language]}",
        "cache_age": DAY_SECONDS,
        "width": width,
        "height": height,
        "html": format_frame(choice, variant.origin, str(width)),
    }
    return variant.build_response(orjson.dumps(content))


def _read_address(address: str, variant: Representation) -> EmbedChoice:
    """What an address of this site shows. Raises NotFound for another one."""
    path, query = _split_address(address)
    steps = path.strip("/").split("/")
    asked = dict(query)
    view = asked.get(VIEW_PARAMETER, "")
    shape = view if view in SHAPES else LIST
    if steps[0] == "embed" and len(steps) == len(("embed", "shape", "kind")):
        shape = steps[1]
    ours = address.startswith(f"{variant.origin}/")
    if not ours or steps[-1] not in KIND_BY_NAME or (len(steps) > 1 and steps[0] != "embed"):
        raise NotFound(
            f"url={address[:MAX_ADDRESS]!r} is no list of {variant.origin}",
            f"url={address[:MAX_ADDRESS]!r} n'est pas une liste de {variant.origin}",
        )
    kind = KIND_BY_NAME[steps[-1]]
    if shape not in list_shapes(kind):
        shape = "list"
    own = VIEW_OPTIONS.get(view or shape, ())
    options = {VIEW_PARAMETER, "sort", "after", *own, *OWN_PARAMETERS}
    filters = [p for p in query if p[0] not in options and p[1]]
    _parse_filters(kind, filters)
    language = asked.get("lang", "")
    return EmbedChoice(
        kind,
        shape,
        tuple(filters),
        asked["theme"] if asked.get("theme") in THEMES else "",
        language if language in ("fr", "en") else variant.language,
        bool(asked.get("upcoming")),
        DEFAULT_HEIGHT[shape],
        list_view_options(kind, shape, asked),
    )


def _split_address(address: str) -> tuple[str, list[tuple[str, str]]]:
    """The path and the parameters of an address, empty where it cannot be read."""
    try:
        parts = urlsplit(address if len(address) <= MAX_ADDRESS else "")
        return parts.path, parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        return "", []


def _find_kind(name: str) -> Kind:
    if name not in KIND_BY_NAME:
        raise NotFound(
            f"there is no kind {name!r}; there are {', '.join(KIND_BY_NAME)}",
            f"il n'y a pas de type {name!r} ; il y a {', '.join(KIND_BY_NAME)}",
        )
    return KIND_BY_NAME[name]


def _parse_filters(kind: Kind, pairs: list[tuple[str, str]]) -> Filters:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return parse_filters(kind, values)


def _read_theme(request: Request) -> str:
    theme = request.query_params.get("theme") or ""
    if theme and theme not in THEMES:
        raise BadRequest(
            f"theme={theme!r}: there are {', '.join(THEMES)}",
            f"theme={theme!r} : il y a {', '.join(THEMES)}",
        )
    return theme


def _read_bound(text: str | None, most: int) -> int:
    if not text or not (text.isascii() and text.isdigit()):
        return most
    return max(120, min(int(text[:6]), most))


def _read_height(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        return 0
    return max(MIN_HEIGHT, min(int(text[:6]), MAX_HEIGHT))


def _load_values(
    variant: Representation,
    kind: Kind,
    filters: Filters,
    shape: str,
    pairs: list[tuple[str, str]],
) -> dict[str, Any]:
    """What the page shows, how many records that is, and how many there are."""
    catalogue, site = variant.served.catalogue, build_page_context(variant)
    if shape == "map":
        placed = catalogue.place_records(kind.name, filters)
        projection = fit_window(choose_bounds(placed), MAP_WIDTH, MAP_HEIGHT, LEAST_DEGREES)
        picture = draw_map(variant, kind.name, placed, projection, site, pairs)
        shown = sum(marker.count for marker in picture.markers)
        return {"total": placed.total, "shown": shown, "placed": placed, "picture": picture}
    total = catalogue.count_list(kind.name, filters)
    if shape == "calendar":
        return {"total": total, **_load_calendar(variant, kind, filters, site)}
    items = catalogue.read_page(
        kind.name, filters, limit=MAX_ROWS, language=site.language, counted=False
    ).items
    states = load_status_labels(catalogue)
    return {"total": total, "shown": len(items), "lines": build_records(items, states, site)}


def _draw_view(
    variant: Representation,
    kind: Kind,
    filters: Filters,
    shape: str,
    pairs: list[tuple[str, str]],
    options: dict[str, str],
    frame: dict[str, Any],
) -> str:
    """A view of the list as the site shows it, in the page of a frame."""
    catalogue = variant.served.catalogue
    check_view_options(kind, shape, options)
    newest = "-date" if is_in_calendars(kind) and not filters.has_words else ""
    page = catalogue.read_page(
        kind.name, filters, newest, limit=MAX_ROWS, language=variant.language, counted=False
    )
    page = replace(page, total=catalogue.count_list(kind.name, filters))
    fields = {field.name: field for field in catalogue.fields[kind.name]}
    labels = load_labels(catalogue, kind, page)
    listing = Listing(kind, page, fields, labels, variant.served.release.id, {})
    every = shape in (TIMELINE, CHART)  # which count all records
    selection = {
        **frame,
        "layout": "embed_frame.html",
        "embedded": True,
        "title": frame["site"].localize(kind.plural),
        "total": page.total,
        "shown": page.total if every else len(page.items),
    }
    return VIEWS[shape](ViewRequest(variant, listing, filters, pairs, options, selection))


def _load_calendar(
    variant: Representation, kind: Kind, filters: Filters, site: PageContext
) -> dict[str, Any]:
    """What is to come, the next first, then what is over, the latest first."""
    catalogue, states = variant.served.catalogue, load_status_labels(variant.served.catalogue)
    today = find_today()
    before = (today - timedelta(days=1)).isoformat()
    coming: Sequence[Item] = ()
    over: Sequence[Item] = ()
    if not filters.until or filters.until >= today.isoformat():
        since = max(filters.since or "", today.isoformat())
        coming = catalogue.read_page(
            kind.name, replace(filters, since=since), "date", limit=MAX_CALENDAR_RECORDS,
            language=site.language, counted=False,
        ).items  # fmt: skip
    upcoming = bool(variant.request.query_params.get("upcoming"))
    room = MAX_CALENDAR_RECORDS - len(coming)
    if not upcoming and room and (not filters.since or filters.since <= before):
        until = min(filters.until or before, before)
        over = catalogue.read_page(
            kind.name, replace(filters, until=until), "-date", limit=room,
            language=site.language, counted=False,
        ).items  # fmt: skip
    known = {item.id for item in coming}
    over = [item for item in over if item.id not in known and item.begins is not None]
    coming = [item for item in coming if item.begins is not None]
    return {
        "shown": len(coming) + len(over),
        "upcoming": upcoming,
        "months": group_by_month(coming, states, site, coming=today.isoformat()[:7]),
        "past": group_by_month(over, states, site),
        "calendar": links.build_url(f"{kind.path}.ics", _list_filters(variant)),
    }


def _list_filters(variant: Representation) -> list[tuple[str, str]]:
    pairs = variant.request.query_params.multi_items()
    return [p for p in pairs if p[0] not in OWN_PARAMETERS]
