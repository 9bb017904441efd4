"""Network view of a selection: how the records of a page are linked, directly or by a third one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from api.serializers.network_files import Network, NetworkEdge, NetworkNode, serialize_elements
from api.serving.link_notes import find_dates, read_notes
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.link_texts import LinkDescriber, LinkText, list_mentioned
from api.views.network_parts import (
    END,
    build_edge,
    list_kinds_drawn,
    read_kind,
    resolve_record,
)
from api.views.page_context import PageContext, build_page_context
from api.views.selection_view import ViewRequest
from kg.documents.links import Link, LinkReader
from kg.iris import parse_record_iri
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID

MAX_RECORDS: Final = 100
"""Records of a page whose links are read."""
MAX_LINKS: Final = 50
"""Links of a record beyond which it says little of those that it links."""
MAX_SHOWN: Final = 400
"""Links that are drawn and listed."""
LEFT_OUT: Final = "territory"
"""Kind of records that do not stand between others: what is in one place is on the map."""


@dataclass(frozen=True)
class SharedRecord:
    """A record, and what it is linked with on the page."""

    record: LinkedText
    kind: str
    kind_text: str
    links: tuple[tuple[str, LinkedText, LinkText], ...]
    """(verb, record, link), told from the first."""


def render_network_view(request: ViewRequest) -> str:
    """The links among the records of a page, and the records that join several of them."""
    site = build_page_context(request.representation)
    served = request.representation.served
    items = request.listing.page.items[:MAX_RECORDS]
    own = {item.iri for item in items}
    links = _select_links(served.link_reader, own) if served.link_reader is not None else {}
    flat = [link for found in links.values() for link in found]
    notes = read_notes(served, flat) if flat else None
    mentioned = list_mentioned(notes, flat) if notes else []
    ends = {iri for link in flat for iri in (link.subject, link.object)}
    names = LabelResolver(site, served.catalogue.read_labels([*own, *ends, *mentioned]))
    shared: list[SharedRecord] = []
    network = Network((), ())
    if notes:
        describer = LinkDescriber(notes, names, site, partial(find_dates, served.catalogue))
        shared = _describe(links, describer, names, site)
        network = _build_network(links, own, describer, names, site)
    return render_page(
        "view_network.html",
        site.language,
        **request.selection,
        shared=shared,
        available=served.link_reader is not None,
        looked_at=len(items),
        network=serialize_elements(network) if network.nodes else None,
        kinds_drawn=list_kinds_drawn(network, site),
        next=request.listing.links.get("next"),
    )


def _select_links(reader: LinkReader, own: set[str]) -> dict[str, list[Link]]:
    """The links by the record that they lead to: one of the page, or one that joins several."""
    by_other: dict[str, dict[Link, str]] = {}
    for iri in sorted(own):
        found = reader.read_links(iri, MAX_LINKS)
        if not found.complete:
            continue
        for link in found.links:
            by_other.setdefault(link.get_other(iri), {})[link] = iri
    kept: dict[str, list[Link]] = {}
    seen: set[Link] = set()
    for other, found_links in sorted(by_other.items()):
        reference = parse_record_iri(other)
        joins = len(set(found_links.values())) > 1 and reference is not None
        if other in own or (joins and reference is not None and reference.kind != LEFT_OUT):
            fresh = [link for link in found_links if link not in seen]
            seen.update(fresh)
            if fresh and len(seen) <= MAX_SHOWN:
                kept[other] = fresh
    return kept


def _describe(
    links: Mapping[str, Sequence[Link]],
    describer: LinkDescriber,
    names: LabelResolver,
    site: PageContext,
) -> list[SharedRecord]:
    described = []
    for other, found in links.items():
        between: dict[str, list[Link]] = {}
        for link in found:
            between.setdefault(link.get_other(other), []).append(link)
        told = tuple(
            (text.verb, resolve_record(iri, names, site), text)
            for iri, several in between.items()
            for text in describer.describe_all(several, other)[:1]
        )
        kind = KIND_BY_NAME[read_kind(other)]
        described.append(
            SharedRecord(
                resolve_record(other, names, site), kind.name, site.localize(kind.label), told
            )
        )
    return sorted(described, key=lambda one: (-len(one.links), one.record.text.casefold()))


def _build_network(
    links: Mapping[str, Sequence[Link]],
    own: set[str],
    describer: LinkDescriber,
    names: LabelResolver,
    site: PageContext,
) -> Network:
    nodes: dict[str, NetworkNode] = {}
    edges: dict[tuple[str, str], NetworkEdge] = {}
    for found in links.values():
        for link in found:
            pair = link.subject.removeprefix(ID), link.object.removeprefix(ID)
            if pair in edges or pair[::-1] in edges:
                continue
            for iri, key in zip((link.subject, link.object), pair, strict=True):
                text = resolve_record(iri, names, site)
                role = END if iri in own else ""
                nodes[key] = NetworkNode(key, iri, read_kind(iri), text.text, text.href, role)
            edges[pair] = build_edge(*pair, describer.describe(link, link.subject))
    return Network(list(nodes.values()), list(edges.values()))
