"""Provenance of a source graph: title, publisher, licence, date and the import activity."""

from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyoxigraph as ox

from kg.iris import build_graph_iri
from kg.iris import build_source_iri as source_iri
from kg.mapping.rdf_mapping import add_triples
from kg.namespaces import expand
from kg.rdf.build import iri_triple, string_triple, text_triples, typed_triple
from kg.sources import Source, SourceText

SOURCES_GRAPH = "sources"


def describe_sources(
    db: duckdb.DuckDBPyConnection, sources: Iterable[Source], versions: Mapping[str, str]
) -> int:
    """Add the descriptions of sources to the graph `sources`; return the number of triples."""
    triples = (triple for source in sources for triple in _describe_source(source, versions))
    return add_triples(db, SOURCES_GRAPH, triples)


def _describe_source(source: Source, versions: Mapping[str, str]) -> Iterator[ox.Triple]:
    record = source_iri(source.name)
    yield iri_triple(record, "rdf:type", "dcat:Dataset")
    if source.kind == "document":
        yield iri_triple(record, "rdf:type", "foaf:Document")
    yield from text_triples(record, "dct:title", source.title)
    yield from text_triples(record, "dct:description", source.description)
    yield from text_triples(record, "dct:rights", source.licence_note)
    yield from _describe_publisher(source, record)
    yield iri_triple(record, "dct:license", source.licence)
    yield typed_triple(record, "dct:issued", source.retrieved, "xsd:date")
    yield string_triple(record, "dct:identifier", source.name)
    yield string_triple(record, "dct:language", source.language)
    yield string_triple(record, "ess:sourceKind", source.kind)
    if source.url:
        yield iri_triple(record, "foaf:page", source.url)
    if source.version:
        yield string_triple(record, "dcat:version", source.version)
    if source.text:
        yield string_triple(record, "ess:textSha256", source.text.sha256)
        yield typed_triple(record, "ess:textLength", source.text.characters, "xsd:integer")
        yield from _describe_sections(source.text, record, source.language)
    yield from _describe_graph(source, record, versions)


def _describe_sections(text: SourceText, record: str, language: str) -> Iterator[ox.Triple]:
    """The sections of a text as passages with a title, each until the next one begins."""
    ends = [*(each.start for each in text.sections[1:]), text.characters]
    for section, end in zip(text.sections, ends, strict=False):
        passage = f"{record}#char={section.start},{end}"
        yield iri_triple(record, "dct:hasPart", passage)
        yield ox.Triple(
            ox.NamedNode(passage),
            ox.NamedNode(expand("dct:title")),
            ox.Literal(section.title, language=language),
        )


def _describe_publisher(source: Source, record: str) -> Iterator[ox.Triple]:
    publisher = f"{record}#publisher"
    yield iri_triple(record, "dct:publisher", publisher)
    yield iri_triple(publisher, "rdf:type", "foaf:Agent")
    yield from text_triples(publisher, "foaf:name", source.publisher)


def _describe_graph(
    source: Source, record: str, versions: Mapping[str, str]
) -> Iterator[ox.Triple]:
    graph_iri, activity = build_graph_iri(source.name), f"{record}#import"
    yield iri_triple(graph_iri, "rdf:type", "void:Dataset")
    yield from text_triples(graph_iri, "dct:title", source.title)
    yield iri_triple(graph_iri, "dct:source", record)
    yield iri_triple(graph_iri, "dct:license", source.licence)
    yield iri_triple(graph_iri, "dct:publisher", f"{record}#publisher")
    yield typed_triple(graph_iri, "dct:issued", source.retrieved, "xsd:date")
    yield iri_triple(graph_iri, "prov:wasGeneratedBy", activity)
    yield iri_triple(activity, "rdf:type", "prov:Activity")
    yield iri_triple(activity, "prov:used", record)
    for name, version in sorted(versions.items()):
        yield string_triple(activity, f"ess:{name}Version", version)
