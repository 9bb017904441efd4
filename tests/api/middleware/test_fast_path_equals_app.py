"""What is remembered or known at once is what the layers behind would answer, header by header."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.middleware.fast_path import FastPath
from api.serving.response_cache import ResponseCache

LOOKUP = "/sparql?query=SELECT%20*%20%7B%20%3Curn%3Ax%3E%20%3Fp%20%3Fo%20%7D"
ADDRESSES = (
    "/event.json", "/event", "/organisation.csv", "/organisation/demo-labo",
    "/organisation/demo-labo.ttl", "/organisation/demo-labo.jsonld", "/organisation/demo-labo.json",
    "/organisation/demo-labo.nt", "/id/organisation/demo-labo", "/id/organisation/old-labo",
    "/organisation/old-labo", "/person/erased", "/organisation/nothing", "/nothing/here",
    "/event.json?from=soon", "/queries", "/search.json?q=labo", LOOKUP, "/sparql?query=SELECT",
    "/event.json?q=" + "x" * 5000, "/event?" + "x=1&" * 3000,
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "text/html"},
    {"Accept": "application/ld+json"},
    {"Accept": "image/png"},
    {"Accept-Language": "fr"},
    {"Accept-Encoding": "gzip"},
    {"Host": "graphe.example"},
    {"Origin": "https://x.example"},
    {"If-None-Match": '"nothing"'},
    {"If-None-Match": "*"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"},
)
OF_THE_MOMENT = {"date", "age", "server-timing"}


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {k: v for k, v in answer.headers.items() if k not in OF_THE_MOMENT}
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("address", ADDRESSES)
async def test_asked_again_it_is_the_same(client: httpx.AsyncClient, address: str) -> None:
    statuses = set()
    for headers in HEADERS:
        for method in ("GET", "HEAD"):
            first, *again = [
                told(await client.request(method, address, headers=headers)) for _ in range(4)
            ]
            assert again == [first] * 3, (method, headers)
            statuses.add(first[0])
        # asked in between with other headers, each is still answered as what it is
        whole = told(await client.get(address, headers=headers))
        head = await client.head(address, headers=headers)
        assert (head.status_code, head.content) == (whole[0], b"")
    assert statuses


@pytest.mark.parametrize("address", ADDRESSES)
async def test_it_is_what_the_layers_behind_answer(client: httpx.AsyncClient, address: str) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    for headers in HEADERS:
        kept = [await client.get(address, headers=headers) for _ in range(3)]
        front, app.outer_layer = app.outer_layer, app.call_framework
        try:
            behind = await client.get(address, headers=headers)
        finally:
            app.outer_layer = front
        for answer in kept:
            assert (answer.status_code, answer.content) == (behind.status_code, behind.content)
            mine, theirs = told(answer)[1], told(behind)[1]
            of_coding = {"etag", "vary", "content-encoding", "content-length"}
            if "Origin" not in headers:  # said to everybody ahead, to another origin behind
                of_coding |= {name for name in mine if name.startswith("access-control-")}
                of_coding |= {name for name in theirs if name.startswith("access-control-")}
            assert {k: v for k, v in mine.items() if k not in of_coding} == {
                k: v for k, v in theirs.items() if k not in of_coding
            }


async def test_the_cases_are_of_every_sort(client: httpx.AsyncClient) -> None:
    found = {
        (await client.get(address, headers=headers)).status_code
        for address in ADDRESSES
        for headers in HEADERS[:4]
    }
    assert {200, 303, 400, 404, 406, 410} <= found


async def test_what_was_being_answered_when_the_release_changed_is_not_kept() -> None:
    service: Any = [SimpleNamespace(response_cache=ResponseCache()) for _ in range(2)]
    begun, go_on = asyncio.Event(), asyncio.Event()
    runs: list[bytes] = []

    class Inner:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            body = b"old" if len(service) == 2 else b"new"
            runs.append(body)
            begun.set()
            await go_on.wait()
            headers = [(b"cache-control", b"public, max-age=60"), (b"etag", b'"%s"' % body)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    app = FastPath(Inner(), lambda: service[0], {})
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "root_path": "", "raw_path": b"/x",
        "path": "/x", "query_string": b"", "headers": [],
    }  # fmt: skip
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])

    async def ask() -> None:
        await app(dict(scope), None, send)  # type: ignore[arg-type]

    go_on.set()
    await ask()  # what is asked once is not kept: the next time it is
    go_on.clear()
    begun.clear()
    late = asyncio.create_task(ask())
    await begun.wait()
    old = service.pop(0)
    go_on.set()
    await late
    for _ in range(3):
        await ask()
    assert sent == [b"old", b"old", b"new", b"new", b"new"]
    assert runs == [b"old", b"old", b"new", b"new"]
    assert old.response_cache.bytes
