"""Relations of an entity, outgoing and incoming, grouped by property."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox

from api.i18n.dates import format_interval
from api.views.inverse_labels import INVERSE_LABELS
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.page_context import PageContext
from api.views.passages import Passage, parse_passages
from api.views.qualified_relations import DERIVED_FROM, Dates, read_assertion
from api.views.report_links import build_report_href
from kg import iris
from kg.catalogue.edtf import parse_interval
from kg.catalogue.records import Field
from kg.catalogue.text_analysis import build_natural_sort_key
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import list_linked_iris
from kg.documents.relation_groups import DATED_KINDS, GroupMember, build_group_name
from kg.documents.relation_types import (
    DERIVED_PROPERTIES,
    RelationPlace,
    find_explicitly_related,
    find_level,
)
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID, RDF_TYPE, expand

PROPERTIES_SHOWN_ELSEWHERE: Final = frozenset(
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
REPEATING_PROPERTIES: Final = {
    expand("schema:endDate"): expand("schema:startDate"),
    expand("ess:dateText"): expand("schema:startDate"),
}
"""Properties that the page leaves out where they have the same value as another: the end of what
takes a day or a year, and its date as written."""
LANGUAGE_PROPERTIES: Final = frozenset(map(expand, ("dct:language", "schema:inLanguage")))
FACT_CLASS: Final = ox.NamedNode(expand("ess:Fact"))

MOMENTARY: Final = tuple(f"{ID}{kind}/" for kind in DATED_KINDS)
MAX_INLINE_LENGTH: Final = 20
"""Characters of a value that stands on a line with others."""

StatementKey = tuple[str, str, str]
Columns = Mapping[tuple[str, str], str]
"""Kind and property to the column that states it."""


@dataclass(frozen=True)
class PropertyValue:
    """One value of a property, its certainty and where that was read."""

    linked_text: LinkedText
    assertion: str
    passages: tuple[Passage, ...]
    basis: tuple[LinkedText, ...] = ()
    sources: tuple[LinkedText, ...] = ()
    """The sources that give it, where others give another."""
    period: str = ""
    """When the record was or is, where it has a date."""
    dates: tuple[str, str] = ("", "")
    """Beginning and end of that, as written."""
    other_iris: tuple[str, ...] = ()
    """The IRI of the record."""
    report: str = ""
    """The form for what is wrong with it, where the group has none."""

    @property
    def undated(self) -> bool:
        """Whether neither its beginning nor its end is known."""
        return not any(map(parse_interval, self.dates))


@dataclass(frozen=True)
class PropertyGroup:
    """A property and its values."""

    title: str
    values: tuple[PropertyValue, ...]
    name: str = ""
    """The name of a group of records that point to the thing."""
    report: str = ""
    """The form for what is wrong with it, where its values have none."""

    @property
    def inline(self) -> bool:
        """Whether the values are codes and such, that stand on one line."""
        return all(
            len(v.linked_text.text) <= MAX_INLINE_LENGTH
            and not (v.linked_text.href or v.passages or v.sources)
            for v in self.values
        )


def index_columns(fields: Mapping[str, Sequence[Field]]) -> Columns:
    """The columns by which records state something, of all kinds."""
    return {
        (kind, column.predicate): column.name
        for kind, columns in fields.items()
        for column in columns
        if column.predicate and not column.fragment
    }


def index_read_facts(entity: EntityDocument) -> dict[StatementKey, tuple[str, ...]]:
    """(subject, property, object) to the facts read that state it: certainty and passages."""
    nodes_by_statement: dict[StatementKey, list[str]] = {}
    for iri, facts in entity.by_subject.items():
        if FACT_CLASS in facts.get(RDF_TYPE, ()):
            for s in list_linked_iris(facts, "rdf:subject"):
                for p in list_linked_iris(facts, "rdf:predicate"):
                    for o in list_linked_iris(facts, "rdf:object"):
                        nodes_by_statement.setdefault((s, p, o), []).append(iri)
    return {key: tuple(nodes) for key, nodes in nodes_by_statement.items()}


def group_outgoing(
    entity: EntityDocument,
    names: LabelResolver,
    site: PageContext,
    titles: Mapping[str, Text],
    columns: Mapping[str, str] = MappingProxyType({}),
) -> list[PropertyGroup]:
    """The facts of the thing, in the order of the columns of its table, then by name.

    `titles` and `columns` are the titles and the columns of properties.
    """
    read, already = index_read_facts(entity), find_explicitly_related(entity.iri, entity.by_subject)
    groups = []
    for predicate in _order_properties(entity.facts, titles):
        hidden = already if predicate in DERIVED_PROPERTIES else frozenset[str]()
        values = [
            v
            for v in entity.facts[predicate]
            if not _is_fragment(v) and getattr(v, "value", "") not in hidden
        ]
        displayed = _build_values(entity, names, predicate, values, read)
        if displayed:
            title, column = titles.get(predicate), columns.get(predicate, "")
            each_read = not column and all(value.report for value in displayed)
            groups.append(
                PropertyGroup(
                    site.localize(title) if title else names.resolve_label(predicate),
                    displayed if each_read else tuple(replace(v, report="") for v in displayed),
                    report="" if each_read else build_report_href(site, entity.iri, column),
                )
            )
    return groups


def _order_properties(
    facts: Mapping[str, Sequence[Value]], titles: Mapping[str, Text]
) -> list[str]:
    places = {predicate: place for place, predicate in enumerate(titles)}
    predicates = [
        p for p in facts if p not in PROPERTIES_SHOWN_ELSEWHERE and not _is_repetition(p, facts)
    ]
    return sorted(predicates, key=lambda p: (places.get(p, len(places)), p))


def _is_repetition(predicate: str, facts: Mapping[str, Sequence[Value]]) -> bool:
    other = facts.get(REPEATING_PROPERTIES.get(predicate, ""), ())
    return _list_texts(facts[predicate]) == _list_texts(other)


def _list_texts(values: Sequence[Value]) -> set[str]:
    return {getattr(value, "value", "") for value in values}


def _build_values(
    entity: EntityDocument,
    names: LabelResolver,
    predicate: str,
    values: Sequence[Value],
    read: Mapping[StatementKey, tuple[str, ...]],
) -> tuple[PropertyValue, ...]:
    if any(entity.discrepancies.find_sources(entity.iri, predicate, v) for v in values):
        return tuple(_build_discrepant_values(entity, names, predicate, values))
    named_nodes = [v for v in values if isinstance(v, ox.NamedNode)]
    plain = [v for v in values if not isinstance(v, ox.NamedNode)]
    if predicate in LANGUAGE_PROPERTIES:
        literal_texts = [LinkedText(names.resolve_language(getattr(v, "value", ""))) for v in plain]
    else:
        literal_texts = names.resolve_all(plain)
    displayed = [
        _build_value(
            entity, names, names.resolve(v), read.get((entity.iri, predicate, v.value), ())
        )
        for v in named_nodes
    ]
    return tuple(
        sorted(displayed, key=lambda s: build_natural_sort_key(s.linked_text.text.casefold()))
        + [PropertyValue(literal_text, "", ()) for literal_text in literal_texts]
    )


def _build_discrepant_values(
    entity: EntityDocument, names: LabelResolver, predicate: str, values: Sequence[Value]
) -> Iterator[PropertyValue]:
    """The values that sources disagree on, in their order, each with its sources."""
    for value in values:
        sources = entity.discrepancies.find_sources(entity.iri, predicate, value)
        according = tuple(names.resolve(ox.NamedNode(source)) for source in sources)
        yield PropertyValue(names.resolve(value), "", (), sources=according)


def _build_value(
    entity: EntityDocument,
    names: LabelResolver,
    linked_text: LinkedText,
    nodes: Sequence[str],
) -> PropertyValue:
    facts = [entity.by_subject[node] for node in nodes]
    places = [iri for fact in facts for iri in list_linked_iris(fact, DERIVED_FROM)]
    basis = [t for fact in facts for t in names.resolve_all(fact.get(expand("ess:basis"), ()))]
    certain = [read_assertion(fact) for fact in facts]
    doubt = next(iter(certain), "") if all(certain) else ""
    return PropertyValue(
        linked_text,
        doubt,
        tuple(parse_passages(places, names)),
        tuple(basis),
        report=build_report_href(names.site, entity.iri, fact=nodes[0]) if nodes else "",
    )


def group_incoming(
    entity: EntityDocument,
    names: LabelResolver,
    site: PageContext,
    dates: Callable[[str], Dates],
    columns: Columns,
) -> list[PropertyGroup]:
    """The records that point to the thing, by property and kind.

    Those of a kind with dates stand in the order of these, others in that of their names.
    """
    read = index_read_facts(entity)
    already = find_explicitly_related(entity.iri, entity.by_subject)
    record_node = ox.NamedNode(entity.iri)
    today = site.created.date().isoformat() if site.created else ""
    subjects_by_group: dict[tuple[str, str], list[str]] = {}
    for triple in entity.triples:
        if triple.object != record_node or not isinstance(triple.subject, ox.NamedNode):
            continue
        iri, predicate = triple.subject.value, triple.predicate.value
        ref = iris.parse_record_iri(iri)
        if ref is None or "#" in iri or ref.kind not in KIND_BY_NAME:
            continue
        if not (predicate in DERIVED_PROPERTIES and iri in already):
            subjects_by_group.setdefault((predicate, ref.kind), []).append(iri)

    def build_sort_key(iri: str) -> tuple[float, bool, int, str]:
        momentary = iri.startswith(MOMENTARY)
        place = RelationPlace(find_level(iri), *dates(iri)[:2], names.resolve_label(iri), momentary)
        return place.build_sort_key(today)

    return [
        PropertyGroup(
            format_incoming_title(predicate, kind, names, site),
            tuple(
                _build_incoming(
                    entity,
                    names,
                    iri,
                    read.get((iri, predicate, entity.iri), ()),
                    dates,
                    columns.get((kind, predicate), ""),
                )
                for iri in sorted(subjects, key=build_sort_key)
            ),
            build_group_name(predicate, kind),
        )
        for (predicate, kind), subjects in sorted(
            subjects_by_group.items(),
            key=lambda item: (list(KIND_BY_NAME).index(item[0][1]), item[0][0]),
        )
    ]


def list_incoming_values(
    entity: EntityDocument,
    members: Iterable[GroupMember],
    names: LabelResolver,
    dates: Callable[[str], Dates],
    columns: Columns,
) -> list[PropertyValue]:
    """Members of a group of records that point to the thing, with where that was read."""
    return [
        _build_incoming(
            entity,
            names,
            member.iri,
            [node for node in member.notes if node in entity.by_subject],
            dates,
            columns.get((member.iri.removeprefix(ID).partition("/")[0], member.predicate), ""),
        )
        for member in members
    ]


def _build_incoming(
    entity: EntityDocument,
    names: LabelResolver,
    iri: str,
    nodes: Sequence[str],
    dates: Callable[[str], Dates],
    column: str,
) -> PropertyValue:
    """A record that points to the thing, with its own date.

    `column`: that of the record in which it names the thing, if there is one.
    """
    begin, end, zone = dates(iri)
    value = _build_value(entity, names, names.resolve(ox.NamedNode(iri)), nodes)
    period = format_interval(begin, end, names.site.language, zone)
    report = build_report_href(names.site, iri, column) if column or not nodes else value.report
    return replace(value, period=period, dates=(begin, end), other_iris=(iri,), report=report)


def format_incoming_title(
    predicate: str, kind: str, names: LabelResolver, site: PageContext
) -> str:
    """The heading of the records of a kind that state a property of the thing."""
    inverse = _format_inverse_label(predicate, names, site)
    plural = site.localize(KIND_BY_NAME[kind].plural).lower()
    return inverse if plural in inverse.lower() else f"{inverse} – {plural}"


def _format_inverse_label(predicate: str, names: LabelResolver, site: PageContext) -> str:
    text = INVERSE_LABELS.get(predicate)
    if text:
        return site.localize(text)
    return names.resolve_label(predicate).join(site.quotation_marks)


def _is_fragment(value: Value) -> bool:
    """Whether a value is a node that hangs on a record."""
    return isinstance(value, ox.NamedNode) and value.value.startswith(ID) and "#" in value.value
