"""The search over HTTP."""

import httpx

from api.ranges import Ranges


async def test_json_tells_what_was_understood(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/search.json?q=mutualistion")).json()
    assert answer["corrected"] == {"mutualistion": "mutualisation"}
    assert answer["items"][0]["id"] == "https://w3id.org/ess-kg/id/event/alpha-2010"
    assert answer["totals"] == {"event": 1}


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
    assert Ranges("bytes=0-9", 10).usable
    assert not Ranges(f"bytes={'9' * 5000}-", 10).usable
