"""The form for what is wrong: filled in from a record, kept without an account, within limits."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kg.visitor_reports import FILE_NAME, PROPOSED_SOURCE, read_reports
from tests.api.lists.conftest import client_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def visitor(releases: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app of its own, with a limit of its own; the reports are removed after."""
    async with client_of(releases) as one:
        yield one
    (releases.parent / FILE_NAME).unlink(missing_ok=True)


async def test_a_record_leads_to_the_form_and_the_report_is_kept(
    visitor: httpx.AsyncClient, releases: Path
) -> None:
    page = (await visitor.get("/organisation/alpha-maison", headers={"Accept": "text/html"})).text
    assert 'href="/feedback?record=organisation%2Falpha-maison"' in page
    form = await visitor.get("/feedback?record=organisation/alpha-maison&column=label_fr&lang=en")
    assert 'action="/feedback?lang=en"' in form.text
    assert "Maison des sciences" in form.text
    assert '<option value="label_fr" selected>' in form.text
    sent = await visitor.post(
        "/feedback",
        data={
            "record": "organisation/alpha-maison",
            "column": "label_fr",
            "problem": "<b>faux</b>",
        },
    )
    assert sent.status_code == 201
    [kept] = read_reports(releases.parent / FILE_NAME)
    assert (kept.record, kept.problem) == ("organisation/alpha-maison", "<b>faux</b>")
    assert kept.release == "release-1"


async def test_a_fact_leads_to_the_form_with_its_column_chosen(visitor: httpx.AsyncClient) -> None:
    html = {"Accept": "text/html"}
    page = (await visitor.get("/organisation/alpha-maison?lang=en", headers=html)).text
    links = re.findall(
        r'class="report-link" href="([^"]+)" rel="nofollow" aria-label="([^"]+)"', page
    )
    titles = ("Kind", "Founded on", "Head-office territory", "Latitude", "Longitude")
    assert [label for _, label in links] == [f"Something is wrong here: {t}" for t in titles]
    for href, _ in links:
        form = await visitor.get(unescape(href))
        column = parse_qs(urlsplit(unescape(href)).query)["column"][0]
        assert f'<option value="{column}" selected>' in form.text


async def test_a_wrong_field_keeps_what_was_typed_escaped(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/feedback", data={"problem": "<b>", "contact": "nobody"})
    assert answer.status_code == 400
    assert "&lt;b&gt;</textarea>" in answer.text
    assert "adresse électronique" in answer.text


async def test_programs_and_other_sites_leave_nothing(
    visitor: httpx.AsyncClient, releases: Path
) -> None:
    filled = await visitor.post("/feedback", data={"problem": "x", "website": "y"})
    assert filled.status_code == 201
    crossed = await visitor.post(
        "/feedback", data={"problem": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 400
    assert (await visitor.post("/feedback", json={"problem": "x"})).status_code == 415
    assert (await visitor.post("/feedback", content=b"a=b&" * 30, headers=FORM)).status_code == 400
    assert (await visitor.post("/feedback", data={"record": "organisation/x"})).status_code == 400
    assert not (releases.parent / FILE_NAME).exists()


async def test_one_visitor_sends_ten_an_hour(visitor: httpx.AsyncClient) -> None:
    codes = [
        (await visitor.post("/feedback", data={"problem": "x"})).status_code for _ in range(11)
    ]
    assert codes == [201] * 10 + [429]


async def test_a_proposed_source_waits_beside_the_reports(
    visitor: httpx.AsyncClient, releases: Path
) -> None:
    form = await visitor.get("/propose-source?lang=en")
    assert 'name="address"' in form.text
    assert 'action="/propose-source?lang=en"' in form.text  # the answer is in the same language
    given = {"name": "Annuaire <b>", "address": "https://example.org/liste.csv"}
    wrong = await visitor.post("/propose-source", data={**given, "address": "javascript:1"})
    assert wrong.status_code == 400
    assert 'value="Annuaire &lt;b&gt;"' in wrong.text
    for language, told in (
        ("fr", "« Comment s’appelle-t-elle, qui la publie » : 201 caractères"),
        ("en", "“What is it called, who publishes it”: 201 characters"),
    ):
        long = await visitor.post(
            f"/propose-source?lang={language}", data={**given, "name": "x" * 201}
        )
        assert told in long.text.replace("\N{NO-BREAK SPACE}", " ")
        assert long.text.count("aria-invalid") == 1
    filled = await visitor.post("/propose-source", data={**given, "website": "y"})
    assert filled.status_code == 201
    sent = await visitor.post("/propose-source", data={**given, "content": "des tiers-lieux"})
    assert sent.status_code == 201
    [kept] = read_reports(releases.parent / FILE_NAME)
    assert (kept.record, kept.proposed) == (PROPOSED_SOURCE, "https://example.org/liste.csv")
    assert kept.problem == "Annuaire <b> – des tiers-lieux"
