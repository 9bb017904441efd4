"""Counts of a list by its columns: those that the list itself would give."""

import csv
import io
from itertools import combinations
from typing import Any

import httpx
import pytest

from kg.catalogue.filters import list_filter_columns
from kg.kinds import KIND_BY_NAME


async def counts(client: httpx.AsyncClient, kind: str, query: str) -> dict[tuple[str, ...], int]:
    answer = await client.get(f"/counts/{kind}.json?{query}")
    assert answer.status_code == 200, answer.text
    return {
        tuple(v["value"] for v in row["values"]): row["count"] for row in answer.json()["counts"]
    }


async def total(client: httpx.AsyncClient, kind: str, filters: dict[str, str]) -> int:
    answer: dict[str, Any] = (await client.get(f"/{kind}.json", params=filters)).json()
    return int(answer["total"])


@pytest.mark.parametrize("kind", ["organisation", "event", "place", "person", "topic"])
async def test_each_count_is_the_length_of_a_list(client: httpx.AsyncClient, kind: str) -> None:
    by = list_filter_columns(KIND_BY_NAME[kind])
    for columns in (*((one,) for one in by), *combinations(by, 2)):
        found = await counts(client, kind, f"by={','.join(columns)}")
        for values, count in list(found.items())[:3]:
            assert count == await total(client, kind, dict(zip(columns, values, strict=True)))


async def test_none_is_left_out(client: httpx.AsyncClient) -> None:
    found = await counts(client, "event", "by=status")
    everything = (await client.get("/event.json")).json()
    listed = everything["facets"]["status"]["values"]
    unstated = found.pop(("-",))
    assert found == {(value["value"],): value["count"] for value in listed}
    # an event has one status: with those of none, the counts make the whole
    assert unstated > 0
    assert sum(found.values()) + unstated == everything["total"]
    table = (await client.get("/counts/event.csv?by=status")).text.splitlines()
    assert f"-,non renseigné,not stated,{unstated}" in table


async def test_filters_are_those_of_the_list(client: httpx.AsyncClient) -> None:
    found = await counts(client, "event", "by=kind&from=2019&q=journée")
    listed = (await client.get("/event.json?from=2019&q=journée")).json()["facets"]["kind"]
    assert found == {(value["value"],): value["count"] for value in listed["values"]}


async def test_a_territory_is_counted_by_what_is_directly_inside(
    client: httpx.AsyncClient,
) -> None:
    found = await counts(client, "organisation", "by=territory&territory=region-32")
    listed = (await client.get("/organisation.json?territory=region-32")).json()
    inside = {
        value["value"]: value["count"]
        for value in listed["facets"]["territory"]["values"]
        if not value["chosen"]
    }
    assert {value: count for (value,), count in found.items()} == inside


async def test_as_a_table_with_labels_in_both_languages(client: httpx.AsyncClient) -> None:
    answer = await client.get("/counts/event.csv?by=kind,topics")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == [
        *("kind", "kind_fr", "kind_en", "topics", "topics_fr", "topics_en", "count"),
    ]
    assert {row["kind"]: row["kind_en"] for row in rows}["seminar-session"] == "Seminar session"


async def test_the_page_is_a_view_of_the_list(client: httpx.AsyncClient) -> None:
    leads = await client.get("/counts/event.html?by=kind,topics&lang=fr", follow_redirects=False)
    assert leads.status_code == 303
    assert leads.headers["location"] == "/event?lang=fr&view=chart&by=kind&and=topics"
    french = (await client.get("/event?view=chart&by=kind&lang=fr")).text
    assert "Séance de séminaire" in french
    assert "Seminar session" in (await client.get("/event?view=chart&by=kind&lang=en")).text


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/counts/event", 400, "by=topics"),
        ("/counts/event?by=nothing", 400, "audience"),
        ("/counts/event?by=kind,kind", 400, "audience"),
        ("/counts/event?by=kind,status,topics", 400, "one or two"),
        ("/counts/event?by=kind&colour=red", 400, "colour"),
        ("/counts/event?by=kind&territory=nowhere", 400, "nowhere"),
        ("/counts/nothing?by=kind", 404, "organisation"),
    ],
)
async def test_what_cannot_be_counted_is_said(
    client: httpx.AsyncClient, path: str, status: int, told: str
) -> None:
    answer = await client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert told in answer.json()["detail"]


async def test_too_many_pairs_are_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.catalogue.crosstab.MAX_CELLS", 3)
    answer = await client.get("/counts/event.json?by=kind,topics")
    assert answer.status_code == 400
    assert "territory" in answer.json()["detail"]
