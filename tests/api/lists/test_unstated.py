"""Records of which nothing is stated: counted in each facet, kept by the value "-"."""

import re

import httpx
import pytest

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("kind", "field"), [("event", "kind"), ("event", "territory"), ("organisation", "kind")]
)
async def test_what_is_not_stated_and_what_is_make_the_whole(
    client: httpx.AsyncClient, kind: str, field: str
) -> None:
    everything = (await client.get(f"/{kind}.json?limit=100")).json()
    without = (await client.get(f"/{kind}.json?{field}=-&limit=100")).json()
    if field == "kind":
        stated = [item for item in everything["items"] if item["columns"].get("kind")]
        assert without["total"] == everything["total"] - len(stated)
        assert all("kind" not in item["columns"] for item in without["items"])
    counts = {v["value"]: v["count"] for v in everything["facets"][field]["values"]}
    assert without["total"] + max(counts.values()) <= everything["total"]
    assert everything["facets"][field]["unstated"] == without["total"]
    page = (await client.get(f"/{kind}?lang=fr", headers=HTML)).text
    link = re.search(
        rf'href="/{kind}\?{field}=-&amp;lang=fr"[^>]*>non renseigné</a> <span class="n">(\d+)', page
    )
    assert (int(link[1]) if link else 0) == without["total"]


async def test_it_is_told_among_the_filters_in_use_and_can_be_taken_back(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/event?kind=-&lang=fr", headers=HTML)).text
    assert re.search(r'non renseigné <span class="hidden">\(Retirer\)</span>', page)
    assert (await client.get("/event.json?kind=-&topics=-")).status_code == 200
    both = (await client.get("/event.json?kind=-&kind=seminar")).json()["total"]
    alone = [
        (await client.get(f"/event.json?kind={value}")).json()["total"]
        for value in ("-", "seminar")
    ]
    assert both == sum(alone)
