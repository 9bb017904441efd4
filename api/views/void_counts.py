"""Counts of a release by class and property, as its VoID description has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.namespaces import expand

VOID_CLASS, VOID_PROPERTY = expand("void:class"), expand("void:property")
PROPERTY_PARTITION: Final = expand("void:propertyPartition")
COUNTS: Final = (expand("void:entities"), expand("void:triples"))


@dataclass(frozen=True)
class VoidCounts:
    """How often each term is used."""

    classes: Mapping[str, int]
    """Class to its instances, the most frequent first."""
    properties: Mapping[str, int]
    """Property to its statements, likewise."""
    properties_of: Mapping[str, Sequence[str]]
    """Class to the properties of its instances, the most frequent first; empty in releases of
    before."""


@lru_cache(maxsize=4)
def count_terms(void: tuple[ox.Triple, ...]) -> VoidCounts:
    """The counts that a VoID description states."""
    class_of: dict[str, str] = {}
    property_of: dict[str, str] = {}
    counts: dict[str, int] = {}
    whole_of: dict[str, str] = {}
    for triple in void:
        subject, predicate, value = _read(triple.subject), triple.predicate.value, triple.object
        if predicate in COUNTS and isinstance(value, ox.Literal):
            counts[subject] = int(value.value)
        elif predicate == VOID_CLASS:
            class_of[subject] = _read(value)
        elif predicate == VOID_PROPERTY:
            property_of[subject] = _read(value)
        elif predicate == PROPERTY_PARTITION:
            whole_of[_read(value)] = subject
    classes = {iri: counts.get(node, 0) for node, iri in class_of.items()}
    properties: dict[str, int] = {}
    within: dict[str, dict[str, int]] = {}
    for node, iri in property_of.items():
        whole = class_of.get(whole_of.get(node, ""))
        if whole is None:
            properties[iri] = counts.get(node, 0)
        else:
            within.setdefault(whole, {})[iri] = counts.get(node, 0)
    return VoidCounts(
        _sort(classes), _sort(properties), {iri: tuple(_sort(p)) for iri, p in within.items()}
    )


def _sort(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _read(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
