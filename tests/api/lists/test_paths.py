"""Paths between two records: what links them, in words, as JSON and as files of networks."""

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

import httpx
import pytest

from api.views.link_phrases import PHRASES, find_phrase
from kg.documents.links import NODE_SIDES
from tests.api.lists.test_pages import Page

CAMILLE, HALLES = "person/alpha-camille", "place/alpha-halles"
HTML = {"Accept": "text/html"}


async def fetch(client: httpx.AsyncClient, start: str, goal: str, **more: str) -> dict:
    response = await client.get("/paths.json", params={"from": start, "to": goal, **more})
    assert response.status_code == 200, response.text
    return response.json()


def list_ways(found: dict) -> Iterator[list[str]]:
    for path in found["paths"]:
        yield [path["steps"][0]["from_url"], *(step["to_url"] for step in path["steps"])]


async def test_the_shortest_paths_are_told_with_role_dates_certainty_and_source(
    client: httpx.AsyncClient,
) -> None:
    found = await fetch(client, CAMILLE, HALLES)
    assert found["linked"]
    assert found["complete"]
    ways = list(list_ways(found))
    assert ["/" + CAMILLE, "/event/alpha-2010", "/" + HALLES] in ways
    assert ["/" + CAMILLE, "/organisation/alpha-maison", "/" + HALLES] in ways
    member = next(p for p in found["paths"] if "maison" in p["steps"][0]["to_url"])
    relation = member["steps"][0]["relations"][0]
    assert (relation["begins"], relation["ends"]) == ("2009", "2010")
    assert relation["certainty"] == "stated"
    assert relation["sources"] == ["Le document alpha"]
    read = {"source": "alpha", "title": "Le document alpha", "places": ["40–60"]}
    assert relation["read_in"] == [read]
    assert "Camille Exemple" in member["sentence"]
    assert "2009 – 2010" in member["sentence"]
    assert ", qui " in member["sentence"]


async def test_a_participation_is_one_link_and_hides_its_shortcut(
    client: httpx.AsyncClient,
) -> None:
    found = await fetch(client, CAMILLE, "event/alpha-2010")
    (path,) = (path for path in found["paths"] if path["links"] == 1)
    (relation,) = path["steps"][0]["relations"]
    assert relation["relation"] == "intervient dans"
    assert relation["begins"] == "2010-11-04T16:30:00+01:00"


async def test_an_inferred_statement_is_told_as_inferred(client: httpx.AsyncClient) -> None:
    found = await fetch(client, "event/alpha-2010", "event/alpha-cycle")
    assert found["paths"][0]["steps"][0]["relations"][0]["certainty"] == "inferred"
    assert "déduit" in found["paths"][0]["sentence"]


async def test_both_directions_have_a_verb(client: httpx.AsyncClient) -> None:
    there = await fetch(client, CAMILLE, "event/alpha-2010", lang="en")
    back = await fetch(client, "event/alpha-2010", CAMILLE, lang="en")
    assert there["paths"][0]["sentence"].startswith("Camille Exemple speaks at “Pooling")
    assert "has speaker Camille Exemple" in back["paths"][0]["sentence"]


async def test_regions_are_crossed_only_when_asked(client: httpx.AsyncClient) -> None:
    nord, paris = "territory/departement-59", "territory/commune-75056"
    found = await fetch(client, nord, paris)
    assert not any("/territory/country-FR" in way for way in list_ways(found))
    hubs = {each["name"] for each in found["not_crossed"]}
    assert hubs == {"Hauts-de-France", "France", "Île-de-France"}
    wide = await fetch(client, nord, paris, hubs="1")
    assert any("/territory/country-FR" in way for way in list_ways(wide))


async def test_what_is_not_linked_is_said(client: httpx.AsyncClient) -> None:
    found = await fetch(client, "event/alpha-sans-annee", CAMILLE)
    assert not found["linked"]
    assert found["complete"]
    page = await client.get(
        "/paths", params={"from": "event/alpha-sans-annee", "to": CAMILLE}, headers=HTML
    )
    assert "Aucun chemin de 5 liens au plus" in page.text


async def test_names_and_addresses_are_understood_and_unclear_ones_give_a_choice(
    client: httpx.AsyncClient,
) -> None:
    found = await fetch(client, "Camille Exemple", f"https://w3id.org/ess-kg/id/{HALLES}")
    assert found["linked"]
    assert found["from"]["record"]["id"].endswith(CAMILLE)
    unclear = await client.get("/paths", params={"from": "Lille", "to": CAMILLE}, headers=HTML)
    page = Page(unclear.text)
    assert any("from=territory%2Fcommune-59350" in href for href in page.hrefs)
    assert any("from=territory%2Farrondissement-595" in href for href in page.hrefs)
    nothing = await client.get("/paths", params={"from": "zzzz", "to": CAMILLE}, headers=HTML)
    assert "Aucune fiche ne s’appelle" in nothing.text


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "query", ["", f"from={CAMILLE}&to={HALLES}", f"from={CAMILLE}&to={CAMILLE}"]
)
async def test_the_page_is_well_formed(
    client: httpx.AsyncClient, query: str, language: str
) -> None:
    response = await client.get(f"/paths?{query}&lang={language}", headers=HTML)
    assert response.status_code == 200
    page = Page(response.text)
    assert len(page.ids) == len(set(page.ids))
    assert {field.get("id") for field in page.fields} <= page.labelled
    assert "unsafe" not in response.headers["content-security-policy"]


async def test_gexf_and_graphml_have_the_same_network(client: httpx.AsyncClient) -> None:
    query = f"from={CAMILLE}&to={HALLES}"
    network = (await fetch(client, CAMILLE, HALLES))["network"]
    for suffix in ("gexf", "graphml"):
        response = await client.get(f"/paths.{suffix}?{query}")
        assert response.headers["content-type"].startswith(f"application/{suffix}+xml")
        root = Xml.fromstring(response.content)
        nodes = {each.get("id") for each in root.iter() if each.tag.endswith("}node")}
        assert nodes == {node["id"] for node in network["nodes"]}
        edges = [each for each in root.iter() if each.tag.endswith("}edge")]
        assert len(edges) == len(network["edges"])


async def test_unknown_parameters_are_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/paths.json?form=x")).status_code == 400
    assert (await client.get("/paths.json", params={"from": "x" * 500})).status_code == 400
    assert (await client.get("/paths.json", params={"through": ["a"] * 21})).status_code == 400


def test_each_relation_has_a_verb() -> None:
    for name in NODE_SIDES:
        assert find_phrase(name), name
    for name, phrase in PHRASES.items():
        texts = (*phrase.forward.stated_languages, phrase.forward.fr, phrase.backward.en)
        assert all(texts), name


async def test_a_search_that_is_cut_says_so(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.documents.paths.MAX_READ", 1)
    found = await fetch(client, "event/alpha-annee", "topic/ess", lang="en", hubs="1")
    assert not found["linked"]
    cut = await fetch(client, "territory/departement-59", "territory/commune-75056", hubs="1")
    assert not cut["complete"]
