"""No answer has a head that what stands in front of the server cannot read, however one asks."""

import re

import httpx
import pytest

from api.app import ROUTERS

MOST = 4096 - 300
"""Bytes that a proxy reads at once (`proxy_buffer_size`), without those that it adds itself."""
NAMES = {"kind": "organisation", "key": "demo-labo", "release": "release-2", "source": "demo",
         "suffix": "json", "what": "entity", "language": "fr", "name": "topics"}  # fmt: skip
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
LONG = ("x" * 190, "é" * 190, "x" * 3000, '"<' * 1500)
PARAMETERS = ("q", "territory", "after", "release", "lang", "format", "prefix", "id", "unknown")
PATHS = sorted(
    {
        PARAMETER.sub(lambda found: NAMES.get(found[1], "x"), route.path)  # type: ignore[attr-defined]
        for router in ROUTERS
        for route in router.routes
    }
)
LISTS = ("/organisation", "/event", "/territory")


def size(answer: httpx.Response) -> int:
    """Bytes of the head of an answer."""
    return 40 + sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)


@pytest.mark.parametrize("path", PATHS)
async def test_no_route_has_a_long_head(client: httpx.AsyncClient, path: str) -> None:
    for text in LONG:
        for name in PARAMETERS:
            answer = await client.get(path, params={name: text})
            assert answer.status_code != 500, (name, text[:10])
            assert size(answer) <= MOST, (name, text[:10], answer.headers)
        answer = await client.get(f"{path}{text.replace('/', '')}")
        assert answer.status_code != 500
        assert size(answer) <= MOST


@pytest.mark.parametrize("path", LISTS)
async def test_lists_keep_their_next_page_whatever_their_filters(
    client: httpx.AsyncClient, path: str
) -> None:
    for times in (1, 10, 30, 60, 80):
        parameters = {"limit": "1", "source": ["demo"] * times}
        for accept in ("text/html", "application/json", "text/turtle", "text/csv"):
            answer = await client.get(path, params=parameters, headers={"Accept": accept})
            assert answer.status_code == 200
            assert size(answer) <= MOST
            assert 'rel="canonical"' in answer.headers["link"]
            if accept != "text/csv" and int(answer.headers["x-total-count"]) > 1:
                following = await client.get(answer.links["next"]["url"])
                assert following.status_code == 200


async def test_pages_of_a_long_query_are_followed_by_post(client: httpx.AsyncClient) -> None:
    text = f"SELECT * {{ ?s ?p ?o }} # {'é' * 1500}"
    whole = await client.post("/sparql", data={"query": text, "format": "csv"})
    rows = list[str]()
    parameters: dict[str, str] | None = {"page-size": "50"}
    address = "/sparql"
    for _ in range(200):
        body = {"query": text, "format": "csv"}
        answer = await client.post(address, params=parameters, data=body)
        assert answer.status_code == 200, answer.text
        assert size(answer) <= MOST
        rows += answer.text.splitlines()[1:]
        if "next" not in answer.links:
            break
        address, parameters = answer.links["next"]["url"], None
    assert rows == whole.text.splitlines()[1:]
    refused = await client.get("/sparql", params={"query": text, "page-size": "5"})
    assert refused.status_code == 414
    assert "POST" in refused.json()["detail"]


async def test_a_text_that_is_looked_for_is_bounded(client: httpx.AsyncClient) -> None:
    for path in ("/organisation", "/organisation/counts", "/search", "/territory.json"):
        answer = await client.get(path, params={"q": "x" * 201})
        assert answer.status_code in (400, 404), path
        if answer.status_code == 400:
            assert "200" in answer.json()["detail"]


async def test_the_values_of_a_filter_are_bounded(client: httpx.AsyncClient) -> None:
    several = {"territory": [f"commune-{number:05}" for number in range(101)]}
    refused = await client.get("/organisation", params=several)
    assert refused.status_code == 400
    assert "101 values" in refused.json()["detail"]
