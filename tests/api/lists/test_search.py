"""The search over HTTP."""

import httpx

from api.http.ranges import ByteRanges


async def test_what_may_have_been_meant_is_offered(client: httpx.AsyncClient) -> None:
    for address in ("/search.json?q=mutualistion", "/event.json?q=mutualistion"):
        answer = (await client.get(address)).json()
        assert (answer["items"], answer["suggestion"]) == ([], "mutualisation"), address
    answer = (await client.get("/search.json?q=mutualisation")).json()
    assert answer["suggestion"] is None
    assert answer["items"][0]["id"] == "https://w3id.org/ess-kg/id/event/alpha-2010"
    assert answer["totals"] == {"event": 1}
    for address, offered in (
        ("/search?q=mutualistion", "/search?q=mutualisation"),
        ("/event?q=mutualistion&lang=fr", "/event?q=mutualisation&amp;lang=fr"),
    ):
        page = (await client.get(address, headers={"Accept": "text/html"})).text
        assert f'<a href="{offered}"><strong>mutualisation</strong></a>' in page
    assert "Vouliez-vous dire" in page


async def test_codes_of_the_lists_are_told(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/search.json?q=E.S.U.S.")).json()
    assert answer["codes"][0]["url"] == "/scheme/status-label/esus"
    answer = (await client.get("/organisation.json?q=SCIC")).json()
    assert answer["codes"][0]["lists"] == [
        {"url": "/organisation?ess_form=scic", "kind": "organisation", "count": 0}
    ]
    page = (await client.get("/search?q=SCIC&lang=fr", headers={"Accept": "text/html"})).text
    assert 'href="/scheme/ess-form/scic?lang=fr"' in page
    assert "0 pour l’instant" in page
    assert (await client.get(answer["codes"][0]["lists"][0]["url"])).status_code == 200


async def test_codes_of_one_name_are_told_apart(client: httpx.AsyncClient) -> None:
    page = (await client.get("/search?q=coopérative&lang=fr", headers={"Accept": "text/html"})).text
    told = page.partition('class="codes"')[2].partition("</section>")[0]
    assert "Coopérative</a> (Nature)" in told
    assert told.count("Coopérative</a> (") == 2
    assert "SARL coopérative de construction</a> ·" in told


async def test_what_is_asked_somewhere_is_listed_there(client: httpx.AsyncClient) -> None:
    asked = {"q": "organisations lille", "lang": "fr"}
    page = (await client.get("/search", params=asked, headers={"Accept": "text/html"})).text
    told = page.partition('aria-labelledby="placed"')[2].partition("</section>")[0]
    assert 'href="/territory/commune-59350?lang=fr"' in told
    assert 'href="/organisation?territory=commune-59350&amp;lang=fr">Organisations' in told


async def test_kinds_narrow_the_search(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/search.json?q=lille&kind=organisation&kind=cluster")).json()
    assert answer["totals"] == {}
    answer = (await client.get("/search.json?q=lille&kind=territory")).json()
    assert answer["items"][0]["key"] == "commune-59350"


async def test_the_page_marks_the_words_and_escapes_the_rest(client: httpx.AsyncClient) -> None:
    page = (await client.get("/search?q=journ%C3%A9e", headers={"Accept": "text/html"})).text
    assert "<mark>Journée</mark> &lt;script&gt;" in page
    assert "<script>" not in page


async def test_the_question_is_escaped(client: httpx.AsyncClient) -> None:
    page = (await client.get("/search", params={"q": '"><script>x</script>'})).text
    assert "<script>x" not in page
    assert "&lt;script&gt;" in page


async def test_without_a_question_there_is_a_form(client: httpx.AsyncClient) -> None:
    page = await client.get("/search")
    assert page.status_code == 200
    assert 'name="q"' in page.text


async def test_numbers_of_any_length_are_refused(client: httpx.AsyncClient) -> None:
    endless = "9" * 5000
    assert (await client.get("/search", params={"q": "a", "limit": endless})).status_code == 400
    assert (await client.get("/event.json", params={"limit": endless})).status_code == 400


def test_a_range_of_any_length_is_passed_over() -> None:
    assert ByteRanges("bytes=0-9", 10).usable
    assert not ByteRanges(f"bytes={'9' * 5000}-", 10).usable
