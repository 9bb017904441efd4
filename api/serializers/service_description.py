"""SPARQL 1.1 Service Description of the endpoint."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from api.dependencies import AppConfig
from api.serving.served_releases import ServedRelease
from kg.formats import Format
from kg.namespaces import BASE, GRAPH, expand
from kg.rdf.build import iri_triple, typed_triple
from kg.rdf.serialize import serialize_graph
from kg.sparql.backend import QueryLimits
from kg.sparql.text_search import MATCHES_FUNCTION

# https://www.w3.org/ns/formats/
RESULT_FORMATS: Final = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "RDF_XML", "JSON-LD", "N-Quads", "TriG"),
)


GEOSPARQL: Final = "http://www.opengis.net/def/function/geosparql/"
GEOSPARQL_FUNCTIONS: Final = ("distance", "sfContains", "sfCrosses", "sfDisjoint", "sfEquals",
                     "sfIntersects", "sfOverlaps", "sfTouches", "sfWithin")  # fmt: skip
PARTITION_PREFIX: Final = f"{BASE}void#"
PARTITION_PROPERTIES: Final = frozenset(
    [expand("void:classPartition"), expand("void:propertyPartition")]
)


def serialize_service_description(
    served: ServedRelease, config: AppConfig, address: str, syntax: Format
) -> bytes:
    """The description of the endpoint that answers at an address."""
    return serialize_graph(list(_build_description(served, config, address)), syntax)


def _build_description(
    served: ServedRelease, config: AppConfig, address: str
) -> Iterator[ox.Triple]:
    service = f"{BASE}sparql"
    dataset, default = f"{service}#dataset", f"{service}#default-graph"
    yield iri_triple(service, "rdf:type", "sd:Service")
    yield iri_triple(service, "sd:endpoint", address)
    yield iri_triple(service, "sd:supportedLanguage", "sd:SPARQL11Query")
    yield iri_triple(service, "sd:feature", "sd:UnionDefaultGraph")
    for name in RESULT_FORMATS:
        yield iri_triple(service, "sd:resultFormat", f"http://www.w3.org/ns/formats/{name}")
    yield iri_triple(service, "sd:extensionFunction", MATCHES_FUNCTION)
    yield iri_triple(MATCHES_FUNCTION, "rdf:type", "sd:Function")
    for name in GEOSPARQL_FUNCTIONS:
        yield iri_triple(service, "sd:extensionFunction", f"{GEOSPARQL}{name}")
        yield iri_triple(f"{GEOSPARQL}{name}", "rdf:type", "sd:Function")
    yield from _build_limits(service, served.executor.limits, config)
    yield iri_triple(service, "sd:defaultDataset", dataset)
    yield iri_triple(dataset, "rdf:type", "sd:Dataset")
    yield iri_triple(dataset, "sd:defaultGraph", default)
    yield iri_triple(default, "rdf:type", "sd:Graph")
    yield from _read_partitions(served, default)
    if "triples" in served.manifest:
        yield typed_triple(default, "void:triples", served.manifest["triples"], "xsd:integer")
    for name, size in served.manifest.get("graphs", {}).items():
        graph = f"{service}#graph-{name.removeprefix(GRAPH)}"
        yield iri_triple(dataset, "sd:namedGraph", graph)
        yield iri_triple(graph, "rdf:type", "sd:NamedGraph")
        yield iri_triple(graph, "sd:name", name)
        yield typed_triple(graph, "void:triples", size, "xsd:integer")


def _build_limits(service: str, limits: QueryLimits, config: AppConfig) -> Iterator[ox.Triple]:
    yield typed_triple(service, "ess:limitSeconds", f"{limits.seconds:g}", "xsd:decimal")
    yield typed_triple(service, "ess:limitRows", limits.rows, "xsd:integer")
    yield typed_triple(service, "ess:limitBytes", limits.bytes, "xsd:integer")
    yield typed_triple(service, "ess:limitMemory", limits.memory, "xsd:integer")
    yield typed_triple(service, "ess:limitQueue", limits.queue, "xsd:integer")
    yield typed_triple(service, "ess:limitRequestBytes", config.request_bytes, "xsd:integer")
    yield typed_triple(service, "ess:limitQueries", config.query_workers, "xsd:integer")
    yield typed_triple(service, "ess:limitClientQueries", config.client_queries, "xsd:integer")
    yield typed_triple(
        service, "ess:limitClientSeconds", f"{config.client_seconds:g}", "xsd:decimal"
    )


def _read_partitions(served: ServedRelease, graph: str) -> Iterator[ox.Triple]:
    """Classes and properties of the default graph in numbers, as VoID of the release has them."""
    if not served.release.void.is_file():
        return
    dataset = ox.NamedNode(f"{BASE}void")
    for quad in ox.parse(path=str(served.release.void), format=ox.RdfFormat.TURTLE):
        if quad.predicate.value in PARTITION_PROPERTIES and quad.subject == dataset:
            yield ox.Triple(ox.NamedNode(graph), quad.predicate, quad.object)
        elif isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(
            PARTITION_PREFIX
        ):
            yield quad.triple
