"""What every source graph carries: title, publisher, licence, date and the import that made it."""

from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyoxigraph as ox

from kg.iris import graph
from kg.iris import source as source_iri
from kg.mapping.rdf import add_triples
from kg.mapping.triples import link, plain, texts, typed
from kg.sources import Source

GRAPH_NAME = "sources"


def describe_sources(
    db: duckdb.DuckDBPyConnection, sources: Iterable[Source], versions: Mapping[str, str]
) -> int:
    """Adds the description of the sources to the graph `sources`; how many triples."""
    triples = (triple for source in sources for triple in _source(source, versions))
    return add_triples(db, GRAPH_NAME, triples)


def _source(source: Source, versions: Mapping[str, str]) -> Iterator[ox.Triple]:
    record = source_iri(source.name)
    yield link(record, "rdf:type", "dcat:Dataset")
    if source.kind == "document":
        yield link(record, "rdf:type", "foaf:Document")
    yield from texts(record, "dct:title", source.title)
    yield from texts(record, "dct:description", source.description)
    yield from texts(record, "dct:rights", source.licence_note)
    yield from _publisher(source, record)
    yield link(record, "dct:license", source.licence)
    yield typed(record, "dct:issued", source.retrieved, "xsd:date")
    yield plain(record, "dct:identifier", source.name)
    yield plain(record, "dct:language", source.language)
    yield plain(record, "ess:sourceKind", source.kind)
    if source.url:
        yield link(record, "foaf:page", source.url)
    if source.version:
        yield plain(record, "dcat:version", source.version)
    if source.text:
        yield plain(record, "ess:textSha256", source.text.sha256)
        yield typed(record, "ess:textLength", source.text.characters, "xsd:integer")
    yield from _graph(source, record, versions)


def _publisher(source: Source, record: str) -> Iterator[ox.Triple]:
    publisher = f"{record}#publisher"
    yield link(record, "dct:publisher", publisher)
    yield link(publisher, "rdf:type", "foaf:Agent")
    yield from texts(publisher, "foaf:name", source.publisher)


def _graph(source: Source, record: str, versions: Mapping[str, str]) -> Iterator[ox.Triple]:
    named, activity = graph(source.name), f"{record}#import"
    yield link(named, "rdf:type", "void:Dataset")
    yield from texts(named, "dct:title", source.title)
    yield link(named, "dct:source", record)
    yield link(named, "dct:license", source.licence)
    yield link(named, "dct:publisher", f"{record}#publisher")
    yield typed(named, "dct:issued", source.retrieved, "xsd:date")
    yield link(named, "prov:wasGeneratedBy", activity)
    yield link(activity, "rdf:type", "prov:Activity")
    yield link(activity, "prov:used", record)
    for name, version in sorted(versions.items()):
        yield plain(activity, f"ess:{name}Version", version)
