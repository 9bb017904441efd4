"""Notes of links: what is said of a relation or about a statement, and which sources say it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kg.documents.direct_read import MAX_NODES, DirectReader
from kg.documents.discrepancies import group_by_subject
from kg.documents.jsonld import Value
from kg.documents.links import Link, LinkReader

Facts = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class LinkNotes:
    """What is said of some links."""

    by_subject: Mapping[str, Facts]
    """Values of relations, their periods, and notes about statements, by IRI and property."""
    graphs: Mapping[Link, Sequence[str]]
    """The names of the graphs that state each."""
    facts: Mapping[Link, Sequence[str]]
    """The IRIs of the notes about each statement."""


def read_link_notes(
    reader: LinkReader, documents: DirectReader, links: Iterable[Link]
) -> LinkNotes:
    """Read what is said of some links; a relation that says more than is read says nothing."""
    unique = list(dict.fromkeys(links))
    facts = {link: reader.find_facts(link) for link in unique}
    nodes = list(
        dict.fromkeys(
            [
                *(link.node for link in unique if link.node),
                *(iri for iris in facts.values() for iri in iris),
            ]
        )
    )
    triples = set[ox.Triple]()
    for at in range(0, len(nodes), MAX_NODES):
        batch = [ox.NamedNode(iri) for iri in nodes[at : at + MAX_NODES]]
        triples |= documents.read_nodes(batch) or set()
    graphs = {link: reader.find_sources(link) for link in unique}
    return LinkNotes(group_by_subject(sorted(triples, key=str)), graphs, facts)
