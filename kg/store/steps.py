"""The queries of a thing's document, answered by steps through the indexes of an open store.

To hand a query to a process takes longer than the few steps that most things need; each part of a
document says here what the query of its name in kg/queries says, or nothing where there would be
more than some hundred steps: the query is then put to a process that can be killed.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.namespaces import expand

Found = set[ox.Triple] | None

MOST: Final = 400
"""Statements of one pattern, or of some nodes, at most: a millisecond."""
MOST_NODES, MOST_NAMED, MOST_NAMES = 50, 200, 25
"""Nodes of which all is read, things whose names are, and the names of each."""
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
PERIODS: Final = frozenset(_names("ess:during", "org:memberDuring"))
ENDS: Final = frozenset(_names("time:hasBeginning", "time:hasEnd"))


class TooMany(Exception):
    """There is more than is read here."""


class Steps:
    """The parts of documents, from one store. What things are called is kept for the next time:
    most of what a document speaks of (properties, classes, codes, territories) others do too."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._called = lru_cache(NAMES_KEPT)(partial(_look_up, store))

    def entity(self, thing: ox.NamedNode) -> Found:
        """What entity.rq tells of a thing."""
        try:
            said = _read(self._store, thing, MOST, graph=None)
            pointing = _read(self._store, None, MOST, value=thing)
            graphs = {graph for quad in said if isinstance(graph := quad.graph_name, ox.NamedNode)}
            document = self._document(thing, graphs)
        except TooMany:
            return None
        told = {quad.triple for quad in said if quad.graph_name == EVERYTHING}
        told |= {quad.triple for quad in pointing if quad.predicate != WITHIN_ALL}
        return told | document

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
            return {label for thing in things for label in self._called(thing)}
        except TooMany:
            return None

    def _document(self, thing: ox.NamedNode, graphs: Iterable[ox.NamedNode]) -> set[ox.Triple]:
        """The document of a thing, the sources it is from, and their licences."""
        told = set[ox.Triple]()
        document = ox.NamedNode(thing.value.replace("/ess-kg/id/", "/ess-kg/"))
        for graph in graphs:
            source = ox.NamedNode(graph.value.replace("/ess-kg/graph/", "/ess-kg/id/source/"))
            if stated := _read(self._store, source, MOST):
                told |= {
                    ox.Triple(document, A, DOCUMENT),
                    ox.Triple(document, TOPIC, thing),
                    ox.Triple(document, SOURCE, source),
                }
                told |= {quad.triple for quad in stated if quad.predicate in (LICENCE, TITLE)}
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
            found += (quad.triple for quad in _read(self._store, thing, MOST - len(found)))
        told.update(found)
        return [
            triple.object
            for triple in found
            if triple.predicate in properties and isinstance(triple.object, ox.NamedNode)
        ]


def _look_up(store: ox.Store, thing: ox.NamedNode) -> tuple[ox.Triple, ...]:
    """What a thing is called."""
    found = (quad for label in LABELS for quad in _read(store, thing, MOST_NAMES, label))
    return tuple(quad.triple for quad in found)


def _read(
    store: ox.Store,
    subject: ox.NamedNode | None,
    most: int,
    predicate: ox.NamedNode | None = None,
    value: ox.NamedNode | None = None,
    graph: ox.DefaultGraph | None = EVERYTHING,
) -> list[ox.Quad]:
    """The statements of a pattern, in every graph where none is said. Raises TooMany."""
    found = list(islice(store.quads_for_pattern(subject, predicate, value, graph), most + 1))
    if len(found) > most:
        raise TooMany
    return found
