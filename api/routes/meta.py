"""Site metadata: openapi.json, pages of problem types, robots.txt and the icon."""

import hashlib
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from api.http import negotiation
from api.http.entity_tags import is_known
from api.http.origin import get_origin
from api.http.problems import list_problem_types
from api.http.security_headers import SECURITY_HEADERS
from api.openapi.description import build_description
from api.serving.representation import FRESH_CACHE_CONTROL
from api.views.jinja import render_page
from api.views.page_context import PageContext
from kg.errors import NotFound
from kg.formats import HTML, JSON

PROBLEMS_BY_SLUG: Final = {problem.slug: problem for problem in list_problem_types()}
DAY_CACHE_CONTROL: Final = "public, max-age=86400"
ROBOTS_TXT: Final = """User-agent: *
Disallow: /sparql
Disallow: /reconcile
Disallow: /queries/
Disallow: /ldes
Disallow: /validate
Disallow: /counts/
Disallow: /dumps/*/extract
Disallow: /*?*&
Crawl-delay: 1
"""
"""One filter is a page worth finding; filters combined are too many pages, and say nothing new."""

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI description of this server."""
    body = orjson.dumps(build_description(request.app))
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": FRESH_CACHE_CONTROL}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON.content_type)


@router.get("/problem/{slug}")
async def problem(slug: str, request: Request) -> Response:
    """What one type of error means: the page at the address problems give as their `type`."""
    if slug not in PROBLEMS_BY_SLUG:
        raise NotFound(f"there is no problem {slug!r}", f"il n'y a pas de problème {slug!r}")
    problem, language = PROBLEMS_BY_SLUG[slug], negotiation.choose_language(request)
    headers = {
        "Vary": "Accept, Accept-Language",
        "Content-Language": language,
        "Cache-Control": DAY_CACHE_CONTROL,
    }
    content = {"title": problem.title[language], "status": problem.status}
    chosen = negotiation.choose_format(request, (HTML, JSON))
    if chosen == JSON:
        content = {"type": problem.type, **content, "description": problem.about[language]}
        return Response(orjson.dumps(content), 200, headers, JSON.content_type)
    site = PageContext.of(language, request.url.path, request.query_params.multi_items())
    body = render_page(
        "problem.html", language, site=site, **content, about=problem.about[language]
    )
    return Response(body, 200, {**SECURITY_HEADERS, **headers}, HTML.content_type)


@router.get("/robots.txt")
async def robots(request: Request) -> Response:
    """What robots may read: everything but questions and combinations of filters."""
    sitemap = f"Sitemap: {get_origin(request)}/sitemap.xml\n"
    return PlainTextResponse(
        f"{ROBOTS_TXT}\n{sitemap}", headers={"Cache-Control": DAY_CACHE_CONTROL}
    )


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Leads to the icon, for those who look for it where it used to be."""
    return RedirectResponse("/static/icon.svg", 301, {"Cache-Control": DAY_CACHE_CONTROL})
