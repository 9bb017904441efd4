"""Query catalogue as RDF: named queries and prefixes, for editors that complete from an endpoint.

Vocabulary: https://www.w3.org/TR/shacl-af/#SPARQLExecutable and https://www.w3.org/TR/shacl/#sparql-prefixes,
as the examples of https://github.com/sib-swiss/sparql-examples use it.
"""

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from kg.namespaces import BASE, PREFIXES, expand
from kg.queries.named_queries import NamedQuery, load_named_queries

ENDPOINT_IRI = f"{BASE}sparql"
PREFIX_DECLARATIONS_IRI = f"{BASE}sparql#prefixes"


def describe_query_catalogue() -> Iterator[ox.Triple]:
    """What the graph `queries` of a release holds."""
    yield from describe_prefixes(PREFIXES)
    for query in load_named_queries().values():
        yield from describe_query(query)


def describe_prefixes(known: Mapping[str, str]) -> Iterator[ox.Triple]:
    """The declarations of prefixes, in order."""
    yield _build_link(PREFIX_DECLARATIONS_IRI, "rdf:type", expand("owl:Ontology"))
    for prefix, namespace in sorted(known.items()):
        node = f"{ENDPOINT_IRI}#prefix-{prefix}"
        yield _build_link(PREFIX_DECLARATIONS_IRI, "sh:declare", node)
        yield _build_link(node, "rdf:type", expand("sh:PrefixDeclaration"))
        yield _build_triple(node, "sh:prefix", ox.Literal(prefix))
        uri = ox.Literal(namespace, datatype=ox.NamedNode(expand("xsd:anyURI")))
        yield _build_triple(node, "sh:namespace", uri)


def describe_query(query: NamedQuery) -> Iterator[ox.Triple]:
    """A named query, filled with its examples: it runs as it stands."""
    node = f"{BASE}queries/{query.name}"
    yield _build_link(node, "rdf:type", expand("sh:SPARQLExecutable"))
    yield _build_link(node, "rdf:type", expand("sh:SPARQLSelectExecutable"))
    for language, text in (("fr", query.title.fr), ("en", query.title.en)):
        yield _build_triple(node, "rdfs:comment", ox.Literal(text, language=language))
    yield _build_link(node, "sh:prefixes", PREFIX_DECLARATIONS_IRI)
    yield _build_triple(node, "sh:select", ox.Literal(query.fill(query.examples)))
    yield _build_link(node, "schema:target", ENDPOINT_IRI)


def _build_link(subject: str, predicate: str, value: str) -> ox.Triple:
    return _build_triple(subject, predicate, ox.NamedNode(value))


def _build_triple(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(expand(predicate)), value)
