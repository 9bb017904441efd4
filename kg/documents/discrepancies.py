"""Discrepancies on a page: each value with the sources that give it, the preferred one first.

A build states it in the graph (`ess:Discrepancy`); a document of a thing holds those nodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from kg.namespaces import expand

TYPE: Final = expand("rdf:type")
DISCREPANCY: Final = ox.NamedNode(expand("ess:Discrepancy"))
Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Facts = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class Stated:
    """A value and the IRIs of the sources that give it."""

    value: Value
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Dispute:
    """What sources disagree on: values of a property, or a rule that they break together."""

    subject: str
    predicate: str
    """Empty where the rule is of more than one property."""
    values: tuple[Stated, ...] = ()
    """The preferred first; none where a rule is broken."""
    rule: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Disputes:
    """All that sources disagree on in a document."""

    all: tuple[Dispute, ...] = ()

    @cached_property
    def _places(self) -> dict[tuple[str, str, Value], tuple[int, Stated]]:
        return {
            (dispute.subject, dispute.predicate, stated.value): (place, stated)
            for dispute in self.all
            for place, stated in enumerate(dispute.values)
        }

    def place(self, subject: str, predicate: str, value: Value) -> int:
        """Where a value stands among those of its property; 0 where it is not in dispute."""
        found = self._places.get((subject, predicate, value))
        return found[0] if found else 0

    def sources(self, subject: str, predicate: str, value: Value) -> tuple[str, ...]:
        """The sources that give a value, where others give another."""
        found = self._places.get((subject, predicate, value))
        return found[1].sources if found else ()


def disputes(nodes: Mapping[str, Facts]) -> Disputes:
    """What the nodes of a document say of discrepancies, in the order of their names."""
    return Disputes(
        tuple(
            _dispute(facts, nodes)
            for _, facts in sorted(nodes.items())
            if DISCREPANCY in facts.get(TYPE, ())
        )
    )


def settled(triples: Sequence[ox.Triple], nodes: Mapping[str, Facts]) -> list[ox.Triple]:
    """The triples without the values that are not preferred and without what tells of them: what a
    vocabulary can say that knows one value."""
    found = disputes(nodes)
    if not found.all:
        return list(triples)
    return [
        t
        for t in triples
        if not found.place(_iri(t.subject), t.predicate.value, t.object)
        and "#discrepancy-" not in _iri(t.subject)
        and "-discrepancy-" not in _iri(t.subject).partition("#")[2]
    ]


def in_order(nodes: dict[str, dict[str, list[Value]]]) -> dict[str, dict[str, list[Value]]]:
    """The nodes of a document, the values in dispute in the order in which they are shown."""
    for dispute in disputes(nodes).all:
        values = nodes.get(dispute.subject, {}).get(dispute.predicate)
        if values and dispute.values:
            places = {stated.value: place for place, stated in enumerate(dispute.values)}
            values.sort(key=lambda value: places.get(value, 0))
    return nodes


def _dispute(facts: Facts, nodes: Mapping[str, Facts]) -> Dispute:
    preferred = set(_iris(facts, "ess:preferredValue"))
    stated = sorted(_iris(facts, "ess:statedValue"), key=lambda iri: (iri not in preferred, iri))
    return Dispute(
        subject=next(iter(_iris(facts, "rdf:subject")), ""),
        predicate=next(iter(_iris(facts, "rdf:predicate")), ""),
        values=tuple(
            Stated(value, tuple(_iris(node, "dct:source")))
            for node in (nodes.get(iri, {}) for iri in stated)
            for value in node.get(expand("rdf:value"), ())[:1]
        ),
        rule=next(iter(_iris(facts, "ess:brokenRule")), ""),
        sources=tuple(_iris(facts, "dct:source")),
    )


def _iris(facts: Facts, name: str) -> list[str]:
    return [v.value for v in facts.get(expand(name), ()) if isinstance(v, ox.NamedNode)]


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def group_by_subject(triples: Sequence[ox.Triple]) -> dict[str, dict[str, list[Value]]]:
    """Subject to predicate to values, as IRIs and terms; blank nodes are not subjects here.

    Of values that sources disagree on, the preferred one is first.
    """
    found: dict[str, dict[str, list[Value]]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            facts = found.setdefault(triple.subject.value, {})
            facts.setdefault(triple.predicate.value, []).append(triple.object)
    return in_order(found)
