"""What other sites embed: a list in any of its views, with the filters of the list."""

import html
import re
from datetime import date

import httpx
import pytest

from api.routes import embed
from api.views.list_view_names import list_views
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


@pytest.mark.parametrize(
    ("shape", "mark"),
    [
        ("timeline/event?by=year", '<rect class="measure"'),
        ("chart/organisation?by=kind&and=territory", '<table class="data numbers cross">'),
        ("table/organisation", '<table class="data rows">'),
        ("network/event", "data-network="),
    ],
)
async def test_a_view_is_embedded_as_it_is(
    client: httpx.AsyncClient, shape: str, mark: str
) -> None:
    view, _, rest = shape.partition("/")
    own = rest.partition("?")[2]
    answer = await client.get(f"/embed/{shape}{'&' if own else '?'}lang=fr&theme=dark")
    assert answer.status_code == 200
    assert mark in answer.text
    assert '<html lang="fr" class="theme-dark">' in answer.text
    assert '<base target="_blank">' in answer.text  # links leave the frame
    assert all('target="_blank"' in one for one in re.findall(r"<a [^>]*><title>", answer.text))
    assert "<form" not in answer.text
    assert 'class="steps"' not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert ("script-src 'self'" in policy) == (view == "network")
    assert ("<script" in answer.text) == (view == "network")
    foot = html.unescape(answer.text.partition('class="foot"')[2])
    whole = re.search(r'href="([^"]+)"', foot)
    assert whole
    assert f"view={view}" in whole[1]
    assert own in whole[1]
    shown = await client.get(whole[1], headers={"Accept": "text/html"})
    assert mark in shown.text
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]


async def test_each_view_of_a_list_leads_to_the_builder_and_to_oembed(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get(
        "/organisation?view=chart&by=kind&and=territory&legal_form=-&lang=fr",
        headers={"Accept": "text/html"},
    )
    builder = re.search(r'href="(/embed\?[^"]+)"', page.text)
    found = re.search(r'type="application/json\+oembed" href="([^"]*)"', page.text)
    assert builder
    assert found
    asked = html.unescape(builder[1])
    made = (await client.get(asked)).text
    assert '<option value="kind" selected>' in made
    assert '<option value="territory" selected>' in made
    frame = (await client.get(html.unescape(found[1]))).json()["html"]
    for written in (html.unescape(made), frame):
        address = re.search(r'<iframe src="http://test(/embed/chart/organisation[^"]*)"', written)
        assert address
        options = httpx.URL(html.unescape(address[1])).params
        assert (options["by"], options["and"], options["legal_form"]) == ("kind", "territory", "-")
        assert (await client.get(html.unescape(address[1]))).status_code == 200


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
async def test_the_builder_offers_the_views_of_a_kind_and_each_works(
    client: httpx.AsyncClient, kind: str
) -> None:
    page = (await client.get(f"/embed?of={kind}&by=nothing&and=nothing")).text
    offered = re.findall(
        r'<option value="(\w+)"', page.partition('id="embed-shape"')[2].partition("</select>")[0]
    )
    assert sorted(offered) == sorted(list_views(KIND_BY_NAME[kind]))
    for shape in offered:
        for language in ("fr", "en"):
            answer = await client.get(f"/embed/{shape}/{kind}?theme=light&lang={language}")
            assert answer.status_code == 200
            assert f'<html lang="{language}" class="theme-light">' in answer.text


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
        ("/embed/timeline/topic", 400),
        ("/embed/network/territory", 400),
        ("/embed/chart/event?by=colour", 400),
        ("/embed/timeline/event?by=week", 400),
        ("/embed/list/event?by=kind", 400),
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


async def test_a_consumer_that_asks_for_xml_is_told_to_ask_for_json(
    client: httpx.AsyncClient,
) -> None:
    """oEmbed, section 2.3.5: 501 for a format that is not written, which others try next."""
    address = {"url": "http://test/event"}
    refused = await client.get("/oembed", params={**address, "format": "xml"})
    assert refused.status_code == 501
    assert refused.json()["type"].endswith("/format-not-implemented")
    told = await client.get("/oembed", params={**address, "format": "json"})
    assert told.json()["version"] == "1.0"
    assert (await client.get("/oembed", params={**address, "format": "yaml"})).status_code == 400
