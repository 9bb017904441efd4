"""Suggestions while somebody types: records with what they are, codes with the list they filter."""

import httpx


async def test_the_best_records_come_with_what_they_are(client: httpx.AsyncClient) -> None:
    found = (await client.get("/suggest", params={"q": "maison", "lang": "fr"})).json()
    assert found["q"] == "maison"
    first = found["items"][0]
    assert (first["kind"], first["kind_name"], first["name"]) == (
        "organisation", "Organisation", "Maison des sciences",
    )  # fmt: skip
    assert first["url"] == "/organisation/alpha-maison?lang=fr"


async def test_a_kind_narrows_them_and_leaves_codes_out(client: httpx.AsyncClient) -> None:
    found = (await client.get("/suggest", params={"q": "lille", "kind": "territory"})).json()
    assert {item["kind"] for item in found["items"]} == {"territory"}
    assert found["codes"] == []


async def test_a_code_leads_to_the_list_that_it_filters(client: httpx.AsyncClient) -> None:
    found = (await client.get("/suggest", params={"q": "association"})).json()
    assert any("=" in code["url"] for code in found["codes"])


async def test_nothing_typed_is_nothing_found_and_mistakes_are_told(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/suggest")).json()["items"] == []
    assert (await client.get("/suggest?limit=3")).status_code == 400
    assert (await client.get("/suggest?q=a&kind=nothing")).status_code == 400
