"""SPARQL 1.1 Service Description of the endpoint."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from api.dependencies import AppConfig
from api.serving.served_releases import ServedRelease
from kg.formats import Format
from kg.namespaces import BASE, GRAPH, expand
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
    yield _build_link(service, "rdf:type", expand("sd:Service"))
    yield _build_link(service, "sd:endpoint", address)
    yield _build_link(service, "sd:supportedLanguage", expand("sd:SPARQL11Query"))
    yield _build_link(service, "sd:feature", expand("sd:UnionDefaultGraph"))
    for name in RESULT_FORMATS:
        yield _build_link(service, "sd:resultFormat", f"http://www.w3.org/ns/formats/{name}")
    yield _build_link(service, "sd:extensionFunction", MATCHES_FUNCTION)
    yield _build_link(MATCHES_FUNCTION, "rdf:type", expand("sd:Function"))
    for name in GEOSPARQL_FUNCTIONS:
        yield _build_link(service, "sd:extensionFunction", f"{GEOSPARQL}{name}")
        yield _build_link(f"{GEOSPARQL}{name}", "rdf:type", expand("sd:Function"))
    yield from _build_limits(service, served.executor.limits, config)
    yield _build_link(service, "sd:defaultDataset", dataset)
    yield _build_link(dataset, "rdf:type", expand("sd:Dataset"))
    yield _build_link(dataset, "sd:defaultGraph", default)
    yield _build_link(default, "rdf:type", expand("sd:Graph"))
    yield from _read_partitions(served, default)
    if "triples" in served.manifest:
        yield _build_number(default, "void:triples", served.manifest["triples"])
    for name, size in served.manifest.get("graphs", {}).items():
        graph = f"{service}#graph-{name.removeprefix(GRAPH)}"
        yield _build_link(dataset, "sd:namedGraph", graph)
        yield _build_link(graph, "rdf:type", expand("sd:NamedGraph"))
        yield _build_link(graph, "sd:name", name)
        yield _build_number(graph, "void:triples", size)


def _build_limits(service: str, limits: QueryLimits, config: AppConfig) -> Iterator[ox.Triple]:
    yield _build_decimal(service, "ess:limitSeconds", limits.seconds)
    yield _build_number(service, "ess:limitRows", limits.rows)
    yield _build_number(service, "ess:limitBytes", limits.bytes)
    yield _build_number(service, "ess:limitMemory", limits.memory)
    yield _build_number(service, "ess:limitQueue", limits.queue)
    yield _build_number(service, "ess:limitRequestBytes", config.request_bytes)
    yield _build_number(service, "ess:limitQueries", config.query_workers)
    yield _build_number(service, "ess:limitClientQueries", config.client_queries)
    yield _build_decimal(service, "ess:limitClientSeconds", config.client_seconds)


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


def _build_decimal(subject: str, predicate: str, value: float) -> ox.Triple:
    literal = ox.Literal(f"{value:g}", datatype=ox.NamedNode(expand("xsd:decimal")))
    return ox.Triple(ox.NamedNode(subject), _expand_iri(predicate), literal)


def _build_link(subject: str, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), _expand_iri(predicate), ox.NamedNode(value))


def _build_number(subject: str, predicate: str, value: int) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), _expand_iri(predicate), ox.Literal(value))


def _expand_iri(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))
