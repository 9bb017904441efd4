"""Collection endpoints, one a kind: filters, facets, order and pages in every format."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.http import links
from api.openapi.lists import ListDocument, describe_list_parameters, describe_responses
from api.serializers import atom, list_json, list_rdf, list_streams
from api.serializers.csvw import find_table
from api.serializers.rdf import serialize_rdf
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from api.views.list_page import render_list_page
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.filters import Filters, normalize_topic, parse_filters
from kg.catalogue.listing import Listing, load_labels, load_status_labels
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

BASIC_FORMATS: Final = (HTML, JSON, TURTLE, JSON_LD, CSV, N_TRIPLES, RDF_XML)
LOCATED_KINDS: Final = ("organisation", "cluster", "territory", "place", "event")
"""Kinds whose records have coordinates, or a place that has."""
DEFAULT_PAGE_SIZE: Final = 50
MAX_REPEATED_ADDRESS: Final = 300
"""Characters of an address that is repeated to say where its columns are described."""
NUMBER_PATTERN: Final = re.compile("[0-9]{1,9}")
STREAMED_FORMATS: Final = (CSV, GEOJSON, ICALENDAR)
SAFE_QUERY_PATTERN: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
"""A query string that can stand in an address as it is."""
NON_FILTER_PARAMETERS: Final = ("lang", "format", "after", RELEASE_PARAMETER)

router = APIRouter(tags=["Lists"])


@dataclass(frozen=True)
class ListRequest:
    """A list as it was asked for."""

    kind: Kind
    filters: Filters
    parameters: Mapping[str, list[str]]
    representation: Representation

    def get_last(self, name: str) -> str:
        return (self.parameters.get(name) or [""])[-1]

    @property
    def limit(self) -> int:
        text = self.get_last("limit") or str(DEFAULT_PAGE_SIZE)
        if not NUMBER_PATTERN.fullmatch(text):
            raise BadRequest(
                f"limit={text!r} is not a whole number",
                f"limit={text!r} n'est pas un nombre entier",
            )
        return int(text)

    @property
    def is_slow(self) -> bool:
        """Whether it is more than some rows of records that are known, put into JSON."""
        quick = self.representation.format == JSON and self.limit <= 2 * DEFAULT_PAGE_SIZE
        quick = (
            quick or self.representation.format in STREAMED_FORMATS
        )  # which are written as they are read
        return not quick or self.filters.need_search

    @property
    def list_parameters(self) -> list[tuple[str, str]]:
        """The parameters that say what is listed, whatever the page, format or language."""
        return [
            (name, normalize_topic(value) if name == "topics" else value)
            for name, values in self.parameters.items()
            for value in values
            if name not in NON_FILTER_PARAMETERS and value
        ]

    @property
    def address(self) -> str:
        """Where this page was fetched, without which it is no page of a tree."""
        request = self.representation.request
        asked = request.scope["query_string"].decode("latin-1")
        if SAFE_QUERY_PATTERN.fullmatch(asked):
            return self.origin + links.build_url(request.url.path) + (f"?{asked}" if asked else "")
        return self.origin + links.build_url(request.url.path, request.query_params.multi_items())

    @property
    def origin(self) -> str:
        return self.representation.origin


def list_formats(kind: Kind) -> tuple[Format, ...]:
    """What the list of a kind can be had in."""
    placed = (GEOJSON,) if kind.name in LOCATED_KINDS else ()
    dated = (ICALENDAR,) if kind.dates else ()
    return (*BASIC_FORMATS, *placed, *dated, ATOM)


async def respond_with_list(
    request: Request, served: ServedReleaseDep, kind: Kind, suffix: str | None
) -> Response:
    """A list, in the format asked for."""
    formats = list_formats(kind)
    shown = Representation.negotiate(request, served, formats, suffix=suffix, path=kind.path)
    if shown.unchanged:
        return shown.build_not_modified()
    parameters = {name: request.query_params.getlist(name) for name in request.query_params}
    filters = parse_filters(kind, parameters)
    if places := filters.values.get("territory"):  # told as what they are today
        today = served.catalogue.resolve_territory
        parameters["territory"] = [key for place in places for key in today(place)]
        filters = parse_filters(kind, parameters)
    asked = ListRequest(kind, filters, parameters, shown)
    make = _respond_with_stream if shown.format in STREAMED_FORMATS else _respond_with_page
    if asked.is_slow:  # longer than others can wait
        return await LIST_THREADS.run(partial(make, asked))
    return make(asked)


def _respond_with_page(asked: ListRequest) -> Response:
    shown, catalogue = asked.representation, asked.representation.served.catalogue
    page = catalogue.read_page(
        asked.kind.name,
        asked.filters,
        _choose_sort(asked),
        asked.get_last("after"),
        asked.limit,
        language=shown.language,
        counted=shown.format in (HTML, JSON),
    )
    here = Listing(
        asked.kind,
        page,
        {field.name: field for field in catalogue.fields[asked.kind.name]},
        load_labels(catalogue, asked.kind, page),
        shown.served.release.id,
        _build_links(asked, page.next),
        _find_codes(asked),
    )
    extra = {"Link": _build_link_header(asked, here.links), "X-Total-Count": str(page.total)}
    return shown.build_response(_serialize_body(asked, here), extra)


def _find_codes(asked: ListRequest) -> Sequence[MatchedConcept]:
    """The concepts that the words name and that filter the list."""
    if not asked.filters.has_words:
        return ()
    return asked.representation.served.catalogue.search_concepts(
        asked.filters.text, (asked.kind.name,)
    )


def _choose_sort(asked: ListRequest) -> str:
    """A feed tells what is newest; other lists are sorted as asked."""
    newest = asked.representation.format == ATOM and bool(asked.kind.dates)
    return asked.get_last("sort") or ("-date" if newest else "")


def _serialize_body(asked: ListRequest, here: Listing) -> bytes | str:
    shown = asked.representation
    if shown.format == HTML:
        statuses = load_status_labels(shown.served.catalogue, here.page.items)
        return render_list_page(shown, here, asked.filters, asked.list_parameters, statuses)
    if shown.format == JSON:
        return orjson.dumps(list_json.serialize_page(here, shown.language))
    if shown.format == ATOM:
        title = f"ess-kg – {asked.kind.plural[shown.language]}"
        spoken = [("lang", "en")] if shown.language == "en" else []
        identity = links.to_canonical_iri(
            links.build_url(asked.kind.path, [*asked.list_parameters, *spoken])
        )
        created = shown.served.created
        catalogue, told = shown.served.catalogue, (shown.language, title, identity, asked.origin)
        changed = catalogue.read_last_changes(here.page.items)
        return atom.serialize_list(
            here, load_status_labels(catalogue, here.page.items), created, changed, *told
        )
    members = [(name, value) for name, value in asked.list_parameters if name != "limit"]
    collection = links.to_canonical_iri(links.build_url(asked.kind.path, members))
    triples = list_rdf.build_page_triples(here, asked.origin, asked.address, collection)
    return serialize_rdf(
        triples, collection, shown.format, shown.served.json_ld_context, asked.origin
    )


def _respond_with_stream(asked: ListRequest) -> Response:
    shown, catalogue = asked.representation, asked.representation.served.catalogue
    kind, filters = asked.kind, asked.filters
    items = catalogue.iterate_list(kind.name, filters, _choose_sort(asked), language=shown.language)
    total = catalogue.count_list(kind.name, filters)
    column = {GEOJSON: "latitude", ICALENDAR: "day"}.get(shown.format)
    omitted = total - catalogue.count_list(kind.name, filters, column) if column else 0
    frame = list_streams.ExportContext(
        {field.name: field for field in catalogue.fields[kind.name]},
        catalogue.read_labels,
        partial(_find_postal_address, catalogue),
        load_status_labels(catalogue),
        shown.language,
        f"ess-kg – {kind.plural[shown.language]}",
        shown.served.created,
        asked.origin,
    )
    headers = shown.build_headers(
        {
            "Link": ", ".join([*_build_metadata_links(asked), _build_link_header(asked, {})]),
            "X-Total-Count": str(total),
            "X-Omitted": str(omitted),
            "Content-Disposition": f'inline; filename="{kind.name}.{shown.format.extension}"',
        }
    )
    body = _stream_items(frame, items, omitted, shown.format)
    return StreamingResponse(body, 200, headers, shown.format.content_type)


def _find_postal_address(catalogue: Catalogue, key: str) -> str:
    """The postal address of a place, empty where none is known."""
    place = catalogue.find_entity("place", key)
    return ", ".join(place.cells.get("address", ())) if place else ""


def _stream_items(
    frame: list_streams.ExportContext, items: Iterator[Item], omitted: int, chosen: Format
) -> Iterator[bytes]:
    if chosen == CSV:
        return list_streams.stream_csv(frame, items)
    if chosen == GEOJSON:
        return list_streams.stream_geojson(frame, items)
    return list_streams.stream_icalendar(frame, items, omitted)


def _build_links(asked: ListRequest, following: str | None) -> dict[str, str]:
    path = asked.representation.request.url.path
    spoken = [
        (name, asked.get_last(name)) for name in ("lang", RELEASE_PARAMETER) if asked.get_last(name)
    ]
    after = [("after", asked.get_last("after"))] if asked.get_last("after") else []
    first = asked.list_parameters + spoken
    found = {
        "self": links.build_url(path, first + after),
        "first": links.build_url(path, first),
    }
    if following:
        # pinned, so that it goes on after a new release, for as long as this one is kept
        pin = (
            []
            if asked.get_last(RELEASE_PARAMETER)
            else [(RELEASE_PARAMETER, asked.representation.served.release.id)]
        )
        found["next"] = links.build_url(path, [*first, *pin, ("after", following)])
    return found


def _build_metadata_links(asked: ListRequest) -> list[str]:
    """Where the columns of a CSV are described, unless its address is too long to be repeated."""
    request = asked.representation.request
    query = request.scope["query_string"].decode("latin-1")
    here = f"{request.url.path}?{query}" if query else request.url.path
    if (
        asked.representation.format != CSV
        or find_table(here) is None
        or len(here) > MAX_REPEATED_ADDRESS
    ):
        return []
    return [
        links.format_link(
            links.build_url("/csvm", [("url", here)]), "describedby", type=CSVW.media_type
        )
    ]


def _build_link_header(asked: ListRequest, found: Mapping[str, str]) -> str:
    shown, kind = asked.representation, asked.kind
    canonical = BASE + links.build_url(kind.path, asked.list_parameters).lstrip("/")
    pages = [links.format_link(found[name], name) for name in ("next", "first") if name in found]
    others = [
        links.format_link(
            links.build_url(f"{kind.path}.{f.extension}", asked.list_parameters),
            "alternate",
            type=f.media_type,
        )
        for f in shown.formats
        if f != shown.format
    ]
    return links.format_link_header(
        [*pages[:1], links.format_link(canonical, "canonical"), *pages[1:]], others
    )


def _add_routes(kind: Kind) -> None:
    """The operation of a kind, its addresses by suffix, and its plural, which leads to it."""

    async def plain(request: Request, served: ServedReleaseDep) -> Response:
        return await respond_with_list(request, served, kind, None)

    async def suffixed(request: Request, served: ServedReleaseDep, suffix: str) -> Response:
        return await respond_with_list(request, served, kind, suffix)

    async def plural(request: Request) -> Response:
        parameters = request.query_params.multi_items()
        return links.redirect(links.build_url(kind.path, parameters), 308)

    formats = list_formats(kind)
    router.add_api_route(
        kind.path,
        plain,
        summary=f"List {kind.plural.en.lower()}",
        description=_describe_operation(kind, formats),
        operation_id=f"list_{kind.name}",
        response_class=Response,
        responses=describe_responses(ListDocument, formats),
        openapi_extra={"parameters": describe_list_parameters(kind, formats)},
    )
    router.add_api_route(f"{kind.path}.{{suffix}}", suffixed, include_in_schema=False)
    router.add_api_route(f"/{kind.table}", plural, include_in_schema=False)


def _describe_operation(kind: Kind, formats: tuple[Format, ...]) -> str:
    names = ", ".join(f"{f.name} (`{kind.path}.{f.extension}`)" for f in formats)
    return (
        f"{kind.plural.en} ({kind.plural.fr.lower()}) of the release, filtered, counted by facet, "
        f"sorted and paged. Formats, by `Accept` or suffix: {names}. Pages follow each other by "
        "the `next` link, which stays good until the next release."
    )


for _kind in KINDS:
    _add_routes(_kind)
