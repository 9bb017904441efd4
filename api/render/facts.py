"""What is said of a thing directly, and what points to it, grouped by property."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.render.inverse import INVERSE
from api.render.names import Names, Thing, Value
from api.render.nodes import READ, SHAPES, TYPE, assertion
from api.render.passages import Passage, passages
from api.render.site import Site
from kg import iris
from kg.catalogue.words import natural_order
from kg.documents.assemble import Entity
from kg.kinds import BY_NAME, Text
from kg.namespaces import ID, expand

ELSEWHERE: Final = frozenset(
    map(
        expand,
        (
            "rdf:type", "skos:prefLabel", "skos:altLabel", "dct:description", "skos:editorialNote",
            "prov:wasDerivedFrom", "ess:assertion", "skos:definition", "adms:identifier",
            "locn:address", "m8g:hasParticipation", "ess:hasProjectParticipation",
            "vivo:relatedBy", "schema:contactPoint", "ess:withinTransitive", "skos:inScheme",
            "rdfs:label", "foaf:name", "dct:identifier", "ess:acronym",
            "ess:formerly",
        ),
    )
)  # fmt: skip
"""Properties that the page shows in a place of their own, or not at all."""
DERIVED: Final = frozenset(
    map(
        expand,
        (
            "dct:creator", "dct:contributor", "bibo:editor", "bibo:interviewee",
            "bibo:translator", "org:memberOf", "schema:subEvent", "schema:performer",
            "schema:organizer", "skos:narrower", "org:subOrganizationOf", "ess:supervisedBy",
            "ess:carries", "ess:hosts", "ess:partnerOf", "ess:successorOf",
        ),
    )
)  # fmt: skip
"""Shortcuts (kg/queries/derive): left out where the page shows the relation in another way."""
SPOKEN: Final = frozenset(map(expand, ("dct:language", "schema:inLanguage")))
FACT: Final = ox.NamedNode(expand("ess:Fact"))

SHORT: Final = 20
"""Characters of a value that stands on a line with others."""

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Shown:
    """One value of a property, its certainty and where that was read."""

    thing: Thing
    assertion: str
    passages: tuple[Passage, ...]
    basis: tuple[Thing, ...] = ()
    according: tuple[Thing, ...] = ()
    """The sources that give it, where others give another."""


@dataclass(frozen=True)
class Group:
    """A property and its values."""

    title: str
    values: tuple[Shown, ...]

    @property
    def inline(self) -> bool:
        """Whether the values are codes and such, that stand on one line."""
        return all(
            len(v.thing.text) <= SHORT and not (v.thing.href or v.passages or v.according)
            for v in self.values
        )


def readings(entity: Entity) -> dict[Key, tuple[str, ...]]:
    """(subject, property, object) to the facts read that state it: certainty and passages."""
    found: dict[Key, list[str]] = {}
    for iri, facts in entity.by_subject.items():
        if FACT in facts.get(TYPE, ()):
            for s in _iris(facts, "rdf:subject"):
                for p in _iris(facts, "rdf:predicate"):
                    for o in _iris(facts, "rdf:object"):
                        found.setdefault((s, p, o), []).append(iri)
    return {key: tuple(nodes) for key, nodes in found.items()}


def told(entity: Entity) -> frozenset[str]:
    """The records whose relation with the thing is told otherwise than by a shortcut."""
    found: set[str] = set()
    thing = ox.NamedNode(entity.iri)
    for iri, facts in entity.by_subject.items():
        if any(isinstance(t, ox.NamedNode) and t.value in SHAPES for t in facts.get(TYPE, ())):
            found.add(iri.partition("#")[0])
            found |= {v.value for vs in facts.values() for v in vs if isinstance(v, ox.NamedNode)}
        elif iri == entity.iri:
            plain = (vs for p, vs in facts.items() if p not in DERIVED)
            found |= {v.value for vs in plain for v in vs if isinstance(v, ox.NamedNode)}
        elif "#" not in iri and any(thing in vs for p, vs in facts.items() if p not in DERIVED):
            found.add(iri)
    return frozenset(found - {entity.iri})


def direct(entity: Entity, names: Names, site: Site, titles: Mapping[str, Text]) -> list[Group]:
    """The facts of the thing, in the order of the columns of its table, then by name."""
    read, already = readings(entity), told(entity)
    groups = []
    for predicate in _in_order(entity.facts, titles):
        hidden = already if predicate in DERIVED else frozenset[str]()
        values = [
            v
            for v in entity.facts[predicate]
            if not _is_node(v) and getattr(v, "value", "") not in hidden
        ]
        shown = _values(entity, names, site, predicate, values, read)
        if shown:
            title = titles.get(predicate)
            groups.append(Group(site.in_(title) if title else names.name(predicate), shown))
    return groups


def _in_order(facts: Mapping[str, Sequence[Value]], titles: Mapping[str, Text]) -> list[str]:
    places = {predicate: place for place, predicate in enumerate(titles)}
    kept = [p for p in facts if p not in ELSEWHERE]
    return sorted(kept, key=lambda p: (places.get(p, len(places)), p))


def _values(
    entity: Entity,
    names: Names,
    site: Site,
    predicate: str,
    values: Sequence[Value],
    read: Mapping[Key, tuple[str, ...]],
) -> tuple[Shown, ...]:
    if any(entity.disputes.sources(entity.iri, predicate, v) for v in values):
        return tuple(_in_dispute(entity, names, predicate, values))
    named = [v for v in values if isinstance(v, ox.NamedNode)]
    plain = [v for v in values if not isinstance(v, ox.NamedNode)]
    if predicate in SPOKEN:
        others = [Thing(names.language(getattr(v, "value", ""))) for v in plain]
    else:
        others = names.things(plain)
    shown = [
        _shown(entity, names, site, names.thing(v), read.get((entity.iri, predicate, v.value), ()))
        for v in named
    ]
    return tuple(
        sorted(shown, key=lambda s: natural_order(s.thing.text.casefold()))
        + [Shown(thing, "", ()) for thing in others]
    )


def _in_dispute(
    entity: Entity, names: Names, predicate: str, values: Sequence[Value]
) -> Iterator[Shown]:
    """The values that sources disagree on, in their order, each with its sources."""
    for value in values:
        sources = entity.disputes.sources(entity.iri, predicate, value)
        according = tuple(names.thing(ox.NamedNode(source)) for source in sources)
        yield Shown(names.thing(value), "", (), according=according)


def _shown(entity: Entity, names: Names, site: Site, thing: Thing, nodes: Sequence[str]) -> Shown:
    facts = [entity.by_subject[node] for node in nodes]
    places = [iri for told in facts for iri in _iris(told, READ)]
    basis = [t for told in facts for t in names.things(told.get(expand("ess:basis"), ()))]
    certain = [assertion(told) for told in facts]
    doubt = next(iter(certain), "") if all(certain) else ""
    return Shown(thing, doubt, tuple(passages(places, site)), tuple(basis))


def pointing(entity: Entity, names: Names, site: Site) -> list[Group]:
    """The records that point to the thing, by property and kind."""
    read, already = readings(entity), told(entity)
    thing = ox.NamedNode(entity.iri)
    found: dict[tuple[str, str], list[tuple[str, Shown]]] = {}
    for triple in entity.triples:
        if triple.object != thing or not isinstance(triple.subject, ox.NamedNode):
            continue
        iri, predicate = triple.subject.value, triple.predicate.value
        ref = iris.reference(iri)
        if ref is None or "#" in iri or ref.kind not in BY_NAME:
            continue
        if predicate in DERIVED and iri in already:
            continue
        shown = _shown(
            entity,
            names,
            site,
            names.thing(triple.subject),
            read.get((iri, predicate, entity.iri), ()),
        )
        found.setdefault((predicate, ref.kind), []).append((iri, shown))
    return [
        Group(
            f"{_inverse(predicate, names, site)} – {site.in_(BY_NAME[kind].plural).lower()}",
            tuple(
                s
                for _, s in sorted(
                    rows, key=lambda row: natural_order(row[1].thing.text.casefold())
                )
            ),
        )
        for (predicate, kind), rows in sorted(
            found.items(), key=lambda item: (list(BY_NAME).index(item[0][1]), item[0][0])
        )
    ]


def _inverse(predicate: str, names: Names, site: Site) -> str:
    text = INVERSE.get(predicate)
    return site.in_(text) if text else f"« {names.name(predicate)} »"


def _is_node(value: Value) -> bool:
    """Whether a value is a node that hangs on a record."""
    return isinstance(value, ox.NamedNode) and value.value.startswith(ID) and "#" in value.value


def _iris(facts: Mapping[str, Sequence[Value]], name: str) -> list[str]:
    values = facts.get(expand(name), ())
    return [v.value for v in values if isinstance(v, ox.NamedNode)]
