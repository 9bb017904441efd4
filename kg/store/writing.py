"""Small graphs written as documents: sorted, with the prefixes they use and no others."""

import io
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kg.formats import RDF_XML, TURTLE, Format
from kg.namespaces import PREFIXES, expand
from kg.rdf import OX_FORMATS

RDF_TYPE: Final = expand("rdf:type")
WITH_PREFIXES: Final = (TURTLE, RDF_XML)


def written(triples: Iterable[ox.Triple], syntax: Format) -> bytes:
    """The triples in a format: each subject in one piece, the same bytes each time."""
    ordered = sorted(triples, key=_place)
    prefixes = _used(ordered) if syntax in WITH_PREFIXES else None
    output = io.BytesIO()
    ox.serialize(ordered, output, OX_FORMATS[syntax], prefixes=prefixes)
    return output.getvalue()


def _place(triple: ox.Triple) -> tuple[str, bool, str, str]:
    """A record comes before what hangs on it, its classes before its other facts."""
    subject, predicate = str(triple.subject).strip("<>"), triple.predicate.value
    return subject, predicate != RDF_TYPE, predicate, str(triple.object)


def _used(triples: Iterable[ox.Triple]) -> dict[str, str]:
    namespaces = {_namespace(iri) for triple in triples for iri in _iris(triple)}
    return {prefix: iri for prefix, iri in PREFIXES.items() if iri in namespaces}


def _iris(triple: ox.Triple) -> Iterable[str]:
    terms = (triple.subject, triple.predicate, triple.object)
    for term in terms:
        if isinstance(term, ox.NamedNode):
            yield term.value
        elif isinstance(term, ox.Literal):
            yield term.datatype.value


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
