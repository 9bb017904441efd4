"""Addresses that were shared: what networks add to them changes nothing."""

import httpx
import pytest

from api.http.tracking_parameters import remove_tracking_parameters

ADDED = "fbclid=IwAR0&utm_source=x&utm_medium=&gclid=1&mc_cid=2&_=17&nocache=1&msclkid=a&igshid=b"
ADDRESSES = [
    "/person", "/event.ics", "/event.atom", "/event.csv?lang=en", "/person.ttl?limit=1",
    "/organisation?q=labo", "/embed/list/event", "/embed/calendar/event", "/embed/map/event",
    "/search?q=labo", "/search.json?q=labo", "/counts/event?by=kind", "/changes", "/changes.atom",
    "/person/demo-camille", "/id/person/demo-camille", "/dumps", "/catalogue", "/queries",
    "/queries/timeline", "/sparql?query=ASK%7B%7D", "/sparql", "/ldes", "/reconcile", "/",
    "/dumps/latest/extract?format=csv&kind=event", "/tables/events", "/validate", "/reports/",
]  # fmt: skip


def test_only_marks_are_taken_out() -> None:
    assert remove_tracking_parameters(b"") == b""
    assert remove_tracking_parameters(b"q=fbclid&from=2011") == b"q=fbclid&from=2011"
    assert remove_tracking_parameters(b"fbclid=1&q=a%26b&utm_x=2&q=c") == b"q=a%26b&q=c"
    assert remove_tracking_parameters(b"_=1") == remove_tracking_parameters(b"_") == b""
    assert remove_tracking_parameters(b"a&&b=&c") == b"a&&b=&c"


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_shared_address_answers_as_the_address(
    client: httpx.AsyncClient, address: str
) -> None:
    plain = await client.get(address)
    shared = await client.get(f"{address}{'&' if '?' in address else '?'}{ADDED}")
    assert shared.status_code == plain.status_code < 400, shared.text
    assert shared.content == plain.content
    for name in ("link", "etag", "location", "content-location"):
        assert shared.headers.get(name) == plain.headers.get(name)
    assert "fbclid" not in shared.text


async def test_another_unknown_parameter_is_still_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/event?fbclid=1&kindd=x")).status_code == 400
