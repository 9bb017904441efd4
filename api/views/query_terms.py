"""Terms of answers in SPARQL results JSON (https://www.w3.org/TR/sparql11-results-json/)."""

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from api.views.labels import Value

Binding = Mapping[str, Mapping[str, Any]]
"""One row of an answer: its terms by variable."""


def parse_term(term: Mapping[str, Any]) -> Value:
    """A term of an answer."""
    if term["type"] == "triple":
        return ox.Literal(f"<<( {' '.join(map(str, map(parse_term, _list_parts(term))))} )>>")
    if term["type"] == "uri":
        return ox.NamedNode(term["value"])
    if term["type"] == "bnode":
        return ox.BlankNode()
    if "xml:lang" in term:
        return ox.Literal(term["value"], language=term["xml:lang"])
    if "datatype" in term:
        return ox.Literal(term["value"], datatype=ox.NamedNode(term["datatype"]))
    return ox.Literal(term["value"])


def _list_parts(term: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The subject, predicate and object of a triple term."""
    return [term["value"][name] for name in ("subject", "predicate", "object")]
