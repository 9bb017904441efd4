"""LDES serializer: versions of records as a linked data event stream (TREE).

Specifications: https://w3id.org/ldes/specification, https://w3id.org/tree/specification. A member
is a version of a record: what is said of the record is in the named graph of the version, so that
its triples stay as they are; a deleted record is an `as:Delete`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.catalogue.changes import RecordChange
from kg.iris import build_record_iri
from kg.namespaces import BASE, expand

STREAM_IRI: Final = f"{BASE}ldes#stream"
VERSION_PREFIX: Final = f"{BASE}version/"
DELETE_CLASS: Final = "https://www.w3.org/ns/activitystreams#Delete"
Quads = list[ox.Quad]


@dataclass(frozen=True)
class StreamPage:
    """One page of the stream, without its members."""

    address: str
    next_pages: Sequence[tuple[str, str]] = ()
    """Addresses of the pages it leads to, each with the time its members are not older than."""


def build_version_iri(change: RecordChange) -> str:
    """The IRI of a version: the same for as long as the record is the same."""
    state = f"deleted-{change.release}" if change.change == "deleted" else change.digest
    return f"{VERSION_PREFIX}{change.kind}/{change.key}/{state}"


def describe_stream(view: str, oldest: str, licences: Iterable[str]) -> Quads:
    """What the stream is, for every page to say, and under which licences its records are."""
    policy = f"{STREAM_IRI[: -len('stream')]}retention"
    return [
        _build_link(STREAM_IRI, "rdf:type", expand("ldes:EventStream")),
        _build_link(STREAM_IRI, "tree:view", view),
        _build_link(STREAM_IRI, "ldes:timestampPath", expand("dct:created")),
        _build_link(STREAM_IRI, "ldes:versionOfPath", expand("dct:isVersionOf")),
        *(_build_link(STREAM_IRI, "dct:license", licence) for licence in licences),
        _build_link(view, "ldes:retentionPolicy", policy),
        _build_link(policy, "rdf:type", expand("ldes:PointInTimePolicy")),
        _build_quad(policy, "ldes:pointInTime", _build_date_time(oldest)),
    ]


def describe_page(page: StreamPage) -> Quads:
    """A page and where it leads."""
    found = [_build_link(page.address, "rdf:type", expand("tree:Node"))]
    for number, (address, created) in enumerate(page.next_pages, 1):
        relation = f"{page.address}#relation-{number}"
        found += [
            _build_link(page.address, "tree:relation", relation),
            _build_link(relation, "rdf:type", expand("tree:GreaterThanOrEqualToRelation")),
            _build_link(relation, "tree:node", address),
            _build_link(relation, "tree:path", expand("dct:created")),
            _build_quad(relation, "tree:value", _build_date_time(created)),
        ]
    return found


def build_members(
    changes: Iterable[RecordChange], said: Mapping[str, Sequence[ox.Triple]]
) -> Quads:
    """The versions of a page, with what is said of each record."""
    found: Quads = []
    for change in changes:
        name, iri = build_version_iri(change), build_record_iri(change.kind, change.key)
        found += [
            _build_link(STREAM_IRI, "tree:member", name),
            _build_link(name, "dct:isVersionOf", iri),
            _build_quad(name, "dct:created", _build_date_time(change.created)),
        ]
        if change.change == "deleted":
            found.append(_build_link(name, "rdf:type", DELETE_CLASS))
            found.append(_build_link(name, "https://www.w3.org/ns/activitystreams#object", iri))
            continue
        graph = ox.NamedNode(name)
        found += [ox.Quad(t.subject, t.predicate, t.object, graph) for t in said.get(iri, ())]
    return found


def hash_quads(quads: Iterable[ox.Quad]) -> str:
    """The RDFC-1.0 hash of quads without blank nodes: their lines, sorted by code point."""
    lines = sorted({f"{quad} .\n" for quad in quads})
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def add_hash(address: str, quads: Quads) -> Quads:
    """The members of a page and their hash."""
    literal = ox.Literal(hash_quads(quads), datatype=ox.NamedNode(expand("xsd:hexBinary")))
    return [*quads, _build_quad(address, "ess:canonicalHash", literal)]


def group_by_record(triples: Iterable[ox.Triple]) -> dict[str, list[ox.Triple]]:
    """Triples by the record that their subject is, or hangs on."""
    found: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            found.setdefault(triple.subject.value.partition("#")[0], []).append(triple)
    return found


def _build_date_time(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(expand("xsd:dateTime")))


def _build_link(subject: str, predicate: str, value: str) -> ox.Quad:
    return _build_quad(subject, predicate, ox.NamedNode(value))


def _build_quad(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(expand(predicate)), value)
