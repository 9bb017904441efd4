"""The event stream of versions, as linked data event streams are written.

Specifications: https://w3id.org/ldes/specification, https://w3id.org/tree/specification. A member
is a version of a record: what is said of the record is in the named graph of the version, so that
its triples stay as they are; a deleted record is an `as:Delete`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.catalogue.changes import Change
from kg.iris import record
from kg.namespaces import BASE, expand

STREAM: Final = f"{BASE}ldes#stream"
VERSION: Final = f"{BASE}version/"
DELETE: Final = "https://www.w3.org/ns/activitystreams#Delete"
Quads = list[ox.Quad]


@dataclass(frozen=True)
class Node:
    """One page of the stream, without its members."""

    address: str
    following: Sequence[tuple[str, str]] = ()
    """Addresses of the pages it leads to, each with the time its members are not older than."""


def version(change: Change) -> str:
    """The IRI of a version: the same for as long as the record is the same."""
    state = f"deleted-{change.release}" if change.change == "deleted" else change.digest
    return f"{VERSION}{change.kind}/{change.key}/{state}"


def stream(view: str, oldest: str, licences: Iterable[str]) -> Quads:
    """What the stream is, for every page to say, and under which licences its records are."""
    policy = f"{STREAM[: -len('stream')]}retention"
    return [
        _link(STREAM, "rdf:type", expand("ldes:EventStream")),
        _link(STREAM, "tree:view", view),
        _link(STREAM, "ldes:timestampPath", expand("dct:created")),
        _link(STREAM, "ldes:versionOfPath", expand("dct:isVersionOf")),
        *(_link(STREAM, "dct:license", licence) for licence in licences),
        _link(view, "ldes:retentionPolicy", policy),
        _link(policy, "rdf:type", expand("ldes:PointInTimePolicy")),
        _quad(policy, "ldes:pointInTime", _moment(oldest)),
    ]


def node(page: Node) -> Quads:
    """A page and where it leads."""
    found = [_link(page.address, "rdf:type", expand("tree:Node"))]
    for number, (address, created) in enumerate(page.following, 1):
        relation = f"{page.address}#relation-{number}"
        found += [
            _link(page.address, "tree:relation", relation),
            _link(relation, "rdf:type", expand("tree:GreaterThanOrEqualToRelation")),
            _link(relation, "tree:node", address),
            _link(relation, "tree:path", expand("dct:created")),
            _quad(relation, "tree:value", _moment(created)),
        ]
    return found


def members(changes: Iterable[Change], said: Mapping[str, Sequence[ox.Triple]]) -> Quads:
    """The versions of a page, with what is said of each record."""
    found: Quads = []
    for change in changes:
        name, iri = version(change), record(change.kind, change.key)
        found += [
            _link(STREAM, "tree:member", name),
            _link(name, "dct:isVersionOf", iri),
            _quad(name, "dct:created", _moment(change.created)),
        ]
        if change.change == "deleted":
            found.append(_link(name, "rdf:type", DELETE))
            found.append(_link(name, "https://www.w3.org/ns/activitystreams#object", iri))
            continue
        graph = ox.NamedNode(name)
        found += [ox.Quad(t.subject, t.predicate, t.object, graph) for t in said.get(iri, ())]
    return found


def hash_of(quads: Iterable[ox.Quad]) -> str:
    """The RDFC-1.0 hash of quads without blank nodes: their lines, sorted by code point."""
    lines = sorted({f"{quad} .\n" for quad in quads})
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def with_hash(address: str, quads: Quads) -> Quads:
    """The members of a page and their hash."""
    literal = ox.Literal(hash_of(quads), datatype=ox.NamedNode(expand("xsd:hexBinary")))
    return [*quads, _quad(address, "ess:canonicalHash", literal)]


def by_record(triples: Iterable[ox.Triple]) -> dict[str, list[ox.Triple]]:
    """Triples by the record that their subject is, or hangs on."""
    found: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            found.setdefault(triple.subject.value.partition("#")[0], []).append(triple)
    return found


def _moment(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(expand("xsd:dateTime")))


def _link(subject: str, predicate: str, value: str) -> ox.Quad:
    return _quad(subject, predicate, ox.NamedNode(value))


def _quad(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(expand(predicate)), value)
