"""Lists, maps and calendars for the pages of others, in a frame, without scripts or cookies."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import links
from api.deps import RELEASE, Served
from api.render.embed import months, points
from api.render.templates import page
from api.representation import Representation
from api.security import for_frames
from kg.catalogue.filters import Filters, parse
from kg.catalogue.records import Item
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
        raise BadRequest(f"{kind} has no dates", f"les fiches de {kind} n'ont pas de date")
    given = {n: request.query_params.getlist(n) for n in request.query_params if n not in OTHERS}
    filters = parse(chosen, given)
    values = _values(served, chosen, filters, shape, shown.language)
    whole = links.address(chosen.path, [(n, v) for n, listed in given.items() for v in listed])
    body = page("embed.html", shown.language, kind=chosen, shape=shape, whole=whole, **values)
    return shown.response(body, for_frames())


def _values(
    served: Served, kind: Kind, filters: Filters, shape: str, language: str
) -> dict[str, Any]:
    """What the page shows, and how many records there are."""
    catalogue = served.catalogue
    total = catalogue.total(kind.name, filters)
    if shape == "map":
        placed: Sequence[Item] = [
            item
            for item in islice(catalogue.every(kind.name, filters, language=language), DOTS)
            if item.latitude is not None and item.longitude is not None
        ]
        return {"total": total, "picture": points(placed, language)}
    dated = "-date" if shape == "calendar" else ""
    limit = DAYS if shape == "calendar" else ROWS
    items = catalogue.list(
        kind.name, filters, dated, limit=limit, language=language, counted=False
    ).items
    if shape == "calendar":
        return {"total": total, "months": months(items, language)}
    return {"total": total, "items": items}
