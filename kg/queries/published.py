"""The named queries and the prefixes as RDF, for the editors that complete from an endpoint.

Vocabulary: https://www.w3.org/TR/shacl-af/#SPARQLExecutable and https://www.w3.org/TR/shacl/#sparql-prefixes,
as the examples of https://github.com/sib-swiss/sparql-examples use it.
"""

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from kg.namespaces import BASE, PREFIXES, expand
from kg.queries.named import Named, catalogue

ENDPOINT = f"{BASE}sparql"
DECLARATIONS = f"{BASE}sparql#prefixes"


def published() -> Iterator[ox.Triple]:
    """What the graph `queries` of a release holds."""
    yield from prefixes(PREFIXES)
    for query in catalogue().values():
        yield from executable(query)


def prefixes(known: Mapping[str, str]) -> Iterator[ox.Triple]:
    """The declarations of prefixes, in order."""
    yield _link(DECLARATIONS, "rdf:type", expand("owl:Ontology"))
    for prefix, namespace in sorted(known.items()):
        node = f"{ENDPOINT}#prefix-{prefix}"
        yield _link(DECLARATIONS, "sh:declare", node)
        yield _link(node, "rdf:type", expand("sh:PrefixDeclaration"))
        yield _triple(node, "sh:prefix", ox.Literal(prefix))
        uri = ox.Literal(namespace, datatype=ox.NamedNode(expand("xsd:anyURI")))
        yield _triple(node, "sh:namespace", uri)


def executable(query: Named) -> Iterator[ox.Triple]:
    """A named query, filled with its examples: it runs as it stands."""
    node = f"{BASE}queries/{query.name}"
    yield _link(node, "rdf:type", expand("sh:SPARQLExecutable"))
    yield _link(node, "rdf:type", expand("sh:SPARQLSelectExecutable"))
    for language, text in (("fr", query.title.fr), ("en", query.title.en)):
        yield _triple(node, "rdfs:comment", ox.Literal(text, language=language))
    yield _link(node, "sh:prefixes", DECLARATIONS)
    yield _triple(node, "sh:select", ox.Literal(query.filled(query.examples)))
    yield _link(node, "schema:target", ENDPOINT)


def _link(subject: str, predicate: str, value: str) -> ox.Triple:
    return _triple(subject, predicate, ox.NamedNode(value))


def _triple(subject: str, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(expand(predicate)), value)
