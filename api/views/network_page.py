"""View model of the network of one record: its links by relation, as a list and as a drawing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.http.links import build_url
from api.serializers.network_files import Network, NetworkEdge, NetworkNode, serialize_elements
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.link_texts import LinkDescriber, LinkText
from api.views.network_parts import (
    END,
    build_edge,
    list_kinds_drawn,
    read_kind,
    resolve_record,
)
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.edtf import is_on_day
from kg.catalogue.filters import find_record_filter, list_filter_columns
from kg.catalogue.text_analysis import build_natural_sort_key
from kg.documents.links import Link
from kg.formats import HTML, Format
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID

MAX_LISTED: Final = 30
"""Records of a relation that are listed; the others are in the data."""


@dataclass(frozen=True)
class Neighbour:
    """A record that is linked with the one of the page, by one relation."""

    iri: str
    kind: str
    record: LinkedText
    link: LinkText


@dataclass(frozen=True)
class RelationGroup:
    """The records that one relation links."""

    key: str
    verb: str
    kind: str
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Neighbourhood:
    """What a record is linked with, under the filters of a page."""

    iri: str
    groups: tuple[RelationGroup, ...]
    relations: tuple[tuple[str, str, int], ...]
    """(key, verb, number) of all relations, whatever relation is chosen."""
    complete: bool
    undated: int
    """Links without dates, which are shown whatever the day."""

    @property
    def neighbours(self) -> Iterable[Neighbour]:
        return (one for group in self.groups for one in group.neighbours)


def describe_neighbourhood(
    iri: str,
    links: Sequence[Link],
    describer: LinkDescriber,
    names: LabelResolver,
    site: PageContext,
    relation: str,
    day: tuple[str, str] | None,
    complete: bool,
) -> Neighbourhood:
    """The links of a record by relation and kind, those of a relation and of a day where given."""
    by_other: dict[str, list[Link]] = {}
    for link in links:
        by_other.setdefault(link.get_other(iri), []).append(link)
    grouped: dict[tuple[str, str, str], list[Neighbour]] = {}
    counts: dict[str, tuple[str, int]] = {}
    undated = 0
    for other, between in by_other.items():
        for text in describer.describe_all(between, iri):
            then = is_on_day(text.begins, text.ends, day) if day else None
            if then is False:
                continue
            verb, count = counts.get(text.key, (text.verb, 0))
            counts[text.key] = (verb, count + 1)
            if relation and text.key != relation:
                continue
            undated += then is None
            kind, record = read_kind(other), resolve_record(other, names, site)
            grouped.setdefault((text.key, text.verb, kind), []).append(
                Neighbour(other, kind, record, text)
            )
    order = list(KIND_BY_NAME)
    groups = [
        RelationGroup(key, verb, kind, tuple(sorted(found, key=_build_sort_key)))
        for (key, verb, kind), found in sorted(
            grouped.items(), key=lambda item: (order.index(item[0][2]), item[0][1])
        )
    ]
    relations = sorted((verb, key, count) for key, (verb, count) in counts.items())
    return Neighbourhood(
        iri,
        tuple(groups),
        tuple((key, verb, count) for verb, key, count in relations),
        complete,
        undated if day else 0,
    )


def _build_sort_key(neighbour: Neighbour) -> Any:
    return build_natural_sort_key(neighbour.record.text.casefold())


def build_network(
    neighbourhood: Neighbourhood,
    title: str,
    among: Sequence[tuple[Link, LinkText]],
    site: PageContext,
) -> Network:
    """The record, what it is linked with, and the links among these."""
    key = neighbourhood.iri.removeprefix(ID)
    kind = key.partition("/")[0]
    nodes = {key: NetworkNode(key, neighbourhood.iri, kind, title, site.href(f"/{key}"), END)}
    edges: dict[tuple[str, str], NetworkEdge] = {}
    for one in neighbourhood.neighbours:
        other = one.iri.removeprefix(ID)
        nodes[other] = NetworkNode(other, one.iri, one.kind, one.record.text, one.record.href)
        edges.setdefault((key, other), build_edge(key, other, one.link))
    for link, text in among:
        pair = link.subject.removeprefix(ID), link.object.removeprefix(ID)
        if pair not in edges and pair[::-1] not in edges:
            edges[pair] = build_edge(*pair, text)
    return Network(list(nodes.values()), list(edges.values()))


def serialize_neighbourhood(
    variant: Representation, neighbourhood: Neighbourhood, network: Network
) -> dict[str, Any]:
    """The network as JSON."""
    return {
        "release": variant.served.release.id,
        "id": neighbourhood.iri,
        "complete": neighbourhood.complete,
        "relations": [
            {"relation": verb, "key": key, "count": count}
            for key, verb, count in neighbourhood.relations
        ],
        "network": serialize_elements(network),
    }


def render_network_page(
    variant: Representation,
    neighbourhood: Neighbourhood,
    network: Network,
    title: str,
    parameters: Sequence[tuple[str, str]],
    formats: Iterable[Format],
) -> str:
    """The page; `parameters` are its filters."""
    site = build_page_context(variant)
    key = neighbourhood.iri.removeprefix(ID)
    kind, _, local = key.partition("/")
    rest = [(name, value) for name, value in parameters if name != "relation"]
    chosen = dict(parameters)
    return render_page(
        "network_page.html",
        site.language,
        site=site,
        title=f"{site.t('network')}{site.colon}{title}",
        record_name=title,
        key=key,
        record=site.href(f"/{key}"),
        record_kind=kind,
        groups=[
            {
                "verb": group.verb,
                "kind": site.localize(KIND_BY_NAME[group.kind].plural),
                "name": group.kind,
                "count": len(group.neighbours),
                "shown": group.neighbours[:MAX_LISTED],
                "left": len(group.neighbours) - MAX_LISTED,
                "href": _link_list(kind, local, group.kind, site),
            }
            for group in neighbourhood.groups
        ],
        relations=[
            {
                "verb": verb,
                "count": count,
                "chosen": name == chosen.get("relation"),
                "href": site.href(
                    f"/graph/{key}",
                    rest if name == chosen.get("relation") else [*rest, ("relation", name)],
                ),
            }
            for name, verb, count in neighbourhood.relations
        ],
        chosen=chosen,
        complete=neighbourhood.complete,
        undated=neighbourhood.undated,
        whole_list=_link_list(kind, local, _find_main_kind(neighbourhood), site)
        or site.href(f"/relations/{key}"),
        paths=site.href("/paths", [("from", key)]),
        network=serialize_elements(network) if len(network.nodes) > 1 else None,
        kinds_drawn=list_kinds_drawn(network, site),
        formats=[
            (f.name, build_url(f"/graph/{key}.{f.extension}", parameters), f.media_type)
            for f in formats
            if f != HTML
        ],
    )


def _find_main_kind(neighbourhood: Neighbourhood) -> str:
    largest = max(neighbourhood.groups, key=lambda group: len(group.neighbours), default=None)
    return largest.kind if largest else ""


def _link_list(kind: str, key: str, listed: str, site: PageContext) -> str:
    """The list that has all records of a kind that are linked, where lists are filtered so."""
    found = find_record_filter(kind, key)
    listed_by = list_filter_columns(KIND_BY_NAME[listed]) if listed in KIND_BY_NAME else ()
    return site.href(f"/{listed}", [found]) if found and found[0] in listed_by else ""
