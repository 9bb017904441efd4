"""HTTP/1.1 as uvicorn speaks it, and what is answered at once written at once.

For each request uvicorn makes a task, and the task an answer out of messages. Where the application
has the answer without waiting for anything (`api.at_once`), that takes longer than to find it: the
head and the body are then written here. All other requests, and whatever is not plain about one (it
has a body, another is to be answered first, the connection is to be closed), are left to uvicorn.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from copy import copy
from typing import Any, Final
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
)

from api.at_once import TRIED, Answered, Layer

Asgi = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]

NOT_PLAIN: Final = frozenset(
    [b"connection", b"content-length", b"expect", b"transfer-encoding", b"upgrade", b"forwarded"]
)
"""Request headers that say more than what is asked for, and in which form."""
OF_PROXIES: Final = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])

BREATH: Final = 0.0001
"""Seconds for which a process that has connections leaves the next to another. The processes of a
server take connections from one queue: the one that is awake would take all those that come
together, and do all their work while others sleep, for as long as they are kept alive."""


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol over an application that is a `Layer`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        inner: Any = self.app
        self._proxies: Asgi | None = None
        while not hasattr(inner, "at_once"):  # uvicorn's own layers are around the application
            if isinstance(inner, ProxyHeadersMiddleware):
                self._proxies = alone(inner)
            inner = inner.app
        self._inner: Layer = inner
        self._answered = False
        """Whether the request that is being read has its answer."""
        self._turn = False
        """Whether one more may be answered before others get their turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 1:
            time.sleep(BREATH)

    def data_received(self, data: bytes) -> None:
        self._turn = True
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._answered = self._turn and self._is_plain() and self._answer()
        if self._answered:
            self._turn = False
            self.on_response_complete()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._answered:
            super().on_message_complete()

    def _is_plain(self) -> bool:
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way or self.flow.write_paused or self.transport.is_closing():
            return False
        if self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1":
            return False
        for name, value in self.headers:
            if name in NOT_PLAIN and value.lower() != b"keep-alive":
                return False
        return self.limit_concurrency is None and not self.access_log

    def _answer(self) -> bool:
        """Writes the answer to a request if it is there."""
        address = httptools.parse_url(self.url)
        path = address.path.decode("ascii")
        scope: Scope = {
            **self.scope,
            "method": "GET",
            "path": unquote(path) if "%" in path else path,
            "raw_path": address.path,
            "query_string": address.query or b"",
        }
        if self._proxies is not None and any(name in OF_PROXIES for name, _ in self.headers):
            run(self._proxies, scope)
        answered = self._inner.at_once(scope)
        if answered is None:
            self.scope["state"][TRIED] = True
            return False
        written = written_out(answered, self.server_state.default_headers)
        if written is not None:
            self.transport.write(written)
        return written is not None


def alone(layer: ProxyHeadersMiddleware) -> Asgi:
    """uvicorn's layer that believes proxies it trusts, with nothing behind it."""
    found = copy(layer)
    found.app = _nothing
    return found


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


def run(layer: Asgi, scope: Scope) -> None:
    """Lets a layer that waits for nothing do what it does to a scope."""
    with suppress(StopIteration):
        layer(scope, None, None).send(None)


def written_out(answered: Answered, more: list[tuple[bytes, bytes]]) -> bytes | None:
    """An answer as it goes over the wire, None where its length is not said."""
    start, body = answered
    status, sized = start["status"], start["status"] == 304
    parts, values = [STATUS_LINE[status]], []
    for name, value in (*more, *start["headers"]):
        parts += (name, b": ", value, b"\r\n")
        values.append(value)
        sized = sized or name == b"content-length"
    if not sized or HEADER_VALUE_RE.search(b"".join(values)):
        return None
    parts += (b"\r\n", body["body"])
    return b"".join(parts)
