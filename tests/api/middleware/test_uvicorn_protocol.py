"""What a connection may send before there is a request, and how long it may keep a place."""

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from api.middleware import uvicorn_protocol

Serve = Callable[..., str]

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"
TORRENT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def line_to(address: str) -> socket.socket:
    place = urlsplit(address)
    return socket.create_connection((place.hostname, place.port), timeout=40)


def told(line: socket.socket) -> tuple[int, dict[str, object]]:
    """The status and the problem of an answer."""
    answer = http.client.HTTPResponse(line)
    answer.begin()
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status, json.loads(answer.read())


def keep_sending(line: socket.socket, part: bytes, times: int) -> None:
    """Sends until all is sent or nobody takes it any more."""
    try:
        for _ in range(times):
            line.sendall(part)
            time.sleep(0.0005)
    except OSError:
        pass


@pytest.fixture
def address(serve: Serve) -> str:
    return serve(query_seconds=20)


@pytest.mark.parametrize(
    ("begin", "part"),
    [(b"", b"X-A: b\r\n"), (b"X-A: ", b"a" * 1000), (b"", b"X-A: " + b"b" * 900 + b"\r\n")],
)
def test_a_head_is_bounded(address: str, begin: bytes, part: bytes) -> None:
    with closing(line_to(address)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + begin)
        keep_sending(line, part, 200)
        status, problem = told(line)
    assert status == 431
    assert f"{uvicorn_protocol.MAX_HEADER_FIELDS} fields" in str(problem["detail"])
    assert httpx.get(f"{address}/health").status_code == 200


def test_a_whole_head_with_too_many_fields_is_refused(address: str) -> None:
    with closing(line_to(address)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 100 + b"\r\n")
        assert told(line)[0] == 431
    with closing(line_to(address)) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 90 + b"\r\n")
        assert line.recv(15).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("length", [40_000, 70_000])
def test_an_address_is_bounded(address: str, length: int) -> None:
    with closing(line_to(address)) as line:
        line.sendall(b"GET /search?q=" + b"a" * length + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        status, problem = told(line)
    assert status in (414, 431)
    assert problem["status"] == status


def test_what_is_no_request_is_a_problem(address: str) -> None:
    with closing(line_to(address)) as line:
        line.sendall(b"HELLO\r\n\r\n")
        assert told(line)[0] == 400


def test_a_connection_that_asks_nothing_is_closed(address: str) -> None:
    """One that sends nothing, one that stops within a head, one that stops after an answer."""
    with closing(line_to(address)) as silent, closing(line_to(address)) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost")
        with closing(line_to(address)) as later:
            later.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /hea")
            assert told(half)[0] == 408
            assert silent.recv(1) == b""
            received = b""
            while more := later.recv(65536):
                received += more
            assert received.startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_is_hung_up_on(serve: Serve) -> None:
    address = serve(query_seconds=60, query_bytes=1 << 30)
    with closing(socket.socket()) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        place = urlsplit(address)
        line.connect((place.hostname, place.port))
        path = f"/sparql?{urlencode({'query': TORRENT})}"
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        began = time.monotonic()
        counts = httpx.get(f"{address}/health").json()["queries"]
        while counts["quick"] or counts["long"]:
            assert time.monotonic() - began < 30
            time.sleep(0.5)
            counts = httpx.get(f"{address}/health").json()["queries"]


def test_what_is_under_way_when_the_server_stops_is_told_so(serve: Serve) -> None:
    address = serve(query_seconds=60)
    with closing(line_to(address)) as line:
        path = f"/sparql?{urlencode({'query': ENDLESS})}"
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(0.5)
        os.kill(listening(urlsplit(address).port or 0), signal.SIGTERM)
        assert told(line)[0] == 503


def listening(port: int) -> int:
    """The process of a server, by its command."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--port" in words and words[words.index(b"--port") + 1] == str(port).encode():
            return int(file.parent.name)
    raise LookupError(port)
