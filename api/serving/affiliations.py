"""Affiliations: what the people who take part in an event were members of on its days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kg import queries
from kg.catalogue.edtf import OPEN_END, parse_interval
from kg.catalogue.records import Item
from kg.documents.assemble import EntityDocument
from kg.documents.relation_types import PAST_ROLES, list_named
from kg.errors import QueryError
from kg.namespaces import ID, RDF_TYPE, expand
from kg.sparql.client import read_text, select
from kg.sparql.executor import QueryExecutor

PARTICIPATION, PARTICIPANT = expand("m8g:Participation"), expand("ess:participant")
PERSON: Final = f"{ID}person/"


@dataclass
class Affiliations:
    """The IRIs of the organisations of a person."""

    that_day: dict[str, None] = field(default_factory=dict)
    """Those of which the dates hold the days of the event."""
    undated: dict[str, None] = field(default_factory=dict)
    """Those of which no date is stated."""


async def read_affiliations(
    executor: QueryExecutor, entity: EntityDocument, item: Item | None
) -> Mapping[str, Affiliations]:
    """What the participants of an event were members of on its days, by the IRI of each.

    Nothing for other records, for an event of which no day is known, and where the engine cannot
    be asked: the page does without.
    """
    people = {
        person
        for facts in entity.by_subject.values()
        if PARTICIPATION in list_named(facts, RDF_TYPE)
        for person in list_named(facts, PARTICIPANT)
        if person.startswith(PERSON)
    }
    if not people or item is None or item.kind != "event" or not item.begins:
        return {}
    days = item.begins[:10], (item.ends or item.begins)[:10]
    try:
        named = map(queries.parse_iri, sorted(people))
        found = await select(executor, queries.fill("affiliations", person=named))
    except QueryError:
        return {}
    affiliations: dict[str, Affiliations] = {}
    for solution in found:
        of_person = affiliations.setdefault(read_text(solution, "person"), Affiliations())
        since, until = read_text(solution, "since"), read_text(solution, "until")
        if not since and not until:
            if read_text(solution, "role") in PAST_ROLES:
                continue
            of_person.undated[read_text(solution, "organisation")] = None
        elif _holds(since, until, days):
            of_person.that_day[read_text(solution, "organisation")] = None
    return affiliations


def list_organisation_iris(affiliations: Mapping[str, Affiliations]) -> list[str]:
    """The organisations that are named."""
    return [iri for each in affiliations.values() for iri in (*each.that_day, *each.undated)]


def _holds(since: str, until: str, days: tuple[str, str]) -> bool:
    """Whether a period meets some days; a year is that of all its days."""
    begins, ends = parse_interval(since), parse_interval(until)
    first = begins[0][:10] if begins else ""
    last = ends[1][:10] if ends else OPEN_END
    return bool(begins or ends) and first <= days[1] and last >= days[0]
