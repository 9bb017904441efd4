"""Qualified relations (memberships, participations…): n-ary nodes read as rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from api.i18n.dates import format_interval
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.link_phrases import find_phrase
from api.views.page_context import PageContext
from api.views.passages import Passage, parse_passages
from kg import iris
from kg.documents.assemble import EntityDocument
from kg.documents.relation_types import (
    NO_RANK,
    RELATION_TYPES,
    RelationPlace,
    RelationType,
    find_relation_type,
    is_past,
    list_named,
    list_other_records,
    read_period,
    read_rank,
)
from kg.namespaces import RDF_TYPE, expand

DERIVED_FROM: Final = expand("prov:wasDerivedFrom")
STATED_ASSERTION: Final = iris.build_concept_iri("assertion", "stated")
EDITORIAL_NOTE: Final = expand("skos:editorialNote")

Facts = Mapping[str, Sequence[Value]]
Dates = tuple[str, str, str | None]
"""Beginning, end, and the time zone of the place they are told for, where it is known."""


@dataclass(frozen=True)
class RelationRow:
    """One qualified relation, seen from the thing of the page."""

    role: LinkedText
    others: tuple[LinkedText, ...]
    period: str
    details: tuple[LinkedText, ...]
    notes: tuple[LinkedText, ...]
    assertion: str
    """`inferred` or `external`, empty where a source states it."""
    passages: tuple[Passage, ...]
    reversed: bool
    """Whether the role is that of the other record towards this one."""
    verb: str
    """The role as seen from the thing of the page."""
    node: str
    """The IRI of the relation."""
    role_iri: str
    other_iris: tuple[str, ...]
    dates: tuple[str, str]
    """Beginning and end, as written."""
    place: RelationPlace = field(repr=False)


def list_qualified_relations(
    entity: EntityDocument, names: LabelResolver, site: PageContext, dates: Callable[[str], Dates]
) -> dict[str, list[RelationRow]]:
    """Table name to the rows of its nodes.

    `dates` gives the beginning and end, as written, of a record: the time of a participation is
    that of its event.
    """
    rows_by_table: dict[str, list[RelationRow]] = {}
    owned = {v.value for vs in entity.facts.values() for v in vs if isinstance(v, ox.NamedNode)}
    for iri, facts in entity.by_subject.items():
        shape = find_relation_type(facts)
        if shape is not None:
            row = _build_row(entity, iri, facts, shape, names, site, dates, owned)
            rows_by_table.setdefault(shape.table, []).append(row)
    today = site.created.date().isoformat() if site.created else ""
    return {
        shape.table: sorted(
            rows_by_table[shape.table], key=lambda row: row.place.build_sort_key(today)
        )
        for shape in RELATION_TYPES.values()
        if shape.table in rows_by_table
    }


def _build_row(
    entity: EntityDocument,
    iri: str,
    facts: Facts,
    shape: RelationType,
    names: LabelResolver,
    site: PageContext,
    dates: Callable[[str], Dates],
    owned: Collection[str],
) -> RelationRow:
    record_iris = list_other_records(entity.iri, iri, facts, shape)
    role_iris = list_named(facts, expand(shape.role))
    roles = names.resolve_all(facts.get(expand(shape.role), ()))
    begin, end, zone = *read_period(entity.by_subject, facts, shape), site.zone
    if not begin and not end:
        stated = (
            dates_of_other for other in record_iris if any((dates_of_other := dates(other))[:2])
        )
        begin, end, zone = next(stated, ("", "", None))
    others = tuple(names.resolve(ox.NamedNode(other)) for other in record_iris)
    told, own = {other.text for other in others}, ox.NamedNode(entity.iri)
    details = [
        detail
        for name in shape.details
        for detail in names.resolve_all([v for v in facts.get(expand(name), ()) if v != own])
        if detail.text not in told
    ]
    role = roles[0] if roles else LinkedText("")
    is_reversed = bool(shape.object_property) and entity.iri in list_named(
        facts, expand(shape.object_property)
    )
    return RelationRow(
        role=role,
        others=others,
        period=format_interval(begin, end, site.language, zone),
        details=tuple(details),
        notes=tuple(names.resolve_all(facts.get(EDITORIAL_NOTE, ()))),
        assertion=read_assertion(facts),
        passages=tuple(parse_passages(list_named(facts, DERIVED_FROM), names)),
        reversed=is_reversed,
        verb=_find_verb(facts, role_iris, role, names) if is_reversed else role.text,
        node=iri,
        role_iri=role_iris[0] if role_iris else "",
        other_iris=tuple(record_iris),
        dates=(begin, end),
        place=RelationPlace(
            read_rank(facts, shape) if iri in owned else NO_RANK,
            begin,
            end,
            names.resolve_label(record_iris[0]) if record_iris else "",
            is_past(facts, shape),
        ),
    )


def _find_verb(
    facts: Facts, role_iris: Sequence[str], role: LinkedText, names: LabelResolver
) -> str:
    """A role that leads to the thing of the page, told from there."""
    code = role_iris[0].rpartition("/")[2] if role_iris else ""
    classes = (name for name in list_named(facts, RDF_TYPE) if name in RELATION_TYPES)
    phrase = next((find_phrase(name, code) for name in classes), None)
    backward = names.site.localize(phrase.backward) if phrase else role.text
    return backward.format(role=role.text)


def read_assertion(facts: Facts) -> str:
    """`inferred` or `external` where nothing says that a source states it."""
    codes = list_named(facts, expand("ess:assertion"))
    if not codes or STATED_ASSERTION in codes:
        return ""
    return codes[0].rpartition("/")[2]
