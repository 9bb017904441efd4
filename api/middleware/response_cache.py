"""ASGI part of the response cache: the key of a request, and responses cached as they are sent.

A response may be cached where it says so itself: it is public, it has a strong ETag, and `Vary`
names headers that are part of the key (RFC 9111).
"""

from typing import Final

from starlette.types import Message, Scope, Send

from api.serving.response_cache import MAX_BODY_BYTES, CacheKey, ResponseCache

MAX_ADDRESS_BYTES: Final = 4096
VARYING: Final = frozenset(
    [b"accept", b"accept-language", b"accept-encoding", b"accept-profile", b"if-none-match",
     b"if-modified-since", b"origin"]
)  # fmt: skip
"""The request headers that responses vary with."""
KEY_HEADERS: Final = VARYING | {b"host"}  # the host is the address that some responses tell
UNCACHED: Final = frozenset([b"range", b"if-range", b"authorization", b"cookie"])
"""Request headers with which nothing is looked for in the cache."""


class CachingSend:
    """Sends a response on, and caches it where it is short, asked again and says that it may be."""

    def __init__(self, send: Send, cache: ResponseCache, key: CacheKey) -> None:
        self._send = send
        self._cache = cache
        self._key = key
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            should_cache = self._cache.seen_before(self._key) and is_cacheable(message)
            self._start = message if should_cache else None
        elif self._start is not None:
            if not message.get("more_body") and len(message.get("body", b"")) <= MAX_BODY_BYTES:
                self._cache.put(self._key, self._start, message)
            self._start = None
        await self._send(message)


def cache_key(scope: Scope) -> CacheKey | None:
    """What a response depends on beside the release; None for a request that is not looked up.

    A header that begins to matter to any response has to be added here, or one visitor gets the
    response of another.
    """
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    address, query = scope["raw_path"], scope["query_string"]
    if len(address) + len(query) > MAX_ADDRESS_BYTES:
        return None
    key = [scope["scheme"].encode(), scope["root_path"].encode(), address, query]
    for name, value in scope["headers"]:
        if name in KEY_HEADERS:
            key += (name, value)
        elif name in UNCACHED:
            return None
    return tuple(key)


def is_cacheable(start: Message) -> bool:
    """Whether a response says of itself that it is good for everyone for as long as its release."""
    if start["status"] not in (200, 304):
        return False
    cache_control, etag, vary = b"", b"W/", b""
    for name, value in start["headers"]:
        lower = name.lower()
        if lower == b"cache-control":
            cache_control = value
        elif lower == b"etag":
            etag = value
        elif lower == b"vary":
            vary += b"," + value
    varies = {part.strip() for part in vary.lower().split(b",")} - {b""}
    return cache_control.startswith(b"public") and etag.startswith(b'"') and varies <= VARYING
