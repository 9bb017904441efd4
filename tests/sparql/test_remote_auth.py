"""A service is told who asks in the way it wants; Digest is tried on Virtuoso (conformance)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from kg.sparql.remote.auth import HttpAccount


class Basic(BaseHTTPRequestHandler):
    """Lets `reader` with the password `secret` in, and counts whom it turned away."""

    refused = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        known = self.headers["Authorization"] == "Basic cmVhZGVyOnNlY3JldA=="
        type(self).refused += not known
        self.send_response(200 if known else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="repositories"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Basic) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_basic_is_said_when_asked_and_then_at_once(address: str) -> None:
    with httpx.Client(trust_env=False, auth=HttpAccount("reader", "secret")) as client:
        answers = [client.post(address, content=b"query").status_code for _ in range(3)]
    assert (answers, Basic.refused) == ([200, 200, 200], 1)
    with httpx.Client(trust_env=False, auth=HttpAccount("reader", "wrong")) as client:
        assert client.post(address, content=b"query").status_code == 401
