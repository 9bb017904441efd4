"""Triple builders: small graphs from CURIEs, texts and values."""

from collections.abc import Iterator

import pyoxigraph as ox

from kg.kinds import Text
from kg.namespaces import expand


def iri_triple(subject: str, predicate: str, value: str) -> ox.Triple:
    """A triple whose object is an IRI or a CURIE."""
    return ox.Triple(_node(subject), _node(predicate), _node(value))


def string_triple(subject: str, predicate: str, value: str) -> ox.Triple:
    """A triple whose object is a plain string."""
    return ox.Triple(_node(subject), _node(predicate), ox.Literal(value))


def typed_triple(subject: str, predicate: str, value: object, datatype: str) -> ox.Triple:
    """A triple whose object is a typed literal (datatype as a CURIE)."""
    literal = ox.Literal(str(value), datatype=_node(datatype))
    return ox.Triple(_node(subject), _node(predicate), literal)


def text_triples(subject: str, predicate: str, value: Text) -> Iterator[ox.Triple]:
    """A triple for each language the text is given in."""
    for language in ("fr", "en"):
        if value[language]:
            literal = ox.Literal(value[language], language=language)
            yield ox.Triple(_node(subject), _node(predicate), literal)


def _node(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))
