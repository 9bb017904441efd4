"""Qualified relations (memberships, participations…): how their nodes are read, and their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyoxigraph as ox

from kg import iris
from kg.catalogue.edtf import parse_interval
from kg.catalogue.text_analysis import build_natural_sort_key, fold
from kg.documents.discrepancies import Facts
from kg.kinds import KIND_BY_NAME
from kg.namespaces import RDF_TYPE, expand

TIME_PROPERTIES: Final = tuple(
    map(
        expand,
        ("time:inXSDDate", "time:inXSDDateTimeStamp", "time:inXSDgYearMonth", "time:inXSDgYear",
         "ess:edtf"),
    )
)  # fmt: skip
DERIVED_PROPERTIES: Final = frozenset(
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
"""Shortcuts (kg/queries/derive): left out where a page shows the relation in another way."""
PAST_ROLES: Final = frozenset(
    iris.build_concept_iri("membership-role", code)
    for code in ("former-member", "doctoral-graduate")
)
"""Roles without an end that are over (as in kg/queries/derive/member-of.rq)."""
DAY_LENGTH: Final = len("2010-11-04")
NO_RANK: Final = 1e6


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
    momentary: bool = False
    """Whether it is of the time of an event or a publication, and not of a period of its own."""


RELATION_TYPES: Final = {
    expand(name): shape
    for name, shape in {
        "m8g:Participation": RelationType("participations", "m8g:role", momentary=True),
        "org:Membership": RelationType(
            "memberships", "org:role", ("ess:postTitle",), during="org:memberDuring"
        ),
        "vivo:Authorship": RelationType(
            "authorships",
            "ess:authorshipRole",
            ("ess:nameAsWritten",),
            rank="vivo:rank",
            momentary=True,
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


TERRITORY_LEVELS: Final = (
    "area", "country", "region", "collectivite", "departement", "arrondissement", "epci", "ept",
    "city", "commune",
)  # fmt: skip
"""How the keys of territories begin, the widest level first."""


class RelationPlace(NamedTuple):
    """What puts a relation before or after others of its record."""

    rank: float
    """Its number where the record numbers its relations (authors), or the level of a territory;
    else `NO_RANK`."""
    begin: str
    """Beginning and end, as written; empty where unknown."""
    end: str
    name: str
    """The record at the other end."""
    past: bool = False
    """Whether it is over without an end: a former member, a moment without a date."""

    def build_sort_key(self, today: str) -> tuple[float, bool, int, str]:
        """By rank; then what lasts before what is over, the most recent first; then by name."""
        begins = parse_interval(self.begin) if self.begin else None
        ends = parse_interval(self.end) if self.end else None
        over = self.past or (ends is not None and ends[1][:DAY_LENGTH] < today)
        day = (ends[1] if over and ends else begins[0] if begins else "")[:DAY_LENGTH]
        recent = -int(day.replace("-", "")) if day else 0
        return self.rank, over, recent, build_natural_sort_key(fold(self.name))


def find_level(record: str) -> float:
    """The rank of a territory by its level, by its IRI; of other records `NO_RANK`."""
    ref = iris.parse_record_iri(record)
    level = ref.key.partition("-")[0] if ref is not None and ref.kind == "territory" else ""
    return TERRITORY_LEVELS.index(level) if level in TERRITORY_LEVELS else NO_RANK


def is_past(facts: Facts, shape: RelationType) -> bool:
    """Whether a node is about a moment, or states a role that is over."""
    return shape.momentary or not PAST_ROLES.isdisjoint(list_named(facts, expand(shape.role)))


def find_relation_type(facts: Facts) -> RelationType | None:
    """The type of a node, by its classes; None where it is no qualified relation."""
    classes = list_named(facts, RDF_TYPE)
    return next((RELATION_TYPES[name] for name in classes if name in RELATION_TYPES), None)


def list_other_records(entity: str, node: str, facts: Facts, shape: RelationType) -> list[str]:
    """The records that a node relates to one: its owner and those that it names."""
    skipped = {expand(name) for name in (*shape.details, shape.role)}
    owner = node.partition("#")[0]
    linked = [iri for p in facts if p not in skipped for iri in list_named(facts, p)]
    return [
        iri
        for iri in dict.fromkeys([owner, *linked])
        if iri != entity
        and "#" not in iri
        and (ref := iris.parse_record_iri(iri))
        and ref.kind in KIND_BY_NAME
    ]


def find_explicitly_related(entity: str, by_subject: Mapping[str, Facts]) -> frozenset[str]:
    """The records whose relation with one is told otherwise than by a shortcut."""
    related: set[str] = set()
    record = ox.NamedNode(entity)
    for iri, facts in by_subject.items():
        if find_relation_type(facts) is not None:
            related.add(iri.partition("#")[0])
            related |= {v.value for vs in facts.values() for v in vs if isinstance(v, ox.NamedNode)}
            continue
        plain = [vs for p, vs in facts.items() if p not in DERIVED_PROPERTIES]
        if iri == entity:
            related |= {v.value for vs in plain for v in vs if isinstance(v, ox.NamedNode)}
        elif "#" not in iri and any(record in vs for vs in plain):
            related.add(iri)
    return frozenset(related - {entity})


def read_rank(facts: Facts, shape: RelationType) -> float:
    """The number of a relation among those of the record that states them."""
    values = facts.get(expand(shape.rank), ())
    text = next((v.value for v in values if isinstance(v, ox.Literal)), "")
    return float(text) if text.isdigit() else NO_RANK


def read_period(
    by_subject: Mapping[str, Facts], facts: Facts, shape: RelationType
) -> tuple[str, str]:
    """The beginning and end that a node states, as written."""
    for interval in list_named(facts, expand(shape.during)):
        bounds = by_subject.get(interval, {})
        return _read_instant(by_subject, bounds, "time:hasBeginning"), _read_instant(
            by_subject, bounds, "time:hasEnd"
        )
    return "", ""


def _read_instant(by_subject: Mapping[str, Facts], bounds: Facts, side: str) -> str:
    for instant in list_named(bounds, expand(side)):
        instant_facts = by_subject.get(instant, {})
        for name in TIME_PROPERTIES:
            for value in instant_facts.get(name, ()):
                if isinstance(value, ox.Literal):
                    return value.value
    return ""


def list_named(facts: Mapping[str, Sequence[object]], predicate: str) -> list[str]:
    """The IRIs among the values of a property."""
    return [v.value for v in facts.get(predicate, ()) if isinstance(v, ox.NamedNode)]
