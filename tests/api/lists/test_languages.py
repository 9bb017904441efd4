"""Labels of codes that exist in French alone: never said to be English, marked on English pages."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kg.namespaces import GRAPH, ID, PREFIXES, SCHEME
from tests.api.lists.conftest import client_of, freeze_graph

FORM = "Association déclarée"
"""Of the INSEE's legal category 9220."""
TOLD = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items()) + f"""
GRAPH <{GRAPH}alpha> {{
  <{ID}organisation/o> a org:Organization ; skos:prefLabel "Une"@fr, "One"@en ;
    ess:acronym "L'U & N" ; legal:companyType <{SCHEME}cj/9220> ;
    org:classification <{SCHEME}organisation-kind/association> .
  <{ID}organisation/p> a org:Organization ; skos:prefLabel "Deux"@fr, "Two"@en ;
    legal:companyType <{SCHEME}cj/9220> .
}}
"""  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_graph(tmp_path_factory.mktemp("languages") / "releases", TOLD.encode())


@pytest.fixture(scope="module")
async def client(told: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(told) as one:
        yield one


PAGES = (
    "/organisation?",
    "/organisation?legal_form=9220&",
    "/organisation/o?",
    "/organisation?view=chart&by=legal_form&",
    "/search?q=association+déclarée&",
    "/scheme/cj?",
    "/scheme/cj/92?",
    "/scheme/cj/9220?",
    "/compare?one=organisation/o&other=organisation/o&",
)


@pytest.mark.parametrize("address", PAGES)
async def test_pages_mark_them(client: httpx.AsyncClient, address: str) -> None:
    marked = f'lang="fr">{FORM}<'
    for language in ("en", "fr"):
        answer = await client.get(f"{address}lang={language}", headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert FORM in answer.text
        assert (marked in answer.text) == (language == "en"), answer.text
        assert "&lt;span" not in answer.text


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_suggestions_are_texts_without_markup(
    client: httpx.AsyncClient, language: str
) -> None:
    found = (await client.get("/suggest", params={"q": "one", "lang": language})).json()
    assert [item["detail"] for item in found["items"]] == ["L'U & N · Association"]
    found = (await client.get("/suggest", params={"q": "two", "lang": language})).json()
    assert [item["detail"] for item in found["items"]] == [FORM]


async def test_a_filter_that_is_used_is_marked(client: httpx.AsyncClient) -> None:
    page = (await client.get("/organisation?legal_form=9220&lang=en&format=html")).text
    assert (
        page.count(f'<span lang="fr">{FORM}</span>') == 4
    )  # among those used, the choices and both records


async def test_data_has_no_english_label_where_there_is_none(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/organisation.json?lang=en")).json()
    assert listed["labels"]["scheme/cj/9220"] == {"fr": FORM}
    assert len(listed["labels"]["scheme/organisation-kind/association"]) == 2
    (count,) = listed["facets"]["legal_form"]["values"]
    assert (count["label"], count["name"], count["name_lang"]) == ({"fr": FORM}, FORM, "fr")
    found = (await client.get("/search.json?q=association+déclarée&lang=en")).json()["codes"]
    assert {"fr": FORM} in [code["label"] for code in found]
    counted = (await client.get("/counts/organisation.csv?by=legal_form,kind&lang=en")).text
    rows = csv.DictReader(io.StringIO(counted))
    (row,) = [row for row in rows if "-" not in (row["legal_form"], row["kind"])]
    assert (row["legal_form_fr"], row["legal_form_en"]) == (FORM, "")
    assert row["kind_fr"]
    assert row["kind_en"]


async def test_scheme_itself_says_french_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/scheme/cj/9220", headers={"Accept": "text/turtle"})
    assert f'"{FORM}"@fr' in answer.text
    assert "@en" not in answer.text
