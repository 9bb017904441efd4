"""Notes of links: what is said of a relation or about a statement, and which sources say it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.documents.direct_read import DirectReader
from kg.documents.discrepancies import group_by_subject
from kg.documents.jsonld import Value
from kg.documents.links import Link, LinkReader

NODES_AT_ONCE: Final = 8
"""Relations that are read together: what they say is short of what a direct read may be."""

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
    facts = reader.find_facts(unique)
    nodes = list(
        dict.fromkeys(
            [
                *(link.node for link in unique if link.node),
                *(iri for iris in facts.values() for iri in iris),
            ]
        )
    )
    triples = set[ox.Triple]()
    for at in range(0, len(nodes), NODES_AT_ONCE):
        batch = [ox.NamedNode(iri) for iri in nodes[at : at + NODES_AT_ONCE]]
        triples |= documents.read_nodes(batch) or set()
    graphs = {link: reader.find_sources(link) for link in unique}
    return LinkNotes(group_by_subject(sorted(triples, key=str)), graphs, facts)
