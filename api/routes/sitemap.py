"""Sitemap of all records, for search engines (https://www.sitemaps.org/protocol.html).

One file for each kind and each fifty thousand of its records, read from the catalogue by number: a
part costs the same whatever the size of the graph, and robots that ask again get 304.
"""

import re
from typing import Final
from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http import links
from api.serving.representation import Representation
from kg.errors import NotFound
from kg.formats import XML
from kg.kinds import KIND_BY_NAME

MAX_FILE_ADDRESSES: Final = 50_000
"""Addresses of one file, as many as the protocol allows."""
NUMBER_PATTERN: Final = re.compile("[1-9][0-9]{0,8}")
SITEMAP_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
XML_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

router = APIRouter(include_in_schema=False)


@router.get("/sitemap.xml")
def index(request: Request, served: ServedReleaseDep) -> Response:
    """The files there are."""
    variant = _negotiate(request, served)
    if variant.unchanged:
        return variant.build_not_modified()
    origin, day = variant.origin, served.created.date().isoformat()
    parts = [
        f"<sitemap><loc>{origin}/sitemap/{kind}-{number}.xml</loc><lastmod>{day}</lastmod>"
        "</sitemap>"
        for kind, count in served.catalogue.count_by_kind().items()
        for number in range(1, -(-count // MAX_FILE_ADDRESSES) + 1)
    ]
    body = (
        f'{XML_DECLARATION}<sitemapindex xmlns="{SITEMAP_NAMESPACE}">'
        f"\n{_join_lines(parts)}</sitemapindex>\n"
    )
    return variant.build_response(body)


@router.get("/sitemap/{name}.xml")
def part(request: Request, served: ServedReleaseDep, name: str) -> Response:
    """The records of one file."""
    kind, _, number = name.rpartition("-")
    if kind not in KIND_BY_NAME or not NUMBER_PATTERN.fullmatch(number):
        raise NotFound(f"there is no sitemap {name!r}", f"il n'y a pas de plan {name!r}")
    variant = _negotiate(request, served)
    if variant.unchanged:
        return variant.build_not_modified()
    origin, day = variant.origin, served.created.date().isoformat()
    keys = served.catalogue.read_keys(
        kind, (int(number) - 1) * MAX_FILE_ADDRESSES, MAX_FILE_ADDRESSES
    )
    urls = [
        f"<url><loc>{escape(origin + links.build_url(f'/{kind}/{key}'))}</loc>"
        f"<lastmod>{(changed or day)[:10]}</lastmod></url>"
        for key, changed in keys
    ]
    if not urls:
        raise NotFound(f"there is no sitemap {name!r}", f"il n'y a pas de plan {name!r}")
    return variant.build_response(
        f'{XML_DECLARATION}<urlset xmlns="{SITEMAP_NAMESPACE}">\n{_join_lines(urls)}</urlset>\n'
    )


def _negotiate(request: Request, served: ServedReleaseDep) -> Representation:
    return Representation.negotiate(request, served, (XML,), suffix="xml", suffixed=False)


def _join_lines(parts: list[str]) -> str:
    return "".join(f"{part}\n" for part in parts)
