"""Short answers are given again without anything being run, for as long as they are good."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.middleware.fast_path import FastPath
from api.serving import response_cache
from api.serving.response_cache import MAX_BODY_BYTES, OVERHEAD_BYTES, ResponseCache
from kg.release_layout import Release
from kg.releases.atomic_publish import set_current

PUBLIC = {"ETag": '"1"', "Cache-Control": "public, max-age=60", "Vary": "Accept, Origin"}
QUERY = {"query": "SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3"}


class Counting:
    """An application that counts what it is asked, and answers with the number."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.asked = 0
        self._status, self._body = status, body
        self._headers = [(k.encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        start = {"type": "http.response.start", "status": self._status, "headers": self._headers}
        await send(start)
        body = self._body or str(self.asked).encode()
        await send({"type": "http.response.body", "body": body})


def over(app: Counting, remembered: ResponseCache) -> httpx.AsyncClient:
    served: Any = SimpleNamespace(response_cache=remembered)
    transport = httpx.ASGITransport(FastPath(app, lambda: served, {}))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


class Known(ResponseCache):
    """Takes whatever is asked for something that was asked before."""

    def seen_before(self, key: Any) -> bool:
        return True


async def test_what_is_public_is_kept_when_it_is_asked_again() -> None:
    app = Counting(200, PUBLIC)
    async with over(app, ResponseCache()) as client:
        texts = [(await client.get("/a?x=1")).text for _ in range(4)]
        assert (texts, app.asked) == (["1", "2", "2", "2"], 2)
        assert (await client.get("/a?x=2")).text == "3"


async def test_marks_of_what_was_asked_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_SEEN", 3)
    remembered = ResponseCache()
    for number in range(10):
        assert not remembered.seen_before((b"%d" % number,))
    assert remembered.seen_before((b"9",))
    assert not remembered.seen_before((b"0",))


@pytest.mark.parametrize(
    "header", ["Accept", "Accept-Language", "Accept-Encoding", "Accept-Profile", "Origin", "Host"]
)
async def test_another_header_is_another_question(header: str) -> None:
    app = Counting(200, PUBLIC)
    async with over(app, Known()) as client:
        first = await client.get("/", headers={header: "one"})
        second = await client.get("/", headers={header: "two"})
        again = await client.get("/", headers={header: "one"})
    assert [first.text, second.text, again.text] == ["1", "2", "1"]


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, PUBLIC | {"Cache-Control": "no-store"}, b""),
        (200, PUBLIC | {"Cache-Control": "private"}, b""),
        (200, PUBLIC | {"ETag": 'W/"1"'}, b""),
        (200, PUBLIC | {"Vary": "Accept, Cookie"}, b""),
        (200, PUBLIC | {"Vary": "*"}, b""),
        (200, {"Cache-Control": "public"}, b""),
        (404, PUBLIC, b""),
        (503, PUBLIC, b""),
        (206, PUBLIC, b""),
        (200, PUBLIC, b"x" * (MAX_BODY_BYTES + 1)),
    ],
)
async def test_what_may_not_be_kept_is_not(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    app = Counting(status, headers, body)
    async with over(app, Known()) as client:
        for _ in range(2):
            assert (await client.get("/")).status_code == status
    assert app.asked == 2


@pytest.mark.parametrize(
    ("method", "headers"),
    [("POST", {}), ("GET", {"Range": "bytes=0-1"}), ("GET", {"Authorization": "x"})],
)
async def test_such_a_request_is_always_passed_on(method: str, headers: dict[str, str]) -> None:
    app = Counting(200, PUBLIC)
    async with over(app, Known()) as client:
        for _ in range(2):
            await client.request(method, "/", headers=headers)
    assert app.asked == 2


async def test_it_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    app, remembered = Counting(200, PUBLIC), Known()
    async with over(app, remembered) as client:
        await client.get("/")
        monkeypatch.setattr(response_cache, "FRESH_SECONDS", -1.0)
        await client.get("/other")
        assert [(await client.get(path)).text for path in ("/", "/other")] == ["1", "3"]


async def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    app, remembered = Counting(200, PUBLIC), Known(max_bytes=5 * (OVERHEAD_BYTES + 200))
    async with over(app, remembered) as client:
        for number in range(20):
            await client.get(f"/{number}")
            await client.get("/0")
        assert remembered.bytes <= remembered.max_bytes
        assert (await client.get("/0")).text == "1"
        assert (await client.get("/3")).text != "4"


async def test_a_query_is_not_run_again_until_the_release_changes(
    data: Path, open_client: Any
) -> None:
    from api.dependencies import AppConfig

    async with open_client(AppConfig(data / "releases", query_workers=1)) as client:
        await client.get("/sparql", params=QUERY)
        first = await client.get("/sparql", params=QUERY)
        current = client.app.state.current
        async with current.acquire() as served:
            executor = served.executor
            served.executor = None
            again = await client.get("/sparql", params=QUERY)
            served.executor = executor
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers == first.headers
        head = await client.head("/sparql", params=QUERY)
        assert head.headers["ETag"] == first.headers["ETag"]
        assert not head.content
        known = {"If-None-Match": first.headers["ETag"]}
        assert (await client.get("/sparql", params=QUERY, headers=known)).status_code == 304
        set_current(data / "releases", Release(data / "releases" / "release-2"))
        await current.reload_if_changed()
        after = await client.get("/sparql", params=QUERY)
        assert (first.headers["X-Release"], after.headers["X-Release"]) == (
            "release-1",
            "release-2",
        )
