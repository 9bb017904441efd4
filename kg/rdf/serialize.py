"""Graph serializer for small documents: sorted triples, only the prefixes in use."""

import io
from collections.abc import Iterable

import pyoxigraph as ox

from kg.formats import Format
from kg.namespaces import RDF_TYPE
from kg.rdf.io import find_used_prefixes, write_rdf


def serialize_graph(triples: Iterable[ox.Triple], syntax: Format) -> bytes:
    """The triples in a format: each subject in one piece, the same bytes each time."""
    ordered = sorted(triples, key=_sort_key)
    output = io.BytesIO()
    write_rdf(ordered, output, syntax, find_used_prefixes(ordered))
    return output.getvalue()


def _sort_key(triple: ox.Triple) -> tuple[str, bool, str, str]:
    """An entity comes before its fragment nodes, its classes before its other properties."""
    subject, predicate = str(triple.subject).strip("<>"), triple.predicate.value
    return subject, predicate != RDF_TYPE, predicate, str(triple.object)
