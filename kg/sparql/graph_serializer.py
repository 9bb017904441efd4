"""Small graphs written as documents: sorted, with the prefixes they use and no others."""

import io
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kg.formats import RDF_XML, TURTLE, Format
from kg.namespaces import expand
from kg.rdf import OX_FORMATS, prefixes_of

RDF_TYPE: Final = expand("rdf:type")
WITH_PREFIXES: Final = (TURTLE, RDF_XML)


def serialize_graph(triples: Iterable[ox.Triple], syntax: Format) -> bytes:
    """The triples in a format: each subject in one piece, the same bytes each time."""
    ordered = sorted(triples, key=_place)
    prefixes = prefixes_of(ordered) if syntax in WITH_PREFIXES else None
    output = io.BytesIO()
    ox.serialize(ordered, output, OX_FORMATS[syntax], prefixes=prefixes)
    return output.getvalue()


def _place(triple: ox.Triple) -> tuple[str, bool, str, str]:
    """A record comes before what hangs on it, its classes before its other facts."""
    subject, predicate = str(triple.subject).strip("<>"), triple.predicate.value
    return subject, predicate != RDF_TYPE, predicate, str(triple.object)
