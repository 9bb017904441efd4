"""Pages of an answer, put together, are the answer; they go on after a new release."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.dependencies import AppConfig
from kg.installation import InstallationPaths
from kg.release_layout import Release
from kg.releases.atomic_publish import set_current
from tests.api.conftest import opened

LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
QUERIES = (
    f"SELECT ?s ?label {{ ?s a <https://schema.org/Event> ; {LABEL} ?label }}",
    f"SELECT ?s ?name {{ ?s a <https://schema.org/Event> ; {LABEL} ?name }} ORDER BY DESC(?name)",
    "PREFIX ess: <https://w3id.org/ess-kg/ontology#>\n"
    "select ?kind (COUNT(*) AS ?n) { ?s ess:eventKind ?kind } GROUP BY ?kind",
    "SELECT DISTINCT ?p { { ?s ?p ?o } UNION { ?o ?p ?s } ?s a <https://schema.org/Event> }",
    "SELECT * { ?s a <https://schema.org/Event> ; ?p ?o } LIMIT 50 OFFSET 3 # all",
    "SELECT ?p ?o { VALUES ?s { <https://w3id.org/ess-kg/id/event/inocrea-2010-11-04> } ?s ?p ?o }",
)


@pytest.fixture
async def real(national: InstallationPaths) -> AsyncIterator[httpx.AsyncClient]:
    releases = national.data / "releases"
    async with opened(AppConfig(releases, query_workers=2)) as one:
        yield one


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


async def pages(client: httpx.AsyncClient, query: str, size: int) -> list[list[dict[str, str]]]:
    parameters = {"query": query, "page-size": str(size), "format": "csv"}
    answer = await client.get("/sparql", params=parameters)
    found = [rows(answer)]
    while following := answer.links.get("next"):
        answer = await client.get(following["url"])
        found.append(rows(answer))
        assert len(found) < 200
    return found


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("size", [1, 7, 5000])
async def test_pages_are_the_answer(real: httpx.AsyncClient, query: str, size: int) -> None:
    whole = rows(await real.get("/sparql", params={"query": query, "format": "csv"}))
    if size == 1:
        query = f"SELECT * {{ {{ {query}\n}} }} LIMIT 9" if "PREFIX" not in query else query
        whole = rows(await real.get("/sparql", params={"query": query, "format": "csv"}))
    found = await pages(real, query, size)
    assert [row for page in found for row in page] == whole
    assert all(len(page) == size for page in found[:-1])


async def test_a_page_is_asked_by_a_form_too(real: httpx.AsyncClient) -> None:
    form = {"query": QUERIES[0], "page-size": "2"}
    answer = await real.post("/sparql", data=form)
    assert len(answer.json()["results"]["bindings"]) == 2
    assert 'rel="next"' in answer.headers["Link"]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"page-size": "0"}, "1 to 10,000"),
        ({"page-size": "many"}, "1 to 10,000"),
        ({"page-size": "9" * 5000}, "1 to 10,000"),
        ({"resume": "x"}, "not a token of this server"),
        ({"resume": "e30"}, "not a token of this server"),
        ({"resume": "eyJvIjotMSwibiI6MSwiciI6IngiLCJxIjoieCJ9"}, "another query"),
        ({"query": "ASK { ?s ?p ?o }", "page-size": "5"}, "only a SELECT"),
        ({"query": "SELECT * FROM <urn:x> { ?s ?p ?o }", "page-size": "5"}, "default-graph-uri"),
    ],
)
async def test_what_cannot_be_used_is_told(
    client: httpx.AsyncClient, parameters: dict[str, str], told: str
) -> None:
    answer = await client.get("/sparql", params={"query": QUERIES[0], **parameters})
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


async def test_pages_go_on_after_a_new_release(data: Path) -> None:
    async with opened(AppConfig(data / "releases", query_workers=1)) as client:
        current: Any = client.app.state.current  # type: ignore[attr-defined]
        query = {"query": "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "page-size": "5"}
        first = await client.get("/sparql", params=query)
        listed = await client.get("/territory.json?limit=1")
        set_current(data / "releases", Release(data / "releases" / "release-2"))
        await current.reload_if_changed()
        second = await client.get(first.links["next"]["url"])
        assert second.headers["X-Release"] == first.headers["X-Release"] == "release-1"
        following = listed.json()["links"].get("next")
        if following:
            assert (await client.get(following)).json()["release"] == "release-1"
        fresh = await client.get("/sparql", params=query)
        assert fresh.headers["X-Release"] == "release-2"
        stale = first.links["next"]["url"].replace("release=release-1", "release=release-2")
        refused = await client.get(stale)
        assert refused.status_code == 400
        assert "release=release-1" in refused.json()["detail"]
