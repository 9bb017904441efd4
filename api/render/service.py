"""What the SPARQL endpoint says of itself: SPARQL 1.1 Service Description."""

from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from api.current import ServedRelease
from kg.errors import BadRequest
from kg.formats import Format
from kg.namespaces import BASE, GRAPH, expand
from kg.store.endpoint import Limits
from kg.store.writing import written

# https://www.w3.org/ns/formats/
RESULT_FORMATS: Final = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "RDF_XML", "JSON-LD", "N-Quads", "TriG"),
)


def service_description(served: ServedRelease, addresses: Iterable[str], syntax: Format) -> bytes:
    """The description of the endpoint that answers at these addresses.

    Raises BadRequest where an address is not an IRI, which a Host header can bring about.
    """
    try:
        triples = list(_description(served, sorted(addresses)))
    except ValueError as error:
        raise BadRequest(
            f"this address cannot be described: {error}",
            f"cette adresse ne peut pas être décrite : {error}",
        ) from error
    return written(triples, syntax)


def _description(served: ServedRelease, addresses: list[str]) -> Iterator[ox.Triple]:
    service = f"{BASE}sparql"
    dataset, default = f"{service}#dataset", f"{service}#default-graph"
    yield _link(service, "rdf:type", expand("sd:Service"))
    for address in addresses:
        yield _link(service, "sd:endpoint", address)
    yield _link(service, "sd:supportedLanguage", expand("sd:SPARQL11Query"))
    yield _link(service, "sd:feature", expand("sd:UnionDefaultGraph"))
    for name in RESULT_FORMATS:
        yield _link(service, "sd:resultFormat", f"http://www.w3.org/ns/formats/{name}")
    yield from _limits(service, served.endpoint.limits)
    yield _link(service, "sd:defaultDataset", dataset)
    yield _link(dataset, "rdf:type", expand("sd:Dataset"))
    yield _link(dataset, "sd:defaultGraph", default)
    yield _link(default, "rdf:type", expand("sd:Graph"))
    if "triples" in served.manifest:
        yield _number(default, "void:triples", served.manifest["triples"])
    for name, size in served.manifest.get("graphs", {}).items():
        graph = f"{service}#graph-{name.removeprefix(GRAPH)}"
        yield _link(dataset, "sd:namedGraph", graph)
        yield _link(graph, "rdf:type", expand("sd:NamedGraph"))
        yield _link(graph, "sd:name", name)
        yield _number(graph, "void:triples", size)


def _limits(service: str, limits: Limits) -> Iterator[ox.Triple]:
    seconds = ox.Literal(f"{limits.seconds:g}", datatype=ox.NamedNode(expand("xsd:decimal")))
    yield ox.Triple(ox.NamedNode(service), _iri("ess:limitSeconds"), seconds)
    yield _number(service, "ess:limitRows", limits.rows)
    yield _number(service, "ess:limitBytes", limits.bytes)
    yield _number(service, "ess:limitMemory", limits.memory)


def _link(subject: str, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), _iri(predicate), ox.NamedNode(value))


def _number(subject: str, predicate: str, value: int) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), _iri(predicate), ox.Literal(value))


def _iri(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))
