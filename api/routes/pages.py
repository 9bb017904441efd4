"""Routes of the home page, the list of sources, the API page and static files."""

from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.openapi.description import build_description
from api.serving.representation import FRESH_CACHE_CONTROL, Representation
from api.serving.thread_pool import LIST_THREADS
from api.views import site_pages
from api.views.jinja import STATIC_FOLDER
from api.views.page_context import build_page_context
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters, parse_filters
from kg.catalogue.listing import load_status_labels, load_summary_labels
from kg.errors import NotFound
from kg.formats import HTML, JSON
from kg.kinds import KIND_BY_NAME
from kg.time_zones import find_today

IMMUTABLE_CACHE_CONTROL: Final = "public, max-age=31536000, immutable"
STATIC_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "mjs": "text/javascript; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
}
STATIC_FILES: Final = {
    path.relative_to(STATIC_FOLDER).as_posix(): (
        path.read_bytes(),
        STATIC_MEDIA_TYPES[path.suffix[1:]],
    )
    for path in STATIC_FOLDER.rglob("*")
    if path.suffix[1:] in STATIC_MEDIA_TYPES
}

AGENDA_SIZE: Final = 5
"""Events of the home page."""

router = APIRouter(tags=["Pages"])


@router.get("/", summary="Home page", response_class=Response)
async def home(request: Request, served: ServedReleaseDep) -> Response:
    """What the graph holds and the ways into it: a page, or the counts as JSON."""
    today = find_today().isoformat()
    variant = Representation.negotiate(
        request, served, (HTML, JSON), path="/", suffixed=False, key=today
    )
    if variant.unchanged:
        return variant.build_not_modified()
    if variant.format == JSON:
        content = {
            "release": served.release.id,
            "created": served.created.isoformat(),
            "counts": served.catalogue.count_by_kind(),
            "sources": [source["name"] for source in served.manifest.get("sources", ())],
        }
        return variant.build_response(orjson.dumps(content))
    return variant.build_response(await LIST_THREADS.run(partial(_render_home, variant, today)))


def _render_home(variant: Representation, today: str) -> str:
    catalogue = variant.served.catalogue
    placed = catalogue.place_records("organisation", Filters())
    agenda = _read_agenda(catalogue, today)
    return site_pages.render_home_page(variant, catalogue.count_by_kind(), agenda, placed)


def _read_agenda(catalogue: Catalogue, today: str) -> site_pages.Agenda:
    """The events that come next, else the last ones."""
    event = KIND_BY_NAME["event"]
    ahead = catalogue.read_page(
        "event", parse_filters(event, {"from": [today]}), "date", limit=AGENDA_SIZE, counted=False
    ).items
    items = (
        ahead or catalogue.read_page("event", sort="-date", limit=AGENDA_SIZE, counted=False).items
    )
    labels = load_summary_labels(catalogue, items)
    return site_pages.Agenda(items, bool(ahead), labels, load_status_labels(catalogue, items))


@router.get("/source", summary="List sources", response_class=Response)
@router.get("/source.{suffix}", include_in_schema=False)
async def sources(request: Request, served: ServedReleaseDep) -> Response:
    """Where the graph comes from: each source with its licence and what was read in it."""
    variant = Representation.negotiate(request, served, (HTML, JSON), path="/source")
    if variant.unchanged:
        return variant.build_not_modified()
    if variant.format == JSON:
        listed = site_pages.list_sources(served.manifest, build_page_context(variant))
        return variant.build_response(orjson.dumps({"release": served.release.id, "items": listed}))
    return variant.build_response(site_pages.render_sources_page(variant))


@router.get("/docs", include_in_schema=False)
async def docs(request: Request, served: ServedReleaseDep) -> Response:
    """The API in words: the OpenAPI description as a page."""
    variant = Representation.negotiate(request, served, (HTML,), path="/docs", suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(
        site_pages.render_api_page(variant, build_description(request.app))
    )


@router.get("/static/{name:path}", include_in_schema=False)
async def static(name: str, request: Request) -> Response:
    """A file of the pages; its address with a version (`v`) changes with it."""
    if name not in STATIC_FILES:
        raise NotFound(f"there is no file {name!r} here", f"il n'y a pas de fichier {name!r} ici")
    content, media_type = STATIC_FILES[name]
    cache = IMMUTABLE_CACHE_CONTROL if "v" in request.query_params else FRESH_CACHE_CONTROL
    headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
    return Response(content, 200, headers, media_type)
