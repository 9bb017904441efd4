"""Doors ahead of the framework: what is asked thousands of times a second goes to its handler.

What FastAPI and its layers do for each request takes longer than a light query. The addresses given
here skip them: the handler is called with the request and the release in service, which stays open
until the answer has been sent, and errors are answered as everywhere. The routes stand in the app
all the same, for their description and for a server under a prefix.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fast_query_parsers import parse_query_string
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.at_once import Answered
from api.current import Current, ServedRelease
from api.deps import RELEASE
from kg.errors import NotFound, ReleaseError

Handler = Callable[[Request, ServedRelease], Awaitable[Response]]
Doors = Mapping[tuple[str, str], Handler]
"""Handlers by method and path."""
Quick = Callable[[Request, ServedRelease], Response | None]
Windows = Mapping[str, Quick]
"""What may answer a GET at once, by path; None where it has to be waited for."""
Rooms = Mapping[str, Handler]
"""Handlers of `/kind/key`, by kind; `kind` and `key` are the parameters of their path."""


class Known(Headers):
    """Headers that are asked for by a name in small letters, and mostly are not there."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._list = raw
        self._first = dict(reversed(raw))

    def get(self, key: str, default: Any = None) -> Any:
        value = self._first.get(key.encode("latin-1"))
        return default if value is None else value.decode("latin-1")


class Parameters(QueryParams):
    """Parameters of which most are not there, which is no exception."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self._list = found
        self._dict = dict(found)

    def get(self, key: Any, default: Any = None) -> Any:
        return self._dict.get(key, default)


class Asked(Request):
    """A request whose query string is read without Python: a query is long, and all escapes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._known = Known(scope["headers"])
        self._parameters = Parameters(pairs(scope["query_string"]))

    @property
    def headers(self) -> Known:
        return self._known

    @property
    def query_params(self) -> Parameters:
        return self._parameters


def pairs(text: bytes) -> list[tuple[str, str]]:
    """The parameters of a query string, as the framework reads them."""
    # that reader takes a name with an escape apart at another place, and bytes that are no UTF-8
    for part in text.split(b"&"):
        if b"%" in part.partition(b"=")[0]:
            return _as_the_framework(text)
    if not text.isascii():
        return _as_the_framework(text)
    found = parse_query_string(text, "&")
    for name, _ in found:
        if "%" in name:
            return _as_the_framework(text)
    return found


def _as_the_framework(text: bytes) -> list[tuple[str, str]]:
    return parse_qsl(text.decode("latin-1"), keep_blank_values=True)


async def _nothing() -> Message:
    raise RuntimeError("what is answered at once reads no body")


async def _nowhere(_: Message) -> None:
    raise RuntimeError("what is answered at once is sent by its caller")


class Ahead:
    """Middleware that opens the doors, and passes on what asks for something else.

    `headers` are those that every answer has.
    """

    def __init__(
        self,
        app: ASGIApp,
        doors: Doors,
        rooms: Rooms,
        windows: Windows,
        current: Current,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        self._app = app
        self._doors = doors
        self._rooms = rooms
        self._windows = windows
        self._current = current
        self._headers = list(headers)
        self._names = {name for name, _ in headers}

    def at_once(self, scope: Scope) -> Answered | None:
        """See Layer."""
        quick = self._windows.get(scope["path"])
        served = self._current.served
        if quick is None or served is None or scope["root_path"] or scope["method"] != "GET":
            return None
        response = quick(Asked(scope, _nothing, _nowhere), served)
        if response is None:
            return None
        headers = self._labelled(response).raw_headers
        start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        return start, {"type": "http.response.body", "body": response.body}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handler(scope)
        if handler is None:
            await self._app(scope, receive, send)
            return
        request = Asked(scope, receive, send)
        named = request.query_params.get(RELEASE) if b"release=" in scope["query_string"] else None
        try:
            async with self._current.lease(named) as served:
                response = await self._answer(handler, request, served)
                await response(scope, receive, send)
        except (NotFound, ReleaseError) as error:  # of the release: nothing has been sent yet
            await self._labelled(await errors.answer(request, error))(scope, receive, send)

    async def _answer(self, handler: Handler, request: Request, served: ServedRelease) -> Response:
        """The answer of a handler; as the framework would, every error has one."""
        try:
            return self._labelled(await handler(request, served))
        except Exception as error:
            return self._labelled(await errors.answer(request, error))

    def _labelled(self, response: Response) -> Response:
        names = dict(response.raw_headers)
        if self._names.isdisjoint(names):
            response.raw_headers += self._headers
        else:
            response.raw_headers += [pair for pair in self._headers if pair[0] not in names]
        return response

    def _handler(self, scope: Scope) -> Handler | None:
        if scope["type"] != "http" or scope["root_path"]:
            return None
        method, path = scope["method"], scope["path"]
        found = self._doors.get((method, path))
        if found is None and method == "GET":
            kind, _, key = path[1:].partition("/")
            found = self._rooms.get(kind) if key and "/" not in key else None
            scope["path_params"] = {"kind": kind, "key": key} if found else {}
        return found
