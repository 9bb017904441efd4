"""Passages: each fact leads to what was read in the same place of its source."""

import re

import httpx
import pytest

HTML = {"Accept": "text/html"}


async def test_a_fact_opens_the_passage_that_it_was_read_in(client: httpx.AsyncClient) -> None:
    event = (await client.get("/event/alpha-2010", headers=HTML)).text
    assert 'href="/source/alpha/passage?char=150%2C180"' in event
    page = await client.get("/source/alpha/passage?char=150,180", headers=HTML)
    assert page.status_code == 200
    assert "Le document alpha" in page.text
    assert "150–180" in page.text
    assert "rel-0001" not in page.text
    assert 'href="/person/alpha-camille"' in page.text


@pytest.mark.parametrize(
    ("characters", "told"),
    [
        ("10,31", None),
        ("150,180", "Sections: “Le cycle &lt;b&gt;”, “Les lieux”"),
        ("200,210", "Section: “Les lieux”"),
    ],
)
async def test_a_passage_is_told_with_the_section_that_it_is_in(
    client: httpx.AsyncClient, characters: str, told: str | None
) -> None:
    page = await client.get(f"/source/alpha/passage?char={characters}&lang=en", headers=HTML)
    shown = re.sub(r"<[^>]+>", "", page.text.partition("<main")[2])
    assert ("Section" in shown) == bool(told)
    assert told is None or told in shown


async def test_a_text_is_told_in_the_language_of_the_page(client: httpx.AsyncClient) -> None:
    for language, told, other in (("fr", "Deux jours", "Two"), ("en", "Two weekdays", "Deux")):
        page = await client.get(f"/source/alpha/passage?char=100,140&lang={language}", headers=HTML)
        assert told in page.text
        assert other not in page.text.partition("<main")[2]


async def test_a_row_of_a_register_shows_what_it_gave(client: httpx.AsyncClient) -> None:
    record = (await client.get("/organisation/alpha-maison", headers=HTML)).text
    found = re.search(r'href="(/source/beta/passage\?file=lieux\.csv&amp;row=7)"', record)
    assert found
    page = await client.get(found[1].replace("&amp;", "&"), headers=HTML)
    assert page.status_code == 200
    assert 'href="/organisation/alpha-maison"' in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/source/alpha/passage", 400),
        ("/source/alpha/passage?char=150", 400),
        ("/source/alpha/passage?key=a> <b", 400),
        ("/source/alpha/passage?key=%25zz", 400),
        ("/source/alpha/passage?key=%01", 400),
        ("/source/alpha/passage?char=1,2", 404),
        ("/source/nothing/passage?char=1,2", 404),
    ],
)
async def test_a_place_where_nothing_was_read_is_told(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.get(path, headers=HTML)
    assert answer.status_code == status
    assert "<main" in answer.text
