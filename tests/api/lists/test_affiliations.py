"""Participants of an event: what each was a member of on its days."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kg.namespaces import GRAPH, ID, PREFIXES, SCHEME
from tests.api.lists.conftest import client_of, freeze_graph
from tests.api.lists.test_pages import HTML, Page

MEMBERSHIPS = (
    ("ada", "before", "", "2010-03"),
    ("ada", "during", "2010-11-04", "2010-11-04"),
    ("ada", "since", "2010", ""),
    ("ada", "after", "2010-11-05", ""),
    ("ada", "undated", "", ""),
    ("bob", "undated", "", ""),
    ("bob", "former", "", ""),
)
EVENTS = {"day": "2010-11-04T16:30:00+01:00", "unknown": ""}
ROLES = {"former": "former-member"}


def write_graph() -> bytes:
    """Two people, their memberships, and events in which they take part."""
    lines = [f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items()]
    lines.append(f"GRAPH <{GRAPH}alpha> {{")
    for key in ("ada", "bob"):
        lines.append(f'<{ID}person/{key}> a foaf:Person ; skos:prefLabel "{key.title()}"@fr .')
    for key in {organisation for _, organisation, _, _ in MEMBERSHIPS}:
        lines.append(
            f'<{ID}organisation/{key}> a org:Organization ; skos:prefLabel "Labo {key}"@fr .'
        )
    for number, (person, organisation, since, until) in enumerate(MEMBERSHIPS):
        node = f"{ID}person/{person}#membership-{number}"
        role = f"{SCHEME}membership-role/{ROLES.get(organisation, 'affiliated')}"
        lines.append(
            f"<{node}> a org:Membership ; org:member <{ID}person/{person}> ; org:role <{role}> ; "
            f"org:organization <{ID}organisation/{organisation}> ; org:memberDuring <{node}-in> ."
        )
        for side, written in (("Beginning", since), ("End", until)):
            kind = {4: "gYear", 7: "gYearMonth"}.get(len(written), "Date")
            if written:
                lines.append(
                    f"<{node}-in> time:has{side} <{node}-{side}> . "
                    f'<{node}-{side}> time:inXSD{kind} "{written}" .'
                )
    for key, start in EVENTS.items():
        event = f"<{ID}event/{key}>"
        lines.append(f'{event} a schema:Event ; skos:prefLabel "Séance {key}"@fr .')
        if start:
            lines.append(f'{event} schema:startDate "{start}"^^xsd:dateTime .')
        for person in ("ada", "bob"):
            node = f"<{ID}event/{key}#participation-{person}>"
            lines.append(
                f"{event} m8g:hasParticipation {node} . {node} a m8g:Participation ; "
                f"ess:participant <{ID}person/{person}> ; "
                f"m8g:role <{SCHEME}participation-role/speaker> ."
            )
    return "\n".join([*lines, "}"]).encode()


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    releases: Path = tmp_path_factory.mktemp("affiliations") / "releases"
    async with client_of(freeze_graph(releases, write_graph())) as one:
        yield one


async def read_text(client: httpx.AsyncClient, event: str, language: str) -> str:
    page = Page((await client.get(f"/event/{event}?lang={language}", headers=HTML)).text)
    return page.text.replace("\u00a0", " ").replace(" ,", ",")


async def test_a_page_tells_the_affiliations_of_that_day(client: httpx.AsyncClient) -> None:
    text = await read_text(client, "day", "fr")
    assert "Ada · rattachement ce jour-là : Labo during, Labo since" in text
    assert "Labo before" not in text
    assert "Labo after" not in text
    assert "that day: Labo during" in await read_text(client, "day", "en")


async def test_those_without_a_date_are_told_as_such(client: httpx.AsyncClient) -> None:
    text = await read_text(client, "day", "fr")
    assert "Bob · rattachement, sans date : Labo undated" in text
    assert text.count("Labo undated") == 1
    assert "Labo former" not in text


async def test_nothing_is_told_where_no_day_is_known(client: httpx.AsyncClient) -> None:
    text = await read_text(client, "unknown", "fr")
    assert "Ada" in text
    assert "rattachement" not in text
