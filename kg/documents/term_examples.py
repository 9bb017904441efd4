"""Examples of terms: a record of each class, and two things that each property links."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.documents.links import DEFAULT_GRAPH, is_record
from kg.namespaces import RDF_TYPE, SCHEME

MAX_TRIED: Final = 40
"""Statements of a term that are looked at for one of a record."""
TYPE: Final = ox.NamedNode(RDF_TYPE)


def find_examples(store: ox.Store, terms: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """IRIs by term: a record of a class, or the record and the value of a property."""
    examples = {}
    for term in terms:
        named = ox.NamedNode(term)
        found = next(_find_records(store, TYPE, named), None) or next(
            _find_linked(store, named), None
        )
        if found:
            examples[term] = found
    return examples


def _find_records(
    store: ox.Store, predicate: ox.NamedNode, value: ox.NamedNode
) -> Iterator[tuple[str, ...]]:
    for quad in islice(store.quads_for_pattern(None, predicate, value, DEFAULT_GRAPH), MAX_TRIED):
        if isinstance(quad.subject, ox.NamedNode) and is_record(quad.subject.value):
            yield (quad.subject.value,)


def _find_linked(store: ox.Store, predicate: ox.NamedNode) -> Iterator[tuple[str, ...]]:
    for quad in islice(store.quads_for_pattern(None, predicate, None, DEFAULT_GRAPH), MAX_TRIED):
        if isinstance(quad.subject, ox.NamedNode) and is_record(quad.subject.value):
            value = quad.object
            if not isinstance(value, ox.NamedNode):
                yield (quad.subject.value,)
            elif is_record(value.value) or value.value.startswith(SCHEME):
                yield (quad.subject.value, value.value)
