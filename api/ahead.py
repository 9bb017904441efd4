"""Doors ahead of the framework: what is asked thousands of times a second goes to its handler.

What FastAPI and its layers do for each request takes longer than a light query. The addresses given
here skip them: the handler is called with the request and the release in service, which stays open
until the answer has been sent, and errors are answered as everywhere. The routes stand in the app
all the same, for their description and for a server under a prefix.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors
from api.current import Current, ServedRelease
from api.deps import RELEASE

Handler = Callable[[Request, ServedRelease], Awaitable[Response]]
Doors = Mapping[tuple[str, str], Handler]
"""Handlers by method and path."""


class Ahead:
    """Middleware that opens the doors, and passes on what asks for something else."""

    def __init__(self, app: ASGIApp, doors: Doors, current: Current) -> None:
        self._app = app
        self._doors = doors
        self._current = current

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = None
        if scope["type"] == "http" and not scope["root_path"]:
            handler = self._doors.get((scope["method"], scope["path"]))
        if handler is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        named = request.query_params.get(RELEASE) if b"release=" in scope["query_string"] else None
        try:
            async with self._current.lease(named) as served:
                response = await handler(request, served)
                await response(scope, receive, send)
        except Exception as error:  # as the framework would: every error has an answer
            response = await errors.answer(request, error)
            await response(scope, receive, send)
