"""Direct dispatch: frequent addresses sent to their handlers ahead of FastAPI's router.

FastAPI and its middleware take longer than a light query. The routes stand in the application all
the same, for their description and for a server under a prefix.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.fast_request import FastRequest
from api.serving.served_releases import ServedRelease, ServedReleases
from kg.errors import NotFound, ReleaseError

Handler = Callable[[Request, ServedRelease], Awaitable[Response]]
ExactRoutes = Mapping[tuple[str, str], Handler]
"""Handlers by method and path."""
KindRoutes = Mapping[str, Handler]
"""Handlers of `/kind/key`, by kind; `kind` and `key` are the parameters of their path."""
ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]


class DirectDispatch:
    """Middleware that calls a handler with the request and the release in service.

    The release stays open until the response has been sent.
    """

    def __init__(
        self,
        app: ASGIApp,
        exact: ExactRoutes,
        kinds: KindRoutes,
        releases: ServedReleases,
        release_parameter: str,
        answer_error: ErrorHandler,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """`release_parameter` names a kept release; `headers` are those of every response."""
        self._app = app
        self._exact = exact
        self._kinds = kinds
        self._releases = releases
        self._release_parameter = release_parameter
        self._answer_error = answer_error
        self._headers = list(headers)
        self._header_names = {name for name, _ in headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._find_handler(scope)
        if handler is None:
            await self._app(scope, receive, send)
            return
        request = FastRequest(scope, receive, send)
        pinned = None
        if self._release_parameter.encode() in scope["query_string"]:
            pinned = request.query_params.get(self._release_parameter)
        try:
            async with self._releases.acquire(pinned) as served:
                response = await self._run(handler, request, served)
                await response(scope, receive, send)
        except (NotFound, ReleaseError) as error:  # of the release: nothing has been sent yet
            response = self._with_headers(await self._answer_error(request, error))
            await response(scope, receive, send)

    async def _run(self, handler: Handler, request: Request, served: ServedRelease) -> Response:
        """The response of a handler; as in the framework, every error has one."""
        try:
            return self._with_headers(await handler(request, served))
        except Exception as error:
            return self._with_headers(await self._answer_error(request, error))

    def _with_headers(self, response: Response) -> Response:
        present = dict(response.raw_headers)
        if self._header_names.isdisjoint(present):
            response.raw_headers += self._headers
        else:
            response.raw_headers += [pair for pair in self._headers if pair[0] not in present]
        return response

    def _find_handler(self, scope: Scope) -> Handler | None:
        if scope["type"] != "http" or scope["root_path"]:
            return None
        method, path = scope["method"], scope["path"]
        handler = self._exact.get((method, path))
        if handler is None and method == "GET":
            kind, _, key = path[1:].partition("/")
            handler = self._kinds.get(kind) if key and "/" not in key else None
            scope["path_params"] = {"kind": kind, "key": key} if handler else {}
        return handler
