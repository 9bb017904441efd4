"""JSON has numbers as numbers, lists as lists, and each name in the language it is stated in."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.dependencies import AppConfig
from kg.namespaces import GRAPH, ID, PREFIXES
from kg.sparql.backend import QueryLimits
from tests.api.conftest import freeze_small, opened

TOLD = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items()) + f"""
GRAPH <{GRAPH}values> {{
  <{ID}territory/t> a ess:Territory ; skos:prefLabel "Ville"@fr ; ess:population 2103778 ;
    schema:latitude 48.8600 ; schema:longitude 2.35 ; ess:postCode "75001", "75002" .
  <{ID}territory/u> a ess:Territory ; skos:prefLabel "Town"@en ;
    ess:population 123456789012345678901234567890 .
  <{ID}territory/v> a ess:Territory ; ess:population "many" .
  <{ID}event/e> a schema:Event ; skos:prefLabel "Un"@fr, "One"@en ;
    schema:maximumAttendeeCapacity 80 ; ess:territory <{ID}territory/t> ;
    schema:location <{ID}territory/t> .
}}
"""  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    releases = tmp_path_factory.mktemp("told") / "releases"
    freeze_small(releases, "release-1", TOLD)
    return releases


@pytest.fixture(scope="module")
async def client(told: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(AppConfig(told, QueryLimits(seconds=5), query_workers=1)) as one:
        yield one


async def items(client: httpx.AsyncClient, address: str) -> dict[str, dict[str, object]]:
    return {item["key"]: item for item in (await client.get(address)).json()["items"]}


async def test_numbers_and_lists_of_json_lists(client: httpx.AsyncClient) -> None:
    found = await items(client, "/territory.json")
    assert found["t"]["columns"]["population"] == 2_103_778
    assert found["t"]["columns"]["latitude"] == 48.86
    assert found["t"]["columns"]["post_codes"] == ["75001", "75002"]
    # what no reader of JSON keeps, and what is no number, stays as it is written
    assert found["u"]["columns"]["population"] == "123456789012345678901234567890"
    assert found["v"]["columns"]["population"] == "many"
    assert (await items(client, "/event.json"))["e"]["columns"]["capacity"] == 80


async def test_numbers_of_geojson(client: httpx.AsyncClient) -> None:
    (feature,) = (await client.get("/territory.geojson")).json()["features"]
    told = feature["properties"]
    assert (told["population"], told["post_codes"]) == (2_103_778, ["75001", "75002"])
    assert (told["label"], told["name"], told["name_lang"]) == ({"fr": "Ville"}, "Ville", "fr")


async def test_numbers_of_a_record_in_json_ld(client: httpx.AsyncClient) -> None:
    told = (await client.get("/territory/t.jsonld")).json()
    assert told["population"] == 2_103_778
    assert told["latitude"] == "48.86"  # a number would be read back as a double
    big = (await client.get("/territory/u.jsonld")).json()
    assert big["population"] == "123456789012345678901234567890"


@pytest.mark.parametrize(
    ("key", "label", "french", "english"),
    [
        ("territory/t", {"fr": "Ville"}, ("Ville", "fr"), ("Ville", "fr")),
        ("territory/u", {"en": "Town"}, ("Town", "en"), ("Town", "en")),
        ("territory/v", {}, ("v", None), ("v", None)),
        ("event/e", {"fr": "Un", "en": "One"}, ("Un", "fr"), ("One", "en")),
    ],
)
async def test_a_language_that_is_not_stated_is_absent(
    client: httpx.AsyncClient,
    key: str,
    label: dict[str, str],
    french: tuple[str, str | None],
    english: tuple[str, str | None],
) -> None:
    kind, _, name = key.partition("/")
    for language, shown in (("fr", french), ("en", english)):
        found = (await items(client, f"/{kind}.json?lang={language}"))[name]
        assert found["label"] == label
        assert (found["name"], found["name_lang"]) == shown
    labels = (await client.get("/event.json?lang=en")).json()["labels"]
    assert labels["id/territory/t"] == {"fr": "Ville"}


async def test_search_facets_and_counts_say_so_too(client: httpx.AsyncClient) -> None:
    hit = (await items(client, "/search.json?q=ville&lang=en"))["t"]
    assert (hit["label"], hit["name"], hit["name_lang"]) == ({"fr": "Ville"}, "Ville", "fr")
    counts = (await client.get("/counts/event.json?by=territory&lang=en")).json()["counts"]
    named = {c["values"][0]["value"]: c["values"][0] for c in counts}
    assert [(n["label"], n["name_lang"]) for n in named.values() if n["name"] == "Ville"] == [
        ({"fr": "Ville"}, "fr")
    ]
