"""Answers packed on the way, for clients that say they can unpack them (RFC 9110, section 8.4).

A packed answer is another representation: its strong ETag has a mark of its own, which is taken off
when it comes back, so that routes know one ETag only. What is packed already, what is resumable and
what is short goes as it is. Nothing here is secret, so that lengths tell nothing (BREACH).
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final, Protocol

import zstandard
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send
from zlib_ng import zlib_ng

from api.at_once import Answered, Layer

SHORTEST: Final = 600
"""Bytes below which packing gains nothing."""
LEVEL: Final = 4
PACKED: Final = ("text/", "application/json", "application/ld+json", "application/n-",
                 "application/rdf+xml", "application/sparql-results", "application/trig",
                 "application/atom+xml", "application/geo+json", "application/problem+json",
                 "application/javascript", "application/xml", "image/svg+xml")  # fmt: skip
PACKED_BYTES: Final = tuple(kind.encode() for kind in PACKED)


class Packer(Protocol):
    """What packs an answer chunk by chunk."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _gzip() -> Any:
    return zlib_ng.compressobj(LEVEL, zlib_ng.DEFLATED, 31)


def _zstd() -> Any:
    return zstandard.ZstdCompressor(level=3).compressobj()


CODINGS: Final[dict[str, Callable[[], Any]]] = {"zstd": _zstd, "gzip": _gzip}


@lru_cache(maxsize=1024)
def wanted(accepted: str) -> str | None:
    """The coding that a client prefers among ours, None where it wants none of them."""
    qualities: dict[str, float] = {}
    for part in accepted.split(","):
        name, _, rest = part.strip().lower().partition(";")
        value = rest.strip().removeprefix("q=") if rest else "1"
        try:
            qualities[name.strip()] = float(value)
        except ValueError:
            qualities[name.strip()] = 0.0
    every = qualities.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: qualities.get(coding, every))
    # what is not packed is as good as anything unless the client says how good it is
    plain = qualities.get("identity", 0.0)
    return best if qualities.get(best, every) > 0 and qualities.get(best, every) >= plain else None


class Compress:
    """Middleware that packs what is worth it."""

    def __init__(self, app: Layer) -> None:
        self._app = app

    def at_once(self, scope: Scope) -> Answered | None:
        """See Layer; what a client may have already is for the routes."""
        coding, known, resumed = _asked(scope)
        answered = None if known or resumed else self._app.at_once(scope)
        if answered is None:
            return None
        start, body = _varying(answered[0]), answered[1]
        if coding and start is not answered[0] and len(body["body"]) >= SHORTEST:
            return _packed(start, body, coding)
        return start, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        coding, known, resumed = _asked(scope)
        if not coding and not known:
            await self._app(scope, receive, Plain(send))
            return
        marked = {c for c in CODINGS if f'+{c}"'.encode() in known}
        if marked:
            scope = {**scope, "headers": _unmarked(scope["headers"])}
        back = coding if coding in marked else None
        packing = Packing(send, None if resumed else coding, back)
        await self._app(scope, receive, packing)


def _asked(scope: Scope) -> tuple[str | None, bytes, bool]:
    """The coding wanted, the validators a client has, whether it asks for a part."""
    accepted = known = b""
    resumed = False
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            known = value
        elif name == b"range":
            resumed = True
    return wanted(accepted.decode("latin-1")) if accepted else None, known, resumed


class Plain:
    """Passes an answer on as it is, with the word that it could have been packed."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = _varying(message)
        await self._send(message)


def _varying(start: Message) -> Message:
    """The start of an answer, with the word that it could have been packed where it could."""
    if not _packable(start["headers"], start["status"]):
        return start
    return {**start, "headers": [*start["headers"], (b"vary", b"Accept-Encoding")]}


def _packable(headers: Iterable[tuple[bytes, bytes]], status: int) -> bool:
    """Whether an answer with these headers may be packed, or was for another client."""
    text = False
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-type":
            text = value.startswith(PACKED_BYTES)
        elif lower == b"accept-ranges" or lower == b"content-encoding":
            return status == 304
    return text or status == 304


def _unmarked(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The request headers, the marks of codings taken off the ETags."""
    found = []
    for name, value in headers:
        if name == b"if-none-match":
            for coding in CODINGS:
                value = value.replace(f'+{coding}"'.encode(), b'"')
        found.append((name, value))
    return found


class Packing:
    """Passes an answer on, packed where it is worth it."""

    def __init__(self, send: Send, coding: str | None, marked: str | None) -> None:
        self._send = send
        self._coding = coding
        self._marked = marked
        self._start: Message | None = None
        self._packer: Packer | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body" and self._start is not None:
            await self._first(message)
        elif message["type"] == "http.response.body" and self._packer is not None:
            await self._more(message, self._packer)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(raw=list(message["headers"]))
        kind = headers.get("content-type", "")
        text = kind.startswith(PACKED) and "accept-ranges" not in headers
        if message["status"] == 304:
            headers.add_vary_header("Accept-Encoding")
            if self._marked:
                _mark(headers, self._marked)
        elif text and "content-encoding" not in headers:
            headers.add_vary_header("Accept-Encoding")
            if self._coding:
                self._start = {**message, "headers": headers.raw}
                return
        await self._send({**message, "headers": headers.raw})

    async def _first(self, message: Message) -> None:
        start, self._start = self._start, None
        body, more = message.get("body", b""), message.get("more_body", False)
        assert start is not None
        if not more and len(body) < SHORTEST:
            await self._send(start)
            await self._send(message)
            return
        assert self._coding is not None
        if not more:
            start, message = _packed(start, message, self._coding)
            await self._send(start)
            await self._send(message)
            return
        self._packer = CODINGS[self._coding]()
        await self._send(_labelled(start, self._coding))
        await self._more(message, self._packer)

    async def _more(self, message: Message, packer: Packer) -> None:
        more = message.get("more_body", False)
        packed = packer.compress(message.get("body", b""))
        if not more:
            packed += packer.flush()
        await self._send({**message, "body": packed})


def _packed(start: Message, body: Message, coding: str) -> Answered:
    """An answer whose body is whole, packed."""
    packer = CODINGS[coding]()
    packed = packer.compress(body["body"]) + packer.flush()
    return _labelled(start, coding, len(packed)), {**body, "body": packed}


def _labelled(start: Message, coding: str, size: int | None = None) -> Message:
    """The start of a packed answer, with its size where that is known."""
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["Content-Encoding"] = coding
    _mark(headers, coding)
    del headers["content-length"]
    if size is not None:
        headers["Content-Length"] = str(size)
    return {**start, "headers": headers.raw}


def _mark(headers: MutableHeaders, coding: str) -> None:
    etag = headers.get("etag", "")
    if etag.startswith('"'):
        headers["ETag"] = f'{etag[:-1]}+{coding}"'
