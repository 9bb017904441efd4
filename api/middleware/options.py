"""Allowed-methods middleware: answers OPTIONS, and gives the Allow header of a 405."""

from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.scope_keys import HEAD_REQUEST_KEY
from api.http.uploads import EXTENSION_BY_MEDIA_TYPE
from kg.formats import FORM, MULTIPART, SPARQL_QUERY

METHOD_ORDER: Final = ("GET", "HEAD", "POST", "OPTIONS")
QUERY_MEDIA_TYPES: Final = (SPARQL_QUERY.media_type, FORM.media_type)
UPLOAD_MEDIA_TYPES: Final = (MULTIPART.media_type, *EXTENSION_BY_MEDIA_TYPE)


def find_allowed_methods(scope: Scope) -> tuple[str, ...]:
    """The methods that the address of a request takes; none where there is nothing."""
    methods = {m for route in scope["app"].state.routes for m in _list_route_methods(route, scope)}
    if not methods:
        return ()
    return tuple(
        m for m in METHOD_ORDER if m in methods | {"OPTIONS"} or (m == "HEAD" and "GET" in methods)
    )


def get_original_method(scope: Scope) -> str:
    """The method of a request as the client wrote it."""
    return "HEAD" if scope.get(HEAD_REQUEST_KEY) else str(scope["method"])


def _list_route_methods(route: BaseRoute, scope: Scope) -> set[str]:
    if not isinstance(route, Route) or route.matches(scope)[0] is Match.NONE:
        return set()
    return set(route.methods or ())


class AllowedMethods:
    """Middleware that answers OPTIONS wherever there is something."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = (
            find_allowed_methods(scope)
            if scope["type"] == "http" and scope["method"] == "OPTIONS"
            else ()
        )
        if not methods:
            await self._app(scope, receive, send)
            return
        headers = {"Allow": ", ".join(methods)}
        if "POST" in methods:
            of_files = str(scope["path"]).startswith("/validate")
            headers["Accept-Post"] = ", ".join(
                UPLOAD_MEDIA_TYPES if of_files else QUERY_MEDIA_TYPES
            )
        await Response(status_code=204, headers=headers)(scope, receive, send)
