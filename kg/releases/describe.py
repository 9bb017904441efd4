"""The description of a release: VoID (https://www.w3.org/TR/void/) and DCAT (…/vocab-dcat-3/)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg import rdf
from kg.formats import CSV, N_QUADS, PARQUET, TURTLE
from kg.iris import graph
from kg.iris import source as source_iri
from kg.kinds import Text
from kg.mapping.triples import link, plain, texts, typed
from kg.namespaces import BASE, GRAPH, ID, ONTOLOGY, PREFIXES
from kg.releases.dumps import Dump, slug
from kg.sources import Source

TITLE: Final = Text(
    "ess-kg, graphe de connaissances de l'économie sociale et solidaire",
    "ess-kg, knowledge graph of the social and solidarity economy",
)
DESCRIPTION: Final = Text(
    "Organisations, clusters, territoires, personnes, événements, lieux, publications, projets, "
    "outils et thèmes de l'ESS, reliés, datés et sourcés.",
    "Organisations, clusters, territories, people, events, places, publications, projects, tools "
    "and topics of the social and solidarity economy, linked, dated and sourced.",
)
SHA256: Final = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
LANGUAGES: Final = {"fr": f"{AUTHORITY}language/FRA", "en": f"{AUTHORITY}language/ENG"}
FRANCE: Final = f"{AUTHORITY}country/FRA"
THEME: Final = f"{AUTHORITY}data-theme/SOCI"
THEME_NAME: Final = Text("Population et société", "Population and society")
MIXED: Final = Text(
    "Plusieurs licences : de chaque fait, celle de sa source",
    "Several licences: of each fact, that of its source",
)
FILE_TYPES: Final = {
    CSV.name: f"{AUTHORITY}file-type/CSV",
    N_QUADS.name: f"{AUTHORITY}file-type/RDF_N_QUADS",
    PARQUET.name: f"{AUTHORITY}file-type/PARQUET",
    TURTLE.name: f"{AUTHORITY}file-type/RDF_TURTLE",
}
"""What portals call the formats, by our names."""
KEYWORDS: Final = (
    Text("économie sociale et solidaire", "social and solidarity economy"),
    Text("innovation sociale", "social innovation"),
    Text("données liées", "linked data"),
)
MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class Facts:
    """What is counted and known of a release when it is described."""

    release_id: str
    created: str
    licence: str
    graphs: Mapping[str, int]
    """Triples by named graph."""
    classes: Sequence[tuple[str, int]]
    properties: Sequence[tuple[str, int]]
    most_values: Mapping[str, int]
    """How many values one thing has at most, by property."""
    triples: int
    sources: Sequence[Source]
    hashes: Mapping[str, str]
    """RDFC-1.0 SHA-256 of each named graph."""
    dumps: Sequence[tuple[Dump, int, str]]
    """Each dump with its bytes and SHA-256."""
    speakers: Mapping[str, Sequence[str]]
    """Kind of record to the names of the graphs that say something of such records."""

    def licence_of(self, graph_name: str) -> str:
        """The licence of what a graph says: of its source, or ours where it is of none."""
        stated = {source.name: source.licence for source in self.sources}
        return stated.get(graph_name, self.licence)

    def licences(self, dump: Dump) -> list[str]:
        """The licences of what is in a dump: several where it is mixed."""
        every = {self.licence_of(name.removeprefix(GRAPH)) for name in self.graphs}
        if dump.scope == "source":
            return [self.licence_of(dump.subject)]
        if dump.scope == "licence":
            return sorted(licence for licence in every if slug(licence) == dump.subject)
        spoken = self.speakers.get(dump.subject) if dump.scope in ("kind", "table") else None
        if dump.scope == "relation" and dump.sources:
            spoken = dump.sources
        return sorted(every if spoken is None else set(map(self.licence_of, spoken)))


def write_void(facts: Facts, path: Path) -> None:
    """Writes the VoID description."""
    with path.open("wb") as file:
        rdf.write(_void(facts), file, TURTLE)


def write_dcat(facts: Facts, path: Path) -> None:
    """Writes the DCAT catalogue."""
    with path.open("wb") as file:
        rdf.write(_dcat(facts), file, TURTLE)


def _void(facts: Facts) -> Iterator[ox.Triple]:
    dataset = BASE + "void"
    yield link(dataset, "rdf:type", "void:Dataset")
    yield from texts(dataset, "dct:title", TITLE)
    yield from texts(dataset, "dct:description", DESCRIPTION)
    yield from _licensed(dataset, facts.graphs, facts)
    yield typed(dataset, "dct:modified", facts.created, "xsd:dateTime")
    yield plain(dataset, "dcat:version", facts.release_id)
    yield link(dataset, "void:sparqlEndpoint", BASE + "sparql")
    yield plain(dataset, "void:uriSpace", ID)
    yield link(dataset, "void:vocabulary", ONTOLOGY)
    for prefix in ("skos", "org", "schema", "prov", "dct", "foaf"):
        yield link(dataset, "void:vocabulary", PREFIXES[prefix])
    yield typed(dataset, "void:triples", facts.triples, "xsd:integer")
    for dump, _, _ in facts.dumps:
        if dump.scope == "whole":
            yield link(dataset, "void:dataDump", _dump_address(dump))
    yield from _partitions(dataset, "class", facts.classes)
    yield from _partitions(dataset, "property", facts.properties)
    for name, triples in facts.graphs.items():
        yield link(dataset, "void:subset", name)
        yield link(name, "rdf:type", "void:Dataset")
        yield from _licensed(name, [name], facts)
        yield typed(name, "void:triples", triples, "xsd:integer")
        if name in facts.hashes:
            yield typed(name, "ess:canonicalHash", facts.hashes[name], "xsd:hexBinary")


def _together(licences: Sequence[str]) -> str:
    """The licence of a file: DCAT-AP wants one, which has as parts those of what is mixed."""
    if len(licences) == 1:
        return licences[0]
    return f"{BASE}catalogue#licences-{'+'.join(map(slug, licences))}"


def _mixed(facts: Facts) -> Iterator[ox.Triple]:
    """The licences of files whose parts are under several."""
    several = {tuple(facts.licences(dump)) for dump, _, _ in facts.dumps}
    for licences in sorted(found for found in several if len(found) > 1):
        node = _together(licences)
        yield link(node, "rdf:type", "dct:LicenseDocument")
        yield from texts(node, "dct:title", MIXED)
        for licence in licences:
            yield link(node, "dct:hasPart", licence)


def _licensed(node: str, graphs: Iterable[str], facts: Facts) -> Iterator[ox.Triple]:
    """The licences of what some graphs say."""
    for licence in sorted({facts.licence_of(name.removeprefix(GRAPH)) for name in graphs}):
        yield link(node, "dct:license", licence)


def _partitions(dataset: str, sort: str, counts: Sequence[tuple[str, int]]) -> Iterator[ox.Triple]:
    measure = "entities" if sort == "class" else "triples"
    for number, (iri, count) in enumerate(counts, 1):
        part = f"{dataset}#{sort}-{number}"
        yield link(dataset, f"void:{sort}Partition", part)
        yield link(part, f"void:{sort}", iri)
        yield typed(part, f"void:{measure}", count, "xsd:integer")


def _dcat(facts: Facts) -> Iterator[ox.Triple]:
    catalogue, whole = BASE + "catalogue", BASE + "catalogue#whole"
    for node, cls in ((catalogue, "dcat:Catalog"), (whole, "dcat:Dataset")):
        yield link(node, "rdf:type", cls)
        yield from texts(node, "dct:title", TITLE)
        yield from texts(node, "dct:description", DESCRIPTION)
        yield link(node, "dct:publisher", catalogue + "#publisher")
        yield typed(node, "dct:modified", facts.created, "xsd:dateTime")
        for language in LANGUAGES.values():
            yield link(node, "dct:language", language)
    yield link(catalogue, "dct:license", facts.licence)  # of the descriptions, which are ours
    yield from _licensed(whole, facts.graphs, facts)
    yield from _about(whole)
    yield link(whole, "dct:spatial", FRANCE)
    yield link(catalogue + "#publisher", "rdf:type", "foaf:Agent")
    yield plain(catalogue + "#publisher", "foaf:name", "ess-kg")
    yield link(catalogue, "dcat:dataset", whole)
    yield plain(whole, "dcat:version", facts.release_id)
    yield from _service(catalogue, whole)
    for source in facts.sources:
        yield from _source_dataset(catalogue, whole, source)
        # the last import that its bounds let through: the build stops otherwise
        yield typed(source_iri(source.name), "dct:modified", facts.created, "xsd:dateTime")
    for dump, size, digest in facts.dumps:
        owner = source_iri(dump.subject) if dump.scope == "source" else whole
        yield from _distribution(owner, dump, size, digest, facts)
    yield from _classes(facts)


def _about(dataset: str) -> Iterator[ox.Triple]:
    """What a dataset of ours is found by, and who answers for it."""
    for keyword in KEYWORDS:
        yield from texts(dataset, "dcat:keyword", keyword)
    yield link(dataset, "dcat:theme", THEME)
    contact = f"{BASE}catalogue#contact"
    yield link(dataset, "dcat:contactPoint", contact)


def _classes(facts: Facts) -> Iterator[ox.Triple]:
    """What DCAT-AP wants to be told of the things that others define."""
    for licence in sorted({facts.licence, *(source.licence for source in facts.sources)}):
        yield link(licence, "rdf:type", "dct:LicenseDocument")
    yield from _mixed(facts)
    contact = f"{BASE}catalogue#contact"
    for cls in ("vcard:Kind", "vcard:Organization"):
        yield link(contact, "rdf:type", cls)
    yield plain(contact, "vcard:fn", "ess-kg")
    yield link(contact, "vcard:hasURL", BASE)
    for language in LANGUAGES.values():
        yield link(language, "rdf:type", "dct:LinguisticSystem")
    yield link(FRANCE, "rdf:type", "dct:Location")
    yield link(THEME, "rdf:type", "skos:Concept")
    yield from texts(THEME, "skos:prefLabel", THEME_NAME)
    for name in sorted({dump.format.name for dump, _, _ in facts.dumps}):
        file_type = FILE_TYPES.get(name)
        if file_type:
            yield link(file_type, "rdf:type", "dct:MediaTypeOrExtent")
            yield plain(file_type, "rdfs:label", name)
    types = {dump.format.media_type for dump, _, _ in facts.dumps} | {"application/gzip"}
    for media_type in sorted(types):
        yield link(MEDIA_TYPES + media_type, "rdf:type", "dct:MediaType")
    yield link(SHA256, "rdf:type", "http://spdx.org/rdf/terms#ChecksumAlgorithm")
    yield link(BASE + "sparql", "rdf:type", "rdfs:Resource")


def _service(catalogue: str, whole: str) -> Iterator[ox.Triple]:
    service = catalogue + "#sparql"
    yield link(catalogue, "dcat:service", service)
    yield link(service, "rdf:type", "dcat:DataService")
    yield from texts(service, "dct:title", Text("Service SPARQL", "SPARQL service"))
    yield link(service, "dcat:endpointURL", BASE + "sparql")
    yield link(service, "dcat:servesDataset", whole)


def _source_dataset(catalogue: str, whole: str, source: Source) -> Iterator[ox.Triple]:
    record = source_iri(source.name)
    yield link(catalogue, "dcat:dataset", record)
    yield link(whole, "dct:source", record)
    yield link(record, "rdf:type", "dcat:Dataset")
    yield from texts(record, "dct:title", source.title)
    yield from texts(record, "dct:description", source.description)
    yield link(record, "dct:license", source.licence)
    yield from _about(record)
    if source.language in LANGUAGES:
        yield link(record, "dct:language", LANGUAGES[source.language])
    yield typed(record, "dct:issued", source.retrieved, "xsd:date")
    if source.publisher.fr:
        yield link(record, "dct:publisher", record + "#publisher")
        yield link(record + "#publisher", "rdf:type", "foaf:Agent")
        yield from texts(record + "#publisher", "foaf:name", source.publisher)
    if source.expect.age_max_days:
        period = f"P{source.expect.age_max_days}D"
        yield link(record, "dct:accrualPeriodicity", record + "#renewed")
        yield link(record + "#renewed", "rdf:type", "dct:Frequency")
        yield typed(record + "#renewed", "rdf:value", period, "xsd:duration")
    yield link(graph(source.name), "dct:source", record)


def _distribution(
    owner: str, dump: Dump, size: int, digest: str, facts: Facts
) -> Iterator[ox.Triple]:
    """A file: its name stays from release to release, its sum is of the file of this one."""
    node = _dump_address(dump)
    yield link(owner, "dcat:distribution", node)
    yield link(node, "rdf:type", "dcat:Distribution")
    yield plain(node, "dct:title", dump.name)
    yield link(node, "dcat:downloadURL", f"{BASE}dumps/{facts.release_id}/{dump.name}")
    yield link(node, "dcat:accessURL", BASE + "dumps")
    yield link(node, "dcat:mediaType", MEDIA_TYPES + dump.format.media_type)
    if dump.name.endswith(".gz"):
        yield link(node, "dcat:compressFormat", MEDIA_TYPES + "application/gzip")
    yield typed(node, "dcat:byteSize", size, "xsd:nonNegativeInteger")
    if dump.format.name in FILE_TYPES:
        yield link(node, "dct:format", FILE_TYPES[dump.format.name])
    yield link(node, "dct:license", _together(facts.licences(dump)))
    yield typed(node, "dct:issued", facts.created, "xsd:dateTime")
    checksum = f"{BASE}catalogue#sha256-{dump.name}"
    yield link(node, "http://spdx.org/rdf/terms#checksum", checksum)
    yield link(checksum, "rdf:type", "http://spdx.org/rdf/terms#Checksum")
    yield link(checksum, "http://spdx.org/rdf/terms#algorithm", SHA256)
    yield typed(checksum, "http://spdx.org/rdf/terms#checksumValue", digest, "xsd:hexBinary")


def _dump_address(dump: Dump) -> str:
    return f"{BASE}dumps/latest/{dump.name}"
