"""View model of the page of one record: statements, relations both ways, roles, sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from api.http.links import build_url
from api.serving.profiles import build_schema_org_block
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext
from api.views.passages import parse_passages
from api.views.qualified_relations import (
    DERIVED_FROM,
    EDITORIAL_NOTE,
    Dates,
    Facts,
    list_qualified_relations,
    read_assertion,
)
from api.views.relations import group_incoming, group_outgoing
from api.views.request_context import build_page_context
from api.views.statements import list_statements
from kg import iris
from kg.catalogue.filters import Filters
from kg.catalogue.records import Item
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import Discrepancy
from kg.formats import HTML
from kg.kinds import KIND_BY_NAME, KINDS, Kind, Text
from kg.namespaces import ID, expand

IDENTIFIER_PROPERTY: Final = expand("adms:identifier")
FORMERLY_PROPERTY: Final = expand("ess:formerly")
ADDRESS_PROPERTY: Final = expand("locn:address")


@dataclass(frozen=True)
class KindCount:
    """How many records of a kind a territory holds, and where they are listed."""

    title: str
    count: int
    href: str


def render_entity_page(shown: Representation, entity: EntityDocument, kind: str, key: str) -> str:
    """The page of a record."""
    served = shown.served
    item = served.catalogue.find_entity(kind, key)
    site = replace(build_page_context(shown), zone=item.zone if item else None)
    names = LabelResolver(site, served.catalogue.read_labels)
    names.load(list_iris_with_owners(entity.triples))
    title = names.resolve_label(entity.iri) if names.has_label(entity.iri) else key
    said = list_statements(_list_fragment_nodes(entity), names, site, entity.iri)
    return render_page(
        "entity.html",
        site.language,
        site=site,
        kind=KIND_BY_NAME[kind],
        title=title,
        schema_org=build_schema_org_block(entity.triples, entity.iri),
        assertion=read_assertion(entity.facts),
        inferred_hint=_format_certainty_hint(entity, site),
        other_names=_list_other_names(entity, names, title),
        disputes=_list_discrepancies(entity, names, site, served, kind),
        description=_list_preferred_values(entity, names, "dct:description"),
        notes=names.resolve_all(entity.facts.get(EDITORIAL_NOTE, ())),
        facts=group_outgoing(entity, names, site, _map_column_titles(served, kind)),
        address=_list_texts(entity, ADDRESS_PROPERTY, names, ("locn:fullAddress", "locn:postCode")),
        identifiers=_list_identifiers(entity, names),
        former=_list_former_codes(entity, site),
        roles=list_qualified_relations(entity, names, site, lambda iri: _find_dates(served, iri)),
        tables=served.tables,
        said=said,
        inside=_count_by_kind(served, site, item),
        pointing=group_incoming(entity, names, site),
        cut=entity.is_truncated,
        passages=parse_passages(_list_iri_values(entity.facts, DERIVED_FROM), site),
        sources=[
            names.resolve(ox.NamedNode(iris.build_source_iri(s)))
            for s in (item.sources if item else ())
        ],
        iri=entity.iri,
        formats=list_format_links(shown),
    )


def list_iris(triples: Iterable[ox.Triple]) -> Iterable[str]:
    """Every IRI some triples hold."""
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode):
                yield term.value


def list_iris_with_owners(triples: Iterable[ox.Triple]) -> set[str]:
    """Every IRI some triples hold, and the records whose fragments are among them."""
    found = set(list_iris(triples))
    return found | {iri.partition("#")[0] for iri in found if iri.startswith(ID)}


def _list_fragment_nodes(entity: EntityDocument) -> Mapping[str, Facts]:
    return {iri: facts for iri, facts in entity.by_subject.items() if iri != entity.iri}


def _format_certainty_hint(entity: EntityDocument, site: PageContext) -> str:
    code = read_assertion(entity.facts)
    return site.t(f"{code}_hint") if code else ""


def _list_other_names(entity: EntityDocument, names: LabelResolver, title: str) -> list[LinkedText]:
    found: dict[str, LinkedText] = {}  # once, be it in one language or in two
    for name in ("ess:acronym", "skos:altLabel", "skos:prefLabel", "foaf:name"):
        for thing in names.resolve_all(entity.facts.get(expand(name), ())):
            found.setdefault(thing.text, thing)
    return [thing for thing in found.values() if thing.text != title]


def _list_preferred_values(
    entity: EntityDocument, names: LabelResolver, name: str
) -> list[LinkedText]:
    """The values of a property; of those that sources disagree on, the preferred."""
    predicate = expand(name)
    values = entity.facts.get(predicate, ())
    return names.resolve_all(
        [v for v in values if not entity.discrepancies.find_position(entity.iri, predicate, v)]
    )


@dataclass(frozen=True)
class DisplayedDiscrepancy:
    """What sources disagree on as it is shown: a title, and each value with its sources."""

    title: str
    values: tuple[tuple[LinkedText, tuple[LinkedText, ...]], ...]
    sources: tuple[LinkedText, ...]
    """Those that break a rule together, where it is not about values of one property."""


def _list_discrepancies(
    entity: EntityDocument,
    names: LabelResolver,
    site: PageContext,
    served: ServedRelease,
    kind: str,
) -> list[DisplayedDiscrepancy]:
    titles = {
        (field.predicate, field.fragment, field.lang or ""): field.title
        for field in served.catalogue.fields[kind]
    }
    found = []
    for dispute in entity.discrepancies.items:
        fragment = dispute.subject.removeprefix(entity.iri)
        title = titles.get((dispute.predicate, fragment, _find_text_language(dispute)))
        named = (
            site.localize(title)
            if title
            else names.resolve_label(dispute.rule or dispute.predicate)
        )
        values = tuple(
            (names.resolve(stated.value), _resolve_sources(names, stated.sources))
            for stated in dispute.values
        )
        found.append(DisplayedDiscrepancy(named, values, _resolve_sources(names, dispute.sources)))
    return found


def _find_text_language(dispute: Discrepancy) -> str:
    """The language of the texts that differ, empty where they are no texts."""
    first = dispute.values[0].value if dispute.values else None
    return (first.language or "") if isinstance(first, ox.Literal) else ""


def _resolve_sources(names: LabelResolver, iris_: Iterable[str]) -> tuple[LinkedText, ...]:
    return tuple(names.resolve(ox.NamedNode(iri)) for iri in iris_)


def _map_column_titles(served: ServedRelease, kind: str) -> dict[str, Text]:
    """Property to the title of its column, in the order of the columns."""
    return {
        field.predicate: field.title
        for field in served.catalogue.fields[kind]
        if field.predicate and not field.fragment
    }


def _list_texts(
    entity: EntityDocument, link: str, names: LabelResolver, properties: tuple[str, ...]
) -> list[LinkedText]:
    nodes = [entity.by_subject.get(iri, {}) for iri in _list_iri_values(entity.facts, link)]
    return [
        t for node in nodes for p in properties for t in names.resolve_all(node.get(expand(p), ()))
    ]


def _list_identifiers(
    entity: EntityDocument, names: LabelResolver
) -> list[tuple[LinkedText, LinkedText]]:
    """(scheme, value) of each identifier."""
    found = []
    for iri in _list_iri_values(entity.facts, IDENTIFIER_PROPERTY):
        node = entity.by_subject.get(iri, {})
        schemes = names.resolve_all(node.get(expand("dct:conformsTo"), ()))
        values = names.resolve_all(node.get(expand("skos:notation"), ()))
        found += [(scheme, value) for scheme in schemes or [LinkedText("")] for value in values]
    return sorted(found, key=lambda pair: (pair[0].text, pair[1].text))


def _list_former_codes(entity: EntityDocument, site: PageContext) -> list[tuple[str, str, str]]:
    """(code, name, first day on which it was over) of each code that a commune had."""
    found = []
    for iri in _list_iri_values(entity.facts, FORMERLY_PROPERTY):
        node = entity.by_subject.get(iri, {})
        code, name, until = (
            next((v.value for v in node.get(expand(p), ()) if isinstance(v, ox.Literal)), "")
            for p in ("skos:notation", "skos:prefLabel", "ess:until")
        )
        found.append((until, code, name))
    return [(code, name, site.format_day(until)) for until, code, name in sorted(found)]


def _find_dates(served: ServedRelease, iri: str) -> Dates:
    """Beginning and end of an event or a publication, as written, and the zone of its place."""
    ref = iris.parse_record_iri(iri)
    kind = KIND_BY_NAME.get(ref.kind) if ref else None
    if ref is None or kind is None or kind.name not in ("event", "publication"):
        return "", "", None
    item = served.catalogue.find_entity(ref.kind, ref.key)
    if item is None:
        return "", "", None
    begin, end = item.dates
    return begin, end or begin, item.zone


def _count_by_kind(served: ServedRelease, site: PageContext, item: Item | None) -> list[KindCount]:
    if item is None or item.kind != "territory":
        return []
    found = []
    for kind in KINDS:
        if kind.territories or kind.name == "place":
            count = served.catalogue.count_list(kind.name, Filters({"territory": (item.key,)}))
            href = site.href(kind.path, territory=item.key)
            found += [KindCount(_format_plural(kind, site), count, href)] if count else []
    return found


def _format_plural(kind: Kind, site: PageContext) -> str:
    return site.localize(kind.plural)


def _list_iri_values(facts: Facts, predicate: str) -> list[str]:
    return [v.value for v in facts.get(predicate, ()) if isinstance(v, ox.NamedNode)]


def list_format_links(shown: Representation) -> list[tuple[str, str, str]]:
    """The other forms of a document: name, address and media type."""
    path = build_url(shown.path)
    return [(f.name, f"{path}.{f.extension}", f.media_type) for f in shown.formats if f != HTML]
