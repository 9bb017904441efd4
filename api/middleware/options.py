"""Which methods an address takes, told by OPTIONS and by 405 (RFC 9110, sections 9.3.7, 10.2.1)."""

from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.head import HEAD
from api.uploads import EXTENSION_OF
from kg.formats import FORM, MULTIPART, SPARQL_QUERY

ORDER: Final = ("GET", "HEAD", "POST", "OPTIONS")
OF_QUERIES: Final = (SPARQL_QUERY.media_type, FORM.media_type)
OF_FILES: Final = (MULTIPART.media_type, *EXTENSION_OF)


def allowed(scope: Scope) -> tuple[str, ...]:
    """The methods that the address of a request takes; none where there is nothing."""
    found = {m for route in scope["app"].state.routes for m in _methods(route, scope)}
    if not found:
        return ()
    return tuple(m for m in ORDER if m in found | {"OPTIONS"} or (m == "HEAD" and "GET" in found))


def asked(scope: Scope) -> str:
    """The method of a request as the client wrote it."""
    return "HEAD" if scope.get(HEAD) else str(scope["method"])


def _methods(route: BaseRoute, scope: Scope) -> set[str]:
    if not isinstance(route, Route) or route.matches(scope)[0] is Match.NONE:
        return set()
    return set(route.methods or ())


class AllowedMethods:
    """Middleware that answers OPTIONS wherever there is something."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = allowed(scope) if scope["type"] == "http" and scope["method"] == "OPTIONS" else ()
        if not found:
            await self._app(scope, receive, send)
            return
        headers = {"Allow": ", ".join(found)}
        if "POST" in found:
            of_files = str(scope["path"]).startswith("/validate")
            headers["Accept-Post"] = ", ".join(OF_FILES if of_files else OF_QUERIES)
        await Response(status_code=204, headers=headers)(scope, receive, send)
