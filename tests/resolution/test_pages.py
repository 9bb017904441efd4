"""Things that several sources have, on the pages, in lists and in the queue of pairs."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.dependencies import AppConfig
from api.views.same_things import REASON_KEYS
from kg.namespaces import ID
from kg.resolution.model import describe_levels
from kg.sparql.backend import QueryLimits
from tests.api.conftest import opened
from tests.resolution.conftest import AMIS, ROUE, THUNKEN_LILLE, Settled


@pytest.fixture(scope="module")
async def client(settled: Settled) -> AsyncIterator[httpx.AsyncClient]:
    config = AppConfig(settled.places.releases, QueryLimits(seconds=5), query_workers=1)
    async with opened(config) as one:
        yield one


def test_every_reason_is_said_in_words() -> None:
    compared = {
        f"{name}: {how}" for name, hows in describe_levels().items() for how in hows.values()
    }
    assert set(REASON_KEYS) == compared


async def test_what_was_judged_the_same_is_listed_once(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/organisation.json")).json()
    keys = [item["id"].removeprefix(ID) for item in answer["items"]]
    assert AMIS[1] in keys
    assert AMIS[0] not in keys
    assert answer["total"] == len(keys) == 7
    found = (await client.get("/search.json", params={"q": "amis"})).json()
    assert [item["id"].removeprefix(ID) for item in found["items"]] == [AMIS[1]]


@pytest.mark.parametrize(("language", "said"), [("en", "The same as"), ("fr", "La même chose que")])
async def test_its_page_has_what_each_source_says(
    client: httpx.AsyncClient, language: str, said: str
) -> None:
    page = (await client.get(f"/{AMIS[1]}", params={"lang": language})).text
    assert said in page
    assert f"/{AMIS[0]}?lang={language}" in page
    assert "https://amis.example.org" in page
    assert page.count(f"/{AMIS[0]}?lang={language}") == 1
    other = (await client.get(f"/{AMIS[0]}", params={"lang": language})).text
    assert said in other
    assert "ASSOCIATION LES AMIS DE ST MALO" in other


@pytest.mark.parametrize(
    ("language", "said", "reason"),
    [
        ("en", "Probably the same as", "name: same words (+"),
        ("fr", "Probablement la même chose que", "nom\u00a0: les mêmes mots (+"),
    ],
)
async def test_what_is_probably_the_same_is_said_on_both_pages(
    client: httpx.AsyncClient, language: str, said: str, reason: str
) -> None:
    for record, other in (ROUE, ROUE[::-1]):
        page = (await client.get(f"/{record}", params={"lang": language})).text
        assert said in page
        assert f"/{other}?lang={language}" in page
        assert reason in page
    assert said not in (await client.get(f"/{THUNKEN_LILLE[1]}", params={"lang": language})).text


async def test_the_queue_has_the_doubtful_first(
    client: httpx.AsyncClient, settled: Settled
) -> None:
    answer = (await client.get("/resolution.json")).json()
    assert (answer["doubtful"], answer["sure"], answer["judged"]) == (1, 1, 2)
    waiting = [(pair["id"], pair["status"]) for pair in answer["pairs"]]
    assert waiting == [
        (settled.queue[THUNKEN_LILLE].id, "doubtful"),
        (settled.queue[ROUE].id, "sure"),
    ]
    assert answer["pairs"][0]["one"] == ID + THUNKEN_LILLE[0]
    assert "name: same words" in answer["pairs"][0]["reasons"][0]


async def test_the_queue_is_read_page_by_page(client: httpx.AsyncClient) -> None:
    first = await client.get("/resolution.json", params={"limit": 1})
    following = first.json()["next"]
    assert first.headers["X-Total-Count"] == "2"
    assert following in first.headers["Link"]
    second = (await client.get(following)).json()
    assert second["next"] is None
    assert second["pairs"] != first.json()["pairs"]
    assert (await client.get("/resolution.json", params={"limit": 0})).status_code == 400
    assert (await client.get("/resolution.json", params={"page": 2})).status_code == 400


@pytest.mark.parametrize(
    ("language", "title"), [("en", "One and the same?"), ("fr", "Une même chose\u00a0?")]
)
async def test_the_page_of_the_queue_gives_the_commands(
    client: httpx.AsyncClient, settled: Settled, language: str, title: str
) -> None:
    page = (await client.get("/resolution", params={"lang": language})).text
    assert f"<h1>{title}" in page
    assert f"ess-kg resolve --accept {settled.queue[ROUE].id}" in page
    assert "ASS ROUE LIBRE" in page
