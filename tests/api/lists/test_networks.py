"""The network of a record: its links by relation and day, as text, JSON and files."""

import re
from html import unescape
from xml.etree import ElementTree as Xml

import httpx
import pytest

from tests.api.lists.test_pages import Page

MAISON = "/graph/organisation/alpha-maison"
HTML = {"Accept": "text/html"}


async def test_links_are_grouped_by_relation_with_counts(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{MAISON}.json?lang=en")).json()
    counts = {each["key"]: each["count"] for each in found["relations"]}
    assert counts["contains"] == 1
    assert counts["has-its-seat-in"] == 1
    assert found["complete"]
    nodes = {node["id"] for node in found["network"]["nodes"]}
    assert {"organisation/alpha-maison", "person/alpha-camille", "place/alpha-halles"} <= nodes
    drawn = {(edge["source"], edge["target"]) for edge in found["network"]["edges"]}
    assert all(one in nodes and other in nodes for one, other in drawn)


async def test_one_relation_is_kept(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{MAISON}.json?relation=contains")).json()
    nodes = {node["id"] for node in found["network"]["nodes"]}
    assert nodes == {"organisation/alpha-maison", "place/alpha-halles"}
    assert len(found["relations"]) > 1


@pytest.mark.parametrize(
    ("day", "there"), [("2009", True), ("2010-03-01", True), ("2012", False), ("31/12/2008", False)]
)
async def test_a_membership_is_there_while_it_lasts(
    client: httpx.AsyncClient, day: str, there: bool
) -> None:
    found = (await client.get(f"{MAISON}.json", params={"on": day})).json()
    nodes = {node["id"] for node in found["network"]["nodes"]}
    assert ("person/alpha-camille" in nodes) is there
    assert "territory/commune-59350" in nodes


async def test_the_page_lists_what_it_draws(client: httpx.AsyncClient) -> None:
    for language in ("fr", "en"):
        response = await client.get(f"{MAISON}?lang={language}", headers=HTML)
        page = Page(response.text)
        assert len(page.ids) == len(set(page.ids))
        assert any(href.startswith("/person/alpha-camille") for href in page.hrefs)
        assert any(href.startswith("/graph/person/alpha-camille") for href in page.hrefs)


async def test_what_is_left_out_is_said_with_the_list_that_has_it(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.networks.MAX_LINKS", 1)
    response = await client.get("/graph/territory/commune-59350", headers=HTML)
    assert "a plus de liens qu’il n’en est montré ici." in response.text
    assert "/territory?territory=commune-59350" in response.text


async def test_files_of_networks(client: httpx.AsyncClient) -> None:
    for suffix in ("gexf", "graphml"):
        response = await client.get(f"{MAISON}.{suffix}")
        assert response.status_code == 200
        assert Xml.fromstring(response.content).tag.endswith(suffix)


async def test_what_is_not_there_and_what_means_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/graph/organisation/nothing")).status_code == 404
    assert (await client.get("/graph/nothing/nothing")).status_code == 404
    assert (await client.get(f"{MAISON}.json?on=demain")).status_code == 400
    assert (await client.get(f"{MAISON}.json?by=x")).status_code == 400


async def test_a_selection_shows_what_joins_its_records(client: httpx.AsyncClient) -> None:
    response = await client.get("/event?view=network&lang=fr", headers=HTML)
    assert response.status_code == 200
    page = Page(response.text)
    assert len(page.ids) == len(set(page.ids))
    assert any(href.startswith("/topic/ess") for href in page.hrefs)
    assert "fait partie de" in response.text or "comprend" in response.text
    assert "view=network" in str((await client.get("/event", headers=HTML)).text)


async def test_a_selection_without_links_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/event?view=network&q=incertaine&lang=fr", headers=HTML)
    assert "La fiche de cette page n’est liée à aucune autre" in response.text


async def test_an_export_leaves_the_prefixes_of_feeds_alone(client: httpx.AsyncClient) -> None:
    """xml.etree keeps its prefixes for the whole process (CPython 3.11)."""
    for suffix in ("gexf", "graphml"):
        found = await client.get(f"/graph/organisation/alpha-maison.{suffix}")
        assert found.status_code == 200
        assert b"ns0:" not in found.content
    assert "<feed" in (await client.get("/event.atom")).text


@pytest.mark.parametrize("view", ["/graph", "/relations"])
async def test_the_view_of_what_moved_leads_to_where_it_is(
    client: httpx.AsyncClient, view: str
) -> None:
    moved = await client.get(f"{view}/organisation/vieux")
    assert moved.status_code == 301
    assert httpx.URL(moved.headers["location"]).path == f"{view}/organisation/alpha-maison"
    gone = await client.get(f"{view}/person/parti")
    assert gone.status_code == 410
    assert "2026-01-01" in gone.json()["detail"]


async def test_a_record_with_dated_links_leads_to_those_of_a_day(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/person/alpha-camille?lang=fr", headers=HTML)).text
    action = re.search(r'<form class="on-day" action="([^"]+)"', page)
    assert action
    for day, is_member in (("2010-01-15", True), ("2012", False)):
        record = (await client.get(f"{action[1]}?on={day}&lang=fr", headers=HTML)).text
        href = re.search(r'href="(/graph/[^"]+)" rel="nofollow">Son réseau à cette date', record)
        assert href
        shown = await client.get(unescape(href[1]), headers=HTML)
        neighbours = shown.text.partition('class="neighbours"')[2].partition("</main>")[0]
        assert ("/organisation/alpha-maison" in neighbours) == is_member
    for other in ("/topic/communs", "/event/alpha-2010"):
        assert 'class="on-day"' not in (await client.get(other, headers=HTML)).text
