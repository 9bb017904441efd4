"""Named queries about a thing that several records are of: an answer is that of all of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.lists.conftest import client_of, freeze_graph
from tests.api.lists.test_pages import HTML, Page
from tests.catalogue.test_same_things import GRAPH, LEAD

RECORDS = (LEAD, "members-atelier", "register-tilleuls")
MEMBERS = "/queries/members-of-an-organisation"


LISTS = b"""
graph:lists {
  organisation:siren-111111111 a org:Organization ; skos:prefLabel "Une seule liste"@fr .
  organisation:siren-222222222 a org:Organization ; skos:prefLabel "Les deux listes"@fr .
  [] a ess:Accreditation ; ess:accredited organisation:siren-111111111 ;
    ess:issuer organisation:members-autre ;
    ess:accreditationStatus <https://w3id.org/ess-kg/scheme/status-label/ess> .
  [] a ess:Accreditation ; ess:accredited organisation:siren-222222222 ;
    ess:issuer organisation:members-autre , organisation:register-tilleuls ;
    ess:accreditationStatus <https://w3id.org/ess-kg/scheme/status-label/ess> .
}
"""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_graph(tmp_path_factory.mktemp("same") / "releases", GRAPH + LISTS)


@pytest.fixture(scope="module")
async def client(releases: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(releases) as one:
        yield one


async def read_column(client: httpx.AsyncClient, address: str, name: str) -> list[str]:
    answer = (await client.get(address, headers={"Accept": "application/json"})).json()
    return [row[name]["value"].rpartition("/")[2] for row in answer["results"]["bindings"]]


@pytest.mark.parametrize("key", RECORDS)
async def test_members_of_each_record_are_those_of_the_thing(
    client: httpx.AsyncClient, key: str
) -> None:
    found = await read_column(client, f"{MEMBERS}?organisation={key}", "person")
    assert found == ["anne", "anne", "bob"]  # Anne by two memberships


async def test_the_query_names_each_record_and_the_page_the_others(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get(f"{MEMBERS}.rq?organisation={LEAD}")).text
    slot = text.partition("VALUES ?organisation {")[2].partition("}")[0]
    assert {iri.rpartition("/")[2].rstrip(">") for iri in slot.split()} == set(RECORDS)
    page = Page((await client.get(f"{MEMBERS}?organisation={LEAD}&lang=fr", headers=HTML)).text)
    assert "/organisation/register-tilleuls?lang=fr" in page.hrefs
    assert "Avec les fiches jugées la même chose" in page.text


async def test_a_record_that_is_alone_stands_for_itself(client: httpx.AsyncClient) -> None:
    text = (await client.get(f"{MEMBERS}.rq?organisation=members-autre")).text
    assert text.count("/id/organisation/") == 1
    page = Page((await client.get(f"{MEMBERS}?organisation=members-autre", headers=HTML)).text)
    assert "même chose" not in page.text.partition("Explorer")[0]


@pytest.mark.parametrize("key", ["members-communs", "register-communs"])
async def test_topics_are_followed_too(client: httpx.AsyncClient, key: str) -> None:
    found = await read_column(client, f"/queries/about-a-topic?topic={key}", "thing")
    assert set(found) == {"members-atelier", "register-tilleuls"}


async def test_what_one_of_them_says_is_not_missing_from_a_list(
    client: httpx.AsyncClient,
) -> None:
    """A list whose publisher is two records has what either of them gives."""
    silent = await read_column(
        client,
        "/queries/ess-in-one-list-and-not-another?says=members-autre&silent=members-atelier",
        "organisation",
    )
    assert silent == ["siren-111111111"]
