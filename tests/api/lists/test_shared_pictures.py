"""The picture that stands for a page where its address is shared: of its kind, told in words."""

import html
import re
import struct

import httpx
import pytest

from kg.kinds import KINDS

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_picture(page: str) -> dict[str, str]:
    return {
        name: html.unescape(text)
        for name, text in re.findall(
            r'<meta (?:property|name)="((?:og:image|twitter:)[^"]*)" content="([^"]*)"', page
        )
    }


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("/", "site", ("ess-kg\u00a0: le graphe ouvert", "ess-kg: the open graph")),
        ("/event", "event", ("Événements – ess-kg", "Events – ess-kg")),
        ("/event?view=timeline", "event", ("Événements – ess-kg", "Events – ess-kg")),
        ("/person/alpha-camille", "person", ("Personnes – ess-kg", "People – ess-kg")),
        ("/source/alpha", "site", ("ess-kg\u00a0: le graphe", "ess-kg: the open graph")),
        ("/search?q=maison", "site", ("ess-kg\u00a0: le graphe", "ess-kg: the open graph")),
        ("/organisation/nobody", "site", ("ess-kg\u00a0: le graphe", "ess-kg: the open graph")),
    ],
)
async def test_each_page_has_a_picture(
    client: httpx.AsyncClient, path: str, name: str, told: tuple[str, str], language: str
) -> None:
    mark = "&" if "?" in path else "?"
    page = await client.get(f"{path}{mark}lang={language}", headers={"Accept": "text/html"})
    picture = read_picture(page.text)
    assert f"/static/social/{name}.png?v=" in picture["og:image"]
    if page.status_code == 200:
        assert picture["og:image"].startswith("http://test/")
    assert (picture["og:image:width"], picture["og:image:height"]) == ("1200", "630")
    assert picture["og:image:alt"].startswith(told[language == "en"])
    assert picture["twitter:card"] == "summary_large_image"
    image = await client.get(picture["og:image"])
    assert image.status_code == 200
    assert image.headers["content-type"] == "image/png"
    assert image.content.startswith(PNG_SIGNATURE)
    assert struct.unpack(">II", image.content[16:24]) == (1200, 630)


async def test_each_kind_has_one_of_its_own(client: httpx.AsyncClient) -> None:
    contents = {
        (await client.get(f"/static/social/{name}.png")).content
        for name in ("site", *(kind.name for kind in KINDS))
    }
    assert len(contents) == len(KINDS) + 1
    assert all(10_000 < len(content) < 100_000 for content in contents)
