"""Discrepancies in a document: each value with its sources, the preferred one first.

A build states them as nodes (`ess:Discrepancy`), which entity documents include.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from kg.namespaces import RDF_TYPE, expand

DISCREPANCY_CLASS: Final = ox.NamedNode(expand("ess:Discrepancy"))
Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Facts = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class StatedValue:
    """Value with the IRIs of the sources that state it."""

    value: Value
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Discrepancy:
    """Disagreement between sources: on the values of a property, or by a rule broken together."""

    subject: str
    predicate: str
    """Disputed property; empty where a rule concerns several properties."""
    values: tuple[StatedValue, ...] = ()
    """Disputed values, the preferred one first; empty where a rule is broken."""
    rule: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discrepancies:
    """All discrepancies in a document."""

    items: tuple[Discrepancy, ...] = ()

    @cached_property
    def _positions(self) -> dict[tuple[str, str, Value], tuple[int, StatedValue]]:
        return {
            (dispute.subject, dispute.predicate, stated.value): (place, stated)
            for dispute in self.items
            for place, stated in enumerate(dispute.values)
        }

    def find_position(self, subject: str, predicate: str, value: Value) -> int:
        """Return the rank of a disputed value; 0 for undisputed values."""
        entry = self._positions.get((subject, predicate, value))
        return entry[0] if entry else 0

    def find_sources(self, subject: str, predicate: str, value: Value) -> tuple[str, ...]:
        """Return the sources of a disputed value; empty for undisputed values."""
        entry = self._positions.get((subject, predicate, value))
        return entry[1].sources if entry else ()


def find_discrepancies(nodes: Mapping[str, Facts]) -> Discrepancies:
    """Read the discrepancies from the nodes of a document, sorted by IRI."""
    return Discrepancies(
        tuple(
            _read_discrepancy(facts, nodes)
            for _, facts in sorted(nodes.items())
            if DISCREPANCY_CLASS in facts.get(RDF_TYPE, ())
        )
    )


def drop_unpreferred(triples: Sequence[ox.Triple], nodes: Mapping[str, Facts]) -> list[ox.Triple]:
    """Drop the values that are not preferred, and the discrepancy nodes.

    Vocabularies without a notion of disputed values can express the rest.
    """
    discrepancies = find_discrepancies(nodes)
    if not discrepancies.items:
        return list(triples)
    return [
        t
        for t in triples
        if not discrepancies.find_position(_get_iri(t.subject), t.predicate.value, t.object)
        and "#discrepancy-" not in _get_iri(t.subject)
        and "-discrepancy-" not in _get_iri(t.subject).partition("#")[2]
    ]


def sort_discrepant_values(
    nodes: dict[str, dict[str, list[Value]]],
) -> dict[str, dict[str, list[Value]]]:
    """Sort disputed values by rank, in place; return the nodes."""
    for dispute in find_discrepancies(nodes).items:
        values = nodes.get(dispute.subject, {}).get(dispute.predicate)
        if values and dispute.values:
            places = {stated.value: place for place, stated in enumerate(dispute.values)}
            values.sort(key=lambda value: places.get(value, 0))
    return nodes


def _read_discrepancy(facts: Facts, nodes: Mapping[str, Facts]) -> Discrepancy:
    preferred = set(list_linked_iris(facts, "ess:preferredValue"))
    stated = sorted(
        list_linked_iris(facts, "ess:statedValue"), key=lambda iri: (iri not in preferred, iri)
    )
    return Discrepancy(
        subject=next(iter(list_linked_iris(facts, "rdf:subject")), ""),
        predicate=next(iter(list_linked_iris(facts, "rdf:predicate")), ""),
        values=tuple(
            StatedValue(value, tuple(list_linked_iris(node, "dct:source")))
            for node in (nodes.get(iri, {}) for iri in stated)
            for value in node.get(expand("rdf:value"), ())[:1]
        ),
        rule=next(iter(list_linked_iris(facts, "ess:brokenRule")), ""),
        sources=tuple(list_linked_iris(facts, "dct:source")),
    )


def list_linked_iris(facts: Facts, name: str) -> list[str]:
    """The IRIs that a node has as values of a property, given by its CURIE or IRI."""
    return [v.value for v in facts.get(expand(name), ()) if isinstance(v, ox.NamedNode)]


def _get_iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def group_by_subject(triples: Sequence[ox.Triple]) -> dict[str, dict[str, list[Value]]]:
    """Group triples by subject and predicate, except those about blank nodes.

    Disputed values are sorted by rank.
    """
    facts_by_subject: dict[str, dict[str, list[Value]]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            facts = facts_by_subject.setdefault(triple.subject.value, {})
            facts.setdefault(triple.predicate.value, []).append(triple.object)
    return sort_discrepant_values(facts_by_subject)
