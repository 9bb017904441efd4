"""The list of each kind: filters, facets, order and pages, in every format a list has."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import links
from api.deps import RELEASE, Served
from api.render import atom, listing, pages, streams
from api.render.csvw import table_of
from api.render.document import as_rdf
from api.render.listing import Listing
from api.render.states import states
from api.representation import Representation
from api.routes.described import ListDocument, list_parameters, responses
from api.threads import LISTS
from kg.catalogue.concepts import Code
from kg.catalogue.filters import Filters, parse, topic
from kg.catalogue.read import Catalogue
from kg.catalogue.records import Item
from kg.errors import BadRequest
from kg.formats import (
    ATOM,
    CSV,
    CSVW,
    GEOJSON,
    HTML,
    ICALENDAR,
    JSON,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    TURTLE,
    Format,
)
from kg.kinds import KINDS, Kind
from kg.namespaces import BASE

BASIC: Final = (HTML, JSON, TURTLE, JSON_LD, CSV, N_TRIPLES, RDF_XML)
PLACED: Final = ("organisation", "cluster", "territory", "place", "event")
"""Kinds whose records have coordinates, or a place that has."""
PAGE: Final = 50
LONGEST_REPEATED: Final = 300
"""Characters of an address that is repeated to say where its columns are described."""
NUMBER: Final = re.compile("[0-9]{1,9}")
STREAMED: Final = (CSV, GEOJSON, ICALENDAR)
SAFE: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
"""A query string that can stand in an address as it is."""
NOT_FILTERS: Final = ("lang", "format", "after", RELEASE)

router = APIRouter(tags=["Lists"])


@dataclass(frozen=True)
class Asked:
    """A list as it was asked for."""

    kind: Kind
    filters: Filters
    parameters: Mapping[str, list[str]]
    shown: Representation

    def one(self, name: str) -> str:
        return (self.parameters.get(name) or [""])[-1]

    @property
    def limit(self) -> int:
        text = self.one("limit") or str(PAGE)
        if not NUMBER.fullmatch(text):
            raise BadRequest(
                f"limit={text!r} is not a whole number",
                f"limit={text!r} n'est pas un nombre entier",
            )
        return int(text)

    @property
    def takes_a_while(self) -> bool:
        """Whether it is more than some rows of records that are known, put into JSON."""
        quick = self.shown.format == JSON and self.limit <= 2 * PAGE
        quick = quick or self.shown.format in STREAMED  # which are written as they are read
        return not quick or self.filters.take_a_while

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters that say what is listed, whatever the page, format or language."""
        return [
            (name, topic(value) if name == "topics" else value)
            for name, values in self.parameters.items()
            for value in values
            if name not in NOT_FILTERS and value
        ]

    @property
    def address(self) -> str:
        """Where this page was fetched, without which it is no page of a tree."""
        request = self.shown.request
        asked = request.scope["query_string"].decode("latin-1")
        if SAFE.fullmatch(asked):
            return self.origin + links.address(request.url.path) + (f"?{asked}" if asked else "")
        return self.origin + links.address(request.url.path, request.query_params.multi_items())

    @property
    def origin(self) -> str:
        return self.shown.origin


def formats_of(kind: Kind) -> tuple[Format, ...]:
    """What the list of a kind can be had in."""
    placed = (GEOJSON,) if kind.name in PLACED else ()
    dated = (ICALENDAR,) if kind.dates else ()
    return (*BASIC, *placed, *dated, ATOM)


async def listed(request: Request, served: Served, kind: Kind, suffix: str | None) -> Response:
    """A list, in the format asked for."""
    formats = formats_of(kind)
    shown = Representation.of(request, served, formats, suffix=suffix, path=kind.path)
    if shown.unchanged:
        return shown.not_modified()
    parameters = {name: request.query_params.getlist(name) for name in request.query_params}
    filters = parse(kind, parameters)
    if places := filters.values.get("territory"):  # told as what they are today
        today = served.catalogue.territory
        parameters["territory"] = [key for place in places for key in today(place)]
        filters = parse(kind, parameters)
    asked = Asked(kind, filters, parameters, shown)
    make = _streamed if shown.format in STREAMED else _paged
    if asked.takes_a_while:  # longer than others can wait
        return await LISTS.run(partial(make, asked))
    return make(asked)


def _paged(asked: Asked) -> Response:
    shown, catalogue = asked.shown, asked.shown.served.catalogue
    page = catalogue.list(
        asked.kind.name,
        asked.filters,
        _sort(asked),
        asked.one("after"),
        asked.limit,
        language=shown.language,
        counted=shown.format in (HTML, JSON),
    )
    here = Listing(
        asked.kind,
        page,
        {field.name: field for field in catalogue.fields[asked.kind.name]},
        listing.labels_of(catalogue, asked.kind, page),
        shown.served.release.id,
        _links(asked, page.next),
        _codes(asked),
    )
    extra = {"Link": _link_header(asked, here.links), "X-Total-Count": str(page.total)}
    return shown.response(_body(asked, here), extra)


def _codes(asked: Asked) -> Sequence[Code]:
    """The concepts that the words name and that filter the list."""
    if not asked.filters.has_words:
        return ()
    return asked.shown.served.catalogue.codes(asked.filters.text, (asked.kind.name,))


def _sort(asked: Asked) -> str:
    """A feed tells what is newest; other lists are sorted as asked."""
    newest = asked.shown.format == ATOM and bool(asked.kind.dates)
    return asked.one("sort") or ("-date" if newest else "")


def _body(asked: Asked, here: Listing) -> bytes | str:
    shown = asked.shown
    if shown.format == HTML:
        return pages.list_page(shown, here, asked.filters, asked.kept)
    if shown.format == JSON:
        return orjson.dumps(listing.document(here, shown.language))
    if shown.format == ATOM:
        title = f"ess-kg – {asked.kind.plural[shown.language]}"
        spoken = [("lang", "en")] if shown.language == "en" else []
        identity = links.canonical(links.address(asked.kind.path, [*asked.kept, *spoken]))
        created = shown.served.created
        catalogue, told = shown.served.catalogue, (shown.language, title, identity, asked.origin)
        changed = catalogue.changed(here.page.items)
        return atom.feed(here, states(catalogue, here.page.items), created, changed, *told)
    members = [(name, value) for name, value in asked.kept if name != "limit"]
    collection = links.canonical(links.address(asked.kind.path, members))
    triples = listing.triples(here, asked.origin, asked.address, collection)
    return as_rdf(triples, collection, shown.format, shown.served.release, asked.origin)


def _streamed(asked: Asked) -> Response:
    shown, catalogue = asked.shown, asked.shown.served.catalogue
    kind, filters = asked.kind, asked.filters
    items = catalogue.every(kind.name, filters, _sort(asked), language=shown.language)
    total = catalogue.total(kind.name, filters)
    column = {GEOJSON: "latitude", ICALENDAR: "day"}.get(shown.format)
    omitted = total - catalogue.total(kind.name, filters, column) if column else 0
    frame = streams.Frame(
        {field.name: field for field in catalogue.fields[kind.name]},
        catalogue.labels,
        partial(_address, catalogue),
        states(catalogue),
        shown.language,
        f"ess-kg – {kind.plural[shown.language]}",
        shown.served.created,
        asked.origin,
    )
    headers = shown.headers(
        {
            "Link": ", ".join([*_described_by(asked), _link_header(asked, {})]),
            "X-Total-Count": str(total),
            "X-Omitted": str(omitted),
            "Content-Disposition": f'inline; filename="{kind.name}.{shown.format.extension}"',
        }
    )
    body = _stream(frame, items, omitted, shown.format)
    return StreamingResponse(body, 200, headers, shown.format.content_type)


def _address(catalogue: Catalogue, key: str) -> str:
    """The postal address of a place, empty where none is known."""
    place = catalogue.entity("place", key)
    return ", ".join(place.cells.get("address", ())) if place else ""


def _stream(
    frame: streams.Frame, items: Iterator[Item], omitted: int, chosen: Format
) -> Iterator[bytes]:
    if chosen == CSV:
        return streams.csv_rows(frame, items)
    if chosen == GEOJSON:
        return streams.geojson(frame, items)
    return streams.calendar(frame, items, omitted)


def _links(asked: Asked, following: str | None) -> dict[str, str]:
    path = asked.shown.request.url.path
    spoken = [(name, asked.one(name)) for name in ("lang", RELEASE) if asked.one(name)]
    after = [("after", asked.one("after"))] if asked.one("after") else []
    first = asked.kept + spoken
    found = {
        "self": links.address(path, first + after),
        "first": links.address(path, first),
    }
    if following:
        # pinned, so that it goes on after a new release, for as long as this one is kept
        pin = [] if asked.one(RELEASE) else [(RELEASE, asked.shown.served.release.id)]
        found["next"] = links.address(path, [*first, *pin, ("after", following)])
    return found


def _described_by(asked: Asked) -> list[str]:
    """Where the columns of a CSV are described, unless its address is too long to be repeated."""
    request = asked.shown.request
    query = request.scope["query_string"].decode("latin-1")
    here = f"{request.url.path}?{query}" if query else request.url.path
    if asked.shown.format != CSV or table_of(here) is None or len(here) > LONGEST_REPEATED:
        return []
    return [
        links.link(links.address("/csvm", [("url", here)]), "describedby", type=CSVW.media_type)
    ]


def _link_header(asked: Asked, found: Mapping[str, str]) -> str:
    shown, kind = asked.shown, asked.kind
    canonical = BASE + links.address(kind.path, asked.kept).lstrip("/")
    pages = [links.link(found[name], name) for name in ("next", "first") if name in found]
    others = [
        links.link(
            links.address(f"{kind.path}.{f.extension}", asked.kept), "alternate", type=f.media_type
        )
        for f in shown.formats
        if f != shown.format
    ]
    return links.header([*pages[:1], links.link(canonical, "canonical"), *pages[1:]], others)


def _add(kind: Kind) -> None:
    """The operation of a kind, its addresses by suffix, and its plural, which leads to it."""

    async def plain(request: Request, served: Served) -> Response:
        return await listed(request, served, kind, None)

    async def suffixed(request: Request, served: Served, suffix: str) -> Response:
        return await listed(request, served, kind, suffix)

    async def plural(request: Request) -> Response:
        parameters = request.query_params.multi_items()
        return links.redirect(links.address(kind.path, parameters), 308)

    formats = formats_of(kind)
    router.add_api_route(
        kind.path,
        plain,
        summary=f"List {kind.plural.en.lower()}",
        description=_description(kind, formats),
        operation_id=f"list_{kind.name}",
        response_class=Response,
        responses=responses(ListDocument, formats),
        openapi_extra={"parameters": list_parameters(kind, formats)},
    )
    router.add_api_route(f"{kind.path}.{{suffix}}", suffixed, include_in_schema=False)
    router.add_api_route(f"/{kind.table}", plural, include_in_schema=False)


def _description(kind: Kind, formats: tuple[Format, ...]) -> str:
    names = ", ".join(f"{f.name} (`{kind.path}.{f.extension}`)" for f in formats)
    return (
        f"{kind.plural.en} ({kind.plural.fr.lower()}) of the release, filtered, counted by facet, "
        f"sorted and paged. Formats, by `Accept` or suffix: {names}. Pages follow each other by "
        "the `next` link, which stays good until the next release."
    )


for _kind in KINDS:
    _add(_kind)
