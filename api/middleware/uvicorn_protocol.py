"""HTTP/1.1 protocol of uvicorn, with responses of the fast path written to the transport directly.

For each request uvicorn makes a task, and the task a response out of messages. Where the fast path
(api.middleware.fast_path) has the response, that takes longer than to find it: the head and the
body are then written here. Other requests, and those with something special about them (a body,
another request before it, a connection to be closed), are left to uvicorn.
"""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from copy import copy
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import httptools
import orjson
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
)

from api.http.problems import (
    AddressTooLong,
    HeaderFieldsTooLarge,
    RequestTooSlow,
    find_problem_type,
)
from api.middleware.fast_path import FAST_PATH_TRIED, WholeResponse
from kg.errors import BadRequest, EssKgError
from kg.formats import PROBLEM

AsgiCallable = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]

SLOW_PATH_HEADERS: Final = frozenset(
    [b"connection", b"content-length", b"expect", b"transfer-encoding", b"upgrade", b"forwarded"]
)
"""Request headers that say more than what is asked for, and in which form."""
PROXY_HEADERS: Final = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])

MAX_HEAD_BYTES: Final = 64 * 1024
"""Bytes of the head of a request."""
MAX_ADDRESS_BYTES: Final = 32 * 1024
"""Bytes of an address."""
MAX_HEADER_FIELDS: Final = 100
HEAD_TIMEOUT: Final = 10.0
"""Seconds in which a head must have come, on a connection that has none under way."""
STALL_CHECK_SECONDS: Final = 20.0
"""Seconds between two looks at an answer that is not taken as fast as it comes."""
MIN_READ_BYTES_PER_SECOND: Final = 1024
"""Bytes a second that must be taken of it meanwhile."""

ACCEPT_PAUSE_SECONDS: Final = 0.0001
"""Seconds for which a process that has connections leaves the next to another. The processes of a
server take connections from one queue: the one that is awake would take all those that come
together, and do all their work while others sleep, for as long as they are kept alive."""


END_OF_HEAD: Final = b"\r\n\r\n"
_SIGN: Final = rb"A-Za-z0-9._~:@!$&'()*+,;=?%-"
PLAIN_TARGET: Final = re.compile(rb"/(?:[%b][%b/]*+)?" % (_SIGN, _SIGN))
"""An address of a path and a query, in signs that stand for themselves (RFC 3986)."""


class RepeatedHead(NamedTuple):
    """What follows the address in the last request that was answered here, and its scope."""

    block: bytes
    scope: Scope


class FastPathProtocol(HttpToolsProtocol):
    """uvicorn's protocol over an application that is a `Layer`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner: Any = self.app
        self._proxy_headers_layer: AsgiCallable | None = None
        while not hasattr(inner, "try_answer"):  # uvicorn's own layers are around the application
            if isinstance(inner, ProxyHeadersMiddleware):
                self._proxy_headers_layer = detached_copy(inner)
            inner = inner.app
        self._try_answer: Callable[[Scope], WholeResponse | None] = inner.try_answer
        self._is_answered = False
        """Whether the request that is being read has its answer."""
        self._may_answer = False
        """Whether one more may be answered before others get their turn."""
        self._in_head = False
        self._head_bytes = 0
        """Bytes of a head that came in several pieces."""
        self._refusal: EssKgError | None = None
        """Why a request is not read to its end."""
        self._in_message = False
        """Whether the parser is within a request; its body may look like another."""
        self._received = b""
        self._repeated_head: RepeatedHead | None = None
        self._tried_state: dict[str, Any] = {}
        """The state of a request that `_answer_repeated` has tried, for whoever goes on with it."""
        self._answered_at = 0.0
        """When `_answer_repeated` last had an answer, by the clock of the event loop."""
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._end_without_head)
        if len(self.connections) > 1:
            time.sleep(ACCEPT_PAUSE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head_timer, self._reader_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        repeated = self._repeated_head
        if (
            repeated is not None
            and data.endswith(repeated.block)
            and self._answer_repeated(data, repeated)
        ):
            return
        self._may_answer = True
        self._received = data
        begun = self._in_head
        super().data_received(data)
        if self._in_head:
            self._check_head_size(len(data) if begun else 0)
        elif self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._check_reading_speed(None)

    def resume_writing(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - said in our own words
        """Answers what cannot be read, unless that would stand within another answer."""
        error = self._refusal or BadRequest(
            "this is no HTTP request that can be read",
            "ceci n'est pas une requête HTTP lisible",
        )
        self._in_head = False
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(encode_refusal(error))
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Ends a connection that is idle; `_answer_repeated` leaves the timer as it is."""
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            handler = self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(left, handler)
        else:
            super().timeout_keep_alive_handler()

    def on_message_begin(self) -> None:
        self._in_head, self._in_message, self._head_bytes = True, True, 0
        super().on_message_begin()

    def _check_head_size(self, more: int) -> None:
        """Bounds a head that is not complete yet."""
        self._head_bytes += more
        if self._head_bytes > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADER_FIELDS:
            self._refusal = head_too_large_error()
            self.send_400_response("")
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._end_without_head)

    def _end_without_head(self) -> None:
        """Ends a connection on which no request has come."""
        self._head_timer = None
        if not self._in_head:
            self.transport.close()
            return
        self._refusal = RequestTooSlow(
            f"the head of the request did not arrive within {HEAD_TIMEOUT:g} seconds",
            f"l'en-tête de la demande n'est pas arrivé en {HEAD_TIMEOUT:g} secondes",
        )
        self.send_400_response("")

    def _check_reading_speed(self, before: int | None) -> None:
        """Ends a connection whose client has all but stopped reading."""
        waiting = self.transport.get_write_buffer_size()
        if (
            before is not None
            and before - waiting < MIN_READ_BYTES_PER_SECOND * STALL_CHECK_SECONDS
        ):
            self.transport.abort()
        else:
            self._reader_timer = self.loop.call_later(
                STALL_CHECK_SECONDS, self._check_reading_speed, waiting
            )

    def on_headers_complete(self) -> None:
        self._in_head = False
        if len(self.headers) > MAX_HEADER_FIELDS or len(self.url) > MAX_ADDRESS_BYTES:
            self._refusal = (
                head_too_large_error()
                if len(self.headers) > MAX_HEADER_FIELDS
                else address_too_long_error()
            )
            raise self._refusal  # which the parser passes on as its own
        if self._tried_state:
            self.scope["state"].update(self._tried_state)
            self._tried_state = {}
            self._may_answer = False
        self._is_answered = (
            self._may_answer and self._is_fast_path_request() and self._try_write_answer()
        )
        if self._is_answered:
            self._may_answer = False
            self.on_response_complete()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message = False
        if not self._is_answered:
            super().on_message_complete()

    def _is_idle(self) -> bool:
        """Whether a response that is written now comes in its turn, and is taken."""
        under_way = self.cycle is not None and not self.cycle.response_complete
        return not (under_way or self.flow.write_paused or self.transport.is_closing())

    def _is_fast_path_request(self) -> bool:
        if not self._is_idle() or self.parser.get_method() != b"GET":
            return False
        if self.parser.get_http_version() != "1.1":
            return False
        for name, value in self.headers:
            if name in SLOW_PATH_HEADERS and value.lower() != b"keep-alive":
                return False
        return self.limit_concurrency is None and not self.access_log

    def _try_write_answer(self) -> bool:
        """Writes the answer to a request if it is there."""
        address = httptools.parse_url(self.url)
        scope: Scope = {**self.scope, "method": "GET"}
        if self._proxy_headers_layer is not None and any(
            name in PROXY_HEADERS for name, _ in self.headers
        ):
            run_synchronously(self._proxy_headers_layer, scope)
        answered = self._write_answer(scope, address.path, address.query or b"")
        if answered:
            self._remember_head(scope)
        return answered

    def _write_answer(self, scope: Scope, path: bytes, query: bytes) -> bool:
        text = path.decode("ascii")
        scope["path"] = unquote(text) if "%" in text else text
        scope["raw_path"], scope["query_string"] = path, query
        answered = self._try_answer(scope)
        if answered is None:
            scope["state"][FAST_PATH_TRIED] = True
            return False
        written = encode_response(answered, self.server_state.default_headers)
        if written is not None:
            self.transport.write(written)
        return written is not None

    def _remember_head(self, scope: Scope) -> None:
        """Keeps the header block of a request that came alone, in one piece."""
        data, start = self._received, len(b"GET ") + len(self.url)
        if data.startswith(b"GET " + self.url) and data.find(END_OF_HEAD) == len(data) - 4:
            self._repeated_head = RepeatedHead(data[start:], scope)

    def _answer_repeated(self, data: bytes, head: RepeatedHead) -> bool:
        """Answers a request that differs from one before in its address alone.

        A client that keeps its connection sends the same header block each time. It was parsed
        once, and is compared here byte by byte, so that only the address is new. Whatever might be
        read in another way goes to the parser: an address with a sign that no address has, a
        request within the body of another, one that has to wait for its turn.
        """
        target = data[4 : -len(head.block)]
        if self._in_message or not data.startswith(b"GET ") or not self._is_idle():
            return False
        if len(target) > MAX_ADDRESS_BYTES or not PLAIN_TARGET.fullmatch(target):
            return False
        path, _, query = target.partition(b"?")
        scope = {**head.scope, "state": self.app_state.copy()}
        if not self._write_answer(scope, path, query):
            self._tried_state = scope["state"]
            return False
        self._answered_at = self.loop.time()
        self.server_state.total_requests += 1
        return True


def head_too_large_error() -> HeaderFieldsTooLarge:
    return HeaderFieldsTooLarge(
        f"the head of a request may have {MAX_HEADER_FIELDS} fields and {MAX_HEAD_BYTES:,} bytes",
        f"l'en-tête d'une demande peut avoir {MAX_HEADER_FIELDS} champs et {MAX_HEAD_BYTES} octets",
    )


def address_too_long_error() -> AddressTooLong:
    return AddressTooLong(
        f"an address may have {MAX_ADDRESS_BYTES:,} bytes; send a long query by POST",
        f"une adresse peut avoir {MAX_ADDRESS_BYTES} octets ; envoyez une longue requête par POST",
    )


def encode_refusal(error: EssKgError) -> bytes:
    """The answer to what is no request yet, after which the connection is closed."""
    problem = find_problem_type(error)
    content = {"type": problem.type, "title": problem.title.en, "status": problem.status}
    body = orjson.dumps(content | {"detail": error.message_in("en")})
    head = (
        f"content-type: {PROBLEM.content_type}\r\ncontent-length: {len(body)}\r\n"
        "content-language: en\r\naccess-control-allow-origin: *\r\ncache-control: no-store\r\n"
        "connection: close\r\n\r\n"
    )
    return STATUS_LINE[problem.status] + head.encode() + body


def detached_copy(layer: ProxyHeadersMiddleware) -> AsgiCallable:
    """uvicorn's layer that believes proxies it trusts, with nothing behind it."""
    layer_copy = copy(layer)
    layer_copy.app = _do_nothing
    return layer_copy


async def _do_nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


def run_synchronously(layer: AsgiCallable, scope: Scope) -> None:
    """Lets a layer that waits for nothing do what it does to a scope."""
    with suppress(StopIteration):
        layer(scope, None, None).send(None)


def encode_response(answered: WholeResponse, more: list[tuple[bytes, bytes]]) -> bytes | None:
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
