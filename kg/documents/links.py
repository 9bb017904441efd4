"""Links between records: statements from one to another, and qualified relations between two.

A membership, a participation or another qualified relation is a node with properties of its own; it
is one link here, from those on its first side (the member) to those on its second (the
organisation). Read from the subject index and the store, without a query.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

import pyoxigraph as ox

from kg.documents.void_properties import read_properties
from kg.kinds import KIND_BY_NAME
from kg.namespaces import GRAPH, ID, RDF_TYPE, expand
from kg.sparql.subject_index import SubjectIndex

DEFAULT_GRAPH: Final = ox.DefaultGraph()
"""Union of the statements of all sources."""
OWNER: Final = ""
"""Stands, among the properties of a side, for the record whose address the node is under."""
MAX_CACHED_RECORDS: Final = 2_000
MAX_FACTS: Final = 200
"""Notes about facts of a record that are looked through for those about one statement."""
SCAN_FACTOR: Final = 4
"""Statements looked at, for each link that is wanted: some are no links."""

RDF_SUBJECT: Final = ox.NamedNode(expand("rdf:subject"))
RDF_PREDICATE, RDF_OBJECT = expand("rdf:predicate"), expand("rdf:object")


class NodeSides(NamedTuple):
    """The properties that lead from a qualified relation to the records on either side of it."""

    first: tuple[str, ...]
    second: tuple[str, ...]


NODE_SIDES: Final[Mapping[str, NodeSides]] = {
    expand(name): NodeSides(
        tuple(expand(p) for p in first.split()),
        tuple(OWNER if p == "owner" else expand(p) for p in second.split()),
    )
    for name, first, second in (
        ("org:Membership", "org:member", "org:organization"),
        ("m8g:Participation", "ess:participant", "owner"),
        ("vivo:Authorship", "vivo:relates", "owner"),
        ("ess:ProjectParticipation", "ess:participant", "owner"),
        ("ess:OrganisationRelation", "ess:subjectOrganisation", "ess:objectOrganisation"),
        ("ess:Accreditation", "ess:issuer", "ess:accredited"),
        ("ess:Definition", "dct:creator dct:source", "owner"),
        ("ess:Claim", "ess:assertedBy", "dct:subject"),
        ("ess:Proposal", "ess:proposedBy", "dct:subject ess:addressedTo"),
    )
}
"""Classes of qualified relations."""
OWNER_PROPERTIES: Final = tuple(
    expand(name)
    for name in (
        "m8g:hasParticipation", "vivo:relatedBy", "ess:hasProjectParticipation", "skos:definition",
    )
)  # fmt: skip
"""Properties that lead from an owner to a qualified relation."""
NO_LINKS: Final = frozenset(
    expand(name)
    for name in (
        "ess:withinTransitive", "rdf:subject", "rdf:object", "ess:affects", "ess:mentions",
        "ess:appliesTo", "ess:contactPerson", "ess:basis", "skos:hasTopConcept", "adms:identifier",
        "locn:address", "ess:formerly", "schema:contactPoint", "prov:wasDerivedFrom",
    )
)  # fmt: skip
"""Properties that make no link of their own: shortcuts at any level, and notes about facts."""


class Link(NamedTuple):
    """One way in which two records are linked."""

    subject: str
    """The IRI of the record on the first side."""
    object: str
    """The IRI of the record on the second side."""
    predicate: str
    """The property of the statement, or the class of the qualified relation."""
    node: str = ""
    """The IRI of the qualified relation; empty for a statement."""

    def get_other(self, iri: str) -> str:
        """The record at the other end."""
        return self.object if self.subject == iri else self.subject


class RecordLinks(NamedTuple):
    """The links of one record."""

    links: Sequence[Link]
    complete: bool
    """False where the record has more links than were to be read."""


class LinkReader:
    """Reader of the links in one release, from any thread."""

    def __init__(self, store: ox.Store, subjects: SubjectIndex, void: Path) -> None:
        """`void`: description of the release, whose properties are looked for."""
        self._store = store
        self._subjects = subjects
        self._void = void
        self.read_links = lru_cache(MAX_CACHED_RECORDS)(self._read_links)
        """The links of a record, given by its IRI: those that it states, then at most `most`
        that others state of it."""

    def find_sources(self, link: Link) -> list[str]:
        """The names of the graphs that state a link."""
        subject, statement = (
            (link.node, f"<{RDF_TYPE}> <{link.predicate}>")
            if link.node
            else (link.subject, f"<{link.predicate}> <{link.object}>")
        )
        parts = self._subjects.find_parts(subject)
        if parts is None:
            pattern = _parse_statement(subject, statement)
            graphs = (quad.graph_name for quad in self._store.quads_for_pattern(*pattern, None))
            names = (graph.value for graph in graphs if isinstance(graph, ox.NamedNode))
            return sorted(name.removeprefix(GRAPH) for name in names)
        return [part.graph.removeprefix(GRAPH) for part in parts if statement in part.statements]

    def find_facts(self, links: Iterable[Link]) -> dict[Link, list[str]]:
        """The IRIs of the notes that tell where each statement was read and how certain it is."""
        by_subject: dict[str, dict[tuple[str, str], list[str]]] = {}
        facts: dict[Link, list[str]] = {}
        for link in links:
            if link.node:
                continue
            if link.subject not in by_subject:
                by_subject[link.subject] = self._read_facts(link.subject)
            facts[link] = by_subject[link.subject].get((link.predicate, link.object), [])
        return facts

    def _read_facts(self, subject: str) -> dict[tuple[str, str], list[str]]:
        """The IRIs of the notes about statements of a subject, by property and value."""
        facts: dict[tuple[str, str], list[str]] = {}
        about = self._store.quads_for_pattern(
            None, RDF_SUBJECT, ox.NamedNode(subject), DEFAULT_GRAPH
        )
        for quad in islice(about, MAX_FACTS):
            if isinstance(quad.subject, ox.NamedNode):
                told = dict(self._list_references(quad.subject.value, anything=True))
                key = told.get(RDF_PREDICATE, ""), told.get(RDF_OBJECT, "")
                facts.setdefault(key, []).append(quad.subject.value)
        return facts

    def _read_links(self, iri: str, most: int) -> RecordLinks:
        links: dict[Link, None] = {}
        nodes: dict[str, None] = {}
        pointing, complete = self._list_pointing(iri, most)
        stated = ((p, iri, value, value) for p, value in self._list_references(iri))
        pointed = ((p, subject, iri, subject) for p, subject in pointing)
        for predicate, subject, value, other in chain(stated, pointed):
            if predicate in NO_LINKS or other == iri:
                continue
            if "#" in other:
                nodes[other] = None
            elif is_record(other):
                links[Link(subject, value, predicate)] = None
        for node in nodes:
            links.update((link, None) for link in self._read_node(node, iri))
        return RecordLinks(tuple(links), complete)

    def _list_pointing(self, iri: str, most: int) -> tuple[list[tuple[str, str]], bool]:
        """(property, subject) of what refers to a record; whether that is all."""
        entity = ox.NamedNode(iri)
        every = self._store.quads_for_pattern(None, None, entity, DEFAULT_GRAPH)
        scanned = list(islice(every, most * SCAN_FACTOR + 1))
        told = list(_iterate_pointing(scanned))
        if len(scanned) <= most * SCAN_FACTOR:
            return told[:most], len(told) <= most
        if len(told) <= most and self._properties:
            # shortcuts hide the links: what a country holds at any level
            told = [
                pair
                for name in self._properties
                for pair in _iterate_pointing(
                    islice(
                        self._store.quads_for_pattern(None, name, entity, DEFAULT_GRAPH), most + 1
                    )
                )
            ]
            return told[:most], len(told) <= most
        return told[:most], False

    @cached_property
    def _properties(self) -> Sequence[ox.NamedNode]:
        """The properties of the release that make links."""
        return read_properties(self._void, NO_LINKS)

    def _read_node(self, node: str, iri: str) -> Iterable[Link]:
        """The links of a record that a qualified relation makes."""
        values: dict[str, list[str]] = {}
        for predicate, value in self._list_references(node, anything=True):
            values.setdefault(predicate, []).append(value)
        classes = [c for c in values.get(RDF_TYPE, ()) if c in NODE_SIDES]
        if not classes:
            return
        sides = NODE_SIDES[classes[0]]
        first, second = (
            [
                value
                for name in names
                for value in (values.get(name, ()) if name else self._find_owners(node))
                if is_record(value)
            ]
            for names in sides
        )
        for one in first:
            for other in second:
                if one != other and iri in (one, other):
                    yield Link(one, other, classes[0], node)

    def _find_owners(self, node: str) -> list[str]:
        """The record whose address a node is under, else those that point to it."""
        owner = node.partition("#")[0]
        if is_record(owner):
            return [owner]
        return [
            quad.subject.value
            for name in OWNER_PROPERTIES
            for quad in self._store.quads_for_pattern(
                None, ox.NamedNode(name), ox.NamedNode(node), DEFAULT_GRAPH
            )
            if isinstance(quad.subject, ox.NamedNode)
        ]

    def _list_references(self, subject: str, anything: bool = False) -> Iterable[tuple[str, str]]:
        """(property, IRI) of what a subject refers to: in this graph, or anywhere."""
        beginning = "<" if anything else f"<{ID}"
        statements = self._subjects.find_statements(subject)
        if statements is None:  # too long for the index
            named = ox.NamedNode(subject)
            for quad in self._store.quads_for_pattern(named, None, None, DEFAULT_GRAPH):
                value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
                if value and f"<{value}".startswith(beginning):
                    yield quad.predicate.value, value
            return
        for statement in statements:
            predicate, _, value = statement.partition(" ")
            if value.startswith(beginning):
                yield predicate[1:-1], value[1:-1]


def _iterate_pointing(quads: Iterable[ox.Quad]) -> Iterator[tuple[str, str]]:
    """(property, subject) of the statements that make links."""
    for quad in quads:
        if isinstance(quad.subject, ox.NamedNode) and quad.predicate.value not in NO_LINKS:
            yield quad.predicate.value, quad.subject.value


def is_record(iri: str) -> bool:
    """Tell whether an IRI is that of a record of one of the kinds."""
    kind, slash, key = iri.removeprefix(ID).partition("/")
    return bool(slash and key) and kind in KIND_BY_NAME and "#" not in key and iri.startswith(ID)


def _parse_statement(
    subject: str, statement: str
) -> tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]:
    predicate, _, value = statement.partition(" ")
    return ox.NamedNode(subject), ox.NamedNode(predicate[1:-1]), ox.NamedNode(value[1:-1])
