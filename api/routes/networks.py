"""Route of the network of a record: what it is linked with, by relation and day."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.openapi.graph import NETWORK_PARAMETERS
from api.serializers.network_files import serialize_gexf, serialize_graphml
from api.serving.day_parameter import DAY_PARAMETER, read_day
from api.serving.link_notes import find_dates, read_notes, require_link_reader
from api.serving.record_lookup import require_item
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from api.views import network_page
from api.views.labels import LabelResolver
from api.views.link_texts import LinkDescriber, LinkText, list_mentioned
from api.views.page_context import build_page_context
from kg.catalogue.records import Item
from kg.documents.links import Link, LinkReader
from kg.documents.relation_types import DERIVED_PROPERTIES
from kg.formats import GEXF, GRAPHML, HTML, JSON

FORMATS: Final = (HTML, JSON, GEXF, GRAPHML)
KNOWN_PARAMETERS: Final = ("relation", DAY_PARAMETER, "lang", "format", "release")
MAX_LINKS: Final = 500
"""Links of a record that are read."""
MAX_AMONG: Final = 40
"""Neighbours up to which the links among them are looked for."""
MAX_AMONG_LINKS: Final = 50

router = APIRouter(tags=["Linked data"])


@router.get(
    "/graph/{kind}/{key}",
    summary="The network of a record",
    response_class=Response,
    openapi_extra={"parameters": NETWORK_PARAMETERS},
)
async def show_network(kind: str, key: str, request: Request, served: ServedReleaseDep) -> Response:
    """What a record is linked with, by relation, with the dates, certainty and sources of each
    link; those of one relation, or that last on a day, where asked."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    item, suffix = require_item(served, kind, key, FORMATS, "/graph")
    path = f"/graph/{kind}/{item.key}"
    variant = Representation.negotiate(request, served, FORMATS, suffix=suffix, path=path)
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(await LIST_THREADS.run(partial(_answer, variant, item)))


def _answer(variant: Representation, item: Item) -> str | bytes:
    served, query = variant.served, variant.request.query_params
    site = build_page_context(variant)
    day = read_day(query)
    reader = require_link_reader(served)
    read, complete = reader.read_links(item.iri, MAX_LINKS)
    links, complete = read[:MAX_LINKS], complete and len(read) <= MAX_LINKS
    if not complete:  # a shortcut whose relation was not read would be told as inferred
        links = [link for link in links if link.node or link.predicate not in DERIVED_PROPERTIES]
    among = _read_links_among(reader, item.iri, links)
    notes = read_notes(served, [*links, *among])
    others = [link.get_other(item.iri) for link in links]
    mentioned = list_mentioned(notes, [*links, *among])
    names = LabelResolver(site, served.catalogue.read_labels([item.iri, *others, *mentioned]))
    describer = LinkDescriber(notes, names, site, partial(find_dates, served.catalogue))
    neighbourhood = network_page.describe_neighbourhood(
        item.iri, links, describer, names, site, query.get("relation", ""), day, complete
    )
    title = names.disambiguate(item.iri)
    shown = {one.iri for one in neighbourhood.neighbours}
    told = _describe_among(among, shown, describer)
    network = network_page.build_network(neighbourhood, title, told, site)
    if variant.format == GEXF:
        return serialize_gexf(network, title, served.created)
    if variant.format == GRAPHML:
        return serialize_graphml(network, title)
    if variant.format == JSON:
        content = network_page.serialize_neighbourhood(variant, neighbourhood, network)
        return orjson.dumps(content)
    filters = [(name, query[name]) for name in ("relation", DAY_PARAMETER) if query.get(name)]
    return network_page.render_network_page(
        variant, neighbourhood, network, title, filters, FORMATS
    )


def _read_links_among(reader: LinkReader, iri: str, links: Sequence[Link]) -> list[Link]:
    """The links among the neighbours of a record, where these are few."""
    others = {link.get_other(iri) for link in links}
    if len(others) > MAX_AMONG:
        return []
    found: dict[Link, None] = {}
    for other in sorted(others):
        for link in reader.read_links(other, MAX_AMONG_LINKS).links:
            if link.get_other(other) in others:
                found[link] = None
    return list(found)


def _describe_among(
    links: Sequence[Link], shown: set[str], describer: LinkDescriber
) -> list[tuple[Link, LinkText]]:
    kept = (link for link in links if link.subject in shown and link.object in shown)
    return [(link, describer.describe(link, link.subject)) for link in kept]
