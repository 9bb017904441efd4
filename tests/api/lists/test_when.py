"""Dates and states of events at every door: no more precise than stated, one instant, one state."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import httpx
import pytest
from icalendar import Calendar

from tests.api.lists.conftest import client_of, freeze_graph

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Path(__file__).with_name("events.trig").read_bytes()
    return freeze_graph(tmp_path_factory.mktemp("events") / "releases", graph)


@pytest.fixture(scope="module")
async def client(events: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(events) as one:
        yield one


async def keys(client: httpx.AsyncClient, query: str) -> list[str]:
    return [item["key"] for item in (await client.get(f"/event.json?{query}")).json()["items"]]


async def calendar(client: httpx.AsyncClient) -> dict[str, object]:
    answer = await client.get("/event.ics")
    return {str(e["uid"]).rpartition("/")[2]: e for e in Calendar.from_ical(answer.text).events}


async def test_json_says_dates_as_they_are_stated(client: httpx.AsyncClient) -> None:
    items = {i["key"]: i for i in (await client.get("/event.json?limit=50")).json()["items"]}
    assert (items["year"]["begins"], items["year"]["ends"]) == ("2025", None)
    assert (items["year"]["earliest"], items["year"]["latest"]) == ("2025-01-01", "2025-12-31")
    assert (items["exhibition"]["begins"], items["exhibition"]["ends"]) == ("2026-03", "2026-05")
    assert items["island"]["timezone"] == "Indian/Reunion"
    assert items["island"]["earliest"] == "2026-05-13T01:00"
    assert items["nowhere"]["timezone"] is None


async def test_an_embedded_calendar_shows_no_day_that_is_not_stated(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/embed/calendar/event?lang=fr")).text
    assert "1er mai" not in page
    assert "1er janvier" not in page
    assert "1er septembre" not in page
    sections = dict(re.findall(r"<h2>(.*?)</h2>(.*?)(?=<h2>|</main>)", page, re.S))
    assert "Une année entière" in sections["2025"]
    assert "Une saison" in sections["Automne 2025"]
    for month in ("Mars 2026", "Avril 2026", "Mai 2026"):
        assert "Une exposition" in sections[month]
        assert "mars 2026 – mai 2026" in sections[month]
    assert list(sections) == [
        "Juillet 2026", "Juin 2026", "Mai 2026", "Avril 2026", "Mars 2026", "Février 2026",
        "Automne 2025", "2025",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "lille", "island", "nowhere"),
    [
        (
            "fr", "13 mai 2026, 0\u00a0h\u00a030 – 1\u00a0h\u00a030",
            "13 mai 2026, 1\u00a0h (heure locale)",
            "20 mai 2026, 10\u00a0h (UTC+02:00)",
        ),
        (
            "en", "13 May 2026, 00:30 – 01:30", "13 May 2026, 01:00 (local time)",
            "20 May 2026, 10:00 (UTC+02:00)",
        ),
    ],
)  # fmt: skip
async def test_a_time_is_told_by_the_clock_of_the_place(
    client: httpx.AsyncClient, language: str, lille: str, island: str, nowhere: str
) -> None:
    for path in ("/event", "/embed/list/event", "/embed/calendar/event", "/event.atom"):
        page = (await client.get(f"{path}?lang={language}")).text
        for told in (lille, island, nowhere):
            assert told in page, path
    record = (await client.get(f"/event/universal?lang={language}")).text
    assert lille.partition(" – ")[0] in record
    assert island in (await client.get(f"/event/island?lang={language}")).text


async def test_an_instant_is_filtered_by_its_day_there_and_ordered_as_one(
    client: httpx.AsyncClient,
) -> None:
    # half past midnight in Lille, one o'clock on the island: both are the twelfth in UTC
    assert await keys(client, "from=2026-05-13&to=2026-05-13&sort=date") == [
        "exhibition", "month", "island", "universal",
    ]  # fmt: skip
    assert "universal" not in await keys(client, "from=2026-05-12&to=2026-05-12")
    latest = await keys(client, "from=2026-05-13&to=2026-05-13&sort=-date")
    assert latest.index("universal") < latest.index("island")


@pytest.mark.parametrize(
    ("typed", "same"),
    [("31/12/2025", "2025-12-31"), ("12/2025", "2025-12"), ("01.06.2026", "2026-06-01")],
)
async def test_a_date_typed_as_in_french_is_understood(
    client: httpx.AsyncClient, typed: str, same: str
) -> None:
    expected = await keys(client, f"from={same}&limit=50")
    assert await keys(client, f"from={typed}&limit=50") == expected
    assert len(expected) < 15


@pytest.mark.parametrize("typed", ["31/02/2018", "2018-13", "12/31/2018", "32/2018", "hier/2018"])
async def test_what_is_no_date_is_refused(client: httpx.AsyncClient, typed: str) -> None:
    for path in ("/event.json", "/event", "/embed/list/event", "/event.ics"):
        answer = await client.get(f"{path}?from={typed}")
        assert answer.status_code == 400, path
        assert "03/05/2011" in answer.text


async def test_every_short_form_tells_the_state_of_an_event(client: httpx.AsyncClient) -> None:
    for path in ("/event", "/search?q=affiche", "/embed/list/event", "/embed/calendar/event"):
        page = (await client.get(path)).text
        assert re.search(r"Colloque[^\n]*</a> <span class=\"badge\">Annulé</span>", page), path
    listed = (await client.get("/embed/list/event?lang=en")).text
    assert '<span class="badge">Postponed</span>' in listed
    assert "Scheduled" not in listed
    feed = Xml.fromstring((await client.get("/event.atom")).content)
    titles = {entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")}
    assert {"[Annulé] Colloque sur l'affiche", "[Reporté] Assemblée de printemps"} < titles
    assert "Journée ordinaire" in titles
    found = await calendar(client)
    assert found["cancelled"]["status"] == "CANCELLED"
    assert found["postponed"]["status"] == "TENTATIVE"
    assert found["postponed"]["summary"] == "[Reporté] Assemblée de printemps"
    assert found["held"]["status"] == "CONFIRMED"


async def test_schema_org_has_the_state_of_an_event(client: httpx.AsyncClient) -> None:
    told = (await client.get("/event/cancelled.nt?profile=schema")).text
    assert "<https://schema.org/eventStatus> <https://schema.org/EventCancelled>" in told
    assert "EventPostponed" in (await client.get("/event/postponed")).text
    assert "EventScheduled" in (await client.get("/event/held.nt?profile=schema")).text


async def test_a_calendar_ends_events_as_the_standard_asks(client: httpx.AsyncClient) -> None:
    found = await calendar(client)
    assert "dtend" not in found["instant"]
    assert found["hour-day"].start == datetime(2026, 7, 12, 17, tzinfo=UTC)
    assert found["hour-day"].end == datetime(2026, 7, 14, 22, tzinfo=UTC)
    assert (found["day-hour"].start, found["day-hour"].end) == (
        date(2026, 7, 12),
        date(2026, 7, 15),
    )
    assert found["universal"].start == datetime(2026, 5, 12, 22, 30, tzinfo=UTC)
    assert found["doubtful"]["status"] == "TENTATIVE"
    assert found["doubtful"]["summary"] == "Un jour incertain (date incertaine)"
    assert not {"month", "year", "autumn", "exhibition"} & set(found)


async def test_a_calendar_without_events_is_one_all_the_same(client: httpx.AsyncClient) -> None:
    text = (await client.get("/event.ics?kind=summit")).text
    empty = Calendar.from_ical(text)
    assert [part.name for part in empty.subcomponents] == ["VTIMEZONE"]
    # of a zone with summer time, icalendar 7.3.0 writes its begin an hour late
    # (`findings/icalendar-written-summer-time-an-hour-late.sh`)
    assert "DAYLIGHT" not in empty.to_ical().decode()
    assert "METHOD" not in text


async def test_the_events_of_an_organisation_are_a_calendar(client: httpx.AsyncClient) -> None:
    page = await client.get("/organisation/host?lang=fr", headers={"Accept": "text/html"})
    assert 'href="webcal://test/event.ics?organisation=host"' in page.text
    assert 'href="/changes.atom?record=organisation%2Fhost"' in page.text
    answer = await client.get("/event.ics?organisation=host")
    (event,) = Calendar.from_ical(answer.text).events
    assert event["summary"] == "Journée ordinaire"
