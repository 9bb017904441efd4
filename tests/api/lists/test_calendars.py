"""Calendars of a list: what has a day stands at it, the rest beside it, and nothing is invented."""

import re
from datetime import date

import httpx
import pytest
from icalendar import Calendar

from api.views import calendar_view
from api.views.calendar_view import MonthCounts, choose_month, shift_month


async def test_events_stand_at_their_days(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/event.json?limit=50")).json()["items"]
    dated = [e for e in listed if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", e.get("begins") or "")]
    assert dated
    for event in dated:
        page = (await client.get(f"/event?view=calendar&month={event['begins'][:7]}&lang=fr")).text
        day = int(event["begins"][8:10])
        cell = re.search(rf'<span aria-hidden="true">{day}</span>.*?</td>', page, re.DOTALL)
        assert cell
        assert f"/event/{event['key']}?lang=fr" in cell[0]


async def test_what_is_known_by_its_year_has_no_day(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/publication.json?limit=50")).json()["items"]
    yearly = [p for p in listed if re.fullmatch(r"\d{4}", p.get("begins") or "")]
    assert yearly
    for publication in yearly:
        address = f"/publication?view=calendar&month={publication['begins']}-01&lang=fr"
        page = (await client.get(address)).text
        grid = page[page.index('<table class="month">') : page.index("</table>")]
        assert f"/publication/{publication['key']}" not in grid
        assert f"/publication/{publication['key']}" in page


async def test_a_calendar_can_be_subscribed_to(client: httpx.AsyncClient) -> None:
    page = (await client.get("/event?view=calendar&territory=commune-59350&lang=fr")).text
    address = re.search(r'href="webcal://[^/]*(/event\.ics[^"]*)"', page)
    assert address
    content = await client.get(address[1].replace("&amp;", "&"))
    assert content.headers["content-type"].startswith("text/calendar")


async def test_what_is_not_there_is_said(client: httpx.AsyncClient) -> None:
    for path in (
        "/event?view=calendar&month=2019",
        "/event?view=calendar&month=0000-01",
        "/event?view=calendar&month=9999-12",
        "/organisation?view=calendar",
        "/event?month=2019-01",
    ):
        assert (await client.get(path)).status_code == 400, path


async def test_what_comes_next_comes_first(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = sorted(
        event["begins"]
        for event in (await client.get("/event.json?limit=50")).json()["items"]
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", event.get("begins") or "")
    )
    monkeypatch.setattr(calendar_view, "find_today", lambda: date.fromisoformat(days[0][:10]))
    page = (await client.get("/event?view=calendar&lang=fr&from=1900")).text
    coming = page[page.index('class="coming"') : page.index("</section>")]
    total = (await client.get(f"/event.json?from={days[0][:10]}")).json()["total"]
    assert coming.count("<li>") == min(5, total) >= len(days)


def test_a_calendar_opens_at_the_next_month_that_has_something() -> None:
    counts = MonthCounts(3, 3, {"2026-01": 1, "2026-12": 1, "2027-03": 1}, {})
    assert choose_month(counts, date(2026, 11, 29)) == "2026-12"
    assert choose_month(counts, date(2028, 1, 1)) == "2027-03"
    assert choose_month(MonthCounts(0, 0, {}, {}), date(2026, 11, 29)) == "2026-11"
    assert shift_month("2026-12", 1) == "2027-01"
    assert shift_month("2026-01", -1) == "2025-12"
    assert shift_month("0001-01", -1) == "0001-01"


async def test_one_event_goes_into_a_calendar(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/event.json?limit=50")).json()["items"]
    for event in listed:
        answer = await client.get(f"/event/{event['key']}.ics")
        dated = re.fullmatch(r"\d{4}-\d{2}-\d{2}[^/]*", event.get("begins") or "")
        assert answer.status_code == (200 if dated else 406), event
        page = (await client.get(f"/event/{event['key']}?lang=fr")).text
        assert ("Ajouter à mon agenda" in page) == bool(dated)
        if dated:
            assert answer.headers["content-type"].startswith("text/calendar")
            (found,) = Calendar.from_ical(answer.text).walk("VEVENT")
            assert str(found["url"]).endswith(f"/event/{event['key']}")


async def test_pages_of_events_begin_with_the_newest_and_data_with_the_name(
    client: httpx.AsyncClient,
) -> None:
    keys = [e["key"] for e in (await client.get("/event.json?sort=-date")).json()["items"]]
    page = (await client.get("/event?lang=fr")).text
    assert re.findall(r'href="/event/([^"?]*)\?lang=fr"', page)[0] == keys[0]
    by_name = [e["key"] for e in (await client.get("/event.json?sort=label")).json()["items"]]
    assert [e["key"] for e in (await client.get("/event.json")).json()["items"]] == by_name
