"""Pages of named queries: names are accepted, unclear ones give a choice, answers are in words."""

import httpx

from api.views.query_columns import COLUMNS
from kg.queries.named_queries import load_named_queries
from tests.api.lists.test_pages import Page

EVENTS = "/queries/events-of-a-territory"
HTML = {"Accept": "text/html"}


async def test_a_name_is_accepted(client: httpx.AsyncClient) -> None:
    response = await client.get(EVENTS, params={"territory": "Roubaix", "lang": "fr"}, headers=HTML)
    assert response.status_code == 200
    assert 'value="commune-59512"' in response.text
    table = await client.get(f"{EVENTS}.csv", params={"territory": "Roubaix"})
    assert table.status_code == 200


async def test_an_unclear_name_gives_a_choice(client: httpx.AsyncClient) -> None:
    response = await client.get(EVENTS, params={"territory": "Lille", "year": "2010"}, headers=HTML)
    hrefs = Page(response.text).hrefs
    assert any("territory=commune-59350" in href and "year=2010" in href for href in hrefs)
    assert any("territory=arrondissement-595" in href for href in hrefs)
    assert (await client.get(f"{EVENTS}.csv?territory=Lille")).status_code == 400


async def test_answers_have_names_links_and_columns_in_words(client: httpx.AsyncClient) -> None:
    for language, heading in (("fr", "Début"), ("en", "Beginning")):
        parameters = {"territory": "commune-59512", "lang": language}
        response = await client.get(EVENTS, params=parameters, headers=HTML)
        assert f'<th scope="col">{heading}</th>' in response.text
        assert "Rencontre à date incertaine" in response.text
        assert any(h.startswith("/event/alpha-peut-etre") for h in Page(response.text).hrefs)


async def test_a_record_can_be_changed_and_a_short_code_list_is_a_menu(
    client: httpx.AsyncClient,
) -> None:
    shown = await client.get(EVENTS, params={"territory": "commune-59512"}, headers=HTML)
    change = next(h for h in Page(shown.text).hrefs if "form=1" in h)
    form = await client.get(change, headers=HTML)
    assert 'data-suggest="/suggest?kind=territory"' in form.text
    menu = await client.get("/queries/organisations-of-a-territory?lang=fr", headers=HTML)
    assert "<select" in menu.text
    assert "Association" in menu.text
    page = Page(menu.text)
    assert {field.get("id") for field in page.fields} <= page.labelled


def test_each_column_of_a_named_query_has_a_name() -> None:
    for query in load_named_queries().values():
        head = query.text[query.text.index("SELECT") :].partition("WHERE")[0]
        words = head.replace("(", " ").replace(")", " ").replace("/", " ").split()
        names = [word[1:] for word in words if word.startswith("?")]
        assert [name for name in names if name not in COLUMNS and name != "document"] == []


async def test_downloads_begin_with_three_ways_and_hashes_are_folded(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get("/dumps?lang=fr", headers=HTML)).text
    ways = text.partition('class="cards"')[2].partition('id="extract"')[0]
    assert "ess-kg.ttl.gz" in ways
    assert "/organisations.csv" in ways
    assert 'href="#extract"' in ways
    assert "<summary>Empreintes SHA-256</summary>" in text
