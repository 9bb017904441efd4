"""What a CSV holds, as CSVW tells it: the file that is named is there and has those columns."""

import csv
import io
from typing import Any

import httpx
import pytest

from kg.kinds import KINDS

CSVM = "application/csvm+json"


async def metadata(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path, headers={"Accept": CSVM})
    assert answer.headers["content-type"] == CSVM
    found: dict[str, Any] = answer.json()
    return found


async def headings(client: httpx.AsyncClient, address: str) -> list[str]:
    answer = await client.get(address, follow_redirects=True)
    assert answer.headers["content-type"].startswith("text/csv")
    return next(csv.reader(io.StringIO(answer.text)))


def names(told: dict[str, Any]) -> list[str]:
    return [one["name"] for one in told["tableSchema"]["columns"] if not one.get("virtual")]


async def test_every_table_names_a_file_with_its_columns(client: httpx.AsyncClient) -> None:
    files = (await client.get("/dumps.json")).json()["releases"][0]["files"]
    tables = [file["name"].removesuffix(".csv") for file in files if file["name"].endswith(".csv")]
    assert len(tables) > len(KINDS)
    for table in tables:
        told = await metadata(client, f"/tables/{table}")
        assert await headings(client, told["url"]) == names(told), table


async def test_no_prefix_is_left_that_csvw_does_not_know(client: httpx.AsyncClient) -> None:
    for table in ("events", "memberships", "organisations"):
        text = (await client.get(f"/tables/{table}.csvw")).text
        for prefix in ("ess:", "schema:", "vivo:", "legal:", "m8g:", "adms:", "locn:", "skos:"):
            assert f'"{prefix}' not in text
        told = await metadata(client, f"/tables/{table}")
        for column in told["tableSchema"]["columns"]:
            for key in ("propertyUrl", "valueUrl", "aboutUrl"):
                assert column.get(key, "https://").startswith(("http://", "https://", "{+"))


@pytest.mark.parametrize(
    "path", ["/event.csv", "/event.csv?lang=en", "/event?format=csv", "/dumps/release-2/people.csv"]
)
async def test_a_csv_leads_to_its_description(client: httpx.AsyncClient, path: str) -> None:
    found = await client.get(path)
    if "describedby" not in found.links:
        assert path == "/event?format=csv"  # whose address does not say that it is a CSV
        return
    told = await metadata(client, found.links["describedby"]["url"])
    assert told["url"] == f"http://test{path}"
    assert await headings(client, told["url"]) == names(told)


async def test_from_the_address_of_a_csv_its_description_is_found(
    client: httpx.AsyncClient,
) -> None:
    templates = (await client.get("/.well-known/csvm")).text
    assert templates == "/csvm{?url}\n"
    told = await client.get("/csvm", params={"url": "http://test/person.csv"})
    assert told.json()["url"] == "http://test/person.csv"
    for odd in ("", "http://elsewhere.example/person.csv", "/person.ttl", "/none.csv", "/a\nb.csv"):
        assert (await client.get("/csvm", params={"url": odd})).status_code == 404


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_person_reads_a_page(client: httpx.AsyncClient, language: str) -> None:
    page = await client.get(f"/tables/events?lang={language}", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert {"fr": "Événements", "en": "Events"}[language] in page.text
    assert 'href="/scheme/event-kind' in page.text
