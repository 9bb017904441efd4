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
from kg.namespaces import BASE
from kg.rdf.build import iri_triple, typed_triple

STREAM_IRI: Final = f"{BASE}ldes#stream"
VERSION_PREFIX: Final = f"{BASE}version/"
DELETE_CLASS: Final = "https://www.w3.org/ns/activitystreams#Delete"
DELETED_OBJECT: Final = "https://www.w3.org/ns/activitystreams#object"
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
    return _list_quads(
        [
            iri_triple(STREAM_IRI, "rdf:type", "ldes:EventStream"),
            iri_triple(STREAM_IRI, "tree:view", view),
            iri_triple(STREAM_IRI, "ldes:timestampPath", "dct:created"),
            iri_triple(STREAM_IRI, "ldes:versionOfPath", "dct:isVersionOf"),
            *(iri_triple(STREAM_IRI, "dct:license", licence) for licence in licences),
            iri_triple(view, "ldes:retentionPolicy", policy),
            iri_triple(policy, "rdf:type", "ldes:PointInTimePolicy"),
            typed_triple(policy, "ldes:pointInTime", oldest, "xsd:dateTime"),
        ]
    )


def describe_page(page: StreamPage) -> Quads:
    """The node of a page and its links to the next ones."""
    triples = [iri_triple(page.address, "rdf:type", "tree:Node")]
    for number, (address, created) in enumerate(page.next_pages, 1):
        relation = f"{page.address}#relation-{number}"
        triples += [
            iri_triple(page.address, "tree:relation", relation),
            iri_triple(relation, "rdf:type", "tree:GreaterThanOrEqualToRelation"),
            iri_triple(relation, "tree:node", address),
            iri_triple(relation, "tree:path", "dct:created"),
            typed_triple(relation, "tree:value", created, "xsd:dateTime"),
        ]
    return _list_quads(triples)


def build_members(
    changes: Iterable[RecordChange], statements: Mapping[str, Sequence[ox.Triple]]
) -> Quads:
    """The versions of a page, with the statements of each record."""
    quads: Quads = []
    for change in changes:
        name, iri = build_version_iri(change), build_record_iri(change.kind, change.key)
        quads += _list_quads(
            [
                iri_triple(STREAM_IRI, "tree:member", name),
                iri_triple(name, "dct:isVersionOf", iri),
                typed_triple(name, "dct:created", change.created, "xsd:dateTime"),
            ]
        )
        if change.change == "deleted":
            quads += _list_quads(
                [
                    iri_triple(name, "rdf:type", DELETE_CLASS),
                    iri_triple(name, DELETED_OBJECT, iri),
                ]
            )
            continue
        graph = ox.NamedNode(name)
        triples = statements.get(iri, ())
        quads += [ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples]
    return quads


def hash_quads(quads: Iterable[ox.Quad]) -> str:
    """The RDFC-1.0 hash of quads without blank nodes: their lines, sorted by code point."""
    lines = sorted({f"{quad} .\n" for quad in quads})
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def add_hash(address: str, quads: Quads) -> Quads:
    """The members of a page and their hash."""
    digest = typed_triple(address, "ess:canonicalHash", hash_quads(quads), "xsd:hexBinary")
    return [*quads, *_list_quads([digest])]


def group_by_record(triples: Iterable[ox.Triple]) -> dict[str, list[ox.Triple]]:
    """Triples by the record that their subject is, or hangs on."""
    triples_by_record: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            triples_by_record.setdefault(triple.subject.value.partition("#")[0], []).append(triple)
    return triples_by_record


def _list_quads(triples: Iterable[ox.Triple]) -> Quads:
    """Triples as quads of the default graph."""
    return [ox.Quad(t.subject, t.predicate, t.object) for t in triples]
