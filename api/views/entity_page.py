"""View model of the page of one record: statements, relations both ways, roles, sources."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pyoxigraph as ox

from api.http.links import build_url
from api.serializers.references import REFERENCE_FORMATS, Reference
from api.serving.affiliations import Affiliations
from api.serving.coauthors import Coauthor
from api.serving.day_parameter import DAY_PARAMETER
from api.serving.profiles import build_schema_org_block
from api.serving.representation import Representation
from api.views.citation import build_citation
from api.views.inhabitants import describe_population, format_rate
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.list_entries import ListEntry, build_entry, format_plain
from api.views.page_context import PageContext, build_page_context
from api.views.passages import parse_passages
from api.views.person_timeline import build_person_timeline
from api.views.qualified_relations import (
    DERIVED_FROM,
    EDITORIAL_NOTE,
    Dates,
    Facts,
    RelationRow,
    list_qualified_relations,
    read_assertion,
)
from api.views.record_codes import list_former_codes, list_identifiers
from api.views.record_discrepancies import list_discrepancies
from api.views.record_on_day import DatedRow, DaySelection, describe_day
from api.views.relation_list import FirstRows, split_rows
from api.views.relations import PropertyGroup, group_incoming, group_outgoing, index_columns
from api.views.report_links import build_report_href
from api.views.same_things import link_records
from api.views.small_map import build_small_map
from api.views.statements import list_statements
from api.views.subscriptions import list_subscriptions
from api.views.territory_map import build_territory_map
from kg import iris
from kg.catalogue.edtf import Interval, parse_interval
from kg.catalogue.filters import find_record_filter
from kg.catalogue.records import Field, Inhabitants, Item
from kg.catalogue.same_things import Pair
from kg.catalogue.text_analysis import fold
from kg.countries import name_country
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import list_linked_iris
from kg.documents.relation_groups import DATED_KINDS, RecordRelations
from kg.formats import HTML, ICALENDAR
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID, expand

ADDRESS_PROPERTY: Final = expand("locn:address")
FOLLOWED_BY_LIST: Final = ("territory", "topic")
"""Kinds whose changes are those of all records that they have."""
LINKS: Final = frozenset(map(expand, ("owl:sameAs", "skos:closeMatch")))
"""Links between records of one thing."""


@dataclass(frozen=True)
class KindCount:
    """Number of records of a kind in a territory or source, and the address of their list."""

    title: str
    count: int
    href: str
    rate: str = ""
    """How many that is for each 10,000 inhabitants of a territory."""


@dataclass(frozen=True)
class TopicCount:
    """Number of records of a kind in a territory that carry a topic, and their list."""

    topic: LinkedText
    kind: str
    count: int
    href: str


@dataclass(frozen=True)
class CatalogueData:
    """Facts of the catalogue that the page of a record shows beside its document."""

    item: Item | None
    labels: Mapping[str, Text]
    """IRI to label, of all IRIs of the document and of their records."""
    counts: Mapping[str, int]
    """Kind to number of records in the territory that the page is about."""
    fields: Sequence[Field]
    linked: Sequence[tuple[Pair, Item]]
    """The other records of the same thing, and those that probably are."""
    find_dates: Callable[[str], Dates]
    """Beginning, end and time zone of a record, by its IRI: of an event or a publication."""
    may_exist: Callable[[str, Interval], bool]
    """Whether a record may exist on a day, by its IRI."""
    trail: Sequence[str] = ()
    """IRIs of the territories around it, the widest first."""
    statuses: Mapping[str, Text] = field(default_factory=dict)
    """Labels of event statuses."""
    neighbours: Sequence[Item] = ()
    """Records of like names."""
    coauthors: Mapping[str, Sequence[Coauthor]] = field(default_factory=dict)
    """The other authors of what a person wrote, by its IRI."""
    affiliations: Mapping[str, Affiliations] = field(default_factory=dict)
    """Those of the people who take part in an event, by the IRI of each."""
    inhabitants: Inhabitants | None = None
    """Of a territory."""
    topics: Sequence[tuple[str, str, int]] = ()
    """The most frequent topics in a territory: topic, kind and number of records."""
    questions: Sequence[tuple[str, str]] = ()
    """Titles and addresses of named queries about the record."""


def render_entity_page(
    variant: Representation,
    entity: EntityDocument,
    kind: str,
    key: str,
    data: CatalogueData,
    reference: Reference | None = None,
    relations: RecordRelations | None = None,
    day: Interval | None = None,
) -> str:
    """The page of a record; `reference` is what a publication is cited by.

    `relations` are all relations of the record, where the document has the first of them; `day` is
    that on which its facts are shown, None for all times.
    """
    item = data.item
    site = replace(build_page_context(variant), zone=item.zone if item else None)
    names = LabelResolver(site, data.labels)
    title = names.resolve_label(entity.iri) if names.has_label(entity.iri) else key
    related = _drop_links(entity, [other.iri for _, other in data.linked])
    columns = {column.name: column for column in data.fields}
    properties = _map_columns(data.fields)
    entry = build_entry(item, columns, data.labels, data.statuses, site) if item else None
    roles = list_qualified_relations(
        entity, names, site, data.find_dates, data.coauthors, data.affiliations
    )
    pointing = group_incoming(
        related, names, site, data.find_dates, index_columns(variant.served.catalogue.fields)
    )
    is_dated = any(not row.undated for rows in roles.values() for row in rows)
    left_out = relations.left_out if relations else 0
    former = list_former_codes(entity, site)
    if day is not None:
        before = _count_rows(roles, pointing) + len(former)
        selected = DaySelection(day, data.may_exist)
        roles, pointing = selected.select_rows(roles), selected.select_values(pointing)
        former = [one for one in former if not one.until or one.until > day[0]]
        left_out += before - _count_rows(roles, pointing) - len(former)
    list_filter = find_record_filter(kind, key)
    territory_map = (
        build_territory_map(variant, item, data.counts, site)
        if item and kind == "territory" and day is None
        else None
    )
    statements = list_statements(_list_fragment_nodes(entity), names, entity.iri)
    return render_page(
        "entity.html",
        site.language,
        site=site,
        kind=KIND_BY_NAME[kind],
        title=title,
        summary=_describe(entry, title),
        summary_facts=entry.facts if entry else (),
        state=entry.state if entry else "",
        trail=[names.resolve(ox.NamedNode(one)) for one in data.trail],
        actions=[
            *(
                ("calendar", site.t("add_to_calendar"), f"/{kind}/{key}.{ICALENDAR.extension}")
                for each in variant.formats
                if each == ICALENDAR
            ),
            ("network", site.t("network"), site.href(f"/graph/{kind}/{key}")),
            ("path", site.t("path_from_here"), site.href("/paths", [("from", f"{kind}/{key}")])),
            ("table", site.t("compare"), site.href("/compare", one=f"{kind}/{key}")),
            ("flag", site.t("report_error"), site.href("/feedback", record=f"{kind}/{key}")),
        ],
        small_map=build_small_map(item, site) if item and territory_map is None else None,
        territory_map=territory_map,
        heading=site.name(data.labels.get(entity.iri, Text(title, title))),
        schema_org=build_schema_org_block(entity.triples, entity.iri),
        assertion=read_assertion(entity.facts),
        inferred_hint=_format_certainty_hint(entity, site),
        other_names=_list_other_names(entity, names, {title, *(entry.facts if entry else ())}),
        linked=link_records(data.linked, data.fields, names, site),
        disputes=list_discrepancies(entity, names, site, data.fields),
        description=_list_preferred_values(entity, names, "dct:description"),
        notes=names.resolve_all(entity.facts.get(EDITORIAL_NOTE, ())),
        facts=group_outgoing(
            related,
            names,
            site,
            {predicate: column.title for predicate, column in properties.items()},
            {predicate: column.name for predicate, column in properties.items()},
        ),
        reports={
            name: build_report_href(site, entity.iri, column)
            for name, column in _find_text_columns(columns, site).items()
        },
        address=[
            *_list_texts(entity, ADDRESS_PROPERTY, names, ("locn:fullAddress", "locn:postCode")),
            *(
                LinkedText(name_country(code.text, site.language))
                for code in _list_texts(entity, ADDRESS_PROPERTY, names, ("locn:adminUnitL1",))
            ),
        ],
        identifiers=list_identifiers(entity, names),
        former=former,
        roles={
            table: _split_group(rows, table, relations, variant, site)
            for table, rows in roles.items()
        },
        # what takes place has its links at its own day
        dated=(kind not in DATED_KINDS and (is_dated or bool(former))) or day is not None,
        on=variant.request.query_params.get(DAY_PARAMETER, "").strip(),
        notice=describe_day(
            item,
            day,
            variant.request.query_params[DAY_PARAMETER].strip(),
            left_out,
            variant.path,
            site,
        )
        if day
        else None,
        canonical=replace(site, parameters=()).build_address() if day else site.build_address(),
        timeline=build_person_timeline(roles, site, _count_left_out(roles, relations))
        if kind == "person"
        else None,
        citation=build_citation(reference, site) if reference else None,
        citation_formats=[
            (f.name, f"{build_url(variant.path)}.{f.extension}", f.media_type)
            for f in (REFERENCE_FORMATS if reference else ())
        ],
        tables=variant.served.tables,
        said=statements,
        inside=[
            replace(one, rate=format_rate(one.count, data.inhabitants, site))
            if item and name != "territory"
            else one
            for name, one in zip(
                data.counts,
                link_counts(data.counts, site, **dict([list_filter] if list_filter else ())),
                strict=True,
            )
        ],
        topics=[
            TopicCount(
                names.resolve(ox.NamedNode(f"{ID}{topic}")),
                site.localize(KIND_BY_NAME[name].plural),
                count,
                site.href(KIND_BY_NAME[name].path, [("territory", key), ("topics", topic)]),
            )
            for topic, name, count in data.topics
        ],
        population=describe_population(data.inhabitants, variant.served.manifest, site),
        neighbours=[
            LinkedText(other.label[site.language], site.href(other.path))
            for other in data.neighbours
        ],
        questions=data.questions,
        pointing=[
            (group.title, _split_group(group.values, group.name, relations, variant, site))
            for group in pointing
        ],
        cut=entity.is_truncated,
        passages=parse_passages(list_linked_iris(entity.facts, DERIVED_FROM), names),
        sources=[
            names.resolve(ox.NamedNode(iris.build_source_iri(s)))
            for s in (item.sources if item else ())
        ],
        key=key,
        iri=entity.iri,
        subscriptions=list_subscriptions(
            list_filter
            if kind in FOLLOWED_BY_LIST and list_filter
            else ("record", f"{kind}/{key}"),
            site,
            variant.origin,
            events=list_filter if data.counts.get("event") else None,
        ),
        formats=list_format_links(variant),
    )


def _count_rows(
    roles: Mapping[str, Sequence[RelationRow]], pointing: Sequence[PropertyGroup]
) -> int:
    return sum(map(len, roles.values())) + sum(len(group.values) for group in pointing)


def _split_group(
    rows: Sequence[DatedRow],
    name: str,
    relations: RecordRelations | None,
    variant: Representation,
    site: PageContext,
) -> FirstRows[DatedRow]:
    """The first rows of a group, and where the others are."""
    listed = variant.served.relation_reader is not None
    on = variant.request.query_params.get(DAY_PARAMETER, "")
    chosen = [("group", name), *([(DAY_PARAMETER, on)] if on else [])]
    href = site.href(f"/relations{variant.path}", chosen) if listed else ""
    group = relations.groups.get(name) if relations else None
    dates = [m.dates for m in group.members] if group else [row.dates for row in rows]
    undated = not any(parse_interval(written) for pair in dates for written in pair)
    return replace(split_rows(rows, len(dates), href), undated=undated)


def _count_left_out(
    roles: Mapping[str, Sequence[RelationRow]], relations: RecordRelations | None
) -> int:
    """The roles that the document does not have."""
    groups = relations.groups if relations else {}
    return sum(
        len(groups[table].members) - len(rows) for table, rows in roles.items() if table in groups
    )


def _describe(entry: ListEntry | None, title: str) -> str:
    """What search engines show of the page: what the record is, then its description."""
    facts = [title, *(entry.facts if entry else ())]
    text = " · ".join(map(format_plain, facts))
    told = format_plain(entry.description) if entry else ""
    return f"{text}. {told}" if told else text


def _drop_links(entity: EntityDocument, others: Sequence[str]) -> EntityDocument:
    """The document without its links with records of the same thing, which the page shows apart."""
    if not others:
        return entity
    nodes = {ox.NamedNode(iri) for iri in others}
    triples = [
        t
        for t in entity.triples
        if not (t.predicate.value in LINKS and (t.object in nodes or t.subject in nodes))
    ]
    return EntityDocument(entity.iri, triples, entity.is_truncated)


def list_iris(triples: Iterable[ox.Triple]) -> Iterable[str]:
    """Every IRI some triples hold."""
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode):
                yield term.value


def list_iris_with_owners(triples: Iterable[ox.Triple]) -> set[str]:
    """Every IRI some triples hold, and the records whose fragments are among them."""
    mentioned_iris = set(list_iris(triples))
    return mentioned_iris | {iri.partition("#")[0] for iri in mentioned_iris if iri.startswith(ID)}


def _list_fragment_nodes(entity: EntityDocument) -> Mapping[str, Facts]:
    return {iri: facts for iri, facts in entity.by_subject.items() if iri != entity.iri}


def _format_certainty_hint(entity: EntityDocument, site: PageContext) -> str:
    code = read_assertion(entity.facts)
    return site.t(f"{code}_hint") if code else ""


def _list_other_names(
    entity: EntityDocument, names: LabelResolver, shown: Collection[str]
) -> list[LinkedText]:
    """The names of a record beside those that are shown already."""
    names_by_text: dict[str, LinkedText] = {}  # once, be it in one language or in two
    for name in ("ess:acronym", "skos:altLabel", "skos:prefLabel", "foaf:name"):
        for linked_text in names.resolve_all(entity.facts.get(expand(name), ())):
            names_by_text.setdefault(linked_text.text, linked_text)
    told = set(map(fold, shown))  # a name in capitals says nothing more
    return [linked_text for text, linked_text in names_by_text.items() if fold(text) not in told]


def _list_preferred_values(
    entity: EntityDocument, names: LabelResolver, name: str
) -> list[LinkedText]:
    """The values of a property; of those that sources disagree on, the preferred."""
    predicate = expand(name)
    values = entity.facts.get(predicate, ())
    return names.resolve_all(
        [v for v in values if not entity.discrepancies.find_position(entity.iri, predicate, v)]
    )


def _map_columns(fields: Sequence[Field]) -> dict[str, Field]:
    """Property to its column, in the order of the columns."""
    return {f.predicate: f for f in fields if f.predicate and not f.fragment}


def _list_texts(
    entity: EntityDocument, link: str, names: LabelResolver, properties: tuple[str, ...]
) -> list[LinkedText]:
    nodes = [entity.by_subject.get(iri, {}) for iri in list_linked_iris(entity.facts, link)]
    return [
        t for node in nodes for p in properties for t in names.resolve_all(node.get(expand(p), ()))
    ]


def _find_text_columns(columns: Collection[str], site: PageContext) -> dict[str, str]:
    """The columns of what stands outside of the list of facts, by what it is."""
    other = site.other_language
    candidates = {
        "label": (f"label_{site.language}", f"label_{other}"),
        "other_names": ("alt_labels",),
        "description": (f"description_{site.language}", f"description_{other}"),
        "note": (f"note_{site.language}", f"note_{other}"),
        "address": ("address",),
    }
    found = {
        name: next((column for column in choices if column in columns), "")
        for name, choices in candidates.items()
    }
    return {name: column for name, column in found.items() if column}


def link_counts(counts: Mapping[str, int], site: PageContext, **filters: str) -> list[KindCount]:
    """The numbers of records by kind, each with a link to its list under some filters."""
    return [
        KindCount(
            site.localize(KIND_BY_NAME[kind].plural),
            count,
            site.href(KIND_BY_NAME[kind].path, filters.items()),
        )
        for kind, count in counts.items()
    ]


def list_format_links(variant: Representation) -> list[tuple[str, str, str]]:
    """The other forms of a document: name, address and media type."""
    path = build_url(variant.path)
    return [(f.name, f"{path}.{f.extension}", f.media_type) for f in variant.formats if f != HTML]
