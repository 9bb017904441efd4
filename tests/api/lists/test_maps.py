"""Maps of a list: each record is counted once, and the page says the same without scripts."""

import re
from html.parser import HTMLParser

import httpx
import pytest

WORLD = "-180,-90,180,90"


@pytest.mark.parametrize("kind", ["organisation", "cluster", "territory", "place", "event"])
@pytest.mark.parametrize("zoom", [0, 6, 12, 18])
async def test_clusters_count_each_placed_record_once(
    client: httpx.AsyncClient, kind: str, zoom: int
) -> None:
    answer = await client.get(f"/map/{kind}?window={WORLD}&zoom={zoom}")
    content = answer.json()
    assert content["total"] == (await client.get(f"/{kind}.json")).json()["total"]
    located = len((await client.get(f"/{kind}.geojson")).json()["features"])
    assert content["placed"] == located
    assert sum(cluster["count"] for cluster in content["clusters"]) == located


async def test_filters_are_those_of_the_list(client: httpx.AsyncClient) -> None:
    query = "territory=commune-59350"
    content = (await client.get(f"/map/event?window={WORLD}&{query}")).json()
    listed = (await client.get(f"/event.geojson?{query}")).json()["features"]
    assert sum(cluster["count"] for cluster in content["clusters"]) == len(listed) > 0


async def test_records_at_one_point_are_named_and_lead_to_their_page(
    client: httpx.AsyncClient,
) -> None:
    placed = (await client.get("/organisation.geojson")).json()["features"]
    assert placed
    for feature in placed:
        east, north = feature["geometry"]["coordinates"]
        window = f"{east - 0.01},{north - 0.01},{east + 0.01},{north + 0.01}"
        content = (await client.get(f"/map/organisation?window={window}&zoom=15&lang=fr")).json()
        records = [record for c in content["clusters"] for record in c.get("records", ())]
        found = next(r for r in records if r["name"] == feature["properties"]["label"]["fr"])
        assert found["at_commune"] == ("point_of" in feature["properties"])
        assert (await client.get(found["href"])).status_code == 200


async def test_clusters_are_told_with_where_they_are(client: httpx.AsyncClient) -> None:
    """Who hears a map does not see where a circle is."""
    content = (await client.get("/map/event?window=-5,41,10,52&zoom=8&lang=fr")).json()
    assert {cluster["place"] for cluster in content["clusters"]} == {"Nord"}
    page = (await client.get("/event?view=map&lang=fr")).text
    assert re.search(r'aria-label="\d+ fiches \(Nord\)', page)


async def test_the_answer_is_validated(client: httpx.AsyncClient) -> None:
    first = await client.get("/map/event")
    again = await client.get("/map/event", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/map/colour", 404),
        ("/map/topic", 404),
        ("/map/event?zoom=x", 400),
        ("/map/event?zoom=99", 400),
        ("/map/event?window=1,2,3", 400),
        ("/map/event?window=1,2,nan,inf", 400),
        ("/map/event?colour=red", 400),
        ("/topic?view=map", 400),
    ],
)
async def test_what_is_not_there_is_said(client: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await client.get(path)).status_code == status


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hrefs += [value for name, value in attrs if tag == "a" and name == "href" and value]


async def test_without_scripts_the_map_is_drawn_and_told(client: httpx.AsyncClient) -> None:
    page = (await client.get("/event?view=map&lang=fr")).text
    drawn = page[
        page.index('<svg viewBox="0 0 1400') : page.index("</svg>", page.index("<svg viewBox"))
    ]
    assert 'class="land" d="M' in drawn
    assert re.search('<circle class="(cluster|one|approximate)"', drawn)
    content = (await client.get("/map/event")).json()
    assert f"{content['placed']} fiches placées sur la carte" in page
    assert f"{content['total'] - content['placed']} sans point connu" in page
    for href in {h for h in _links(page) if h.startswith("/event?")}:
        assert (await client.get(href)).status_code == 200, href


async def test_the_page_counts_by_territory(client: httpx.AsyncClient) -> None:
    page = (await client.get("/organisation?view=map&lang=fr")).text
    links = {h for h in _links(page) if "territory=region-32" in h}
    assert "/organisation?territory=region-32&view=map&lang=fr" in links
    rows = re.findall(r"territory=(region-[^&\"]*)[^>]*>([0-9]+)</a></td>", page)
    for territory, count in rows:
        total = (await client.get(f"/organisation.json?territory={territory}")).json()["total"]
        assert total == int(count)


def _links(page: str) -> list[str]:
    reader = _Links()
    reader.feed(page)
    return reader.hrefs


async def test_several_territories_are_the_rows_of_their_table(client: httpx.AsyncClient) -> None:
    chosen = "territory=commune-59350&territory=commune-75056"
    page = (await client.get(f"/event?{chosen}&view=map&lang=fr")).text
    rows = re.findall(r"territory=(commune-[^&\"]*)[^>]*>([0-9]+)</a></td>", page)
    assert {territory for territory, _ in rows} == {"commune-59350", "commune-75056"}
