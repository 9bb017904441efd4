"""The pages worth finding, for search engines (https://www.sitemaps.org/protocol.html).

One file for each kind and each fifty thousand of its records, read from the catalogue by number: a
part costs the same whatever the size of the graph, and robots that ask again get 304.
"""

import re
from typing import Final
from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import links
from api.deps import Served
from api.representation import Representation
from kg.errors import NotFound
from kg.formats import XML
from kg.kinds import BY_NAME

PART: Final = 50_000
"""Addresses of one file, as many as the protocol allows."""
NUMBER: Final = re.compile("[1-9][0-9]{0,8}")
PROTOCOL: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

router = APIRouter(include_in_schema=False)


@router.get("/sitemap.xml")
def index(request: Request, served: Served) -> Response:
    """The files there are."""
    shown = _shown(request, served)
    if shown.unchanged:
        return shown.not_modified()
    origin, day = shown.origin, served.created.date().isoformat()
    parts = [
        f"<sitemap><loc>{origin}/sitemap/{kind}-{number}.xml</loc><lastmod>{day}</lastmod></sitemap>"
        for kind, count in served.catalogue.counts().items()
        for number in range(1, -(-count // PART) + 1)
    ]
    body = f'{HEAD}<sitemapindex xmlns="{PROTOCOL}">\n{_lines(parts)}</sitemapindex>\n'
    return shown.response(body)


@router.get("/sitemap/{name}.xml")
def part(request: Request, served: Served, name: str) -> Response:
    """The records of one file."""
    kind, _, number = name.rpartition("-")
    if kind not in BY_NAME or not NUMBER.fullmatch(number):
        raise NotFound(f"there is no sitemap {name!r}", f"il n'y a pas de plan {name!r}")
    shown = _shown(request, served)
    if shown.unchanged:
        return shown.not_modified()
    origin, day = shown.origin, served.created.date().isoformat()
    keys = served.catalogue.keys(kind, (int(number) - 1) * PART, PART)
    found = [
        f"<url><loc>{escape(origin + links.address(f'/{kind}/{key}'))}</loc>"
        f"<lastmod>{(changed or day)[:10]}</lastmod></url>"
        for key, changed in keys
    ]
    if not found:
        raise NotFound(f"there is no sitemap {name!r}", f"il n'y a pas de plan {name!r}")
    return shown.response(f'{HEAD}<urlset xmlns="{PROTOCOL}">\n{_lines(found)}</urlset>\n')


def _shown(request: Request, served: Served) -> Representation:
    return Representation.of(request, served, (XML,), suffix="xml", suffixed=False)


def _lines(parts: list[str]) -> str:
    return "".join(f"{part}\n" for part in parts)
