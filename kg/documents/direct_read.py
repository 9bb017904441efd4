"""Direct reads: the queries of an entity document answered from the subject index and the store.

To hand a query to a worker takes longer than most documents need: the statements of each subject
are in one place (kg.sparql.subject_index), and the statements that point to it in one index of the
store. Each part of a document gives here what the query of its name in kg/queries gives, or None
where there would be more than some hundred steps: a worker, which can be killed, then runs the
query.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.namespaces import expand
from kg.sparql.subject_index import SubjectIndex

Found = set[ox.Triple] | None

MOST: Final = 400
"""Statements of one thing, of some nodes, or pointing to one thing, at most: a millisecond."""
MOST_NODES, MOST_NAMED = 50, 200
"""Nodes of which all is read, and things whose names are."""
NAMES_KEPT: Final = 10_000
"""Things whose names are kept, in each server process."""
EVERYTHING: Final = ox.DefaultGraph()
"""Where all statements are; what each source says is in graphs of their own (decision 4)."""


def _names(*prefixed: str) -> tuple[ox.NamedNode, ...]:
    return tuple(ox.NamedNode(expand(name)) for name in prefixed)


A, TOPIC, SOURCE, LICENCE, TITLE = _names(
    "rdf:type", "foaf:primaryTopic", "dct:source", "dct:license", "dct:title"
)
(DOCUMENT,) = _names("foaf:Document")
(WITHIN_ALL,) = _names("ess:withinTransitive")
LABELS: Final = _names("skos:prefLabel", "rdfs:label", "foaf:name", "dct:title")
NAMING: Final = tuple(f"{label} " for label in LABELS)
"""What the statements of names begin with."""
PERIODS: Final = frozenset(_names("ess:during", "org:memberDuring"))
ENDS: Final = frozenset(_names("time:hasBeginning", "time:hasEnd"))


class TooMany(Exception):
    """There is more than is read here."""


class DirectReader:
    """The parts of documents, from one release. What things are called is kept for the next time:
    most of what a document speaks of (properties, classes, codes, territories) others do too."""

    def __init__(self, store: ox.Store, subjects: SubjectIndex) -> None:
        self._store = store
        self._subjects = subjects
        self._called = lru_cache(NAMES_KEPT)(partial(_names_of, subjects))

    def entity(self, thing: ox.NamedNode) -> Found:
        """What entity.rq tells of a thing."""
        parts = self._subjects.parts(thing.value)
        if parts is None or sum(len(part.statements) for part in parts) > MOST:
            return None
        try:
            told = {triple for part in parts for triple in _triples(thing.value, part.statements)}
            told |= self._pointing(thing)
            return told | self._document(thing, (part.graph for part in parts))
        except TooMany:
            return None

    def nodes(self, things: Sequence[ox.NamedNode]) -> Found:
        """What nodes.rq tells of some nodes: all of them, and of the periods they last."""
        told = set[ox.Triple]()
        try:
            periods = self._follow(things, PERIODS, told)
            self._follow(self._follow(periods, ENDS, told), frozenset(), told)
        except TooMany:
            return None
        return told

    def labels(self, things: Sequence[ox.NamedNode]) -> Found:
        """What labels.rq tells of some things."""
        if len(things) > MOST_NAMED:
            return None
        try:
            return {label for thing in things for label in self._called(thing.value)}
        except TooMany:
            return None

    def _pointing(self, thing: ox.NamedNode) -> set[ox.Triple]:
        quads = self._store.quads_for_pattern(None, None, thing, EVERYTHING)
        found = list(islice(quads, MOST + 1))
        if len(found) > MOST:
            raise TooMany
        return {quad.triple for quad in found if quad.predicate != WITHIN_ALL}

    def _document(self, thing: ox.NamedNode, graphs: Iterable[str]) -> set[ox.Triple]:
        """The document of a thing, the sources it is from, and their licences."""
        told = set[ox.Triple]()
        document = ox.NamedNode(thing.value.replace("/ess-kg/id/", "/ess-kg/"))
        for graph in graphs:
            source = ox.NamedNode(graph.replace("/ess-kg/graph/", "/ess-kg/id/source/"))
            if stated := _read(self._subjects, source.value, MOST):
                told |= {
                    ox.Triple(document, A, DOCUMENT),
                    ox.Triple(document, TOPIC, thing),
                    ox.Triple(document, SOURCE, source),
                }
                told |= {triple for triple in stated if triple.predicate in (LICENCE, TITLE)}
        return told

    def _follow(
        self,
        things: Sequence[ox.NamedNode],
        properties: frozenset[ox.NamedNode],
        told: set[ox.Triple],
    ) -> list[ox.NamedNode]:
        """Tells all of some things; gives what some of their properties lead to."""
        if len(things) > MOST_NODES:
            raise TooMany
        found = list[ox.Triple]()
        for thing in things:
            found += _read(self._subjects, thing.value, MOST - len(found))
        told.update(found)
        return [
            triple.object
            for triple in found
            if triple.predicate in properties and isinstance(triple.object, ox.NamedNode)
        ]


def _names_of(subjects: SubjectIndex, thing: str) -> Sequence[ox.Triple]:
    """What a thing is called."""
    return _read(subjects, thing, MOST, NAMING)


def _read(
    subjects: SubjectIndex, thing: str, most: int, beginnings: tuple[str, ...] = ("<",)
) -> Sequence[ox.Triple]:
    """The statements of a thing that begin in one of some ways. Raises TooMany."""
    statements = subjects.statements(thing)
    if statements is None:
        raise TooMany
    chosen = [said for said in statements if said.startswith(beginnings)]
    if len(chosen) > most:
        raise TooMany
    return _triples(thing, chosen)


def _triples(subject: str, statements: Iterable[str]) -> list[ox.Triple]:
    text = "".join([f"<{subject}> {said} .\n" for said in statements])
    return [quad.triple for quad in ox.parse(text.encode(), ox.RdfFormat.N_TRIPLES, lenient=True)]
