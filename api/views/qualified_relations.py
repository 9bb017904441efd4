"""Qualified relations (memberships, participations…): n-ary nodes read as rows."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox

from api.i18n.dates import format_interval
from api.serving.affiliations import Affiliations
from api.serving.coauthors import AUTHOR, Coauthor
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.link_phrases import find_phrase
from api.views.page_context import PageContext
from api.views.passages import MIN_SHARING_ROWS, Passage, parse_passages
from api.views.report_links import build_report_href
from kg import iris
from kg.catalogue.edtf import parse_interval
from kg.catalogue.text_analysis import fold
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
NAMES: Final = tuple(map(expand, ("skos:prefLabel", "skos:altLabel", "foaf:familyName")))
NAME_AS_WRITTEN: Final = "ess:nameAsWritten"
MAX_COMPANIONS: Final = 6
"""Co-authors that are named; of more their number is told."""
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
    shown_details: tuple[LinkedText, ...]
    """Those that a reader does not know from the page: its own name is none."""
    companions: tuple[LinkedText, ...]
    """With whom it was: the other authors of a publication that a person wrote."""
    more_companions: int
    """How many more there are."""
    affiliations: tuple[LinkedText, ...]
    """What a participant was a member of on the days of the event."""
    undated_affiliations: tuple[LinkedText, ...]
    """What it is said to be a member of without a date, where nothing is dated."""
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
    report: str
    """The form for what is wrong with it."""
    undated: bool
    """Whether neither its beginning nor its end is known."""
    place: RelationPlace = field(repr=False)


def list_qualified_relations(
    entity: EntityDocument,
    names: LabelResolver,
    site: PageContext,
    dates: Callable[[str], Dates],
    coauthors: Mapping[str, Sequence[Coauthor]] = MappingProxyType({}),
    affiliations: Mapping[str, Affiliations] = MappingProxyType({}),
) -> dict[str, list[RelationRow]]:
    """Table name to the rows of its nodes.

    `dates` gives the beginning and end, as written, of a record: the time of a participation is
    that of its event. `coauthors` are the other authors of what a person wrote, by its IRI;
    `affiliations` those of the people who take part in an event.
    """
    own_names = _list_own_names(entity)
    rows_by_table: dict[str, list[RelationRow]] = {}
    owned = {v.value for vs in entity.facts.values() for v in vs if isinstance(v, ox.NamedNode)}
    for iri, facts in entity.by_subject.items():
        shape = find_relation_type(facts)
        if shape is not None:
            row = _build_row(entity, iri, facts, shape, names, site, dates, owned)
            row = _add_companions(
                row, coauthors, own_names, names, NAME_AS_WRITTEN in shape.details
            )
            row = _add_affiliations(row, affiliations, names)
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
        shown_details=tuple(details),
        companions=(),
        more_companions=0,
        affiliations=(),
        undated_affiliations=(),
        notes=tuple(names.resolve_all(facts.get(EDITORIAL_NOTE, ()))),
        assertion=read_assertion(facts),
        passages=tuple(parse_passages(list_named(facts, DERIVED_FROM), names)),
        reversed=is_reversed,
        verb=_find_verb(facts, role_iris, role, names) if is_reversed else role.text,
        node=iri,
        role_iri=role_iris[0] if role_iris else "",
        other_iris=tuple(record_iris),
        dates=(begin, end),
        report=build_report_href(site, entity.iri, fact=iri),
        undated=not (parse_interval(begin) or parse_interval(end)),
        place=RelationPlace(
            read_rank(facts, shape) if iri in owned else NO_RANK,
            begin,
            end,
            names.resolve_label(record_iris[0]) if record_iris else "",
            is_past(facts, shape),
        ),
    )


def _add_companions(
    row: RelationRow,
    coauthors: Mapping[str, Sequence[Coauthor]],
    own_names: Collection[frozenset[str]],
    names: LabelResolver,
    is_name: bool,
) -> RelationRow:
    """A row with the co-authors, and without the name of the record whose page it is on.

    `is_name`: its details are names as a publication writes them.
    """
    others = [each for iri in row.other_iris for each in coauthors.get(iri, ())]
    listed = others if row.role_iri == AUTHOR else ()
    return replace(
        row,
        shown_details=tuple(
            replace(one, text=names.site.t("named_as").format(name=one.text)) if is_name else one
            for one in row.details
            if _split_name(one.text) not in own_names
        ),
        companions=tuple(
            names.resolve(ox.NamedNode(one.iri)) if one.iri else LinkedText(one.name)
            for one in listed[:MAX_COMPANIONS]
        ),
        more_companions=max(0, len(listed) - MAX_COMPANIONS),
    )


def _add_affiliations(
    row: RelationRow, affiliations: Mapping[str, Affiliations], names: LabelResolver
) -> RelationRow:
    """A row with the organisations of the one who takes part."""
    known = [affiliations[iri] for iri in row.other_iris if iri in affiliations]
    that_day = [iri for each in known for iri in each.that_day]
    undated = [iri for each in known for iri in each.undated] if not that_day else []
    return replace(
        row,
        affiliations=tuple(names.resolve(ox.NamedNode(iri)) for iri in that_day),
        undated_affiliations=tuple(names.resolve(ox.NamedNode(iri)) for iri in undated),
    )


def _list_own_names(entity: EntityDocument) -> set[frozenset[str]]:
    """The words of each name of a record, in any order."""
    values = [v for name in NAMES for v in entity.facts.get(name, ()) if isinstance(v, ox.Literal)]
    return {_split_name(value.value) for value in values}


def _split_name(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", fold(name)))


def find_shared_verb(rows: Sequence[RelationRow]) -> str:
    """The verb that all rows of a list have, which is then told once; empty where there is none."""
    verbs = {row.verb if row.others else "" for row in rows}
    return verbs.pop() if len(rows) >= MIN_SHARING_ROWS and len(verbs) == 1 else ""


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
