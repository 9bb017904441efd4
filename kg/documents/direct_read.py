"""Direct reads: the queries of an entity document answered from the subject index and the store.

Passing a query to a worker takes longer than reading most documents: the statements about a subject
are in one place (`kg.sparql.subject_index`), those that refer to it in one index of the store. Each
method returns what the query of its name in `kg/queries` returns, or None beyond some hundred
steps: a worker, which can be killed, then runs the query.
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
"""Limit on the statements of one read, which takes a millisecond."""
MAX_NODES, MAX_LABELLED = 50, 200
"""Limits on the nodes that are read, and on the entities whose labels are."""
MAX_CACHED_LABELS: Final = 10_000
"""Size of the label cache in each server process."""
DEFAULT_GRAPH: Final = ox.DefaultGraph()
"""Union of the sources' statements, which are also in one graph per source."""


def _expand_all(*prefixed: str) -> tuple[ox.NamedNode, ...]:
    return tuple(ox.NamedNode(expand(name)) for name in prefixed)


TYPE, PRIMARY_TOPIC, SOURCE, LICENCE, TITLE = _expand_all(
    "rdf:type", "foaf:primaryTopic", "dct:source", "dct:license", "dct:title"
)
(FOAF_DOCUMENT,) = _expand_all("foaf:Document")
(WITHIN_TRANSITIVE,) = _expand_all("ess:withinTransitive")
LABEL_PREFIXES: Final = tuple(f"<{iri}> " for iri in LABEL_PROPERTIES)
"""Prefixes of label statements in the subject index."""
PERIOD_PROPERTIES: Final = frozenset(_expand_all("ess:during", "org:memberDuring"))
INTERVAL_END_PROPERTIES: Final = frozenset(_expand_all("time:hasBeginning", "time:hasEnd"))


class TooManyStatements(Exception):
    """Limit on a direct read exceeded: the query is left to a worker."""


class DirectReader:
    """Reader of the parts of documents in one release.

    Labels are cached, since documents share their properties, classes, codes and territories.
    """

    def __init__(self, store: ox.Store, subjects: SubjectIndex) -> None:
        self._store = store
        self._subjects = subjects
        self._read_labels = lru_cache(MAX_CACHED_LABELS)(partial(_read_label_triples, subjects))

    def read_entity(self, entity: ox.NamedNode) -> TriplesOrTooMany:
        """Return the result of entity.rq for an entity."""
        parts = self._subjects.find_parts(entity.value)
        if parts is None or sum(len(part.statements) for part in parts) > MAX_STATEMENTS:
            return None
        try:
            triples = {
                triple for part in parts for triple in _parse_triples(entity.value, part.statements)
            }
            triples |= self._read_pointing(entity)
            return triples | self._describe_document(entity, (part.graph for part in parts))
        except TooManyStatements:
            return None

    def read_own(self, entity: ox.NamedNode) -> TriplesOrTooMany:
        """Return what entity.rq does, but for what refers to the entity; however much it is."""
        parts = self._subjects.find_parts(entity.value)
        if parts is None:
            return None
        own = (_parse_triples(entity.value, part.statements) for part in parts)
        return {triple for triples in own for triple in triples} | self._describe_document(
            entity, (part.graph for part in parts)
        )

    def read_many_nodes(self, nodes: Sequence[ox.NamedNode]) -> set[ox.Triple]:
        """Return the result of nodes.rq for any number of nodes, of which some say much.

        One that says more than is in the subject index is left out.
        """
        triples = set[ox.Triple]()
        ends = self._follow_many(nodes, PERIOD_PROPERTIES, triples)
        ends = self._follow_many(ends, INTERVAL_END_PROPERTIES, triples)
        self._follow_many(ends, frozenset(), triples)
        return triples

    def read_nodes(self, nodes: Sequence[ox.NamedNode]) -> TriplesOrTooMany:
        """Return the result of nodes.rq: all statements of some nodes, and of their periods."""
        triples = set[ox.Triple]()
        try:
            periods = self._follow(nodes, PERIOD_PROPERTIES, triples)
            self._follow(
                self._follow(periods, INTERVAL_END_PROPERTIES, triples), frozenset(), triples
            )
        except TooManyStatements:
            return None
        return triples

    def read_labels(self, entities: Sequence[ox.NamedNode]) -> TriplesOrTooMany:
        """Return the result of labels.rq for some entities."""
        if len(entities) > MAX_LABELLED:
            return None
        try:
            return {label for entity in entities for label in self._read_labels(entity.value)}
        except TooManyStatements:
            return None

    def _read_pointing(self, entity: ox.NamedNode) -> set[ox.Triple]:
        quads = self._store.quads_for_pattern(None, None, entity, DEFAULT_GRAPH)
        pointing = list(islice(quads, MAX_STATEMENTS + 1))
        if len(pointing) > MAX_STATEMENTS:
            raise TooManyStatements
        return {quad.triple for quad in pointing if quad.predicate != WITHIN_TRANSITIVE}

    def _describe_document(self, entity: ox.NamedNode, graphs: Iterable[str]) -> set[ox.Triple]:
        """Return the triples of the entity's document, with its sources and their licences."""
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
        """Collect all statements of some nodes; return the objects of the given properties."""
        if len(nodes) > MAX_NODES:
            raise TooManyStatements
        triples = list[ox.Triple]()
        for node in nodes:
            triples += _read_statements(self._subjects, node.value, MAX_STATEMENTS - len(triples))
        collected.update(triples)
        return _list_objects(triples, properties)

    def _follow_many(
        self,
        nodes: Sequence[ox.NamedNode],
        properties: frozenset[ox.NamedNode],
        collected: set[ox.Triple],
    ) -> list[ox.NamedNode]:
        """The same without a limit."""
        said = ((node.value, self._subjects.find_statements(node.value)) for node in nodes)
        triples = [t for node, statements in said for t in _parse_triples(node, statements or ())]
        collected.update(triples)
        return _list_objects(triples, properties)


def _list_objects(
    triples: Iterable[ox.Triple], properties: frozenset[ox.NamedNode]
) -> list[ox.NamedNode]:
    """Return the IRIs that some properties lead to."""
    return [
        triple.object
        for triple in triples
        if triple.predicate in properties and isinstance(triple.object, ox.NamedNode)
    ]


def _read_label_triples(subjects: SubjectIndex, subject: str) -> Sequence[ox.Triple]:
    """Return the label statements of a subject."""
    return _read_statements(subjects, subject, MAX_STATEMENTS, LABEL_PREFIXES)


def _read_statements(
    subjects: SubjectIndex, subject: str, most: int, beginnings: tuple[str, ...] = ("<",)
) -> Sequence[ox.Triple]:
    """Return the statements of a subject with some prefixes. Raises TooManyStatements."""
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
