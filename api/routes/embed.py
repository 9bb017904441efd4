"""Lists, maps and calendars for the pages of others, in a frame, without scripts or cookies."""

from itertools import islice
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import RELEASE, Served
from api.render.embed import lines, months, points
from api.render.frame import site_of
from api.render.site import Site
from api.render.states import states as states_of
from api.render.templates import page
from api.representation import Representation
from api.security import for_frames
from kg.catalogue.filters import Filters, parse
from kg.errors import BadRequest, NotFound
from kg.formats import HTML
from kg.kinds import BY_NAME, Kind

SHAPES: Final = ("list", "map", "calendar")
ROWS: Final = 50
DAYS: Final = 200
DOTS: Final = 2000
OTHERS: Final = ("lang", "limit", RELEASE)

router = APIRouter(tags=["Lists"])


@router.get("/embed/{shape}/{kind}", summary="A list, map or calendar to embed")
def embed(request: Request, served: Served, shape: str, kind: str) -> Response:
    """The records of a list as a small page for a frame, with the filters of the list."""
    if shape not in SHAPES or kind not in BY_NAME:
        raise NotFound(
            f"there is no /embed/{shape}/{kind}; shapes: {', '.join(SHAPES)}",
            f"il n'y a pas de /embed/{shape}/{kind} ; formes : {', '.join(SHAPES)}",
        )
    path = f"/embed/{shape}/{kind}"
    shown = Representation.of(request, served, (HTML,), path=path, suffixed=False)
    if shown.unchanged:
        return shown.not_modified()
    chosen = BY_NAME[kind]
    if shape == "calendar" and not chosen.dates:
        raise BadRequest(
            f"{chosen.plural.en} have no dates",
            f"{chosen.plural.fr} : ces fiches n'ont pas de date",
        )
    given = {n: request.query_params.getlist(n) for n in request.query_params if n not in OTHERS}
    filters = parse(chosen, given)
    site = site_of(shown)
    values = _values(served, chosen, filters, shape, site)
    whole = site.href(chosen.path, [(n, v) for n, listed in given.items() for v in listed])
    body = page(
        "embed.html", site.language, site=site, kind=chosen, shape=shape, whole=whole, **values
    )
    return shown.response(body, for_frames())


def _values(served: Served, kind: Kind, filters: Filters, shape: str, site: Site) -> dict[str, Any]:
    """What the page shows, how many records that is, and how many there are."""
    catalogue = served.catalogue
    states = states_of(catalogue)
    total = catalogue.total(kind.name, filters)
    if shape == "map":
        located = catalogue.every(kind.name, filters, language=site.language, valued="latitude")
        placed = list(islice(located, DOTS))
        return {"total": total, "shown": len(placed), "picture": points(placed, states, site)}
    dated = "-date" if shape == "calendar" else ""
    limit = DAYS if shape == "calendar" else ROWS
    items = catalogue.list(
        kind.name, filters, dated, limit=limit, language=site.language, counted=False
    ).items
    if shape == "calendar":
        dated_items = [item for item in items if item.begins is not None]
        listed = months(dated_items, states, site)
        return {"total": total, "shown": len(dated_items), "months": listed}
    return {"total": total, "shown": len(items), "lines": lines(items, states, site)}
