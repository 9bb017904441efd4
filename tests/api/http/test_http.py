"""Details of HTTP that clients rely on, on every answer."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.middleware.compression import negotiate_coding
from tests.api.routes.test_validate_server import of_server

EVERYWHERE = [
    "/", "/person", "/person.json", "/person.csv", "/person/demo-camille", "/nothing/here",
    "/sparql?query=ASK%7B%7D", "/sparql?query=nonsense", "/catalogue", "/health", "/robots.txt",
    "/dumps/latest/people.csv", "/id/person/demo-camille", "/event.ics", "/person?colour=red",
    "/static/style.css", "/reports/", "/queries/timeline.csv",
]  # fmt: skip


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_no_browser_guesses_another_type(client: httpx.AsyncClient, path: str) -> None:
    for _ in range(3):  # what is asked again is remembered
        answer = await client.get(path)
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize(
    "path",
    ["/person", "/person.json", "/person/demo-camille.ttl", "/sparql?query=ASK%7B%7D",
     "/event.atom", "/catalogue.ttl", "/dumps/release-2/people.csv"],
)  # fmt: skip
async def test_what_has_not_changed_since_then_is_not_sent(
    client: httpx.AsyncClient, path: str
) -> None:
    """Feed readers and `wget -N` send back the time alone."""
    first = await client.get(path)
    told = first.headers["last-modified"]
    for _ in range(3):
        again = await client.get(path, headers={"If-Modified-Since": told})
        assert (again.status_code, again.content) == (304, b"")
    early = {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert (await client.get(path, headers=early)).status_code == 200
    other_tag = {"If-Modified-Since": told, "If-None-Match": '"of-another"'}
    assert (await client.get(path, headers=other_tag)).status_code == 200
    tag = first.headers["etag"].removeprefix("W/")
    for tags in ("*", f'"of-another", W/{tag}'):
        assert (await client.get(path, headers={"If-None-Match": tags})).status_code == 304, tags


async def test_every_line_of_a_header_is_read(client: httpx.AsyncClient) -> None:
    for path, offered in (("/person", "application/json"), ("/sparql?query=ASK%7B%7D", "text/csv")):
        lines = [("Accept", "image/png"), ("Accept", offered)]
        found = await client.get(path, headers=lines)
        assert found.headers["content-type"].split(";")[0] == offered
    tag = (await client.get("/person.json")).headers["etag"]
    tags = [("If-None-Match", '"x"'), ("If-None-Match", tag)]
    assert (await client.get("/person.json", headers=tags)).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip;q=0.1, identity;q=1", None),
        ("gzip, identity;q=0.5", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
    ],
)
def test_what_is_not_packed_can_be_preferred(accepted: str, coding: str | None) -> None:
    assert negotiate_coding(accepted) == coding


def test_who_is_cut_off_by_the_end_of_the_server_is_told_to_come_back(
    frozen: Path, start_server: Callable[..., str]
) -> None:
    address = start_server(frozen, 1)
    slow = (
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . FILTER(?a != ?l) }"
    )
    told: list[httpx.Response] = []

    def ask() -> None:
        told.append(httpx.get(f"{address}/sparql", params={"query": slow}, timeout=60))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(1)
    os.kill(of_server(address), signal.SIGTERM)
    asking.join()
    assert told[0].status_code == 503
    assert told[0].headers["content-type"] == "application/problem+json"
    assert told[0].headers["retry-after"]
