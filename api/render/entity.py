"""The page of one thing: its facts, its relations both ways, its roles, where it was read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from api.links import address
from api.profiles import embedded
from api.render.facts import direct, pointing
from api.render.frame import site_of
from api.render.names import Names, Thing
from api.render.nodes import NOTE, READ, Dates, Facts, assertion, qualified
from api.render.passages import passages
from api.render.said import sayings
from api.render.site import Site
from api.render.templates import page
from api.representation import Representation
from api.serving.served_releases import ServedRelease
from kg import iris
from kg.catalogue.filters import Filters
from kg.catalogue.records import Item
from kg.documents.assemble import Entity
from kg.documents.discrepancies import Dispute
from kg.formats import HTML
from kg.kinds import BY_NAME, KINDS, Kind, Text
from kg.namespaces import ID, expand

IDENTIFIER: Final = expand("adms:identifier")
FORMERLY: Final = expand("ess:formerly")
ADDRESS: Final = expand("locn:address")


@dataclass(frozen=True)
class Inside:
    """How many records of a kind a territory holds, and where they are listed."""

    title: str
    count: int
    href: str


def entity_page(shown: Representation, entity: Entity, kind: str, key: str) -> str:
    """The page of a record."""
    served = shown.served
    item = served.catalogue.entity(kind, key)
    site = replace(site_of(shown), zone=item.zone if item else None)
    names = Names(site, served.catalogue.labels)
    names.learn(with_owners(entity.triples))
    title = names.name(entity.iri) if names.known(entity.iri) else key
    said = sayings(_said_of(entity), names, site, entity.iri)
    return page(
        "entity.html",
        site.language,
        site=site,
        kind=BY_NAME[kind],
        title=title,
        schema_org=embedded(entity.triples, entity.iri),
        assertion=assertion(entity.facts),
        inferred_hint=_doubt(entity, site),
        other_names=_other_names(entity, names, title),
        disputes=_disputes(entity, names, site, served, kind),
        description=_first(entity, names, "dct:description"),
        notes=names.things(entity.facts.get(NOTE, ())),
        facts=direct(entity, names, site, _titles(served, kind)),
        address=_texts(entity, ADDRESS, names, ("locn:fullAddress", "locn:postCode")),
        identifiers=_identifiers(entity, names),
        former=_former(entity, site),
        roles=qualified(entity, names, site, lambda iri: _dates(served, iri)),
        tables=served.tables,
        said=said,
        inside=_inside(served, site, item),
        pointing=pointing(entity, names, site),
        cut=entity.cut,
        passages=passages(_values(entity.facts, READ), site),
        sources=[names.thing(ox.NamedNode(iris.source(s))) for s in (item.sources if item else ())],
        iri=entity.iri,
        formats=formats_of(shown),
    )


def iris_of(triples: Iterable[ox.Triple]) -> Iterable[str]:
    """Every IRI some triples hold."""
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode):
                yield term.value


def with_owners(triples: Iterable[ox.Triple]) -> set[str]:
    """Every IRI some triples hold, and the records whose fragments are among them."""
    found = set(iris_of(triples))
    return found | {iri.partition("#")[0] for iri in found if iri.startswith(ID)}


def _said_of(entity: Entity) -> Mapping[str, Facts]:
    return {iri: facts for iri, facts in entity.by_subject.items() if iri != entity.iri}


def _doubt(entity: Entity, site: Site) -> str:
    code = assertion(entity.facts)
    return site.t(f"{code}_hint") if code else ""


def _other_names(entity: Entity, names: Names, title: str) -> list[Thing]:
    found: dict[str, Thing] = {}  # once, be it in one language or in two
    for name in ("ess:acronym", "skos:altLabel", "skos:prefLabel", "foaf:name"):
        for thing in names.things(entity.facts.get(expand(name), ())):
            found.setdefault(thing.text, thing)
    return [thing for thing in found.values() if thing.text != title]


def _first(entity: Entity, names: Names, name: str) -> list[Thing]:
    """The values of a property; of those that sources disagree on, the preferred."""
    predicate = expand(name)
    values = entity.facts.get(predicate, ())
    return names.things([v for v in values if not entity.disputes.place(entity.iri, predicate, v)])


@dataclass(frozen=True)
class Disputed:
    """What sources disagree on as it is shown: a title, and each value with its sources."""

    title: str
    values: tuple[tuple[Thing, tuple[Thing, ...]], ...]
    sources: tuple[Thing, ...]
    """Those that break a rule together, where it is not about values of one property."""


def _disputes(
    entity: Entity, names: Names, site: Site, served: ServedRelease, kind: str
) -> list[Disputed]:
    titles = {
        (field.predicate, field.fragment, field.lang or ""): field.title
        for field in served.catalogue.fields[kind]
    }
    found = []
    for dispute in entity.disputes.all:
        fragment = dispute.subject.removeprefix(entity.iri)
        title = titles.get((dispute.predicate, fragment, _language(dispute)))
        named = site.in_(title) if title else names.name(dispute.rule or dispute.predicate)
        values = tuple(
            (names.thing(stated.value), _sources(names, stated.sources))
            for stated in dispute.values
        )
        found.append(Disputed(named, values, _sources(names, dispute.sources)))
    return found


def _language(dispute: Dispute) -> str:
    """The language of the texts that differ, empty where they are no texts."""
    first = dispute.values[0].value if dispute.values else None
    return (first.language or "") if isinstance(first, ox.Literal) else ""


def _sources(names: Names, iris_: Iterable[str]) -> tuple[Thing, ...]:
    return tuple(names.thing(ox.NamedNode(iri)) for iri in iris_)


def _titles(served: ServedRelease, kind: str) -> dict[str, Text]:
    """Property to the title of its column, in the order of the columns."""
    return {
        field.predicate: field.title
        for field in served.catalogue.fields[kind]
        if field.predicate and not field.fragment
    }


def _texts(entity: Entity, link: str, names: Names, properties: tuple[str, ...]) -> list[Thing]:
    nodes = [entity.by_subject.get(iri, {}) for iri in _values(entity.facts, link)]
    return [t for node in nodes for p in properties for t in names.things(node.get(expand(p), ()))]


def _identifiers(entity: Entity, names: Names) -> list[tuple[Thing, Thing]]:
    """(scheme, value) of each identifier."""
    found = []
    for iri in _values(entity.facts, IDENTIFIER):
        node = entity.by_subject.get(iri, {})
        schemes = names.things(node.get(expand("dct:conformsTo"), ()))
        values = names.things(node.get(expand("skos:notation"), ()))
        found += [(scheme, value) for scheme in schemes or [Thing("")] for value in values]
    return sorted(found, key=lambda pair: (pair[0].text, pair[1].text))


def _former(entity: Entity, site: Site) -> list[tuple[str, str, str]]:
    """(code, name, first day on which it was over) of each code that a commune had."""
    found = []
    for iri in _values(entity.facts, FORMERLY):
        node = entity.by_subject.get(iri, {})
        code, name, until = (
            next((v.value for v in node.get(expand(p), ()) if isinstance(v, ox.Literal)), "")
            for p in ("skos:notation", "skos:prefLabel", "ess:until")
        )
        found.append((until, code, name))
    return [(code, name, site.day(until)) for until, code, name in sorted(found)]


def _dates(served: ServedRelease, iri: str) -> Dates:
    """Beginning and end of an event or a publication, as written, and the zone of its place."""
    ref = iris.reference(iri)
    kind = BY_NAME.get(ref.kind) if ref else None
    if ref is None or kind is None or kind.name not in ("event", "publication"):
        return "", "", None
    item = served.catalogue.entity(ref.kind, ref.key)
    if item is None:
        return "", "", None
    begin, end = item.dates
    return begin, end or begin, item.zone


def _inside(served: ServedRelease, site: Site, item: Item | None) -> list[Inside]:
    if item is None or item.kind != "territory":
        return []
    found = []
    for kind in KINDS:
        if kind.territories or kind.name == "place":
            count = served.catalogue.total(kind.name, Filters({"territory": (item.key,)}))
            href = site.href(kind.path, territory=item.key)
            found += [Inside(_plural(kind, site), count, href)] if count else []
    return found


def _plural(kind: Kind, site: Site) -> str:
    return site.in_(kind.plural)


def _values(facts: Facts, predicate: str) -> list[str]:
    return [v.value for v in facts.get(predicate, ()) if isinstance(v, ox.NamedNode)]


def formats_of(shown: Representation) -> list[tuple[str, str, str]]:
    """The other forms of a document: name, address and media type."""
    path = address(shown.path)
    return [(f.name, f"{path}.{f.extension}", f.media_type) for f in shown.formats if f != HTML]
