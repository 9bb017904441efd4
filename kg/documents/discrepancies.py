"""Discrepancies in a document: each value with its sources, the preferred one first.

A build states it in the graph (`ess:Discrepancy`); a document of a thing holds those nodes.
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
    """A value and the IRIs of the sources that give it."""

    value: Value
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Discrepancy:
    """What sources disagree on: values of a property, or a rule that they break together."""

    subject: str
    predicate: str
    """Empty where the rule is of more than one property."""
    values: tuple[StatedValue, ...] = ()
    """The preferred first; none where a rule is broken."""
    rule: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discrepancies:
    """All that sources disagree on in a document."""

    items: tuple[Discrepancy, ...] = ()

    @cached_property
    def _positions(self) -> dict[tuple[str, str, Value], tuple[int, StatedValue]]:
        return {
            (dispute.subject, dispute.predicate, stated.value): (place, stated)
            for dispute in self.items
            for place, stated in enumerate(dispute.values)
        }

    def find_position(self, subject: str, predicate: str, value: Value) -> int:
        """Where a value stands among those of its property; 0 where it is not in dispute."""
        entry = self._positions.get((subject, predicate, value))
        return entry[0] if entry else 0

    def find_sources(self, subject: str, predicate: str, value: Value) -> tuple[str, ...]:
        """The sources that give a value, where others give another."""
        entry = self._positions.get((subject, predicate, value))
        return entry[1].sources if entry else ()


def find_discrepancies(nodes: Mapping[str, Facts]) -> Discrepancies:
    """What the nodes of a document say of discrepancies, in the order of their names."""
    return Discrepancies(
        tuple(
            _read_discrepancy(facts, nodes)
            for _, facts in sorted(nodes.items())
            if DISCREPANCY_CLASS in facts.get(RDF_TYPE, ())
        )
    )


def drop_unpreferred(triples: Sequence[ox.Triple], nodes: Mapping[str, Facts]) -> list[ox.Triple]:
    """The triples without the values that are not preferred and without what tells of them: what a
    vocabulary can say that knows one value."""
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
    """The nodes of a document, the values in dispute in the order in which they are shown."""
    for dispute in find_discrepancies(nodes).items:
        values = nodes.get(dispute.subject, {}).get(dispute.predicate)
        if values and dispute.values:
            places = {stated.value: place for place, stated in enumerate(dispute.values)}
            values.sort(key=lambda value: places.get(value, 0))
    return nodes


def _read_discrepancy(facts: Facts, nodes: Mapping[str, Facts]) -> Discrepancy:
    preferred = set(_list_iris(facts, "ess:preferredValue"))
    stated = sorted(
        _list_iris(facts, "ess:statedValue"), key=lambda iri: (iri not in preferred, iri)
    )
    return Discrepancy(
        subject=next(iter(_list_iris(facts, "rdf:subject")), ""),
        predicate=next(iter(_list_iris(facts, "rdf:predicate")), ""),
        values=tuple(
            StatedValue(value, tuple(_list_iris(node, "dct:source")))
            for node in (nodes.get(iri, {}) for iri in stated)
            for value in node.get(expand("rdf:value"), ())[:1]
        ),
        rule=next(iter(_list_iris(facts, "ess:brokenRule")), ""),
        sources=tuple(_list_iris(facts, "dct:source")),
    )


def _list_iris(facts: Facts, name: str) -> list[str]:
    return [v.value for v in facts.get(expand(name), ()) if isinstance(v, ox.NamedNode)]


def _get_iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def group_by_subject(triples: Sequence[ox.Triple]) -> dict[str, dict[str, list[Value]]]:
    """Subject to predicate to values, as IRIs and terms; blank nodes are not subjects here.

    Of values that sources disagree on, the preferred one is first.
    """
    facts_by_subject: dict[str, dict[str, list[Value]]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            facts = facts_by_subject.setdefault(triple.subject.value, {})
            facts.setdefault(triple.predicate.value, []).append(triple.object)
    return sort_discrepant_values(facts_by_subject)
