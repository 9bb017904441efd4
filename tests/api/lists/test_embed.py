"""What other sites embed: a list, a map, a calendar, with the filters of the list."""

import httpx
import pytest

from api.views.embed import build_map
from api.views.page_context import PageContext
from kg.catalogue.records import Item
from kg.kinds import Text


async def test_each_shape_shows_the_records_in_both_languages(client: httpx.AsyncClient) -> None:
    for language in ("fr", "en"):
        listed = await client.get(f"/embed/list/event?lang={language}")
        assert listed.text.count("<li>") == 6
        calendar = await client.get(f"/embed/calendar/event?lang={language}")
        assert "<h2>" in calendar.text
        picture = await client.get(f"/embed/map/organisation?lang={language}")
        assert "<svg" in picture.text
        for answer in (listed, calendar, picture):
            assert f'<html lang="{language}">' in answer.text
            assert "<script" not in answer.text
            assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
            assert "Set-Cookie" not in answer.headers


async def test_it_is_filtered_as_the_list_is(client: httpx.AsyncClient) -> None:
    some = await client.get("/embed/list/event?territory=commune-59350")
    total = (await client.get("/event.json?territory=commune-59350")).json()["total"]
    assert some.text.count("<li>") == total < 6
    assert 'href="/event?territory=commune-59350"' in some.text
    known = {"If-None-Match": some.headers["ETag"]}
    again = await client.get("/embed/list/event?territory=commune-59350", headers=known)
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/embed/colour/event", 404),
        ("/embed/list/colour", 404),
        ("/embed/calendar/territory", 400),
        ("/embed/list/event?colour=red", 400),
    ],
)
async def test_what_is_not_there_is_said(client: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await client.get(path)).status_code == status


async def test_the_script_is_a_few_lines(client: httpx.AsyncClient) -> None:
    script = await client.get("/static/embed.js")
    assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert len(script.text.splitlines()) < 20
    assert "cookie" not in script.text


def _placed(key: str, longitude: float) -> Item:
    named = Text(key, key)
    return Item(1, "place", key, named, None, None, None, None, -17.0, longitude, (), {})


def test_a_map_across_the_180th_meridian_is_cut_open_where_nothing_is() -> None:
    picture = build_map([_placed("a", 179.0), _placed("b", -179.0)], {}, PageContext("fr"))
    left, right = picture.dots
    assert (left.name, right.name) == ("a", "b")
    assert right.x > left.x
    plain = build_map(
        [_placed("a", 2.0), _placed("b", 4.0), _placed("c", -1.0)], {}, PageContext("fr")
    )
    by_name = {dot.name: dot.x for dot in plain.dots}
    assert by_name["c"] < by_name["a"] < by_name["b"]
