"""The reports of the release on the site: addresses, languages, forms, what a page may do."""

import base64
import hashlib

import httpx
import pytest

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("/reports/", "fr", "Rapports des sources"),
        ("/reports/", "en", "Reports on the sources"),
        ("/reports/demo/", "fr", "Rapport de contrôle"),
        ("/reports/demo/", "en", ">Report<"),
        ("/reports/demo.html", "en", ">Report<"),
    ],
)
async def test_a_page_comes_in_the_language_of_its_reader(
    client: httpx.AsyncClient, path: str, language: str, words: str
) -> None:
    answer = await client.get(path, headers=HTML | {"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert words in answer.text
    again = HTML | {"Accept-Language": language, "If-None-Match": answer.headers["etag"]}
    assert (await client.get(path, headers=again)).status_code == 304
    other = {"fr": "en", "en": "fr"}[language]
    asked = await client.get(path, headers=again | {"Accept-Language": other})
    assert asked.status_code == 200


async def test_the_pages_of_a_report_link_to_each_other(client: httpx.AsyncClient) -> None:
    for path in ("/reports/index.en.html", "/reports/demo/index.en.html"):
        answer = await client.get(path, headers={"Accept-Language": "fr"})
        assert (answer.status_code, answer.headers["content-language"]) == (200, "en")


async def test_a_report_may_use_its_own_style_and_nothing_else(client: httpx.AsyncClient) -> None:
    answer = await client.get("/reports/demo/", headers=HTML)
    digest = hashlib.sha256(b"main { color: #111 }").digest()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("/reports/demo.csv", "text/csv", b"people.csv"),
        ("/reports/demo/findings.csv", "text/csv", b"people.csv"),
        ("/reports/demo.json", "application/json", b"problems"),
        ("/reports/demo/problems.json", "application/json", b"problems"),
        ("/reports/demo.ttl", "text/turtle", b"ValidationReport"),
        ("/reports/demo/?format=ttl", "text/turtle", b"ValidationReport"),
        ("/reports.json", "application/json", b"demo"),
    ],
)
async def test_a_report_in_another_form(
    client: httpx.AsyncClient, path: str, media_type: str, content: bytes
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert content in answer.content
    download = answer.headers.get("content-disposition", "")
    assert ("demo-report.csv" in download) == (media_type == "text/csv")


async def test_addresses_without_their_slash_lead_to_it(client: httpx.AsyncClient) -> None:
    for path in ("/reports", "/reports/demo"):
        answer = await client.get(f"{path}?lang=en")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"{path}/?lang=en"


@pytest.mark.parametrize(
    "path",
    [
        "/reports/nobody",
        "/reports/nobody/",
        "/reports/nobody.csv",
        "/reports/demo/secret.csv",
        "/reports/nobody/index.fr.html",
        "/reports/..%2fmodel/index.fr.html",
        "/reports/%2e%2e/index.fr.html",
    ],
)
async def test_what_is_no_report_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_suffix_is_not_acceptable(client: httpx.AsyncClient) -> None:
    assert (await client.get("/reports/demo.pdf")).status_code in (404, 406)
    assert (await client.get("/reports.pdf")).status_code == 406


async def test_the_page_of_a_source_leads_to_its_report(client: httpx.AsyncClient) -> None:
    shown = await client.get("/source/demo", headers=HTML)
    assert 'href="/reports/demo/"' in shown.text
