"""Routes of embeddable lists, maps and calendars, without scripts or cookies."""

from itertools import islice
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.http.security_headers import build_frame_headers
from api.serving.representation import Representation
from api.views.embed import build_map, build_records, group_by_month
from api.views.jinja import render_page
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.filters import Filters, parse_filters
from kg.catalogue.listing import load_status_labels
from kg.errors import BadRequest, NotFound
from kg.formats import HTML
from kg.kinds import KIND_BY_NAME, Kind

EMBED_SHAPES: Final = ("list", "map", "calendar")
MAX_ROWS: Final = 50
MAX_CALENDAR_RECORDS: Final = 200
MAX_MAP_POINTS: Final = 2000
NON_FILTER_PARAMETERS: Final = ("lang", "limit", RELEASE_PARAMETER)

router = APIRouter(tags=["Lists"])


@router.get("/embed/{shape}/{kind}", summary="A list, map or calendar to embed")
def embed(request: Request, served: ServedReleaseDep, shape: str, kind: str) -> Response:
    """The records of a list as a small page for a frame, with the filters of the list."""
    if shape not in EMBED_SHAPES or kind not in KIND_BY_NAME:
        raise NotFound(
            f"there is no /embed/{shape}/{kind}; shapes: {', '.join(EMBED_SHAPES)}",
            f"il n'y a pas de /embed/{shape}/{kind} ; formes : {', '.join(EMBED_SHAPES)}",
        )
    path = f"/embed/{shape}/{kind}"
    variant = Representation.negotiate(request, served, (HTML,), path=path, suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    chosen = KIND_BY_NAME[kind]
    if shape == "calendar" and not chosen.dates:
        raise BadRequest(
            f"{chosen.plural.en} have no dates",
            f"{chosen.plural.fr} : ces fiches n'ont pas de date",
        )
    filter_parameters = {
        n: request.query_params.getlist(n)
        for n in request.query_params
        if n not in NON_FILTER_PARAMETERS
    }
    filters = parse_filters(chosen, filter_parameters)
    site = build_page_context(variant)
    values = _load_values(served, chosen, filters, shape, site)
    whole = site.href(
        chosen.path, [(n, v) for n, listed in filter_parameters.items() for v in listed]
    )
    body = render_page(
        "embed.html", site.language, site=site, kind=chosen, shape=shape, whole=whole, **values
    )
    return variant.build_response(body, build_frame_headers())


def _load_values(
    served: ServedReleaseDep, kind: Kind, filters: Filters, shape: str, site: PageContext
) -> dict[str, Any]:
    """What the page shows, how many records that is, and how many there are."""
    catalogue = served.catalogue
    states = load_status_labels(catalogue)
    total = catalogue.count_list(kind.name, filters)
    if shape == "map":
        located = catalogue.iterate_list(
            kind.name, filters, language=site.language, valued="latitude"
        )
        placed = list(islice(located, MAX_MAP_POINTS))
        return {"total": total, "shown": len(placed), "picture": build_map(placed, states, site)}
    dated = "-date" if shape == "calendar" else ""
    limit = MAX_CALENDAR_RECORDS if shape == "calendar" else MAX_ROWS
    items = catalogue.read_page(
        kind.name, filters, dated, limit=limit, language=site.language, counted=False
    ).items
    if shape == "calendar":
        dated_items = [item for item in items if item.begins is not None]
        listed = group_by_month(dated_items, states, site)
        return {"total": total, "shown": len(dated_items), "months": listed}
    return {"total": total, "shown": len(items), "lines": build_records(items, states, site)}
