"""What the SPARQL endpoint says of itself: SPARQL 1.1 Service Description."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from api.deps import AppConfig
from api.serving.served_releases import ServedRelease
from kg.formats import Format
from kg.namespaces import BASE, GRAPH, expand
from kg.sparql.backend import Limits
from kg.sparql.graph_serializer import serialize_graph
from kg.sparql.text_search import FUNCTION

# https://www.w3.org/ns/formats/
RESULT_FORMATS: Final = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "RDF_XML", "JSON-LD", "N-Quads", "TriG"),
)


GEOSPARQL: Final = "http://www.opengis.net/def/function/geosparql/"
GEOGRAPHIC: Final = ("distance", "sfContains", "sfCrosses", "sfDisjoint", "sfEquals",
                     "sfIntersects", "sfOverlaps", "sfTouches", "sfWithin")  # fmt: skip
PART: Final = f"{BASE}void#"
PARTS: Final = frozenset([expand("void:classPartition"), expand("void:propertyPartition")])


def service_description(
    served: ServedRelease, config: AppConfig, address: str, syntax: Format
) -> bytes:
    """The description of the endpoint that answers at an address."""
    return serialize_graph(list(_description(served, config, address)), syntax)


def _description(served: ServedRelease, config: AppConfig, address: str) -> Iterator[ox.Triple]:
    service = f"{BASE}sparql"
    dataset, default = f"{service}#dataset", f"{service}#default-graph"
    yield _link(service, "rdf:type", expand("sd:Service"))
    yield _link(service, "sd:endpoint", address)
    yield _link(service, "sd:supportedLanguage", expand("sd:SPARQL11Query"))
    yield _link(service, "sd:feature", expand("sd:UnionDefaultGraph"))
    for name in RESULT_FORMATS:
        yield _link(service, "sd:resultFormat", f"http://www.w3.org/ns/formats/{name}")
    yield _link(service, "sd:extensionFunction", FUNCTION)
    yield _link(FUNCTION, "rdf:type", expand("sd:Function"))
    for name in GEOGRAPHIC:
        yield _link(service, "sd:extensionFunction", f"{GEOSPARQL}{name}")
        yield _link(f"{GEOSPARQL}{name}", "rdf:type", expand("sd:Function"))
    yield from _limits(service, served.executor.limits, config)
    yield _link(service, "sd:defaultDataset", dataset)
    yield _link(dataset, "rdf:type", expand("sd:Dataset"))
    yield _link(dataset, "sd:defaultGraph", default)
    yield _link(default, "rdf:type", expand("sd:Graph"))
    yield from _partitions(served, default)
    if "triples" in served.manifest:
        yield _number(default, "void:triples", served.manifest["triples"])
    for name, size in served.manifest.get("graphs", {}).items():
        graph = f"{service}#graph-{name.removeprefix(GRAPH)}"
        yield _link(dataset, "sd:namedGraph", graph)
        yield _link(graph, "rdf:type", expand("sd:NamedGraph"))
        yield _link(graph, "sd:name", name)
        yield _number(graph, "void:triples", size)


def _limits(service: str, limits: Limits, config: AppConfig) -> Iterator[ox.Triple]:
    yield _decimal(service, "ess:limitSeconds", limits.seconds)
    yield _number(service, "ess:limitRows", limits.rows)
    yield _number(service, "ess:limitBytes", limits.bytes)
    yield _number(service, "ess:limitMemory", limits.memory)
    yield _number(service, "ess:limitQueue", limits.queue)
    yield _number(service, "ess:limitRequestBytes", config.request_bytes)
    yield _number(service, "ess:limitQueries", config.query_workers)
    yield _number(service, "ess:limitClientQueries", config.client_queries)
    yield _decimal(service, "ess:limitClientSeconds", config.client_seconds)


def _partitions(served: ServedRelease, graph: str) -> Iterator[ox.Triple]:
    """Classes and properties of the default graph in numbers, as VoID of the release has them."""
    if not served.release.void.is_file():
        return
    dataset = ox.NamedNode(f"{BASE}void")
    for quad in ox.parse(path=str(served.release.void), format=ox.RdfFormat.TURTLE):
        if quad.predicate.value in PARTS and quad.subject == dataset:
            yield ox.Triple(ox.NamedNode(graph), quad.predicate, quad.object)
        elif isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(PART):
            yield quad.triple


def _decimal(subject: str, predicate: str, value: float) -> ox.Triple:
    literal = ox.Literal(f"{value:g}", datatype=ox.NamedNode(expand("xsd:decimal")))
    return ox.Triple(ox.NamedNode(subject), _iri(predicate), literal)


def _link(subject: str, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), _iri(predicate), ox.NamedNode(value))


def _number(subject: str, predicate: str, value: int) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), _iri(predicate), ox.Literal(value))


def _iri(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))
