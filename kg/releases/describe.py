"""Description of a release in VoID (https://www.w3.org/TR/void/) and DCAT (…/vocab-dcat-3/)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.formats import CSV, N_QUADS, PARQUET, TURTLE
from kg.iris import build_graph_iri
from kg.iris import build_source_iri as source_iri
from kg.kinds import Text
from kg.licences import make_licence_slug
from kg.namespaces import BASE, GRAPH, ID, ONTOLOGY, PREFIXES
from kg.rdf.build import iri_triple, string_triple, text_triples, typed_triple
from kg.rdf.io import write_rdf
from kg.releases.dumps import Dump
from kg.releases.void_statements import DATASET, DATASET_TITLE, PartitionCounts, iter_partitions
from kg.sources import Source

DATASET_DESCRIPTION: Final = Text(
    "Organisations, clusters, territoires, personnes, événements, lieux, publications, projets, "
    "outils et thèmes de l'ESS, reliés, datés et sourcés.",
    "Organisations, clusters, territories, people, events, places, publications, projects, tools "
    "and topics of the social and solidarity economy, linked, dated and sourced.",
)
SHA256_ALGORITHM: Final = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
AUTHORITY_NAMESPACE: Final = "http://publications.europa.eu/resource/authority/"
LANGUAGE_IRIS: Final = {
    "fr": f"{AUTHORITY_NAMESPACE}language/FRA",
    "en": f"{AUTHORITY_NAMESPACE}language/ENG",
}
FRANCE_IRI: Final = f"{AUTHORITY_NAMESPACE}country/FRA"
THEME_IRI: Final = f"{AUTHORITY_NAMESPACE}data-theme/SOCI"
THEME_NAME: Final = Text("Population et société", "Population and society")
MIXED_LICENCES_TITLE: Final = Text(
    "Plusieurs licences : de chaque fait, celle de sa source",
    "Several licences: of each fact, that of its source",
)
FILE_TYPES: Final = {
    CSV.name: f"{AUTHORITY_NAMESPACE}file-type/CSV",
    N_QUADS.name: f"{AUTHORITY_NAMESPACE}file-type/RDF_N_QUADS",
    PARQUET.name: f"{AUTHORITY_NAMESPACE}file-type/PARQUET",
    TURTLE.name: f"{AUTHORITY_NAMESPACE}file-type/RDF_TURTLE",
}
"""What portals call the formats, by our names."""
KEYWORDS: Final = (
    Text("économie sociale et solidaire", "social and solidarity economy"),
    Text("innovation sociale", "social innovation"),
    Text("données liées", "linked data"),
)
MEDIA_TYPE_NAMESPACE: Final = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class ReleaseFacts:
    """What is counted and known of a release when it is described."""

    release_id: str
    created: str
    licence: str
    graphs: Mapping[str, int]
    """Triples by named graph."""
    partitions: PartitionCounts
    most_values: Mapping[str, int]
    """How many values one thing has at most, by property."""
    triples: int
    sources: Sequence[Source]
    hashes: Mapping[str, str]
    """RDFC-1.0 SHA-256 of each named graph."""
    dumps: Sequence[tuple[Dump, int, str]]
    """Each dump with its bytes and SHA-256."""
    sources_by_kind: Mapping[str, Sequence[str]]
    """Kind of record to the names of the graphs that say something of such records."""

    def get_licence(self, graph_name: str) -> str:
        """The licence of what a graph says: of its source, or ours where it is of none."""
        stated = {source.name: source.licence for source in self.sources}
        return stated.get(graph_name, self.licence)

    def list_licences(self, dump: Dump) -> list[str]:
        """The licences of what is in a dump: several where it is mixed."""
        every = {self.get_licence(name.removeprefix(GRAPH)) for name in self.graphs}
        if dump.scope == "source":
            return [self.get_licence(dump.subject)]
        if dump.scope == "licence":
            return sorted(
                licence for licence in every if make_licence_slug(licence) == dump.subject
            )
        spoken = self.sources_by_kind.get(dump.subject) if dump.scope in ("kind", "table") else None
        if dump.scope == "relation" and dump.sources:
            spoken = dump.sources
        return sorted(every if spoken is None else set(map(self.get_licence, spoken)))


def write_void(facts: ReleaseFacts, path: Path) -> None:
    """Writes the VoID description."""
    with path.open("wb") as file:
        write_rdf(_iter_void(facts), file, TURTLE)


def write_dcat(facts: ReleaseFacts, path: Path) -> None:
    """Writes the DCAT catalogue."""
    with path.open("wb") as file:
        write_rdf(_iter_dcat(facts), file, TURTLE)


def _iter_void(facts: ReleaseFacts) -> Iterator[ox.Triple]:
    yield iri_triple(DATASET, "rdf:type", "void:Dataset")
    yield from text_triples(DATASET, "dct:title", DATASET_TITLE)
    yield from text_triples(DATASET, "dct:description", DATASET_DESCRIPTION)
    yield from _iter_licences(DATASET, facts.graphs, facts)
    yield typed_triple(DATASET, "dct:modified", facts.created, "xsd:dateTime")
    yield string_triple(DATASET, "dcat:version", facts.release_id)
    yield iri_triple(DATASET, "void:sparqlEndpoint", BASE + "sparql")
    yield string_triple(DATASET, "void:uriSpace", ID)
    yield iri_triple(DATASET, "void:vocabulary", ONTOLOGY)
    for prefix in ("skos", "org", "schema", "prov", "dct", "foaf"):
        yield iri_triple(DATASET, "void:vocabulary", PREFIXES[prefix])
    yield typed_triple(DATASET, "void:triples", facts.triples, "xsd:integer")
    for dump, _, _ in facts.dumps:
        if dump.scope == "whole":
            yield iri_triple(DATASET, "void:dataDump", _build_dump_address(dump))
    yield from iter_partitions(facts.partitions)
    for name, triples in facts.graphs.items():
        yield iri_triple(DATASET, "void:subset", name)
        yield iri_triple(name, "rdf:type", "void:Dataset")
        yield from _iter_licences(name, [name], facts)
        yield typed_triple(name, "void:triples", triples, "xsd:integer")
        if name in facts.hashes:
            yield typed_triple(name, "ess:canonicalHash", facts.hashes[name], "xsd:hexBinary")


def _get_combined_licence(licences: Sequence[str]) -> str:
    """The licence of a file: DCAT-AP wants one, which has as parts those of what is mixed."""
    if len(licences) == 1:
        return licences[0]
    return f"{BASE}catalogue#licences-{'+'.join(map(make_licence_slug, licences))}"


def _iter_mixed_licences(facts: ReleaseFacts) -> Iterator[ox.Triple]:
    """The licences of files whose parts are under several."""
    several = {tuple(facts.list_licences(dump)) for dump, _, _ in facts.dumps}
    for licences in sorted(licences for licences in several if len(licences) > 1):
        node = _get_combined_licence(licences)
        yield iri_triple(node, "rdf:type", "dct:LicenseDocument")
        yield from text_triples(node, "dct:title", MIXED_LICENCES_TITLE)
        for licence in licences:
            yield iri_triple(node, "dct:hasPart", licence)


def _iter_licences(node: str, graphs: Iterable[str], facts: ReleaseFacts) -> Iterator[ox.Triple]:
    """The licences of what some graphs say."""
    for licence in sorted({facts.get_licence(name.removeprefix(GRAPH)) for name in graphs}):
        yield iri_triple(node, "dct:license", licence)


def _iter_dcat(facts: ReleaseFacts) -> Iterator[ox.Triple]:
    catalogue, whole = BASE + "catalogue", BASE + "catalogue#whole"
    for node, cls in ((catalogue, "dcat:Catalog"), (whole, "dcat:Dataset")):
        yield iri_triple(node, "rdf:type", cls)
        yield from text_triples(node, "dct:title", DATASET_TITLE)
        yield from text_triples(node, "dct:description", DATASET_DESCRIPTION)
        yield iri_triple(node, "dct:publisher", catalogue + "#publisher")
        yield typed_triple(node, "dct:modified", facts.created, "xsd:dateTime")
        for language in LANGUAGE_IRIS.values():
            yield iri_triple(node, "dct:language", language)
    yield iri_triple(catalogue, "dct:license", facts.licence)  # of the descriptions, which are ours
    yield from _iter_licences(whole, facts.graphs, facts)
    yield from _iter_discovery(whole)
    yield iri_triple(whole, "dct:spatial", FRANCE_IRI)
    yield iri_triple(catalogue + "#publisher", "rdf:type", "foaf:Agent")
    yield string_triple(catalogue + "#publisher", "foaf:name", "ess-kg")
    yield iri_triple(catalogue, "dcat:dataset", whole)
    yield string_triple(whole, "dcat:version", facts.release_id)
    yield from _iter_service(catalogue, whole)
    for source in facts.sources:
        yield from _iter_source_dataset(catalogue, whole, source)
        # the last import that its bounds let through: the build stops otherwise
        yield typed_triple(source_iri(source.name), "dct:modified", facts.created, "xsd:dateTime")
    for dump, size, digest in facts.dumps:
        owner = source_iri(dump.subject) if dump.scope == "source" else whole
        yield from _iter_distribution(owner, dump, size, digest, facts)
    yield from _iter_external_classes(facts)


def _iter_discovery(dataset: str) -> Iterator[ox.Triple]:
    """What a dataset of ours is found by, and who answers for it."""
    for keyword in KEYWORDS:
        yield from text_triples(dataset, "dcat:keyword", keyword)
    yield iri_triple(dataset, "dcat:theme", THEME_IRI)
    contact = f"{BASE}catalogue#contact"
    yield iri_triple(dataset, "dcat:contactPoint", contact)


def _iter_external_classes(facts: ReleaseFacts) -> Iterator[ox.Triple]:
    """What DCAT-AP wants to be told of the things that others define."""
    for licence in sorted({facts.licence, *(source.licence for source in facts.sources)}):
        yield iri_triple(licence, "rdf:type", "dct:LicenseDocument")
    yield from _iter_mixed_licences(facts)
    contact = f"{BASE}catalogue#contact"
    for cls in ("vcard:Kind", "vcard:Organization"):
        yield iri_triple(contact, "rdf:type", cls)
    yield string_triple(contact, "vcard:fn", "ess-kg")
    yield iri_triple(contact, "vcard:hasURL", BASE)
    for language in LANGUAGE_IRIS.values():
        yield iri_triple(language, "rdf:type", "dct:LinguisticSystem")
    yield iri_triple(FRANCE_IRI, "rdf:type", "dct:Location")
    yield iri_triple(THEME_IRI, "rdf:type", "skos:Concept")
    yield from text_triples(THEME_IRI, "skos:prefLabel", THEME_NAME)
    for name in sorted({dump.format.name for dump, _, _ in facts.dumps}):
        file_type = FILE_TYPES.get(name)
        if file_type:
            yield iri_triple(file_type, "rdf:type", "dct:MediaTypeOrExtent")
            yield string_triple(file_type, "rdfs:label", name)
    types = {dump.format.media_type for dump, _, _ in facts.dumps} | {"application/gzip"}
    for media_type in sorted(types):
        yield iri_triple(MEDIA_TYPE_NAMESPACE + media_type, "rdf:type", "dct:MediaType")
    yield iri_triple(SHA256_ALGORITHM, "rdf:type", "http://spdx.org/rdf/terms#ChecksumAlgorithm")
    yield iri_triple(BASE + "sparql", "rdf:type", "rdfs:Resource")


def _iter_service(catalogue: str, whole: str) -> Iterator[ox.Triple]:
    service = catalogue + "#sparql"
    yield iri_triple(catalogue, "dcat:service", service)
    yield iri_triple(service, "rdf:type", "dcat:DataService")
    yield from text_triples(service, "dct:title", Text("Service SPARQL", "SPARQL service"))
    yield iri_triple(service, "dcat:endpointURL", BASE + "sparql")
    yield iri_triple(service, "dcat:servesDataset", whole)


def _iter_source_dataset(catalogue: str, whole: str, source: Source) -> Iterator[ox.Triple]:
    record = source_iri(source.name)
    yield iri_triple(catalogue, "dcat:dataset", record)
    yield iri_triple(whole, "dct:source", record)
    yield iri_triple(record, "rdf:type", "dcat:Dataset")
    yield from text_triples(record, "dct:title", source.title)
    yield from text_triples(record, "dct:description", source.description)
    yield iri_triple(record, "dct:license", source.licence)
    yield from _iter_discovery(record)
    if source.language in LANGUAGE_IRIS:
        yield iri_triple(record, "dct:language", LANGUAGE_IRIS[source.language])
    yield typed_triple(record, "dct:issued", source.retrieved, "xsd:date")
    if source.publisher.fr:
        yield iri_triple(record, "dct:publisher", record + "#publisher")
        yield iri_triple(record + "#publisher", "rdf:type", "foaf:Agent")
        yield from text_triples(record + "#publisher", "foaf:name", source.publisher)
    if source.bounds.age_max_days:
        period = f"P{source.bounds.age_max_days}D"
        yield iri_triple(record, "dct:accrualPeriodicity", record + "#renewed")
        yield iri_triple(record + "#renewed", "rdf:type", "dct:Frequency")
        yield typed_triple(record + "#renewed", "rdf:value", period, "xsd:duration")
    yield iri_triple(build_graph_iri(source.name), "dct:source", record)


def _iter_distribution(
    owner: str, dump: Dump, size: int, digest: str, facts: ReleaseFacts
) -> Iterator[ox.Triple]:
    """A file: its name stays from release to release, its sum is of the file of this one."""
    node = _build_dump_address(dump)
    yield iri_triple(owner, "dcat:distribution", node)
    yield iri_triple(node, "rdf:type", "dcat:Distribution")
    yield string_triple(node, "dct:title", dump.name)
    yield iri_triple(node, "dcat:downloadURL", f"{BASE}dumps/{facts.release_id}/{dump.name}")
    yield iri_triple(node, "dcat:accessURL", BASE + "dumps")
    yield iri_triple(node, "dcat:mediaType", MEDIA_TYPE_NAMESPACE + dump.format.media_type)
    if dump.name.endswith(".gz"):
        yield iri_triple(node, "dcat:compressFormat", MEDIA_TYPE_NAMESPACE + "application/gzip")
    yield typed_triple(node, "dcat:byteSize", size, "xsd:nonNegativeInteger")
    if dump.format.name in FILE_TYPES:
        yield iri_triple(node, "dct:format", FILE_TYPES[dump.format.name])
    yield iri_triple(node, "dct:license", _get_combined_licence(facts.list_licences(dump)))
    yield typed_triple(node, "dct:issued", facts.created, "xsd:dateTime")
    checksum = f"{BASE}catalogue#sha256-{dump.name}"
    yield iri_triple(node, "http://spdx.org/rdf/terms#checksum", checksum)
    yield iri_triple(checksum, "rdf:type", "http://spdx.org/rdf/terms#Checksum")
    yield iri_triple(checksum, "http://spdx.org/rdf/terms#algorithm", SHA256_ALGORITHM)
    yield typed_triple(checksum, "http://spdx.org/rdf/terms#checksumValue", digest, "xsd:hexBinary")


def _build_dump_address(dump: Dump) -> str:
    return f"{BASE}dumps/latest/{dump.name}"
