"""Linked-data dereferencing: an entity's IRI leads to its document (303), in any format.

`/id/{kind}/{key}` is the thing: 303 to its document `/{kind}/{key}`, at the suffix of the format
that `Accept` prefers (https://www.w3.org/TR/cooluris/). A key that was replaced is 301, one that
was withdrawn, or that no source has any more, 410; the key of a commune that is none any more leads
to what it became, 300 where that is several.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http import links, negotiation
from api.http.disconnect import ClientDisconnected, cancel_on_disconnect
from api.serializers.export_context import build_export_context
from api.serializers.list_streams import parse_moment, stream_icalendar
from api.serializers.rdf import serialize_rdf
from api.serializers.references import (
    REFERENCE_FORMATS,
    Reference,
    read_reference,
    serialize_reference,
)
from api.serving import profiles
from api.serving.affiliations import (
    Affiliations,
    list_organisation_iris,
    read_affiliations,
)
from api.serving.coauthors import Coauthor, list_coauthor_iris, read_coauthors
from api.serving.day_parameter import read_day
from api.serving.link_notes import find_dates
from api.serving.profiles import Profile
from api.serving.record_lookup import SOURCE, TERRITORY, record_exists, require_record
from api.serving.representation import FRESH_CACHE_CONTROL, Representation
from api.serving.served_releases import ServedRelease
from api.serving.thread_pool import LIST_THREADS
from api.views.entity_page import (
    CatalogueData,
    list_iris_with_owners,
    render_entity_page,
)
from api.views.person_timeline import MAX_SPANS
from api.views.relation_list import FIRST_ROWS, MAX_FOLDED
from api.views.same_things import list_named_iris
from api.views.source_page import render_source_page
from kg import iris, queries
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.edtf import Interval
from kg.catalogue.filters import Filters, find_record_filter
from kg.catalogue.listing import load_status_labels, load_summary_labels
from kg.catalogue.records import Item
from kg.catalogue.same_things import Pair
from kg.documents.assemble import (
    EntityDocument,
    ShortenedDocument,
    assemble_entity,
    assemble_shortened,
)
from kg.documents.record_life import may_exist_on
from kg.documents.relation_groups import RecordRelations
from kg.errors import BadRequest, NotFound
from kg.formats import ENTITY_FORMATS, HTML, ICALENDAR, Format
from kg.kinds import KIND_BY_NAME, KINDS
from kg.namespaces import BASE, ID
from kg.offload import run_in_thread_if_large
from kg.queries.named_queries import load_named_queries
from kg.sparql.client import construct

TOPIC: Final = "topic"
MAX_TOPICS: Final = 8
"""Topics of a territory that are named."""
MAX_NEIGHBOURS: Final = 12
"""Topics of like names that are shown with a topic."""
EVENT: Final = "event"
PUBLICATION: Final = "publication"

router = APIRouter(tags=["Linked data"])


@router.get("/id/{kind}/{key}", status_code=303, response_class=Response)
async def thing(kind: str, key: str, request: Request, served: ServedReleaseDep) -> Response:
    """Leads from a thing to its document, in the format the client prefers."""
    name, suffix = _split_key(served, kind, key)
    require_record(served, kind, name)
    chosen = negotiation.choose_format(request, _list_formats(served, kind, name), suffix)
    ending = "" if chosen == HTML and not suffix else f".{chosen.extension}"
    location = links.build_url(f"/{kind}/{name}{ending}", request.query_params.multi_items())
    return links.redirect(location, 303, {"Vary": "Accept", "Cache-Control": FRESH_CACHE_CONTROL})


@router.get("/{kind}/{key}", summary="One thing", response_class=Response)
async def document(kind: str, key: str, request: Request, served: ServedReleaseDep) -> Response:
    """What is said of one thing, in HTML, JSON-LD, Turtle, N-Triples or RDF/XML."""
    name, suffix = _split_key(served, kind, key)
    iri = require_record(served, kind, name)
    path = f"/{kind}/{name}"
    profile, day = profiles.choose_profile(request), read_day(request.query_params)
    formats = _list_formats(served, kind, name)
    variant = Representation.negotiate(
        request, served, formats, suffix=suffix, path=path, key=profile.token
    )
    if day is not None and (variant.format != HTML or kind == SOURCE):
        raise BadRequest(
            "on chooses what the page of a record shows; its data have all dates",
            "on choisit ce que montre la page d'une fiche ; ses données ont toutes les dates",
        )
    labels, alternates = profiles.build_profile_headers(profile, path)
    described = [
        links.format_link(links.build_url(iri), "describes"),
        *_build_signposts(kind, name, served),
        *alternates,
    ]
    if variant.unchanged:
        return variant.build_not_modified()
    if variant.format == ICALENDAR:
        return _respond_with_calendar(variant, kind, name)
    try:
        document = await cancel_on_disconnect(request, _assemble(variant, iri, day))
    except ClientDisconnected:
        return Response(status_code=499)
    if document is None:
        raise NotFound(f"nothing is said of {kind}/{name}", f"rien n'est dit de {kind}/{name}")
    body = await _build_body(variant, document, kind, name, profile, day)
    labels |= {"Vary": "Accept, Accept-Language, Accept-Profile"}
    return variant.build_response(body, labels, described)


async def _dispatch_document(request: Request, served: ServedRelease) -> Response:
    return await document(**request.path_params, request=request, served=served)


KIND_ROUTES: Final = dict.fromkeys(KIND_BY_NAME, _dispatch_document)
"""What is open ahead of the framework."""


def _build_signposts(kind: str, key: str, served: ServedRelease) -> list[str]:
    """What a robot needs to know of a record without reading it (https://signposting.org/FAIR/)."""
    item = served.catalogue.find_entity(kind, key) if kind in KIND_BY_NAME else None
    sources = item.sources if item is not None else (key,)
    return [
        links.format_link(links.build_url(iris.build_record_iri(kind, key)), "cite-as"),
        links.format_link(f"{BASE}catalogue", "collection"),
        links.format_link("https://schema.org/AboutPage", "type"),
        *(links.format_link(licence, "license") for licence in served.list_licences(sources)),
    ]


async def _assemble(
    variant: Representation, iri: str, day: Interval | None
) -> ShortenedDocument | None:
    """The document of a thing; for a page, with the first of its relations only, of a day those
    that last then."""
    served = variant.served
    executor, reader, relations = served.executor, served.direct_reader, served.relation_reader
    if variant.format != HTML or reader is None or relations is None:
        whole = await assemble_entity(executor, reader, iri)
        return ShortenedDocument(whole, None) if whole is not None else None

    def read() -> RecordRelations | None:
        every = relations.read_relations(iri, variant.language)
        if every is None or day is None:
            return every
        return every.select_day(day, served.catalogue)

    most = MAX_SPANS if iri.startswith(f"{ID}person/") else FIRST_ROWS
    read_in_thread = partial(LIST_THREADS.run, read)
    return await assemble_shortened(executor, reader, iri, read_in_thread, most, MAX_FOLDED)


async def _build_body(
    variant: Representation,
    document: ShortenedDocument,
    kind: str,
    key: str,
    profile: Profile,
    day: Interval | None,
) -> str | bytes:
    entity = document.entity
    if kind == SOURCE and variant.format == HTML:
        return await _render_source(variant, entity, key)
    if variant.format in REFERENCE_FORMATS:
        return serialize_reference(_read_reference(variant, entity, key), variant.format)
    coauthors = (
        await read_coauthors(variant.served.executor, entity) if variant.format == HTML else {}
    )
    item = variant.served.catalogue.find_entity(kind, key) if variant.format == HTML else None
    affiliations = await read_affiliations(variant.served.executor, entity, item)
    make: Callable[[], str | bytes] = partial(
        _render_record, variant, document, kind, key, item, coauthors, affiliations, day
    )
    if variant.format != HTML:

        def own(triples: list[ox.Triple]) -> bytes:
            context = variant.served.json_ld_context
            return serialize_rdf(triples, entity.iri, variant.format, context, variant.origin)

        make = partial(
            profiles.serialize_document, entity.triples, entity.iri, profile, variant.format, own
        )
    return await run_in_thread_if_large(make, len(entity.triples))


def _render_record(
    variant: Representation,
    shortened: ShortenedDocument,
    kind: str,
    key: str,
    item: Item | None,
    coauthors: Mapping[str, Sequence[Coauthor]],
    affiliations: Mapping[str, Affiliations],
    day: Interval | None,
) -> str:
    catalogue, document = variant.served.catalogue, shortened.entity
    counts = {}
    if item and (filtered := find_record_filter(kind, key)):
        counts = catalogue.count_filtered(*filtered)
    topics = (
        catalogue.count_topics(TERRITORY, key, MAX_TOPICS) if item and kind == TERRITORY else ()
    )
    fields = catalogue.fields[kind]
    linked = _find_linked_records(catalogue, kind, key)
    named = list_named_iris([other for _, other in linked], fields)
    trail = _find_trail(catalogue, item)
    shown = load_summary_labels(catalogue, [item] if item else [])
    data = CatalogueData(
        item,
        shown
        | catalogue.read_labels(
            [
                *list_iris_with_owners(document.triples),
                *named,
                *trail,
                *list_coauthor_iris(coauthors),
                *list_organisation_iris(affiliations),
                *(f"{ID}{topic}" for topic, _, _ in topics),
            ]
        ),
        counts,
        fields,
        linked,
        partial(find_dates, catalogue),
        partial(may_exist_on, catalogue),
        trail,
        load_status_labels(catalogue, [item] if item else []),
        _find_neighbours(catalogue, item),
        coauthors,
        affiliations,
        catalogue.find_inhabitants(item) if item else None,
        topics,
        _list_questions(variant, kind, key),
    )
    reference = _read_reference(variant, document, key) if kind == PUBLICATION else None
    return render_entity_page(
        variant, document, kind, key, data, reference, shortened.relations, day
    )


def _read_reference(variant: Representation, document: EntityDocument, key: str) -> Reference:
    """What a publication is cited by."""
    catalogue = variant.served.catalogue
    item = catalogue.find_entity(PUBLICATION, key)
    if item is None:
        raise NotFound(f"there is no publication {key}", f"il n'y a pas de publication {key}")
    labels = catalogue.read_labels(list_iris_with_owners(document.triples))

    def find_item(iri: str) -> Item | None:
        ref = iris.parse_record_iri(iri)
        return catalogue.find_entity(ref.kind, ref.key) if ref is not None else None

    return read_reference(document, item, labels, find_item, variant.language)


def _find_linked_records(catalogue: Catalogue, kind: str, key: str) -> list[tuple[Pair, Item]]:
    found = (
        (pair, catalogue.find_entity(*pair.other.split("/", 1)))
        for pair in catalogue.read_pairs(kind, key)
    )
    return [(pair, item) for pair, item in found if item is not None]


def _find_trail(catalogue: Catalogue, item: Item | None) -> list[str]:
    """The IRIs of the territories that a territory lies in, the widest first."""
    trail: list[str] = []
    if item is None or item.kind != TERRITORY:
        return trail
    above = catalogue.read_enclosing(item.key)
    while above and above[0] not in trail:
        trail.insert(0, above[0])
        above = catalogue.read_enclosing(above[0])
    return [iris.build_record_iri(TERRITORY, key) for key in trail]


def _find_neighbours(catalogue: Catalogue, item: Item | None) -> list[Item]:
    """Topics whose names have the words of a topic's: "the city as a commons" for "commons"."""
    if item is None or item.kind != TOPIC:
        return []
    found = catalogue.find_best(item.label.fr, (TOPIC,), MAX_NEIGHBOURS + 1)
    return [other for other in found if other.key != item.key][:MAX_NEIGHBOURS]


def _list_questions(variant: Representation, kind: str, key: str) -> list[tuple[str, str]]:
    """The named queries that ask for a record of a kind first, about this one."""
    spoken = [("lang", variant.language)] if "lang" in variant.request.query_params else []
    return [
        (
            query.title[variant.language],
            links.build_url(f"/queries/{query.name}", [(query.parameters[0].name, key), *spoken]),
        )
        for query in load_named_queries().values()
        if query.parameters
        and query.parameters[0].type == kind
        and all(each.optional or each.default for each in query.parameters[1:])
    ]


async def _render_source(variant: Representation, document: EntityDocument, name: str) -> str:
    served = variant.served
    graph = queries.parse_iri(iris.build_graph_iri(name))
    noted = await construct(served.executor, queries.fill("source", graph=graph))
    mentioned_iris = list_iris_with_owners([*document.triples, *noted])
    return render_source_page(
        variant,
        document,
        name,
        noted,
        served.catalogue.read_labels(mentioned_iris),
        _count_in_source(served.catalogue, name),
        (served.release.report / name).is_dir(),
    )


def _count_in_source(catalogue: Catalogue, name: str) -> dict[str, int]:
    counts = {}
    for kind in KINDS:
        with suppress(BadRequest):  # the source has no record of this kind
            counts[kind.name] = catalogue.count_list(kind.name, Filters({"source": (name,)}))
    return {name: count for name, count in counts.items() if count}


def _list_formats(served: ServedRelease, kind: str, key: str) -> Sequence[Format]:
    """What the document of a thing can be had in: an event on a known day, for a calendar too; a
    publication, for a bibliography."""
    if kind == PUBLICATION:
        return (*ENTITY_FORMATS, *REFERENCE_FORMATS)
    item = served.catalogue.find_entity(kind, key) if kind == EVENT else None
    dated = item is not None and parse_moment(item.dates[0], item.zone) is not None
    return (*ENTITY_FORMATS, ICALENDAR) if dated else ENTITY_FORMATS


def _respond_with_calendar(variant: Representation, kind: str, key: str) -> Response:
    """A calendar of one event."""
    catalogue = variant.served.catalogue
    item = catalogue.find_entity(kind, key)
    frame = build_export_context(variant, KIND_BY_NAME[kind])
    body = b"".join(stream_icalendar(frame, [item] if item else [], 0))
    name = f'attachment; filename="{kind}-{key}.ics"'
    return variant.build_response(body, {"Content-Disposition": name})


def _split_key(served: ServedRelease, kind: str, key: str) -> tuple[str, str | None]:
    """The key of a thing and the suffix after it."""
    more = {EVENT: (ICALENDAR,), PUBLICATION: REFERENCE_FORMATS}.get(kind, ())
    formats = (*ENTITY_FORMATS, *more)
    return negotiation.split_suffix(key, formats, lambda name: record_exists(served, kind, name))
