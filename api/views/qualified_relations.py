"""Qualified relations (memberships, participations…): n-ary nodes read as rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from api.i18n.dates import format_interval
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.page_context import PageContext
from api.views.passages import Passage, parse_passages
from kg import iris
from kg.documents.assemble import EntityDocument
from kg.kinds import KIND_BY_NAME
from kg.namespaces import RDF_TYPE, expand

DERIVED_FROM: Final = expand("prov:wasDerivedFrom")
STATED_ASSERTION: Final = iris.build_concept_iri("assertion", "stated")
EDITORIAL_NOTE: Final = expand("skos:editorialNote")
TIME_PROPERTIES: Final = tuple(
    map(
        expand,
        ("time:inXSDDate", "time:inXSDDateTimeStamp", "time:inXSDgYearMonth", "time:inXSDgYear",
         "ess:edtf"),
    )
)  # fmt: skip

Facts = Mapping[str, Sequence[Value]]
Dates = tuple[str, str, str | None]
"""Beginning, end, and the time zone of the place they are told for, where it is known."""


@dataclass(frozen=True)
class RelationType:
    """How a class of nodes is read: the table that describes it, its role, what else it says."""

    table: str
    role: str
    details: tuple[str, ...] = ()
    during: str = "ess:during"
    rank: str = "ess:rank"
    object_property: str = ""
    """The property of the party that the role leads to, where the two parties differ."""


RELATION_TYPES: Final = {
    expand(name): shape
    for name, shape in {
        "m8g:Participation": RelationType("participations", "m8g:role"),
        "org:Membership": RelationType(
            "memberships", "org:role", ("ess:postTitle",), during="org:memberDuring"
        ),
        "vivo:Authorship": RelationType(
            "authorships", "ess:authorshipRole", ("ess:nameAsWritten",), rank="vivo:rank"
        ),
        "ess:ProjectParticipation": RelationType(
            "project_participations", "ess:projectRole", ("ess:amount",)
        ),
        "ess:OrganisationRelation": RelationType(
            "organisation_relations", "ess:relationType", object_property="ess:objectOrganisation"
        ),
        "ess:Accreditation": RelationType(
            "accreditations", "ess:accreditationStatus", ("ess:issuer",)
        ),
    }.items()
}


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
    dates: tuple[str, str] = ("", "")
    """Beginning and end, as written."""
    order: tuple[float, str] = field(default=(0.0, ""), repr=False)


def list_qualified_relations(
    entity: EntityDocument, names: LabelResolver, site: PageContext, dates: Callable[[str], Dates]
) -> dict[str, list[RelationRow]]:
    """Table name to the rows of its nodes.

    `dates` gives the beginning and end, as written, of a record: the time of a participation is
    that of its event.
    """
    rows_by_table: dict[str, list[RelationRow]] = {}
    for iri, facts in entity.by_subject.items():
        shape = next(
            (RELATION_TYPES[t] for t in _list_iris(facts, RDF_TYPE) if t in RELATION_TYPES), None
        )
        if shape is not None:
            row = _build_row(entity, iri, facts, shape, names, site, dates)
            rows_by_table.setdefault(shape.table, []).append(row)
    return {
        shape.table: sorted(rows_by_table[shape.table], key=lambda row: row.order)
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
) -> RelationRow:
    record_iris = _list_other_records(entity.iri, iri, facts, shape)
    roles = names.resolve_all(facts.get(expand(shape.role), ()))
    begin, end, zone = *read_period(entity.by_subject, facts, shape), site.zone
    if not begin and not end:
        stated = (
            dates_of_other for other in record_iris if any((dates_of_other := dates(other))[:2])
        )
        begin, end, zone = next(stated, ("", "", None))
    rank = next(
        (v.value for v in facts.get(expand(shape.rank), ()) if isinstance(v, ox.Literal)), ""
    )
    details = [t for name in shape.details for t in names.resolve_all(facts.get(expand(name), ()))]
    return RelationRow(
        role=roles[0] if roles else LinkedText(""),
        others=tuple(names.resolve(ox.NamedNode(other)) for other in record_iris),
        period=format_interval(begin, end, site.language, zone),
        details=tuple(details),
        notes=tuple(names.resolve_all(facts.get(EDITORIAL_NOTE, ()))),
        assertion=read_assertion(facts),
        passages=tuple(parse_passages(_list_iris(facts, DERIVED_FROM), site)),
        reversed=bool(shape.object_property)
        and entity.iri in _list_iris(facts, expand(shape.object_property)),
        dates=(begin, end),
        order=(
            float(rank) if rank.isdigit() else 1e6,
            f"{begin or end}{names.resolve_label(record_iris[0] if record_iris else '')}",
        ),
    )


def _list_other_records(entity_iri: str, node: str, facts: Facts, shape: RelationType) -> list[str]:
    """The records a node relates to the thing: its owner and those it names."""
    skipped = {expand(name) for name in (*shape.details, shape.role)}
    owner = node.partition("#")[0]
    linked_iris = [iri for p in facts if p not in skipped for iri in _list_iris(facts, p)]
    return [
        iri
        for iri in dict.fromkeys([owner, *linked_iris])
        if iri != entity_iri
        and "#" not in iri
        and (ref := iris.parse_record_iri(iri))
        and ref.kind in KIND_BY_NAME
    ]


def read_period(
    by_subject: Mapping[str, Facts], facts: Facts, shape: RelationType
) -> tuple[str, str]:
    """The beginning and end a node states, as written."""
    for interval in _list_iris(facts, expand(shape.during)):
        bounds = by_subject.get(interval, {})
        return _read_instant(by_subject, bounds, "time:hasBeginning"), _read_instant(
            by_subject, bounds, "time:hasEnd"
        )
    return "", ""


def _read_instant(by_subject: Mapping[str, Facts], bounds: Facts, side: str) -> str:
    for instant in _list_iris(bounds, expand(side)):
        instant_facts = by_subject.get(instant, {})
        for name in TIME_PROPERTIES:
            for value in instant_facts.get(name, ()):
                if isinstance(value, ox.Literal):
                    return value.value
    return ""


def read_assertion(facts: Facts) -> str:
    """`inferred` or `external` where nothing says that a source states it."""
    codes = _list_iris(facts, expand("ess:assertion"))
    if not codes or STATED_ASSERTION in codes:
        return ""
    return codes[0].rpartition("/")[2]


def _list_iris(facts: Facts, predicate: str) -> list[str]:
    return [v.value for v in facts.get(predicate, ()) if isinstance(v, ox.NamedNode)]
