"""Route of the clusters of a map: what a list has in a window, counted."""

from functools import partial
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.openapi.lists import describe_common_parameters
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from api.views.list_view_names import LOCATED_KINDS
from api.views.map_view import METROPOLE, build_clusters_json
from kg.catalogue.filters import BoundingBox, Filters, parse_box, parse_filters
from kg.errors import BadRequest, NotFound
from kg.formats import JSON
from kg.kinds import KIND_BY_NAME

DEFAULT_ZOOM: Final = 6
MAX_ZOOM: Final = 22
NON_FILTER_PARAMETERS: Final = ("window", "zoom", "lang", "format", RELEASE_PARAMETER)
PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": "window", "in": "query", "schema": {"type": "string"},
     "description": "West, south, east and north of what is looked at, in degrees; European France "
     "by default.", "example": "2.2,48.8,2.5,48.9"},
    {"name": "zoom", "in": "query",
     "schema": {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM, "default": DEFAULT_ZOOM},
     "description": "Zoom of web maps: the world is 256 pixels wide at 0, twice as wide at 1."},
    *describe_common_parameters((JSON,)),
]  # fmt: skip

router = APIRouter(tags=["Lists"])


@router.get(
    "/map/{kind}", summary="Clusters of a map", response_class=Response,
    openapi_extra={"parameters": PARAMETERS},
)  # fmt: skip
@router.get("/map/{kind}.{suffix}", include_in_schema=False)
async def clusters(kind: str, request: Request, served: ServedReleaseDep) -> Response:
    """What a list has in a window of a map: records that are near each other are counted together.

    The filters are those of the list. `total`, `placed` and `at_commune` are of the whole list:
    how many records it has, how many of them have a point, and of how many that is the point of
    their commune and no address. `clusters` are those of the window, each record in one of them.
    """
    if kind not in LOCATED_KINDS:
        raise NotFound(
            f"there is no map of {kind!r}; there is one of {', '.join(LOCATED_KINDS)}",
            f"il n'y a pas de carte de {kind!r} ; il y en a une de {', '.join(LOCATED_KINDS)}",
        )
    variant = Representation.negotiate(request, served, (JSON,), path=f"/map/{kind}")
    if variant.unchanged:
        return variant.build_not_modified()
    window, zoom = _read_window(request), _read_zoom(request)
    raw_values = {
        name: request.query_params.getlist(name)
        for name in request.query_params
        if name not in NON_FILTER_PARAMETERS
    }
    filters = parse_filters(KIND_BY_NAME[kind], raw_values)
    body = await LIST_THREADS.run(partial(_build_body, variant, kind, filters, window, zoom))
    return variant.build_response(body)


def _read_window(request: Request) -> BoundingBox:
    return parse_box("window", request.query_params.get("window", "")) or METROPOLE


def _read_zoom(request: Request) -> int:
    text = request.query_params.get("zoom") or str(DEFAULT_ZOOM)
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= MAX_ZOOM):
        raise BadRequest(
            f"zoom={text!r} is not a whole number from 0 to {MAX_ZOOM}",
            f"zoom={text!r} n'est pas un nombre entier de 0 à {MAX_ZOOM}",
        )
    return int(text)


def _build_body(
    variant: Representation, kind: str, filters: Filters, window: BoundingBox, zoom: int
) -> bytes:
    placed = variant.served.catalogue.place_records(kind, filters)
    return orjson.dumps(build_clusters_json(variant, kind, placed, window, zoom))
