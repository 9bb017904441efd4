"""Feeds: calendars, Atom and GeoJSON, read by the readers people use."""

from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import httpx
import pytest
from icalendar import Calendar

from kg.kinds import KIND_BY_NAME

ATOM = "{http://www.w3.org/2005/Atom}"


async def calendar(client: httpx.AsyncClient, query: str = "") -> dict[str, object]:
    """Key to VEVENT."""
    answer = await client.get(f"/event.ics{query}")
    assert answer.status_code == 200
    for line in answer.content.split(b"\r\n"):
        assert len(line) <= 75
    return {str(e["uid"]).rpartition("/")[2]: e for e in Calendar.from_ical(answer.text).events}


async def test_a_calendar_has_the_events_known_to_the_day(client: httpx.AsyncClient) -> None:
    events = await calendar(client)
    assert set(events) == {"alpha-2010", "alpha-jour", "alpha-peut-etre"}
    session, day, maybe = (events[k] for k in ("alpha-2010", "alpha-jour", "alpha-peut-etre"))
    assert session.start == datetime(2010, 11, 4, 15, 30, tzinfo=UTC)
    assert session.end == datetime(2010, 11, 4, 17, 30, tzinfo=UTC)
    assert (day.start, day.end) == (date(2019, 4, 19), date(2019, 4, 21))
    assert day["status"] == "CANCELLED"
    assert (maybe.start, maybe["status"]) == (date(2019, 2, 1), "TENTATIVE")


async def test_what_a_calendar_leaves_out_is_counted(client: httpx.AsyncClient) -> None:
    answer = await client.get("/event.ics")
    assert (answer.headers["x-total-count"], answer.headers["x-omitted"]) == ("6", "3")
    assert Calendar.from_ical(answer.text)["X-ESS-KG-WITHOUT-DATE"] == "3"


async def test_texts_survive_the_calendar(client: httpx.AsyncClient) -> None:
    session = (await calendar(client))["alpha-2010"]
    assert session["description"] == "Exposé; avec, des signes\net deux lignes <b>brutes</b>."
    assert session["location"] == "Marché des Halles, 2 rue des Canonniers"
    assert session["summary"] == "La mutualisation dans l'économie sociale"
    english = (await calendar(client, "?lang=en"))["alpha-2010"]
    assert english["summary"] == "Pooling in the social economy"
    assert english["url"] == "http://test/event/alpha-2010"


async def test_any_filter_makes_a_calendar(client: httpx.AsyncClient) -> None:
    assert set(await calendar(client, "?territory=commune-59350")) == {"alpha-2010"}
    assert set(await calendar(client, "?from=2019-03")) == {"alpha-jour"}
    assert await calendar(client, "?kind=summit") == {}


async def test_atom_has_every_event_the_newest_first(client: httpx.AsyncClient) -> None:
    answer = await client.get("/event.atom")
    feed = Xml.fromstring(answer.content)
    assert feed.findtext(f"{ATOM}id") == "https://w3id.org/ess-kg/event"
    entries = feed.findall(f"{ATOM}entry")
    titles = [entry.findtext(f"{ATOM}title") for entry in entries]
    assert len(titles) == 6
    assert titles[0] == "[Annulé] Journée <script>alert(1)</script> & compagnie"
    summaries = {e.findtext(f"{ATOM}title"): e.findtext(f"{ATOM}summary") or "" for e in entries}
    assert "22 mars (année non précisée)" in summaries["Un 22 mars"]
    assert (
        "4 novembre 2010, 16\u00a0h\u00a030 – 18\u00a0h\u00a030 · Marché des Halles"
        in (summaries["La mutualisation dans l'économie sociale"])
    )
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}")


async def test_atom_pages_are_linked(client: httpx.AsyncClient) -> None:
    feed = Xml.fromstring((await client.get("/event.atom?limit=4")).content)
    following = feed.find(f"{ATOM}link[@rel='next']")
    assert following is not None
    rest = Xml.fromstring((await client.get(following.get("href", ""))).content)
    assert len(rest.findall(f"{ATOM}entry")) == 2


@pytest.mark.parametrize(
    ("kind", "located", "omitted"), [("place", 2, "0"), ("organisation", 1, "1")]
)
async def test_geojson_has_what_has_coordinates_and_counts_the_rest(
    client: httpx.AsyncClient, kind: str, located: int, omitted: str
) -> None:
    answer = await client.get(f"/{kind}.geojson")
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == located
    assert answer.headers["x-omitted"] == omitted
    first = collection["features"][0]
    longitude, latitude = first["geometry"]["coordinates"]
    assert 2 < longitude < 4
    assert 48 < latitude < 51
    assert first["id"].startswith(f"https://w3id.org/ess-kg/id/{kind}/")
    assert (await client.get(f"/{kind}.geojson?bbox=0,0,1,1")).json()["features"] == []


async def test_an_event_is_where_its_place_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/event.geojson")
    placed = {
        f["properties"]["key"]: f["geometry"]["coordinates"] for f in answer.json()["features"]
    }
    assert placed == {"alpha-2010": [3.0635, 50.6366], "alpha-cycle": [3.06, 50.64]}
    assert answer.headers["x-omitted"] == "4"
    inside = await client.get("/event.geojson?bbox=3.062,50,4,51")
    assert [f["id"].rpartition("/")[2] for f in inside.json()["features"]] == ["alpha-2010"]


@pytest.mark.parametrize("kind", ["organisation", "cluster", "project", "publication"])
async def test_every_kind_with_dates_has_a_calendar(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.get(f"/{kind}.ics")
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.text).events
    total, omitted = (int(answer.headers[name]) for name in ("x-total-count", "x-omitted"))
    assert len(events) == total - omitted


async def test_kinds_without_coordinates_or_dates_have_no_such_feed(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/person.geojson")).status_code == 406
    assert (await client.get("/person.ics")).status_code == 406


@pytest.mark.parametrize("name", ["geojson", "ics"])
async def test_the_lists_of_a_format_are_those_that_the_documentation_names(
    client: httpx.AsyncClient, root: Path, name: str
) -> None:
    rows = (root / "docs" / "api.md").read_text("utf-8").splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{name}` |")]
    # the plurals are English: territory, territories
    named = {kind for kind in KIND_BY_NAME if kind[:-1] in row.rpartition("lists of")[2]}
    answers = {kind: (await client.get(f"/{kind}.{name}")).status_code for kind in KIND_BY_NAME}
    assert {kind for kind, status in answers.items() if status == 200} == named
    assert set(answers.values()) <= {200, 406}
