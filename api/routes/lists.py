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
from api.http.cors import ALLOWED_ORIGIN
from api.http.negotiation import accepts_html
from api.http.parameter_faults import read_without_faults
from api.http.security_headers import SECURITY_HEADERS
from api.openapi.lists import ListDocument, describe_list_parameters, describe_responses
from api.serializers import atom, list_json, list_rdf, list_streams
from api.serializers.csvw import find_table
from api.serializers.export_context import build_export_context
from api.serializers.rdf import serialize_rdf
from api.serving.representation import VARY, Representation
from api.serving.served_releases import ServedRelease
from api.serving.thread_pool import LIST_THREADS
from api.views.list_faults import FaultyList, render_faulty_list
from api.views.list_page import build_selection, render_list_page
from api.views.list_view_names import (
    CALENDAR,
    LIST,
    LOCATED_KINDS,
    TABLE,
    VIEW_OPTIONS,
    VIEW_PARAMETER,
    is_in_calendars,
    list_views,
)
from api.views.list_views import VIEWS, check_view_options
from api.views.selection_view import ViewRequest
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.filters import Filters, normalize_topic, parse_filters
from kg.catalogue.listing import Listing, load_labels, load_status_labels, load_territory_parents
from kg.catalogue.record_lists import check_limit
from kg.catalogue.records import Item
from kg.errors import InvalidParameter, ParameterFault
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
from kg.time_zones import find_today

BASIC_FORMATS: Final = (HTML, JSON, TURTLE, JSON_LD, CSV, N_TRIPLES, RDF_XML)
DEFAULT_PAGE_SIZE: Final = 50
MAX_REPEATED_ADDRESS: Final = 300
"""Characters of an address that is repeated to say where its columns are described."""
MAX_INLINE_RECORDS: Final = {HTML: DEFAULT_PAGE_SIZE, JSON: 2 * DEFAULT_PAGE_SIZE}
"""Records of a page that is written on the event loop: some milliseconds."""
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
    options: Mapping[str, str]
    """The view of a page and its own parameters, by name."""

    @property
    def view(self) -> str:
        chosen = self.options.get(VIEW_PARAMETER) or LIST
        if chosen not in list_views(self.kind):
            known = ", ".join(list_views(self.kind))
            raise InvalidParameter(
                f"view={chosen!r} is no view of these records; there are {known}",
                f"view={chosen!r} n'est pas une façon de voir ces fiches ; il y a {known}",
                ParameterFault.NOT_A_CHOICE,
                (VIEW_PARAMETER,),
                chosen,
                list_views(self.kind),
            )
        return chosen

    def get_last(self, name: str) -> str:
        return (self.parameters.get(name) or [""])[-1]

    @property
    def limit(self) -> int:
        text = self.get_last("limit") or str(DEFAULT_PAGE_SIZE)
        if not NUMBER_PATTERN.fullmatch(text):
            raise InvalidParameter(
                f"limit={text!r} is not a whole number",
                f"limit={text!r} n'est pas un nombre entier",
                ParameterFault.NO_NUMBER,
                ("limit",),
                text,
            )
        return int(text)

    @property
    def is_slow(self) -> bool:
        """Whether it takes the event loop longer than other requests should wait."""
        syntax = self.representation.format
        # a thread costs a small page more than it spares the others; streams are read bit by bit
        quick = syntax in STREAMED_FORMATS or self.limit <= MAX_INLINE_RECORDS.get(syntax, 0)
        pictured = syntax == HTML and self.view not in (LIST, TABLE)
        return not quick or pictured or self.filters.need_search

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
        query_string = request.scope["query_string"].decode("latin-1")
        if SAFE_QUERY_PATTERN.fullmatch(query_string):
            return (
                self.origin
                + links.build_url(request.url.path)
                + (f"?{query_string}" if query_string else "")
            )
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
    request: Request, served: ServedRelease, kind: Kind, suffix: str | None
) -> Response:
    """A list, in the format asked for; for browsers, what is wrong with the filters of a list."""
    try:
        return await _respond(request, served, kind, suffix)
    except InvalidParameter as error:
        if suffix not in (None, HTML.extension) or not accepts_html(request):
            raise
        return await LIST_THREADS.run(partial(_explain_faults, request, served, kind, error))


def _explain_faults(
    request: Request, served: ServedRelease, kind: Kind, error: InvalidParameter
) -> Response:
    """The page of a list of which not all parameters can be used. Raises errors of other kinds."""

    def read(request: Request) -> tuple[ListRequest, Listing]:
        variant = _negotiate(request, served, kind, None)
        if variant.format != HTML:
            raise error
        list_request = _read_request(variant, kind)
        check_view_options(kind, list_request.view, list_request.options)
        return list_request, _read_listing(list_request)

    (list_request, here), faults = read_without_faults(request, error, read)
    variant = list_request.representation
    asked = request.query_params.multi_items()
    body = render_faulty_list(
        FaultyList(
            variant,
            here,
            list_request.filters,
            list_request.list_parameters,
            list_request.options,
            asked,
            faults,
        )
    )
    headers = {
        **SECURITY_HEADERS,
        "Vary": VARY,
        "Access-Control-Allow-Origin": ALLOWED_ORIGIN,
        "Cache-Control": "no-store",
        "Content-Language": variant.language,
    }
    return Response(body, 400, headers, HTML.content_type)


def _negotiate(
    request: Request, served: ServedRelease, kind: Kind, suffix: str | None
) -> Representation:
    # a calendar opens at the day that it is
    day = find_today().isoformat() if request.query_params.get(VIEW_PARAMETER) == CALENDAR else ""
    return Representation.negotiate(
        request, served, list_formats(kind), suffix=suffix, path=kind.path, key=day
    )


async def _respond(
    request: Request, served: ServedRelease, kind: Kind, suffix: str | None
) -> Response:
    variant = _negotiate(request, served, kind, suffix)
    if variant.unchanged:
        return variant.build_not_modified()
    list_request = _read_request(variant, kind)
    make = _respond_with_stream if variant.format in STREAMED_FORMATS else _respond_with_page
    if list_request.is_slow:  # longer than others can wait
        return await LIST_THREADS.run(partial(make, list_request))
    return make(list_request)


def _read_request(variant: Representation, kind: Kind) -> ListRequest:
    """What is asked for. Raises InvalidParameter for what cannot be."""
    request = variant.request
    options = _read_view_options(request) if variant.format == HTML else {}
    parameters = {
        name: request.query_params.getlist(name)
        for name in request.query_params
        if name not in options
    }
    filters = parse_filters(kind, parameters)
    filters = variant.served.catalogue.resolve_filters(filters)  # told as what is filtered by
    parameters |= {name: list(values) for name, values in filters.values.items()}
    return ListRequest(kind, filters, parameters, variant, options)


def _read_view_options(request: Request) -> dict[str, str]:
    """The view that is asked for, and the parameters that are its own."""
    asked = request.query_params
    own = (VIEW_PARAMETER, *VIEW_OPTIONS.get(asked.get(VIEW_PARAMETER, ""), ()))
    return {name: asked[name] for name in own if name in asked}


def _respond_with_page(list_request: ListRequest) -> Response:
    variant, here = list_request.representation, _read_listing(list_request)
    total = str(here.page.total)
    extra = {"Link": _build_link_header(list_request, here.links), "X-Total-Count": total}
    return variant.build_response(_serialize_body(list_request, here), extra)


def _read_listing(list_request: ListRequest) -> Listing:
    """The page of the catalogue, with what its representations need."""
    variant, catalogue = list_request.representation, list_request.representation.served.catalogue
    page = catalogue.read_page(
        list_request.kind.name,
        list_request.filters,
        _choose_sort(list_request),
        list_request.get_last("after"),
        list_request.limit,
        language=variant.language,
        counted=variant.format in (HTML, JSON),
    )
    return Listing(
        list_request.kind,
        page,
        {field.name: field for field in catalogue.fields[list_request.kind.name]},
        load_labels(catalogue, list_request.kind, page),
        variant.served.release.id,
        _build_links(list_request, page.next),
        _find_codes(list_request),
        load_territory_parents(catalogue, page) if variant.format == HTML else {},
    )


def _find_codes(list_request: ListRequest) -> Sequence[MatchedConcept]:
    """The concepts that the words name and that filter the list."""
    if not list_request.filters.has_words:
        return ()
    return list_request.representation.served.catalogue.search_concepts(
        list_request.filters.text, (list_request.kind.name,)
    )


def _choose_sort(list_request: ListRequest) -> str:
    """Feeds, and pages of what happens, begin with what is newest; others by name, or as asked."""
    kind, syntax = list_request.kind, list_request.representation.format
    newest = (syntax == ATOM and bool(kind.dates)) or (
        syntax == HTML and is_in_calendars(kind) and not list_request.filters.has_words
    )
    return list_request.get_last("sort") or ("-date" if newest else "")


def _serialize_body(list_request: ListRequest, here: Listing) -> bytes | str:
    variant = list_request.representation
    if variant.format == HTML:
        return _render_view(list_request, here)
    if variant.format == JSON:
        return orjson.dumps(list_json.serialize_page(here, variant.language))
    if variant.format == ATOM:
        title = f"ess-kg – {list_request.kind.plural[variant.language]}"
        spoken = [("lang", "en")] if variant.language == "en" else []
        identity = links.to_canonical_iri(
            links.build_url(list_request.kind.path, [*list_request.list_parameters, *spoken])
        )
        created = variant.served.created
        catalogue, texts = (
            variant.served.catalogue,
            (variant.language, title, identity, list_request.origin),
        )
        changed = catalogue.read_last_changes(here.page.items)
        return atom.serialize_list(
            here, load_status_labels(catalogue, here.page.items), created, changed, *texts
        )
    members = [(name, value) for name, value in list_request.list_parameters if name != "limit"]
    collection = links.to_canonical_iri(links.build_url(list_request.kind.path, members))
    triples = list_rdf.build_page_triples(
        here, list_request.origin, list_request.address, collection
    )
    return serialize_rdf(
        triples, collection, variant.format, variant.served.json_ld_context, list_request.origin
    )


def _respond_with_stream(list_request: ListRequest) -> Response:
    variant, catalogue = list_request.representation, list_request.representation.served.catalogue
    kind, filters = list_request.kind, list_request.filters
    check_limit(list_request.limit)  # the whole list is given, but one that means nothing is told
    items = catalogue.iterate_list(
        kind.name, filters, _choose_sort(list_request), language=variant.language
    )
    total = catalogue.count_list(kind.name, filters)
    column = {GEOJSON: "latitude", ICALENDAR: "day"}.get(variant.format)
    omitted = total - catalogue.count_list(kind.name, filters, column) if column else 0
    frame = build_export_context(variant, kind)
    headers = variant.build_headers(
        {
            "Link": ", ".join(
                [*_build_metadata_links(list_request), _build_link_header(list_request, {})]
            ),
            "X-Total-Count": str(total),
            "X-Omitted": str(omitted),
            "Content-Disposition": f'inline; filename="{kind.name}.{variant.format.extension}"',
        }
    )
    body = _stream_items(frame, items, omitted, variant.format)
    return StreamingResponse(body, 200, headers, variant.format.content_type)


def _stream_items(
    frame: list_streams.ExportContext, items: Iterator[Item], omitted: int, chosen: Format
) -> Iterator[bytes]:
    if chosen == CSV:
        return list_streams.stream_csv(frame, items)
    if chosen == GEOJSON:
        return list_streams.stream_geojson(frame, items)
    return list_streams.stream_icalendar(frame, items, omitted)


def _build_links(list_request: ListRequest, following: str | None) -> dict[str, str]:
    path = list_request.representation.request.url.path
    pinned = [
        (name, list_request.get_last(name))
        for name in ("lang", RELEASE_PARAMETER)
        if list_request.get_last(name)
    ]
    after = [("after", list_request.get_last("after"))] if list_request.get_last("after") else []
    first = list_request.list_parameters + list(list_request.options.items()) + pinned
    addresses = {
        "self": links.build_url(path, first + after),
        "first": links.build_url(path, first),
    }
    if following:
        # pinned, so that it goes on after a new release, for as long as this one is kept
        pin = (
            []
            if list_request.get_last(RELEASE_PARAMETER)
            else [(RELEASE_PARAMETER, list_request.representation.served.release.id)]
        )
        addresses["next"] = links.build_url(path, [*first, *pin, ("after", following)])
    return addresses


def _build_metadata_links(list_request: ListRequest) -> list[str]:
    """Where the columns of a CSV are described, unless its address is too long to be repeated."""
    request = list_request.representation.request
    query = request.scope["query_string"].decode("latin-1")
    here = f"{request.url.path}?{query}" if query else request.url.path
    if (
        list_request.representation.format != CSV
        or find_table(here) is None
        or len(here) > MAX_REPEATED_ADDRESS
    ):
        return []
    return [
        links.format_link(
            links.build_url("/csvm", [("url", here)]), "describedby", type=CSVW.media_type
        )
    ]


def _build_link_header(list_request: ListRequest, addresses: Mapping[str, str]) -> str:
    variant, kind = list_request.representation, list_request.kind
    canonical = variant.build_canonical_link(list_request.list_parameters)
    pages = [
        links.format_link(addresses[name], name) for name in ("next", "first") if name in addresses
    ]
    alternates = [
        links.format_link(
            links.build_url(f"{kind.path}.{f.extension}", list_request.list_parameters),
            "alternate",
            type=f.media_type,
        )
        for f in variant.formats
        if f != variant.format
    ]
    return links.format_link_header([*pages[:1], canonical, *pages[1:]], alternates)


def _render_view(list_request: ListRequest, here: Listing) -> str:
    variant, filters, view = (
        list_request.representation,
        list_request.filters,
        list_request.view,
    )
    parameters = list_request.list_parameters
    if view == LIST:
        statuses = load_status_labels(variant.served.catalogue, here.page.items)
        return render_list_page(variant, here, filters, parameters, statuses)
    selection = build_selection(variant, here, filters, parameters, list_request.options)
    return VIEWS[view](
        ViewRequest(variant, here, filters, parameters, list_request.options, selection)
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
