"""Reader of request bodies, bounded in size, time and rate."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request

from api.http.problems import RequestTooLarge, RequestTooSlow

BODY_GRACE_SECONDS: Final = 20.0
"""Seconds before the rate of a body counts: a slow connection may take a while to start."""
MIN_BODY_BYTES_PER_SECOND: Final = 8 * 1024
MAX_BODY_SECONDS: Final = 300.0
"""Seconds after which a body must be complete, whatever its size and rate."""


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body of a request, of `max_bytes` at most. Raises RequestTooLarge, RequestTooSlow."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise _body_too_large_error(max_bytes)
    size, chunks = 0, []
    async for chunk in stream_body(request):
        size += len(chunk)
        if size > max_bytes:
            raise _body_too_large_error(max_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


async def stream_body(request: Request) -> AsyncIterator[bytes]:
    """The chunks of a request body as they arrive. Raises RequestTooSlow."""
    loop = asyncio.get_running_loop()
    started, size, stream = loop.time(), 0, aiter(request.stream())
    while True:
        seconds = min(BODY_GRACE_SECONDS + size / MIN_BODY_BYTES_PER_SECOND, MAX_BODY_SECONDS)
        try:
            async with asyncio.timeout_at(started + seconds):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise RequestTooSlow(
                "the request body did not arrive in time; try again on a better connection",
                "le corps de la requête n'est pas arrivé à temps ; réessayez avec une meilleure "
                "connexion",
            ) from None
        if chunk is None:
            return
        size += len(chunk)
        yield chunk


def _body_too_large_error(max_bytes: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"a request body is limited to {max_bytes:,} bytes; this one is larger",
        f"le corps d'une requête est limité à {max_bytes} octets ; celui-ci est plus long",
    )
