"""SPARQL 1.1 Service Description of the endpoint."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from kg.formats import Format
from kg.namespaces import BASE, GRAPH, expand
from kg.rdf.build import iri_triple, typed_triple
from kg.rdf.serialize import serialize_graph
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
    manifest: Mapping[str, Any],
    void: Iterable[ox.Triple],
    limits: Mapping[str, float],
    address: str,
    syntax: Format,
) -> bytes:
    """The description of the endpoint at an address.

    `manifest` and `void` are those of the release, `limits` the properties that limit a query.
    """
    return serialize_graph(list(_build_description(manifest, void, limits, address)), syntax)


def _build_description(
    manifest: Mapping[str, Any],
    void: Iterable[ox.Triple],
    limits: Mapping[str, float],
    address: str,
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
    for name, limit in limits.items():
        if isinstance(limit, float):
            yield typed_triple(service, name, f"{limit:g}", "xsd:decimal")
        else:
            yield typed_triple(service, name, limit, "xsd:integer")
    yield iri_triple(service, "sd:defaultDataset", dataset)
    yield iri_triple(dataset, "rdf:type", "sd:Dataset")
    yield iri_triple(dataset, "sd:defaultGraph", default)
    yield iri_triple(default, "rdf:type", "sd:Graph")
    yield from _select_partitions(void, default)
    if "triples" in manifest:
        yield typed_triple(default, "void:triples", manifest["triples"], "xsd:integer")
    for name, size in manifest.get("graphs", {}).items():
        graph = f"{service}#graph-{name.removeprefix(GRAPH)}"
        yield iri_triple(dataset, "sd:namedGraph", graph)
        yield iri_triple(graph, "rdf:type", "sd:NamedGraph")
        yield iri_triple(graph, "sd:name", name)
        yield typed_triple(graph, "void:triples", size, "xsd:integer")


def _select_partitions(void: Iterable[ox.Triple], graph: str) -> Iterator[ox.Triple]:
    """The class and property partitions of the VoID dataset, as those of the default graph."""
    dataset = ox.NamedNode(f"{BASE}void")
    for triple in void:
        if triple.predicate.value in PARTITION_PROPERTIES and triple.subject == dataset:
            yield ox.Triple(ox.NamedNode(graph), triple.predicate, triple.object)
        elif isinstance(triple.subject, ox.NamedNode) and triple.subject.value.startswith(
            PARTITION_PREFIX
        ):
            yield triple
