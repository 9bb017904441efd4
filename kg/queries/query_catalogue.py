"""Query catalogue as RDF: named queries and prefixes, for editors that complete from an endpoint.

Vocabulary: https://www.w3.org/TR/shacl-af/#SPARQLExecutable and https://www.w3.org/TR/shacl/#sparql-prefixes,
as the examples of https://github.com/sib-swiss/sparql-examples use it.
"""

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from kg.namespaces import BASE, PREFIXES
from kg.queries.named_queries import NamedQuery, load_named_queries
from kg.rdf.build import iri_triple, string_triple, text_triples, typed_triple

ENDPOINT_IRI = f"{BASE}sparql"
PREFIX_DECLARATIONS_IRI = f"{BASE}sparql#prefixes"


def describe_query_catalogue() -> Iterator[ox.Triple]:
    """Triples of the graph `queries` of a release."""
    yield from describe_prefixes(PREFIXES)
    for query in load_named_queries().values():
        yield from describe_query(query)


def describe_prefixes(prefixes: Mapping[str, str]) -> Iterator[ox.Triple]:
    """The declarations of prefixes, in order."""
    yield iri_triple(PREFIX_DECLARATIONS_IRI, "rdf:type", "owl:Ontology")
    for prefix, namespace in sorted(prefixes.items()):
        node = f"{ENDPOINT_IRI}#prefix-{prefix}"
        yield iri_triple(PREFIX_DECLARATIONS_IRI, "sh:declare", node)
        yield iri_triple(node, "rdf:type", "sh:PrefixDeclaration")
        yield string_triple(node, "sh:prefix", prefix)
        yield typed_triple(node, "sh:namespace", namespace, "xsd:anyURI")


def describe_query(query: NamedQuery) -> Iterator[ox.Triple]:
    """A named query, filled with its examples: it runs as it stands."""
    node = f"{BASE}queries/{query.name}"
    yield iri_triple(node, "rdf:type", "sh:SPARQLExecutable")
    yield iri_triple(node, "rdf:type", "sh:SPARQLSelectExecutable")
    yield from text_triples(node, "rdfs:comment", query.title)
    yield iri_triple(node, "sh:prefixes", PREFIX_DECLARATIONS_IRI)
    yield string_triple(node, "sh:select", query.fill(query.examples))
    yield iri_triple(node, "schema:target", ENDPOINT_IRI)
