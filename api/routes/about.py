"""Routes of the pages that a public site must have: who runs it, rights, accessibility, state."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfigDep, ServedReleaseDep
from api.serving.representation import Representation
from api.views.site_pages import render_about_page
from kg.formats import HTML

PAGES: Final = ("about", "legal", "privacy", "accessibility", "status")

router = APIRouter(include_in_schema=False)


async def _respond(request: Request, served: ServedReleaseDep, config: AppConfigDep) -> Response:
    name = request.url.path.strip("/")
    variant = Representation.negotiate(
        request, served, (HTML,), path=f"/{name}", suffixed=False, key=repr(config.operator)
    )
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(render_about_page(variant, name, config.operator))


for _name in PAGES:
    router.add_api_route(f"/{_name}", _respond, response_class=Response)
