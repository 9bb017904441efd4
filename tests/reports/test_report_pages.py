"""Reports as pages of the site, and as files that are opened without a server."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from api.views.report_page import STYLES
from tests.api.lists.conftest import client_of
from tests.reports.conftest import Planted

PAGES = ("/reports/", "/reports/demo/", "/reports/graphe/", "/reports/index.en.html",
         "/reports/demo/index.en.html")  # fmt: skip


@pytest.fixture(scope="module")
async def client(planted: Planted) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(planted.places.releases) as one:
        yield one


@pytest.mark.parametrize("address", PAGES)
async def test_a_report_is_a_page_of_the_site(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    language = "en" if address.endswith("en.html") else "fr"
    assert answer.headers["content-language"] == language
    text = answer.text
    assert f'<html lang="{language}">' in text
    assert text.count("<h1>") == text.count("<main") == text.count("</main>") == 1
    assert 'action="/search"' in text
    assert 'class="bottom"' in text
    folder = re.sub("index.*", "", address)
    other = "fr" if language == "en" else "en"
    assert f'class="switch" href="{folder}?lang={other}"' in text
    (style,) = STYLES.findall(text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["content-security-policy"]


async def test_a_report_says_as_much_on_the_site(
    client: httpx.AsyncClient, planted: Planted
) -> None:
    for source in ("", "demo/", "graphe/"):
        written = (planted.report / source / "index.fr.html").read_text("utf-8")
        content = written.partition('<main class="report">')[2].rpartition("</main>")[0]
        assert len(content) > 500
        shown = (
            await client.get(f"/reports/{source}?lang=fr", headers={"Accept": "text/html"})
        ).text
        assert content.strip() in shown


async def test_links_of_a_report_lead_somewhere_on_the_site(client: httpx.AsyncClient) -> None:
    for address in PAGES:
        text = (await client.get(address, headers={"Accept": "text/html"})).text
        content = text.partition('<div class="report">')[2]
        for href in re.findall(r'href="([^"/#][^":]*)"', content):
            led = await client.get(httpx.URL("http://ess-kg.example" + address).join(href).path)
            assert led.status_code == 200, (address, href)


def test_a_report_that_is_opened_without_a_server_has_a_header(planted: Planted) -> None:
    for path in planted.report.rglob("index.*.html"):
        text = path.read_text("utf-8")
        header = text.partition("<header")[2].partition("</header>")[0]
        assert "ess-kg" in header
        assert f'href="index.{"en" if "fr" in path.name else "fr"}.html"' in header
        assert not re.search(r'(src|href)="(https?:)?//', header)
