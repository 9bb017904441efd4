"""What feed readers, crawlers, maps and search engines read in pages and lists."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import httpx
import pytest

ATOM = "{http://www.w3.org/2005/Atom}"
HTML = {"Accept": "text/html"}


class Read(HTMLParser):
    """The tags of a page, and the data it holds for search engines."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[str] = []
        self._within = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = tag == "script" and ("type", "application/ld+json") in attrs

    def handle_data(self, data: str) -> None:
        if self._within:
            self.blocks.append(data)
            self._within = False

    def block(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.blocks[0])
        return found


async def read(client: httpx.AsyncClient, path: str) -> Read:
    answer = await client.get(path, headers=HTML)
    assert answer.status_code == 200
    return Read(answer.text)


@pytest.mark.parametrize("path", ["/event", "/organisation?kind=association", "/catalogue"])
async def test_other_forms_have_a_type(client: httpx.AsyncClient, path: str) -> None:
    """Without it, no reader finds the feed."""
    page = await read(client, path)
    others = [
        at
        for tag, at in page.tags
        if tag == "link" and at.get("rel") == "alternate" and "hreflang" not in at
    ]
    assert others
    for one in others:
        assert one["type"]
        found = await client.get(one["href"] or "")
        # oEmbed links by a type of its own and answers in JSON (https://oembed.com, section 4)
        told = (one["type"] or "").removesuffix("+oembed")
        assert found.headers["content-type"].split(";")[0] == told


async def test_combinations_of_filters_are_not_followed(client: httpx.AsyncClient) -> None:
    page = await read(client, "/event?kind=seminar")
    for tag, at in page.tags:
        href = at.get("href") or ""
        if tag == "a" and href.startswith("/event?") and "after=" not in href and "lang" not in at:
            assert at.get("rel") == "nofollow", href


@pytest.mark.parametrize("path", ["/catalogue", "/.well-known/void", "/ontology", "/scheme"])
async def test_no_two_parts_of_a_page_have_one_name(client: httpx.AsyncClient, path: str) -> None:
    page = await read(client, path)
    ids = Counter(at["id"] for _, at in page.tags if "id" in at)
    assert ids.most_common(1)[0][1] == 1
    assert "" not in ids
    places = {at["href"][1:] for tag, at in page.tags if (at.get("href") or "").startswith("#")}
    assert {httpx.URL(f"x:{place}").path for place in places} <= set(ids)


async def test_each_feed_has_a_name_of_its_own(client: httpx.AsyncClient) -> None:
    paths = ["/event.atom", "/event.atom?lang=en", "/event.atom?kind=seminar", "/changes.atom",
             "/changes.atom?kind=event", "/changes.atom?kind=event&change=deleted",
             "/changes.atom?lang=en"]  # fmt: skip
    names = set()
    for path in paths:
        names.add(Xml.fromstring((await client.get(path)).content).findtext(f"{ATOM}id"))
    assert len(names) == len(paths)


async def test_a_feature_has_a_name_and_the_address_of_its_record(
    client: httpx.AsyncClient,
) -> None:
    for language in ("fr", "en"):
        found = (await client.get(f"/event.geojson?lang={language}")).json()["features"]
        assert found
        for feature in found:
            told = feature["properties"]
            assert told["name"] == told["label"].get(language, told["name"])
            assert told["url"] == f"http://test/event/{told['key']}"
            assert told["sources"] == ["alpha"]


async def test_search_engines_find_terms_without_a_prefix(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/event.json")).json()["items"]
    for item in listed:
        page = await read(client, item["url"])
        text = page.blocks[0]
        assert page.block()["@context"] == "https://schema.org/"
        assert "name" in page.block()
        assert not re.search(r'"schema:', text)


async def test_search_engines_find_the_datasets(client: httpx.AsyncClient) -> None:
    for path in ("/", "/catalogue"):
        told = (await read(client, path)).block()
        assert told["@type"] == "DataCatalog"
        datasets = told["dataset"]
        assert isinstance(datasets, list)
        assert {one["@type"] for one in datasets} == {"Dataset"}
        assert all(one["license"] and one["url"].startswith("http://test/") for one in datasets)
        files = datasets[0]["distribution"]
        assert files
        assert (await client.head(files[0]["contentUrl"])).status_code == 200
