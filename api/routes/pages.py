"""The home page, the list of the sources, and the files the pages are drawn with."""

from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Served
from api.openapi import description
from api.render import pages
from api.render.frame import site_of
from api.render.templates import STATIC
from api.representation import Representation
from kg.errors import NotFound
from kg.formats import HTML, JSON

FOREVER: Final = "public, max-age=31536000, immutable"
TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FILES: Final = {
    path.name: (path.read_bytes(), TYPES[path.suffix[1:]])
    for path in STATIC.iterdir()
    if path.suffix[1:] in TYPES
}

router = APIRouter(tags=["Pages"])


@router.get("/", summary="Home page", response_class=Response)
async def home(request: Request, served: Served) -> Response:
    """What the graph holds and the ways into it: a page, or the counts as JSON."""
    shown = Representation.of(request, served, (HTML, JSON), path="/", suffixed=False)
    if shown.unchanged:
        return shown.not_modified()
    if shown.format == JSON:
        content = {
            "release": served.release.id,
            "created": served.created.isoformat(),
            "counts": served.catalogue.counts(),
            "sources": [source["name"] for source in served.manifest.get("sources", ())],
        }
        return shown.response(orjson.dumps(content))
    return shown.response(pages.home_page(shown))


@router.get("/source", summary="List sources", response_class=Response)
@router.get("/source.{suffix}", include_in_schema=False)
async def sources(request: Request, served: Served) -> Response:
    """Where the graph comes from: each source with its licence and what was read in it."""
    shown = Representation.of(request, served, (HTML, JSON), path="/source")
    if shown.unchanged:
        return shown.not_modified()
    if shown.format == JSON:
        listed = pages.sources(served.manifest, site_of(shown))
        return shown.response(orjson.dumps({"release": served.release.id, "items": listed}))
    return shown.response(pages.sources_page(shown))


@router.get("/docs", include_in_schema=False)
async def docs(request: Request, served: Served) -> Response:
    """The API in words: the OpenAPI description as a page."""
    shown = Representation.of(request, served, (HTML,), path="/docs", suffixed=False)
    if shown.unchanged:
        return shown.not_modified()
    return shown.response(pages.api_page(shown, description(request.app)))


@router.get("/static/{name}", include_in_schema=False)
async def static(name: str) -> Response:
    """A file of the pages."""
    if name not in FILES:
        raise NotFound(f"there is no file {name!r} here", f"il n'y a pas de fichier {name!r} ici")
    content, media_type = FILES[name]
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    return Response(content, 200, headers, media_type)
