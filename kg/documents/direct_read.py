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
from kg.rdf.labels import LABEL_PROPERTIES
from kg.sparql.subject_index import SubjectIndex

TriplesOrTooMany = set[ox.Triple] | None

MAX_STATEMENTS: Final = 400
"""Statements of one thing, of some nodes, or pointing to one thing, at most: a millisecond."""
MAX_NODES, MAX_LABELLED = 50, 200
"""Nodes of which all is read, and things whose names are."""
MAX_CACHED_LABELS: Final = 10_000
"""Things whose names are kept, in each server process."""
DEFAULT_GRAPH: Final = ox.DefaultGraph()
"""Where all statements are; what each source says is in graphs of their own (decision 4)."""


def _expand_all(*prefixed: str) -> tuple[ox.NamedNode, ...]:
    return tuple(ox.NamedNode(expand(name)) for name in prefixed)


TYPE, PRIMARY_TOPIC, SOURCE, LICENCE, TITLE = _expand_all(
    "rdf:type", "foaf:primaryTopic", "dct:source", "dct:license", "dct:title"
)
(FOAF_DOCUMENT,) = _expand_all("foaf:Document")
(WITHIN_TRANSITIVE,) = _expand_all("ess:withinTransitive")
LABEL_PREFIXES: Final = tuple(f"<{iri}> " for iri in LABEL_PROPERTIES)
"""What label statements begin with, as the subject index has them."""
PERIOD_PROPERTIES: Final = frozenset(_expand_all("ess:during", "org:memberDuring"))
INTERVAL_END_PROPERTIES: Final = frozenset(_expand_all("time:hasBeginning", "time:hasEnd"))


class TooManyStatements(Exception):
    """There is more than is read here."""


class DirectReader:
    """The parts of documents, from one release. What things are called is kept for the next time:
    most of what a document speaks of (properties, classes, codes, territories) others do too."""

    def __init__(self, store: ox.Store, subjects: SubjectIndex) -> None:
        self._store = store
        self._subjects = subjects
        self._read_labels = lru_cache(MAX_CACHED_LABELS)(partial(_read_label_triples, subjects))

    def read_entity(self, thing: ox.NamedNode) -> TriplesOrTooMany:
        """What entity.rq tells of a thing."""
        parts = self._subjects.find_parts(thing.value)
        if parts is None or sum(len(part.statements) for part in parts) > MAX_STATEMENTS:
            return None
        try:
            triples = {
                triple for part in parts for triple in _parse_triples(thing.value, part.statements)
            }
            triples |= self._read_pointing(thing)
            return triples | self._describe_document(thing, (part.graph for part in parts))
        except TooManyStatements:
            return None

    def read_nodes(self, things: Sequence[ox.NamedNode]) -> TriplesOrTooMany:
        """What nodes.rq tells of some nodes: all of them, and of the periods they last."""
        triples = set[ox.Triple]()
        try:
            periods = self._follow(things, PERIOD_PROPERTIES, triples)
            self._follow(
                self._follow(periods, INTERVAL_END_PROPERTIES, triples), frozenset(), triples
            )
        except TooManyStatements:
            return None
        return triples

    def read_labels(self, things: Sequence[ox.NamedNode]) -> TriplesOrTooMany:
        """What labels.rq tells of some things."""
        if len(things) > MAX_LABELLED:
            return None
        try:
            return {label for entity in things for label in self._read_labels(entity.value)}
        except TooManyStatements:
            return None

    def _read_pointing(self, entity: ox.NamedNode) -> set[ox.Triple]:
        quads = self._store.quads_for_pattern(None, None, entity, DEFAULT_GRAPH)
        pointing = list(islice(quads, MAX_STATEMENTS + 1))
        if len(pointing) > MAX_STATEMENTS:
            raise TooManyStatements
        return {quad.triple for quad in pointing if quad.predicate != WITHIN_TRANSITIVE}

    def _describe_document(self, entity: ox.NamedNode, graphs: Iterable[str]) -> set[ox.Triple]:
        """The document of a thing, the sources it is from, and their licences."""
        triples = set[ox.Triple]()
        document = ox.NamedNode(entity.value.replace("/ess-kg/id/", "/ess-kg/"))
        for graph in graphs:
            source = ox.NamedNode(graph.replace("/ess-kg/graph/", "/ess-kg/id/source/"))
            if stated := _read_statements(self._subjects, source.value, MAX_STATEMENTS):
                triples |= {
                    ox.Triple(document, TYPE, FOAF_DOCUMENT),
                    ox.Triple(document, PRIMARY_TOPIC, entity),
                    ox.Triple(document, SOURCE, source),
                }
                triples |= {triple for triple in stated if triple.predicate in (LICENCE, TITLE)}
        return triples

    def _follow(
        self,
        nodes: Sequence[ox.NamedNode],
        properties: frozenset[ox.NamedNode],
        collected: set[ox.Triple],
    ) -> list[ox.NamedNode]:
        """Tells all of some things; gives what some of their properties lead to."""
        if len(nodes) > MAX_NODES:
            raise TooManyStatements
        triples = list[ox.Triple]()
        for node in nodes:
            triples += _read_statements(self._subjects, node.value, MAX_STATEMENTS - len(triples))
        collected.update(triples)
        return [
            triple.object
            for triple in triples
            if triple.predicate in properties and isinstance(triple.object, ox.NamedNode)
        ]


def _read_label_triples(subjects: SubjectIndex, subject: str) -> Sequence[ox.Triple]:
    """What a thing is called."""
    return _read_statements(subjects, subject, MAX_STATEMENTS, LABEL_PREFIXES)


def _read_statements(
    subjects: SubjectIndex, subject: str, most: int, beginnings: tuple[str, ...] = ("<",)
) -> Sequence[ox.Triple]:
    """The statements of a thing that begin in one of some ways. Raises TooMany."""
    statements = subjects.find_statements(subject)
    if statements is None:
        raise TooManyStatements
    chosen = [statement for statement in statements if statement.startswith(beginnings)]
    if len(chosen) > most:
        raise TooManyStatements
    return _parse_triples(subject, chosen)


def _parse_triples(subject: str, statements: Iterable[str]) -> list[ox.Triple]:
    text = "".join([f"<{subject}> {statement} .\n" for statement in statements])
    return [quad.triple for quad in ox.parse(text.encode(), ox.RdfFormat.N_TRIPLES, lenient=True)]
