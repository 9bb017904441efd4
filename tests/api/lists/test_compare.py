"""Two records side by side: chosen by name or key, their columns, what is in two territories."""

import re

import httpx

HTML = {"Accept": "text/html"}


async def test_two_territories_with_what_is_in_them_and_for_their_inhabitants(
    client: httpx.AsyncClient,
) -> None:
    path = "/compare?one=territory/commune-59350&other=territory/commune-75056"
    page = (await client.get(path, headers=HTML)).text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Population 238 246 habitants 2 103 778 habitants" in text.replace("\u202f", " ")
    assert 'href="/event?territory=commune-59350"' in page
    events = int(re.search(r'href="/event\?territory=commune-59350"[^>]*>(\d+)', page)[1])  # type: ignore[index]
    rate = f"{events * 10_000 / 238_246:.3f}".replace(".", ",")  # a small one is told more finely
    assert "238 246 habitants, selon Des terres" in text.replace("\u202f", " ")
    assert f"<td>{rate}</td>" in page


async def test_a_name_that_several_have_gives_a_choice(client: httpx.AsyncClient) -> None:
    page = (await client.get("/compare?one=Lille", headers=HTML)).text
    assert 'href="/compare?one=territory%2Fcommune-59350"' in page
    assert "<table" not in page


async def test_records_of_two_kinds_are_not_compared(client: httpx.AsyncClient) -> None:
    path = "/compare?one=territory/commune-59350&other=organisation/alpha-maison"
    page = (await client.get(path, headers=HTML)).text
    assert "ne sont pas de même type" in page
    assert "<table" not in page
