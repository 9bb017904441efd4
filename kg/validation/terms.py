"""RDF terms and statements, and terms as texts: bare IRIs for subjects, N-Triples for values."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import pyoxigraph as ox

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = Node | ox.Literal
Statement: TypeAlias = tuple[Node, ox.NamedNode, Term]
XSD: Final = "http://www.w3.org/2001/XMLSchema#"


def statements(quads: Iterable[ox.Quad | ox.Triple]) -> Iterator[Statement]:
    """What quads say, without those about triples, which SHACL does not know."""
    for quad in quads:
        subject, value = quad.subject, quad.object
        if not isinstance(subject, ox.Triple) and not isinstance(value, ox.Triple):
            yield subject, quad.predicate, value


def bare(term: Term) -> str:
    """A bare IRI, `_:id`, or an N-Triples literal."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def parse(text: str) -> Term:
    """The term of a bare IRI, or of an N-Triples term."""
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    if not text.startswith('"'):
        return ox.NamedNode(text[1:-1] if text.startswith("<") else text)
    read = ox.parse(f"<x:s> <x:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
    return next(value for _, _, value in statements(read))
