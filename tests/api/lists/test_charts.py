"""Timelines and charts of a list: each number is the length of the list that it leads to."""

import html
import re

import httpx
import pytest

from api.views.page_context import PageContext
from api.views.timeline_view import build_bars, choose_step, find_start, list_periods
from kg.catalogue.record_dates import MonthCounts


async def _check_numbers(client: httpx.AsyncClient, page: str) -> int:
    """Compares the numbers of a table with the lists they lead to; how many there are."""
    cells = re.findall(r'<td[^>]*><a href="(/[^"]*)" rel="nofollow">([0-9\u202f]+)</a>', page)
    for address, number in cells:
        path, _, query = html.unescape(address).partition("?")
        answer = await client.get(f"{path}.json?{query}")
        assert answer.status_code == 200, address
        assert answer.json()["total"] == int(number.replace("\u202f", "")), address
    return len(cells)


@pytest.mark.parametrize("kind", ["organisation", "event", "publication", "project"])
@pytest.mark.parametrize("step", ["", "decade", "year", "month"])
async def test_bars_lead_to_lists_of_their_length(
    client: httpx.AsyncClient, kind: str, step: str
) -> None:
    page = (await client.get(f"/{kind}?view=timeline&by={step}&lang=fr")).text
    dated = [
        item
        for item in (await client.get(f"/{kind}.json?limit=100")).json()["items"]
        if item.get("earliest")
    ]
    numbers = await _check_numbers(client, page)
    assert numbers or not dated or step == "month"
    assert page.count('class="measure"') == numbers


@pytest.mark.parametrize("step", ["decade", "year", "month"])
@pytest.mark.parametrize("begun", ["2010-11", "2011", "2010/2012", "201X"])
async def test_bars_of_a_period_stay_within_it(
    client: httpx.AsyncClient, begun: str, step: str
) -> None:
    page = (await client.get(f"/event?begun={begun}&view=timeline&by={step}&lang=fr")).text
    assert await _check_numbers(client, page) or step == "month"


async def test_a_range_of_years_is_told_as_one(client: httpx.AsyncClient) -> None:
    page = (await client.get("/event?begun=2010/2012&lang=fr")).text
    assert "2010 – 2012 <span" in page


async def test_what_began_in_a_year_is_listed(client: httpx.AsyncClient) -> None:
    everything = (await client.get("/event.json?limit=100")).json()["items"]
    for period, matches in (
        ("2019", lambda begins: begins.startswith("2019")),
        ("201X", lambda begins: begins.startswith("201")),
        ("2019-04", lambda begins: begins.startswith("2019-04")),
        ("2010/2018", lambda begins: "2010" <= begins[:4] <= "2018"),
    ):
        found = (await client.get(f"/event.json?begun={period}&limit=100")).json()["items"]
        expected = [e["key"] for e in everything if matches(e.get("begins") or "")]
        assert [e["key"] for e in found] == expected, period


@pytest.mark.parametrize("value", ["x", "2019-04-01", "2019-04/2019-05", "../2019", "2019/x"])
async def test_another_period_is_refused(client: httpx.AsyncClient, value: str) -> None:
    assert (await client.get("/event.json", params={"begun": value})).status_code == 400


async def test_cells_lead_to_lists_of_their_length(client: httpx.AsyncClient) -> None:
    for query in (
        "by=kind",
        "by=kind&and=topics",
        "by=territory&and=kind",
        "by=source&and=territory&territory=region-32",
        "by=assertion&kind=seminar-session",
        "by=territory&territory=commune-59350&territory=commune-75056",
        "by=territory&territory=commune-59350&territory=-",
    ):
        page = (await client.get(f"/event?view=chart&{query}&lang=fr")).text
        assert await _check_numbers(client, page), query


async def test_the_share_that_is_known_is_told(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/organisation.json?limit=100")).json()
    known = sum("kind" in item for item in listed["items"])
    page = (await client.get("/organisation?view=chart&by=kind&lang=en")).text
    assert f"{known} of {listed['total']} records" in page


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/event?q=zzzz&view=chart", "No results for these filters."),
        ("/event?territory=commune-59350&view=chart&by=territory", "This territory has no parts"),
        ("/organisation?view=chart&by=activity", "None of these records has a known value here."),
    ],
)
async def test_a_chart_without_rows_says_why(
    client: httpx.AsyncClient, address: str, told: str
) -> None:
    assert told in (await client.get(f"{address}&lang=en")).text


async def test_what_is_not_there_is_said(client: httpx.AsyncClient) -> None:
    for path in (
        "/event?view=timeline&by=week",
        "/topic?view=timeline",
        "/event?view=chart&by=colour",
        "/event?view=chart&by=kind&and=colour",
    ):
        assert (await client.get(path)).status_code == 400, path


def test_records_that_go_far_back_stand_together() -> None:
    by_year = {"1110": 1, "1904": 1, **{f"{year:04}": 10 for year in range(1980, 2027)}}
    counts = MonthCounts(500, sum(by_year.values()), {}, by_year)
    assert find_start(counts) == 1980
    assert choose_step(counts) == "year"
    periods = list_periods(counts, "year")
    assert periods[:2] == ["1110/1979", "1980"]
    site = PageContext("fr")
    bars = build_bars(periods, dict.fromkeys(periods, 2), site, "/event", [])
    assert bars[0].name == "avant 1980"
    assert bars[0].href == "/event?begun=1110%2F1979"


def test_nothing_dated_is_an_empty_timeline() -> None:
    counts = MonthCounts(5, 0, {}, {})
    assert list_periods(counts, choose_step(counts)) == []
