"""Compression of responses, in a coding that the client accepts (RFC 9110, section 8.4).

A compressed response is another representation: its strong ETag has a suffix of its own, which is
removed when it comes back, so that routes know one ETag only. A response that is compressed
already, that can be resumed or that is short goes as it is. Nothing here is secret, so that lengths
tell nothing (BREACH).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Protocol

import zstandard
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from zlib_ng import zlib_ng

MIN_BYTES: Final = 600
"""Bytes below which compression gains nothing."""
GZIP_LEVEL: Final = 4
COMPRESSIBLE: Final = ("text/", "application/json", "application/ld+json", "application/n-",
                 "application/rdf+xml", "application/sparql-results", "application/trig",
                 "application/atom+xml", "application/geo+json", "application/problem+json",
                 "application/javascript", "application/xml", "image/svg+xml")  # fmt: skip
_COMPRESSIBLE_BYTES: Final = tuple(kind.encode() for kind in COMPRESSIBLE)


class Encoder(Protocol):
    """Compresses a response chunk by chunk."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _create_gzip_encoder() -> Any:
    return zlib_ng.compressobj(GZIP_LEVEL, zlib_ng.DEFLATED, 31)


def _create_zstd_encoder() -> Any:
    return zstandard.ZstdCompressor(level=3).compressobj()


CODINGS: Final[dict[str, Callable[[], Any]]] = {
    "zstd": _create_zstd_encoder,
    "gzip": _create_gzip_encoder,
}


@lru_cache(maxsize=1024)
def negotiate_coding(accepted: str) -> str | None:
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
    # no coding is as good as any unless the client says how good it is
    plain = qualities.get("identity", 0.0)
    return best if qualities.get(best, every) > 0 and qualities.get(best, every) >= plain else None


class CompressionMiddleware:
    """Middleware that compresses what is worth it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        accepted = etags = b""
        ranged = False
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                etags = value
            elif name == b"range":
                ranged = True
        coding = negotiate_coding(accepted.decode("latin-1")) if accepted else None
        suffixes = {c for c in CODINGS if f'+{c}"'.encode() in etags}
        if suffixes:
            scope = {**scope, "headers": _without_suffixes(scope["headers"])}
        revalidated = coding if coding in suffixes else None
        compressing = CompressingSend(send, None if ranged else coding, revalidated)
        await self._app(scope, receive, compressing)


class CompressingSend:
    """Sends a response on, compressed where it is worth it."""

    def __init__(self, send: Send, coding: str | None, revalidated: str | None) -> None:
        """`revalidated`: the coding of the copy that a client asks about."""
        self._send = send
        self._coding = coding
        self._revalidated = revalidated
        self._start: Message | None = None
        self._encoder: Encoder | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._handle_start(message)
        elif message["type"] == "http.response.body" and self._start is not None:
            await self._send_first(message)
        elif message["type"] == "http.response.body" and self._encoder is not None:
            await self._send_more(message, self._encoder)
        else:
            await self._send(message)

    async def _handle_start(self, start: Message) -> None:
        if is_compressible(start):
            start = _add_vary(start)
            if start["status"] == 304:
                start = _with_suffix(start, self._revalidated) if self._revalidated else start
            elif self._coding:
                self._start = start
                return
        await self._send(start)

    async def _send_first(self, message: Message) -> None:
        start, self._start = self._start, None
        assert start is not None
        assert self._coding is not None
        if not message.get("more_body", False):
            if len(message.get("body", b"")) >= MIN_BYTES:
                start, message = _compress(start, message, self._coding)
            await self._send(start)
            await self._send(message)
            return
        self._encoder = CODINGS[self._coding]()
        await self._send(_encoded(start, self._coding))
        await self._send_more(message, self._encoder)

    async def _send_more(self, message: Message, encoder: Encoder) -> None:
        compressed = encoder.compress(message.get("body", b""))
        if not message.get("more_body", False):
            compressed += encoder.flush()
        await self._send({**message, "body": compressed})


def compress_whole(start: Message, body: Message, accepted: bytes) -> tuple[Message, Message]:
    """A response whose body is whole, compressed where that is worth it; to no conditional GET."""
    if not is_compressible(start):
        return start, body
    start = _add_vary(start)
    if accepted and len(body["body"]) >= MIN_BYTES:
        coding = negotiate_coding(accepted.decode("latin-1"))
        if coding is not None:
            return _compress(start, body, coding)
    return start, body


def is_compressible(start: Message) -> bool:
    """Whether a response may be compressed, or may have been for another client."""
    text = False
    for name, value in start["headers"]:
        lower = name.lower()
        if lower == b"content-type":
            text = value.startswith(_COMPRESSIBLE_BYTES)
        elif lower == b"accept-ranges" or lower == b"content-encoding":
            return bool(start["status"] == 304)
    return text or start["status"] == 304


def _add_vary(start: Message) -> Message:
    return {**start, "headers": [*start["headers"], (b"vary", b"Accept-Encoding")]}


def _compress(start: Message, body: Message, coding: str) -> tuple[Message, Message]:
    encoder = CODINGS[coding]()
    compressed = encoder.compress(body["body"]) + encoder.flush()
    return _encoded(start, coding, len(compressed)), {**body, "body": compressed}


def _encoded(start: Message, coding: str, size: int | None = None) -> Message:
    """The start of a compressed response, with its size where that is known."""
    headers = MutableHeaders(raw=list(_with_suffix(start, coding)["headers"]))
    headers["Content-Encoding"] = coding
    del headers["content-length"]
    if size is not None:
        headers["Content-Length"] = str(size)
    return {**start, "headers": headers.raw}


def _with_suffix(start: Message, coding: str) -> Message:
    """The start of a response, the coding in its strong ETag."""
    headers = MutableHeaders(raw=list(start["headers"]))
    etag = headers.get("etag", "")
    if etag.startswith('"'):
        headers["ETag"] = f'{etag[:-1]}+{coding}"'
    return {**start, "headers": headers.raw}


def _without_suffixes(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The request headers, the suffixes of codings removed from the ETags."""
    plain = []
    for name, value in headers:
        if name == b"if-none-match":
            for coding in CODINGS:
                value = value.replace(f'+{coding}"'.encode(), b'"')
        plain.append((name, value))
    return plain
