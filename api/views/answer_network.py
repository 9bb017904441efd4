"""Network of the answer of a query: the links between the things of two columns, or of a graph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from api.serializers.network_files import Network, NetworkEdge, NetworkNode, serialize_elements
from api.views.labels import LabelResolver, LinkedText
from api.views.network_parts import list_kinds_drawn, read_kind
from api.views.page_context import PageContext
from api.views.query_columns import COLUMNS
from api.views.query_terms import Binding
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID, expand

MAX_DRAWN_LINKS: Final = 400
"""Links that are drawn."""
TYPE_IRI: Final = expand("rdf:type")


@dataclass(frozen=True)
class AnswerLink:
    """A link that an answer has, by IRIs."""

    subject: str
    relation: str
    """A property, or the name of the column of the object."""
    object: str


@dataclass(frozen=True)
class AnswerNetwork:
    """The links of an answer, drawn and in words."""

    elements: Mapping[str, Any]
    kinds: Sequence[tuple[str, str]]
    links: Sequence[tuple[LinkedText, LinkedText, LinkedText]]
    """(subject, relation, object) of each link that is drawn."""
    things: int
    found: int
    """Links of the answer, drawn or not."""


def find_links(names: Sequence[str], bindings: Sequence[Binding]) -> list[AnswerLink]:
    """The links of rows: between the first two columns of records, else of IRIs.

    A column of properties between or beside them says how they are linked.
    """
    columns = [name for name in names if _has_only_iris(name, bindings)]
    relation = next((name for name in columns if _is_relation(name, names, bindings)), "")
    others = [name for name in columns if name != relation]
    ends = sorted(others, key=lambda name: not _has_records(name, bindings))[:2]
    if len(ends) < 2:
        return []
    subject, object_ = sorted(ends, key=names.index)
    links = (
        AnswerLink(
            binding[subject]["value"],
            binding[relation]["value"] if relation in binding else "" if relation else object_,
            binding[object_]["value"],
        )
        for binding in bindings
        if subject in binding and object_ in binding
    )
    return _list_distinct(links)


def find_graph_links(triples: Iterable[ox.Triple]) -> list[AnswerLink]:
    """The links of a graph: its triples between things, but for their classes."""
    return _list_distinct(
        AnswerLink(triple.subject.value, triple.predicate.value, triple.object.value)
        for triple in triples
        if isinstance(triple.subject, ox.NamedNode)
        and isinstance(triple.object, ox.NamedNode)
        and triple.predicate.value != TYPE_IRI
    )


def draw_links(
    links: Sequence[AnswerLink], labels: LabelResolver, site: PageContext
) -> AnswerNetwork:
    """The network of links, the first of them where they are many."""
    nodes: dict[str, NetworkNode] = {}
    edges = []
    told = []
    for link in links[:MAX_DRAWN_LINKS]:
        subject, object_ = (_resolve(iri, labels, site) for iri in (link.subject, link.object))
        relation = _resolve(link.relation, labels, site)
        for iri, text in ((link.subject, subject), (link.object, object_)):
            kind = read_kind(iri)
            key = iri.removeprefix(ID)
            nodes[key] = NetworkNode(
                key, iri, kind if kind in KIND_BY_NAME else "", text.text, text.href
            )
        ends = link.subject.removeprefix(ID), link.object.removeprefix(ID)
        edges.append(NetworkEdge(*ends, relation.text, link.relation))
        told.append((subject, relation, object_))
    network = Network(list(nodes.values()), edges)
    return AnswerNetwork(
        serialize_elements(network), list_kinds_drawn(network, site), told, len(nodes), len(links)
    )


def _list_distinct(links: Iterable[AnswerLink]) -> list[AnswerLink]:
    return [link for link in dict.fromkeys(links) if link.subject != link.object]


def _resolve(text: str, labels: LabelResolver, site: PageContext) -> LinkedText:
    """An IRI, or the name of a column, as it is shown."""
    if ":" in text:
        return labels.resolve(ox.NamedNode(text))
    return LinkedText(site.localize(COLUMNS[text]) if text in COLUMNS else text)


def _has_only_iris(name: str, bindings: Sequence[Binding]) -> bool:
    types = {binding[name]["type"] for binding in bindings if name in binding}
    return types == {"uri"}


def _has_records(name: str, bindings: Sequence[Binding]) -> bool:
    values = (binding[name]["value"] for binding in bindings if name in binding)
    return any(read_kind(value) in KIND_BY_NAME for value in values)


def _is_relation(name: str, names: Sequence[str], bindings: Sequence[Binding]) -> bool:
    """Whether a column stands second of three of IRIs and has no record."""
    columns = [one for one in names if _has_only_iris(one, bindings)]
    return columns[1:2] == [name] and len(columns) > 2 and not _has_records(name, bindings)
