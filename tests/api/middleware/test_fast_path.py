"""What is answered at once: the same as through all layers, in any company on the wire."""

import asyncio
import gzip
import http.client
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import pytest
import uvicorn
import zstandard
from starlette.responses import Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.middleware.fast_path import FastPath
from api.middleware.uvicorn_protocol import (
    FastPathProtocol,
    detached_copy,
    encode_response,
    run_synchronously,
)
from api.serving.response_cache import ResponseCache
from kg.namespaces import ID
from kg.sparql.backend import Question
from kg.sparql.point_query import PointQueries

Serve = Callable[..., str]

LOOKUP = f"SELECT ?p ?o {{ <{ID}organisation/demo-labo> ?p ?o }}"
OTHER = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p"
PLAIN = {"Accept": "application/sparql-results+json", "Accept-Encoding": "identity"}


def scope(path: str, query: str = "", method: str = "GET", **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": raw, "scheme": "http", "client": ("::1", 1),
    }  # fmt: skip


def asking(text: str, **more: str) -> str:
    return urlencode({"query": text, **more})


@pytest.mark.parametrize("accept", ["", "*/*", "text/csv", "application/sparql-results+xml"])
@pytest.mark.parametrize("coding", ["", "gzip", "zstd", "br, zstd;q=0.5"])
async def test_it_is_what_the_layers_answer(
    client: httpx.AsyncClient, accept: str, coding: str
) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    headers = {"accept": accept, "accept_encoding": coding, "origin": "https://x.example"}
    answered = app.try_answer(scope("/sparql", asking(LOOKUP), host="test", **headers))
    assert answered is not None
    start, body = answered
    told = httpx.Headers(start["headers"])
    unpack = {
        "gzip": gzip.decompress,
        "zstd": zstandard.ZstdDecompressor().decompressobj().decompress,
    }
    content = unpack.get(told.get("content-encoding", ""), bytes)(body["body"])
    front, app.outer_layer = app.outer_layer, app.call_framework
    try:
        asked = {"Accept": accept, "Origin": "https://x.example"}
        behind = await client.get("/sparql", params={"query": LOOKUP}, headers=asked)
    finally:
        app.outer_layer = front
    assert (start["status"], content) == (200, behind.content)
    assert told["content-length"] == str(len(body["body"]))
    same = ("content-type", "cache-control", "last-modified", "x-release",
            "access-control-allow-origin", "access-control-expose-headers")  # fmt: skip
    assert [told.get(name) for name in same] == [behind.headers.get(name) for name in same]
    mark = f'+{told["content-encoding"]}"' if "content-encoding" in told else '"'
    assert told["etag"] == behind.headers["etag"].removesuffix('"') + mark
    assert "Accept-Encoding" in told["vary"]


@pytest.mark.parametrize(
    "asked",
    [
        scope("/sparql", asking(LOOKUP), "HEAD"),
        scope("/sparql", asking(LOOKUP), "POST"),
        scope("/sparql", asking(OTHER)),
        scope("/sparql", asking("SELECT ?p { <urn:x> ?p }")),
        scope("/sparql", asking(LOOKUP, format="csv")),
        scope("/sparql", asking(LOOKUP, release="release-1")),
        scope("/sparql", asking(LOOKUP, lang="en")),
        scope("/sparql", f"{asking(LOOKUP)}&{asking(LOOKUP)}"),
        scope("/sparql", asking(LOOKUP), accept="text/turtle"),
        scope("/sparql", asking(LOOKUP), if_none_match="*"),
        scope("/sparql", asking(LOOKUP), range="bytes=0-9"),
        scope("/sparql", ""),
        scope("/organisation/demo-labo", ""),
        {**scope("/sparql", asking(LOOKUP)), "root_path": "/under"},
        {**scope("/sparql", asking(LOOKUP)), "type": "websocket"},
    ],
)
async def test_what_is_not_plain_is_waited_for(
    client: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    assert app.try_answer(asked) is None


async def test_its_validator_is_good_for_the_layers(client: httpx.AsyncClient) -> None:
    first = await client.get("/sparql", params={"query": LOOKUP}, headers=PLAIN)
    known = {**PLAIN, "If-None-Match": first.headers["etag"]}
    assert (await client.get("/sparql", params={"query": LOOKUP}, headers=known)).status_code == 304


async def test_what_is_remembered_is_there_at_once(client: httpx.AsyncClient) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    asked = scope("/sparql", asking(OTHER), host="test", accept="*/*")
    assert app.try_answer(asked) is None
    for _ in range(2):
        answer = await client.get(
            "/sparql", params={"query": OTHER}, headers={"Accept": "*/*", "Accept-Encoding": ""}
        )
    key = {"host": "test", "accept": "*/*", "accept_encoding": ""}
    known = app.try_answer(scope("/sparql", asking(OTHER), **key))
    assert known is not None
    assert known[1]["body"] == answer.content


class Unsized(Response):
    """A response that is there, but is not written directly: it does not tell its length."""

    def __init__(self) -> None:
        self.status_code, self.body, self.background = 204, b"", None
        self.raw_headers = []


@pytest.mark.parametrize(("found", "times"), [(None, 1), (Unsized, 2)])
async def test_a_request_without_a_direct_response_is_tried_once(
    found: type[Response] | None, times: int
) -> None:
    tried = []

    def handler(request: Any, served: Any) -> Response | None:
        tried.append(request.url.path)
        return None if found is None else found()

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    served: Any = SimpleNamespace(response_cache=ResponseCache())
    app = FastPath(behind, lambda: served, {"/": handler})
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=FastPathProtocol, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    address = "http://{}:{}/".format(*listening.getsockname())
    async with httpx.AsyncClient() as client:
        assert [(await client.get(address)).status_code for _ in range(3)] == [204] * 3
    server.should_exit = True
    await serving
    assert tried == ["/"] * 3 * times


async def test_a_point_query_beyond_its_bound_is_evaluated_once(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast path gives it up; its route hands it to a worker without trying it again."""
    tried = []

    def give_up(self: PointQueries, question: Question, point_query: Any) -> None:
        tried.append(question.text)

    monkeypatch.setattr(PointQueries, "run", give_up)
    answer = await client.get("/sparql", params={"query": LOOKUP}, headers=PLAIN)
    assert answer.status_code == 200
    assert answer.json()["results"]["bindings"]
    assert tried == [LOOKUP]


async def test_without_a_release_nothing_is(tmp_path: Path, open_client: Any) -> None:
    from api.dependencies import AppConfig

    async with open_client(AppConfig(tmp_path)) as client:
        assert client.app.try_answer(scope("/sparql", asking(LOOKUP))) is None


def test_what_may_not_stand_in_a_header_is_left_to_uvicorn() -> None:
    body = {"type": "http.response.body", "body": b"x"}
    start = {"status": 200, "headers": [(b"content-length", b"1"), (b"x", b"a\r\nSet-Cookie: b")]}
    assert encode_response((start, body), []) is None
    assert encode_response(({"status": 200, "headers": []}, body), []) is None
    told = encode_response(({"status": 304, "headers": [(b"etag", b'"1"')]}, {"body": b""}), [])
    assert told == b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n'


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.9"])
async def test_a_proxy_is_believed_as_uvicorn_believes_it(peer: str) -> None:
    told: dict[str, Any] = {}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        told.update(scope)

    layer = ProxyHeadersMiddleware(inner, "127.0.0.1")
    headers = {"x_forwarded_for": "198.51.100.7, 127.0.0.1", "x_forwarded_proto": "https"}
    asked = scope("/sparql", **headers) | {"client": (peer, 4711)}
    await layer(dict(asked), None, None)  # type: ignore[arg-type]
    run_synchronously(detached_copy(layer), asked)
    assert (asked["client"], asked["scheme"]) == (told["client"], told["scheme"])
    believed = peer == "127.0.0.1"
    assert (asked["client"][0] == "198.51.100.7") == (asked["scheme"] == "https") == believed


def test_who_asks_through_a_proxy_is_answered_as_others_are(serve: Serve) -> None:
    address = serve()
    lookup = f"/sparql?query={quote(LOOKUP)}"
    through = request(lookup, X_Forwarded_For="192.0.2.1", X_Forwarded_Proto="https")
    assert len(set(answers(address, request(lookup) + through + request(lookup), 3))) == 1


def request(path: str, version: str = "1.1", method: str = "GET", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: x"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join([*lines, "", ""])).encode()


def answers(address: str, sent: bytes, count: int) -> list[tuple[int, bytes]]:
    """The status and body of each of so many answers to what is sent in one piece."""
    place = urlsplit(address)
    found = []
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(sent)
        file = connection.makefile("rb")
        for _ in range(count):
            status = int(file.readline().split()[1])
            length, line = 0, file.readline()
            while line != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = file.readline()
            found.append((status, file.read(length)))
    return found


def test_answers_come_in_the_order_of_the_requests(serve: Serve) -> None:
    address = serve()
    lookup, other = (f"/sparql?query={quote(text)}" for text in (LOOKUP, OTHER))
    body = urlencode({"query": LOOKUP}).encode()
    form = {"Content_Type": "application/x-www-form-urlencoded", "Content_Length": str(len(body))}
    sent = [
        request(lookup),
        request(other),
        request(lookup),
        request("/sparql", method="POST", **form) + body,
        request(lookup),
        request("/nothing/there"),
        request(lookup, Connection="keep-alive"),
        request(lookup, X_Forwarded_For="192.0.2.1"),
    ]
    found = answers(address, b"".join(sent), len(sent))
    wanted = httpx.get(f"{address}/sparql", params={"query": LOOKUP}, headers=PLAIN).content
    counted = httpx.get(f"{address}/sparql", params={"query": OTHER}, headers=PLAIN).content
    assert [status for status, _ in found] == [200, 200, 200, 200, 200, 404, 200, 200]
    assert [body for _, body in found if _ == 200] == [
        wanted, counted, wanted, wanted, wanted, wanted, wanted,
    ]  # fmt: skip


def test_a_request_in_pieces_has_its_answer(serve: Serve) -> None:
    place = urlsplit(serve())
    sent = request(f"/sparql?query={quote(LOOKUP)}")
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        for at in range(0, len(sent), 7):
            connection.sendall(sent[at : at + 7])
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    ("version", "headers"), [("1.0", {}), ("1.1", {"Connection": "close"})], ids=["1.0", "close"]
)
def test_a_connection_to_be_closed_is(serve: Serve, version: str, headers: dict[str, str]) -> None:
    place = urlsplit(serve())
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(request(f"/sparql?query={quote(LOOKUP)}", version, **headers))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"}]}}")


def test_head_has_no_body(serve: Serve) -> None:
    place = urlsplit(serve())
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    for method in ("GET", "HEAD", "GET"):
        connection.request(method, f"/sparql?query={quote(LOOKUP)}")
        answer = connection.getresponse()
        assert answer.status == 200
        assert bool(answer.read()) == (method == "GET")
    connection.close()


def test_a_get_with_a_body_is_read_to_its_end(serve: Serve) -> None:
    sent = request(f"/sparql?query={quote(LOOKUP)}", Content_Length="5") + b"GET /"
    found = answers(serve(), sent + request(f"/sparql?query={quote(LOOKUP)}"), 2)
    assert [status for status, _ in found] == [200, 200]


def test_what_is_no_http_is_refused_after_an_answer(serve: Serve) -> None:
    found = answers(serve(), request(f"/sparql?query={quote(LOOKUP)}") + b"\x00\r\n\r\n", 2)
    assert [status for status, _ in found] == [200, 400]


async def connect(
    handler: Callable[[Any, Any], Response | None], behind: Any, **settings: Any
) -> tuple[uvicorn.Server, asyncio.Task[None], asyncio.StreamReader, asyncio.StreamWriter]:
    """A server whose fast path has one handler at `/`, and a connection to it."""
    served: Any = SimpleNamespace(response_cache=ResponseCache())
    app = FastPath(behind, lambda: served, {"/": handler})
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=FastPathProtocol, lifespan="off", access_log=False, **settings
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    return server, serving, reader, writer


async def echo_body(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers with the body it was sent."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_response(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = [line for line in head.split(b"\r\n") if line.startswith(b"content-length")]
    return await reader.readexactly(int(length.split(b":")[1]))


async def test_requests_that_repeat_a_header_block_have_their_own_answers() -> None:
    seen = []

    def handler(request: Any, served: Any) -> Response | None:
        seen.append(
            (request.url.query, request.headers.get("accept"), dict(request.scope["state"]))
        )
        return None if request.query_params.get("wait") else Response(request.url.query)

    server, serving, reader, writer = await connect(handler, echo_body)
    for query in ("a=1", "b=2", "c=%20x", "wait=1", "d=4"):
        writer.write(request(f"/?{query}", Accept="text/plain"))
        answer = await read_response(reader)
        assert answer == (b"" if query == "wait=1" else query.encode())
    for target in ("/?e=<5>", "/?f=6#x", "http://x/?g=7"):  # left to the parser
        writer.write(request(target, Accept="text/plain"))
        await read_response(reader)
    writer.write(request("/?h=8", Accept="text/csv"))
    assert await read_response(reader) == b"h=8"
    assert [query for query, _, _ in seen][:5] == ["a=1", "b=2", "c=%20x", "wait=1", "d=4"]
    assert [accept for _, accept, _ in seen] == ["text/plain"] * (len(seen) - 1) + ["text/csv"]
    assert not any(state for _, _, state in seen)
    writer.close()
    server.should_exit = True
    await serving


async def test_a_body_that_looks_like_a_repeated_request_is_a_body() -> None:
    server, serving, reader, writer = await connect(lambda *_: Response("fast"), echo_body)
    get = request("/", Accept="text/plain")
    writer.write(get)
    assert await read_response(reader) == b"fast"
    writer.write(request("/", method="POST", Content_Length=str(len(get))))
    await writer.drain()
    await asyncio.sleep(0.2)  # so that the body comes in a piece of its own
    writer.write(get)
    assert await read_response(reader) == get
    writer.write(get)
    assert await read_response(reader) == b"fast"
    writer.close()
    server.should_exit = True
    await serving


async def test_a_connection_of_repeated_requests_lives_and_an_idle_one_ends() -> None:
    server, serving, reader, writer = await connect(
        lambda *_: Response("fast"), echo_body, timeout_keep_alive=1
    )
    for _ in range(6):
        writer.write(request("/"))
        assert await read_response(reader) == b"fast"
        await asyncio.sleep(0.3)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
    server.should_exit = True
    await serving
