"""A route whose handler is called as it is: nothing is looked for, injected or converted.

What FastAPI does for each request takes longer than a light query. A route of this class is
described in OpenAPI like any other; its handler takes the request and the release in service.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.current import Current, ServedRelease
from api.deps import RELEASE

Handler = Callable[[Request, ServedRelease], Awaitable[Response]]


class DirectRoute(APIRoute):
    """Calls `handler(request, served)`; the release stays open until the answer has been sent."""

    def __init__(self, path: str, endpoint: Handler, **stated: Any) -> None:
        super().__init__(path, endpoint, **stated)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        current: Current = scope["app"].state.current
        request = Request(scope, receive, send)
        named = request.query_params.get(RELEASE) if b"release=" in scope["query_string"] else None
        async with current.lease(named) as served:
            response = await self.endpoint(request, served)
            await response(scope, receive, send)
