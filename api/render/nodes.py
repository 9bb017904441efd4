"""The nodes that qualify a relation (memberships, participations…) as readable rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from api.render.dates import between
from api.render.names import Names, Thing, Value
from api.render.passages import Passage, passages
from api.render.site import Site
from kg import iris
from kg.documents.assemble import Entity
from kg.kinds import BY_NAME
from kg.namespaces import expand

TYPE: Final = expand("rdf:type")
READ: Final = expand("prov:wasDerivedFrom")
STATED: Final = iris.concept("assertion", "stated")
NOTE: Final = expand("skos:editorialNote")
TIMES: Final = tuple(
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
class Shape:
    """How a class of nodes is read: the table that describes it, its role, what else it says."""

    table: str
    role: str
    details: tuple[str, ...] = ()
    during: str = "ess:during"
    rank: str = "ess:rank"
    tail: str = ""
    """The property of the party that the role leads to, where the two parties differ."""


SHAPES: Final = {
    expand(name): shape
    for name, shape in {
        "m8g:Participation": Shape("participations", "m8g:role"),
        "org:Membership": Shape(
            "memberships", "org:role", ("ess:postTitle",), during="org:memberDuring"
        ),
        "vivo:Authorship": Shape(
            "authorships", "ess:authorshipRole", ("ess:nameAsWritten",), rank="vivo:rank"
        ),
        "ess:ProjectParticipation": Shape(
            "project_participations", "ess:projectRole", ("ess:amount",)
        ),
        "ess:OrganisationRelation": Shape(
            "organisation_relations", "ess:relationType", tail="ess:objectOrganisation"
        ),
        "ess:Accreditation": Shape("accreditations", "ess:accreditationStatus", ("ess:issuer",)),
    }.items()
}


@dataclass(frozen=True)
class Row:
    """One qualified relation, seen from the thing of the page."""

    role: Thing
    others: tuple[Thing, ...]
    when: str
    details: tuple[Thing, ...]
    notes: tuple[Thing, ...]
    assertion: str
    """`inferred` or `external`, empty where a source states it."""
    passages: tuple[Passage, ...]
    reversed: bool
    order: tuple[float, str] = field(default=(0.0, ""), repr=False)


def qualified(
    entity: Entity, names: Names, site: Site, dates: Callable[[str], Dates]
) -> dict[str, list[Row]]:
    """Table name to the rows of its nodes.

    `dates` gives the beginning and end, as written, of a record: the time of a participation is
    that of its event.
    """
    found: dict[str, list[Row]] = {}
    for iri, facts in entity.by_subject.items():
        shape = next((SHAPES[t] for t in _iris(facts, TYPE) if t in SHAPES), None)
        if shape is not None:
            row = _row(entity, iri, facts, shape, names, site, dates)
            found.setdefault(shape.table, []).append(row)
    return {
        shape.table: sorted(found[shape.table], key=lambda row: row.order)
        for shape in SHAPES.values()
        if shape.table in found
    }


def _row(
    entity: Entity,
    iri: str,
    facts: Facts,
    shape: Shape,
    names: Names,
    site: Site,
    dates: Callable[[str], Dates],
) -> Row:
    others = _others(entity.iri, iri, facts, shape)
    roles = names.things(facts.get(expand(shape.role), ()))
    begin, end, zone = *_period(entity, facts, shape), site.zone
    if not begin and not end:
        stated = (found for other in others if any((found := dates(other))[:2]))
        begin, end, zone = next(stated, ("", "", None))
    rank = next(
        (v.value for v in facts.get(expand(shape.rank), ()) if isinstance(v, ox.Literal)), ""
    )
    details = [t for name in shape.details for t in names.things(facts.get(expand(name), ()))]
    return Row(
        role=roles[0] if roles else Thing(""),
        others=tuple(names.thing(ox.NamedNode(other)) for other in others),
        when=between(begin, end, site.language, zone),
        details=tuple(details),
        notes=tuple(names.things(facts.get(NOTE, ()))),
        assertion=assertion(facts),
        passages=tuple(passages(_iris(facts, READ), site)),
        reversed=bool(shape.tail) and entity.iri in _iris(facts, expand(shape.tail)),
        order=(
            float(rank) if rank.isdigit() else 1e6,
            f"{begin or end}{names.name(others[0] if others else '')}",
        ),
    )


def _others(thing: str, node: str, facts: Facts, shape: Shape) -> list[str]:
    """The records a node relates to the thing: its owner and those it names."""
    skipped = {expand(name) for name in (*shape.details, shape.role)}
    owner = node.partition("#")[0]
    named = [iri for p in facts if p not in skipped for iri in _iris(facts, p)]
    return [
        iri
        for iri in dict.fromkeys([owner, *named])
        if iri != thing and "#" not in iri and (ref := iris.reference(iri)) and ref.kind in BY_NAME
    ]


def _period(entity: Entity, facts: Facts, shape: Shape) -> tuple[str, str]:
    """The beginning and end a node states, as written."""
    for interval in _iris(facts, expand(shape.during)):
        bounds = entity.by_subject.get(interval, {})
        return _instant(entity, bounds, "time:hasBeginning"), _instant(
            entity, bounds, "time:hasEnd"
        )
    return "", ""


def _instant(entity: Entity, bounds: Facts, side: str) -> str:
    for instant in _iris(bounds, expand(side)):
        told = entity.by_subject.get(instant, {})
        for name in TIMES:
            for value in told.get(name, ()):
                if isinstance(value, ox.Literal):
                    return value.value
    return ""


def assertion(facts: Facts) -> str:
    """`inferred` or `external` where nothing says that a source states it."""
    codes = _iris(facts, expand("ess:assertion"))
    if not codes or STATED in codes:
        return ""
    return codes[0].rpartition("/")[2]


def _iris(facts: Facts, predicate: str) -> list[str]:
    return [v.value for v in facts.get(predicate, ()) if isinstance(v, ox.NamedNode)]
