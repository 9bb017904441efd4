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
    told = [label.removeprefix("Something is wrong here: ") for _, label in links]
    assert told[:1] == ["Maison des sciences"]
    titles = ["Kind", "Founded on", "Head-office territory", "Latitude", "Longitude"]
    assert [title for title in told if title in titles] == titles
    for href, label in links:
        form = await visitor.get(unescape(href))
        given = parse_qs(urlsplit(unescape(href)).query)
        if "fact" in given:
            continue
        assert f'<option value="{given["column"][0]}" selected>' in form.text, label
    # what other records say of this one is a column of theirs
    others = {parse_qs(urlsplit(unescape(href)).query)["record"][0] for href, _ in links}
    assert "event/alpha-cycle" in others


@pytest.mark.parametrize(
    ("page", "fact", "shown"),
    [
        ("person/alpha-camille", "person/alpha-camille#membership-1", "Maison des sciences"),
        ("organisation/alpha-maison", "person/alpha-camille#membership-1", "Camille Exemple"),
        ("event/alpha-2010", "event/alpha-2010#participation-1", "speaker"),
        ("event/alpha-2010", "source/alpha#claim-1", "Coopérer dure plus longtemps."),
        ("event/alpha-2010", "source/alpha#anomaly-1", "Two weekdays for a date."),
        ("topic/ess", "topic/ess#definition-1", "Entreprendre autrement"),
    ],
)
async def test_what_is_no_column_of_a_record_leads_to_the_form_that_names_it(
    visitor: httpx.AsyncClient, releases: Path, page: str, fact: str, shown: str
) -> None:
    html = {"Accept": "text/html"}
    told = (await visitor.get(f"/{page}?lang=en", headers=html)).text
    [href] = {
        unescape(one)
        for one in re.findall(r'class="report-link" href="([^"]+)"', told)
        if parse_qs(urlsplit(unescape(one)).query).get("fact") == [fact]
    }
    form = (await visitor.get(href)).text
    assert f'<input type="hidden" name="record" value="{page}">' in form
    assert f'<input type="hidden" name="fact" value="{fact}">' in form
    assert shown in form.partition('<p class="lead">')[2]
    assert "This fact as a whole" in form


async def test_the_report_of_a_fact_names_its_row_its_table_and_its_column(
    visitor: httpx.AsyncClient, releases: Path
) -> None:
    fact = "person/alpha-camille#membership-1"
    form = await visitor.get(
        "/feedback", params={"record": "person/alpha-camille", "fact": fact, "lang": "en"}
    )
    values = dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', form.text))
    assert values["organisation"] == "Organisation: Maison des sciences"
    assert values["title"] == "Title as written: ATER"
    assert (values["start"], values["end"]) == ("Start: 2009", "End: 2010")
    given = {"record": "person/alpha-camille", "fact": fact, "problem": "x"}
    wrong = await visitor.post("/feedback", data={**given, "contact": "nobody", "column": "role"})
    assert wrong.status_code == 400
    assert f'name="fact" value="{fact}"' in wrong.text
    assert '<option value="role" selected>' in wrong.text
    for column in ("role", ""):
        sent = await visitor.post("/feedback", data={**given, "column": column})
        assert sent.status_code == 201
    kept = read_reports(releases.parent / FILE_NAME)
    assert [(each.record, each.column) for each in kept] == [
        (fact, "memberships.role"),
        (fact, "memberships"),
    ]


@pytest.mark.parametrize(
    "fact", ["person/alpha-camille#membership-2", "person/alpha-camille", "x y", "<#b>", "a#b"]
)
async def test_a_fact_that_is_not_there_is_told(visitor: httpx.AsyncClient, fact: str) -> None:
    assert (await visitor.get("/feedback", params={"fact": fact})).status_code == 400
    sent = await visitor.post("/feedback", data={"fact": fact, "problem": "x"})
    assert sent.status_code == 400


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
