"""One thing as a document: its facts, the names of what it points to, where it was read."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from api.render.document import by_subject
from api.render.jsonld import Value
from kg import queries
from kg.namespaces import BASE, ID, expand
from kg.store.endpoint import Endpoint
from kg.store.reading import construct

LABELS: Final = frozenset(map(expand, ("skos:prefLabel", "rdfs:label", "foaf:name", "dct:title")))
MOST: Final = 1000
"""Nodes, and records, that point to a thing and are told in its document (see entity.rq)."""
ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Entity:
    """What the graph says of one thing, in the order of N-Triples."""

    iri: str
    triples: Sequence[ox.Triple]

    @cached_property
    def by_subject(self) -> dict[str, dict[str, list[Value]]]:
        """Subject to predicate to values, as IRIs and terms."""
        return by_subject(self.triples)

    @property
    def facts(self) -> dict[str, list[Value]]:
        """What is said of the thing itself."""
        return self.by_subject.get(self.iri, {})

    @cached_property
    def pointing(self) -> int:
        """How many nodes and records point to the thing here; at most about twice MOST."""
        thing = ox.NamedNode(self.iri)
        return len({str(triple.subject) for triple in self.triples if triple.object == thing})

    @property
    def cut(self) -> bool:
        """Whether more may point to the thing than its document tells."""
        return self.pointing >= MOST


async def describe(endpoint: Endpoint, iri: str) -> Entity | None:
    """The document of a thing, None where nothing is said of it. Raises QueryError."""
    thing = queries.iri(iri)
    triples = await construct(endpoint, queries.filled("entity", thing=thing, topic=thing))
    if not any(triple.subject == thing for triple in triples):
        return None
    names = await _names(endpoint, _unnamed(triples))
    entity = Entity(iri, sorted({*triples, *names}, key=str))
    return replace(entity, triples=[*entity.triples, *_notice(iri)]) if entity.cut else entity


def _notice(iri: str) -> list[ox.Triple]:
    """What a document says of itself where it does not tell all that points to its thing."""
    document = ox.NamedNode(BASE + iri.removeprefix(ID))
    said = (
        (f"More points to this than is told here (at most {MOST} nodes and {MOST} records).", "en"),
        (f"D'autres fiches y renvoient (au plus {MOST} nœuds et {MOST} fiches ici).", "fr"),
    )
    comment = ox.NamedNode(expand("rdfs:comment"))
    return [ox.Triple(document, comment, ox.Literal(text, language=tag)) for text, tag in said]


def _unnamed(triples: Iterable[ox.Triple]) -> list[ox.NamedNode]:
    """The things spoken of whose name is not in the document; not passages, which have none."""
    named, seen = set(), set()
    for triple in triples:
        seen |= {t for t in (triple.subject, triple.object) if isinstance(t, ox.NamedNode)}
        if triple.predicate.value in LABELS:
            named.add(triple.subject)
    return sorted((t for t in seen - named if "#char=" not in t.value), key=str)


async def _names(endpoint: Endpoint, things: Sequence[ox.NamedNode]) -> list[ox.Triple]:
    parts = [things[at : at + ASKED_AT_ONCE] for at in range(0, len(things), ASKED_AT_ONCE)]
    answers = await asyncio.gather(
        *(construct(endpoint, queries.filled("labels", thing=part)) for part in parts)
    )
    return [triple for answer in answers for triple in answer]
