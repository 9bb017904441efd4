"""The page of a record on a day: what lasted then, what has no date as such, and back to all."""

from datetime import date

import httpx
import pytest

from api.i18n.dates import format_days
from kg.catalogue.edtf import is_on_day, parse_typed_date

HTML = {"Accept": "text/html"}
CAMILLE = "/person/alpha-camille"


async def read(client: httpx.AsyncClient, path: str, on: str) -> str:
    answer = await client.get(path, params={"on": on, "lang": "en"}, headers=HTML)
    assert answer.status_code == 200
    return answer.text.partition("<main")[2].partition("</main")[0]


async def test_a_day_keeps_what_lasts_then_and_tells_what_it_leaves_out(
    client: httpx.AsyncClient,
) -> None:
    every = (await client.get(f"{CAMILLE}?lang=en", headers=HTML)).text
    assert "teaching assistant" in every
    assert "Pooling in the social economy" in every
    assert 'action="/person/alpha-camille"' in every
    assert "date not stated" not in every
    year = await read(client, CAMILLE, "2010")
    assert "at this date: 2010." in year
    assert "Pooling in the social economy" in year
    assert "teaching assistant" in year
    assert "not shown" not in year
    day = await read(client, CAMILLE, "2009-05-01")  # she was there, the talk was later
    assert "teaching assistant" in day
    assert "Pooling in the social economy" not in day
    assert "1 May 2009. 1 fact with other dates is not shown." in day
    assert 'href="/person/alpha-camille?lang=en"' in day
    assert "/graph/person/alpha-camille?on=2009-05-01" in day
    assert 'value="2009-05-01"' in day
    later = await read(client, CAMILLE, "2015")
    assert "teaching assistant" not in later
    assert "2 facts with other dates are not shown." in later


async def test_what_has_no_date_is_marked(client: httpx.AsyncClient) -> None:
    topic = await read(client, "/topic/ess", "2010-11")
    assert "Creativity cycle" in topic  # known without a date
    assert "date not stated" in topic
    assert "Entreprendre autrement" in topic  # a definition has none
    dated, undated = topic.index("Pooling in"), topic.index("Creativity cycle")
    assert "date not stated" not in topic[dated : topic.index("</li>", dated)]
    assert "date not stated" in topic[undated : topic.index("</li>", undated)]


async def test_a_record_of_another_time_is_told_and_its_links_left_out(
    client: httpx.AsyncClient,
) -> None:
    old = await read(client, "/organisation/alpha-vieille", "2010")
    assert "The record itself is of another time:" in old
    assert "of another time" not in await read(client, "/organisation/alpha-vieille", "1995")
    town = "/territory/commune-59512"
    assert "Coopérative d&#39;autrefois" in await read(client, town, "1995")
    assert "Coopérative d&#39;autrefois" not in await read(client, town, "2010")


async def test_the_page_of_a_day_is_no_document_of_its_own(client: httpx.AsyncClient) -> None:
    every, day = [await client.get(CAMILLE + query, headers=HTML) for query in ("", "?on=2010")]
    assert 'rel="canonical"' in day.headers["link"]
    assert day.headers["link"] == every.headers["link"]
    assert day.headers["etag"] != every.headers["etag"]
    assert 'property="og:url" content="http://test/person/alpha-camille"' in day.text
    unchanged = await client.get(
        CAMILLE + "?on=2010", headers={**HTML, "If-None-Match": day.headers["etag"]}
    )
    assert unchanged.status_code == 304


@pytest.mark.parametrize("on", ["hier", "2010-13-45", "XXXX", "<b>", "31/02/2010"])
async def test_what_is_no_date_is_told(client: httpx.AsyncClient, on: str) -> None:
    answer = await client.get(CAMILLE, params={"on": on, "lang": "fr"}, headers=HTML)
    assert answer.status_code == 400
    assert "est pas une date" in answer.text
    assert "31/05/2016" in answer.text


async def test_data_have_all_dates_and_a_source_none(client: httpx.AsyncClient) -> None:
    for path, accept in ((CAMILLE, "text/turtle"), ("/source/alpha", "text/html")):
        answer = await client.get(f"{path}?on=2010", headers={"Accept": accept})
        assert answer.status_code == 400
        assert (await client.get(f"{path}?on=", headers={"Accept": accept})).status_code == 200


async def test_the_list_of_relations_is_of_a_day_too(client: httpx.AsyncClient) -> None:
    path = "/relations/topic/ess"
    groups = (await client.get(f"{path}.json")).json()["groups"]
    counts = {each["group"]: each["count"] for each in groups}
    then = (await client.get(f"{path}.json?on=2010-11-04")).json()
    assert then["total"] == 2  # one of that day, one without a date
    assert counts["dct:subject/event"] == 2
    later = (await client.get(f"{path}.json?on=2015&group=dct:subject/event")).json()
    assert [each["records"][0]["label"] for each in later["items"]] == [
        "Cycle «\N{NO-BREAK SPACE}Créativité\N{NO-BREAK SPACE}»"
    ]
    page = (await client.get(f"{path}?on=2015&lang=en", headers=HTML)).text
    assert "at this date: 2015." in page
    assert "date not stated" in page
    assert (await client.get(f"{path}?on=x")).status_code == 400


@pytest.mark.parametrize(
    ("begin", "end", "on", "lasts"),
    [
        ("2009", "2010", "2010-12-31", True),
        ("2009", "2010", "2011", False),
        ("2009", "", "2030", True),
        ("", "2010-05", "2010-05-31", True),
        ("", "2010-05", "2010-06", False),
        ("", "", "2010", None),
        ("XXXX-03-22", "", "2010", None),
        ("2010-11-04T16:30:00+01:00", "2010-11-04T18:30:00+01:00", "2010-11-04", True),
    ],
)
def test_what_lasts_on_a_day(begin: str, end: str, on: str, lasts: bool | None) -> None:
    day = parse_typed_date(on)
    assert day is not None
    assert is_on_day(begin, end, day) is lasts


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("2010", "2010"),
        ("2010-02", "February 2010"),
        ("2012-02-29", "29 February 2012"),
        ("2010/2012", "1 January 2010 – 31 December 2012"),
        ("9999", "9999"),
        (date.max.isoformat(), "31 December 9999"),
    ],
)
def test_a_period_is_told_as_it_was_asked(on: str, told: str) -> None:
    day = parse_typed_date(on)
    assert day is not None
    assert format_days(*day, "en") == told
