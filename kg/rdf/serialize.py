"""Graph serializer for small documents: sorted triples, only the prefixes in use."""

import io
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kg.formats import RDF_XML, TURTLE, Format
from kg.namespaces import expand
from kg.rdf.io import OX_FORMATS, find_used_prefixes

RDF_TYPE: Final = expand("rdf:type")
PREFIXED_FORMATS: Final = (TURTLE, RDF_XML)


def serialize_graph(triples: Iterable[ox.Triple], syntax: Format) -> bytes:
    """The triples in a format: each subject in one piece, the same bytes each time."""
    ordered = sorted(triples, key=_sort_key)
    prefixes = find_used_prefixes(ordered) if syntax in PREFIXED_FORMATS else None
    output = io.BytesIO()
    ox.serialize(ordered, output, OX_FORMATS[syntax], prefixes=prefixes)
    return output.getvalue()


def _sort_key(triple: ox.Triple) -> tuple[str, bool, str, str]:
    """A record comes before what hangs on it, its classes before its other facts."""
    subject, predicate = str(triple.subject).strip("<>"), triple.predicate.value
    return subject, predicate != RDF_TYPE, predicate, str(triple.object)
