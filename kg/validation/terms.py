"""RDF terms as texts: bare IRIs for what is spoken of, N-Triples for what is said."""

from typing import Final, TypeAlias

import pyoxigraph as ox

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
Node: TypeAlias = ox.NamedNode | ox.BlankNode
Resource: Final = (ox.NamedNode, ox.BlankNode)
XSD: Final = "http://www.w3.org/2001/XMLSchema#"


def bare(term: Term) -> str:
    """A bare IRI, `_:id`, or an N-Triples literal."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def parse(text: str) -> Term:
    """The term of a bare IRI, a `_:id` or an N-Triples literal."""
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    if not text.startswith('"'):
        return ox.NamedNode(text)
    triple = next(iter(ox.parse(f"<x:s> <x:p> {text} .", format=ox.RdfFormat.N_TRIPLES)))
    return triple.object
