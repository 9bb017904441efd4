"""Fast path: whole responses without a task, from the response cache or from a point query.

`FastPath.try_answer` waits for nothing, so that the HTTP protocol can write its response directly
(api.middleware.uvicorn_protocol). A request that comes as ASGI is tried in the same way, before it
goes to the middleware behind: there is one path, entered from two sides.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.fast_request import FastRequest
from api.http.scope_keys import HEAD_REQUEST_KEY
from api.middleware.compression import compress_whole
from api.middleware.response_cache import CachingSend, cache_key, is_cacheable
from api.serving.response_cache import CacheKey
from api.serving.served_releases import ServedRelease

WholeResponse = tuple[Message, Message]
"""The start and the whole body of a response, as ASGI has them."""
SyncHandler = Callable[[Request, ServedRelease], Response | None]
"""Answers a GET without waiting; None where that cannot be."""
FAST_PATH_TRIED: Final = "ess_kg.fast_path_tried"
"""In the state of a request that the fast path has no response for: it is not tried again."""


class FastPath:
    """Middleware that answers without waiting where it can, and fills the response cache."""

    def __init__(
        self,
        app: ASGIApp,
        served: Callable[[], ServedRelease | None],
        handlers: Mapping[str, SyncHandler],
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """`served`: the release in service; `handlers`: by path; `headers`: of every response."""
        self._app = app
        self._served = served
        self._handlers = handlers
        self._headers = list(headers)

    def try_answer(self, scope: Scope) -> WholeResponse | None:
        """The response to a GET where it needs no waiting, None otherwise."""
        release, key = self._served(), cache_key(scope)
        if release is None or key is None:
            return None
        return self._try_answer(scope, release, key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        release, key = self._served(), cache_key(scope)
        if release is None or key is None:
            await self._app(scope, receive, send)
            return
        tried = FAST_PATH_TRIED in scope.get("state", ())
        response = None if tried else self._try_answer(scope, release, key)
        if response is not None:
            await send(response[0])
            await send(response[1])
        elif scope.get(HEAD_REQUEST_KEY):  # a body that nobody sees may have been left out
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, CachingSend(send, release.response_cache, key))

    def _try_answer(
        self, scope: Scope, release: ServedRelease, key: CacheKey
    ) -> WholeResponse | None:
        cache = release.response_cache
        cached = cache.get(key)
        if cached is not None:
            return cached
        response = self._run_handler(scope, release)
        if response is not None and cache.seen_before(key) and is_cacheable(response[0]):
            cache.put(key, *response)
        return response

    def _run_handler(self, scope: Scope, release: ServedRelease) -> WholeResponse | None:
        handler = self._handlers.get(scope["path"])
        if handler is None or scope["root_path"]:
            return None
        accepted = b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":  # what a client has already is for the routes
                return None
        response = handler(FastRequest(scope), release)
        if response is None:
            return None
        response.raw_headers += self._headers
        return compress_whole(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": response.raw_headers,
            },
            {"type": "http.response.body", "body": response.body},
            accepted,
        )
