"""What other sites embed: a list, a map, a calendar, with the filters of the list."""

import html
import re
from datetime import date

import httpx
import pytest

from api.routes import embed
from kg.catalogue.filters import list_parameters
from kg.kinds import KIND_BY_NAME, KINDS


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
        ("/embed/map/topic", 400),
        ("/embed/list/event?theme=pink", 400),
        ("/embed?of=colour", 404),
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


async def test_a_map_counts_each_record_and_says_what_it_does_not_show(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/embed/map/event?lang=fr")).text
    content = (await client.get("/map/event")).json()
    singles = len(re.findall('<circle class="(?:one|approximate)"', page))
    grouped = sum(map(int, re.findall(r"<text [^>]*>([0-9]+)</text>", page)))
    assert f"{singles + grouped} sur {content['total']}" in page or (
        singles + grouped == content["total"]
    )
    assert 'class="land"' in page


async def test_what_is_to_come_comes_first(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "find_today", lambda: date(2019, 3, 1))
    page = (await client.get("/embed/calendar/event?lang=fr")).text
    coming, _, over = page.partition("<details>")
    assert "/event/alpha-jour" in coming
    assert "2010" in over
    alone = (await client.get("/embed/calendar/event?lang=fr&upcoming=1")).text
    assert "/event/alpha-jour" in alone
    assert "<details" not in alone


async def test_the_theme_of_the_host_is_kept(client: httpx.AsyncClient) -> None:
    dark = (await client.get("/embed/list/event?theme=dark")).text
    assert 'class="theme-dark"' in dark
    assert "theme-" not in (await client.get("/embed/list/event")).text


async def test_the_builder_gives_a_frame_that_works(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/embed?of=event&shape=calendar&territory=commune-59350&theme=dark&height=300&lang=fr"
    )
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    code = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
    assert code
    frame = html.unescape(code[1])
    address = re.search(r'src="([^"]*)"', frame)
    assert address
    assert 'height="300"' in frame
    shown = await client.get(html.unescape(address[1]))
    assert shown.status_code == 200
    assert 'class="theme-dark"' in shown.text
    assert "territory=commune-59350" in address[1]


async def test_filters_of_another_kind_are_left_out(client: httpx.AsyncClient) -> None:
    answer = await client.get("/embed?of=event&legal_form=9220&territory=commune-59350")
    assert answer.status_code == 200
    code = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
    assert code
    assert "legal_form" not in code[1]
    assert "territory" in code[1]


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
async def test_the_builder_says_each_filter_in_words(client: httpx.AsyncClient, kind: str) -> None:
    for name in list_parameters(KIND_BY_NAME[kind]):
        answer = await client.get("/embed", params={"of": kind, name: "x"})
        # a value or a release that cannot be is refused; nothing else goes wrong
        assert answer.status_code in (200, 400, 404, 406), name
    words = await client.get("/embed", params={"of": kind, "q": "lille", "lang": "en"})
    assert "lille" in words.text


async def test_lists_can_be_embedded_by_their_address(client: httpx.AsyncClient) -> None:
    page = (await client.get("/event?view=calendar&territory=commune-59350&lang=fr")).text
    found = re.search(r'type="application/json\+oembed" href="([^"]*)"', page)
    assert found
    content = (await client.get(html.unescape(found[1]) + "&maxwidth=500&maxheight=300")).json()
    assert (content["type"], content["version"]) == ("rich", "1.0")
    assert (content["width"], content["height"]) == (500, 300)
    address = re.search(r'src="([^"]*)"', content["html"])
    assert address
    shown = await client.get(html.unescape(address[1]))
    assert shown.status_code == 200
    assert "/embed/calendar/event" in address[1]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://elsewhere.example/event",
        "http://test/person/x",
        "http://[",
        "javascript:alert(1)",
        "http://test/sparql",
    ],
)
async def test_another_address_is_not_embedded(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.get("/oembed", params={"url": address})).status_code == 404
