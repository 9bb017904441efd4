"""No query reaches another server, whichever way it asks: tried on a real one on this machine."""

import socket
import threading
from collections.abc import Iterator

import pytest

from kg.errors import QueryError, QueryRefused
from kg.formats import CSV
from kg.sparql import executor
from kg.sparql.backend import Question
from kg.sparql.executor import QueryExecutor


class Listener:
    """A server that counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        if self._thread.is_alive():
            self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join(5)
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


async def ask(endpoint: QueryExecutor, text: str) -> None:
    answer = await endpoint.run(Question(text, CSV if "CONSTRUCT" not in text else None))
    await answer.read()


def attempts(port: int) -> list[str]:
    url = f"http://127.0.0.1:{port}/sparql"
    return [
        f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ VALUES ?e {{ <{url}> }} SERVICE SILENT ?e {{ ?s ?p ?o }} }}",
        f'SELECT * {{ VALUES (?a ?b) {{ (1 2) }} FILTER(?a<?b#>"""\n) '
        f'SERVICE <{url}> {{ ?s ?p ?o }} #"""\n}}',
        f"SELECT * FROM <{url}> {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        f"LOAD <{url}>",
    ]


async def test_nothing_connects(endpoint: QueryExecutor, listener: Listener) -> None:
    refused = 0
    for text in attempts(listener.port):
        try:
            await ask(endpoint, text)
        except QueryRefused:
            refused += 1
    assert refused == 5
    assert listener.connections == 0


async def test_nothing_connects_even_when_the_text_is_not_read(
    endpoint: QueryExecutor, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second barrier alone: the process of a query cannot open a socket."""
    assert endpoint.backend.pool.confined
    monkeypatch.setattr(executor, "refuse_forbidden", lambda inspection: None)
    failed = 0
    for text in attempts(listener.port)[:4]:
        try:
            await ask(endpoint, text)
        except QueryError as error:
            failed += "calls no other server" in str(error)
    assert failed == 2  # SILENT gives an empty answer
    assert listener.connections == 0


async def test_the_listener_would_notice(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as connection:
        assert connection.recv(1) == b""  # it closes once it has counted
    assert listener.connections == 1
