"""What the web answers when something is wrong: problem+json, or a plain page for a browser.

The language is the one of the pages where a page is wanted, French by default. A program gets
English unless it asks for French, by `lang` or `Accept-Language`.
"""

import logging
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import negotiation
from api.links import link
from api.middleware import options
from api.negotiation import Language
from api.problem import Problem
from api.problems import UNEXPECTED, BudgetSpent, RangeOutside, problem_of
from api.redirects import MovedElsewhere, SharedOut
from api.render.site import Site
from api.render.templates import page
from api.security import SECURITY
from kg import errors
from kg.errors import EssKgError
from kg.formats import HTML, PROBLEM
from kg.kinds import Text

GOING = Text("le serveur s'arrête ; reposez la question", "the server is stopping; ask again")
NOTHING_THERE = Text("il n'y a rien à {path}", "there is nothing at {path}")
NOT_THIS_WAY = Text(
    "{path} n'accepte pas {method} ; méthodes possibles : {allowed}",
    "{path} does not take {method}; it takes {allowed}",
)

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Makes an app answer every error from the table."""
    for kind in (EssKgError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(OSError, _no_room)


async def _no_room(request: Request, error: Exception) -> Response:
    """The answer where the machine has no room left; anything else it refuses is unexpected."""
    if not (isinstance(error, OSError) and error.errno in errors.FULL):
        raise error
    log.error("there is no room left", extra={"reason": str(error), "path": request.url.path})
    return await answer(request, errors.NoRoom.of())


async def going_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request that the end of the server cuts off: 503, to be asked again."""
    request = Request(scope, receive)
    language = negotiation.language_of_errors(request, "en")
    content = {
        "type": "about:blank",
        "title": GOING[language],
        "status": 503,
        "instance": request.url.path,
    }
    headers = {"Retry-After": "5", "Cache-Control": "no-store", "Content-Language": language}
    response = Response(orjson.dumps(content), 503, headers, PROBLEM.content_type)
    await response(scope, receive, send)


async def answer(request: Request, error: Exception) -> Response:
    """The response to an error."""
    problem = problem_of(error)
    if problem is UNEXPECTED:
        log.error("a request failed", exc_info=error, extra={"path": request.url.path})
    as_page = _wants_page(request)
    language = negotiation.language_of_errors(request, "fr" if as_page else "en")
    headers = {
        "Vary": "Accept, Accept-Language",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
        "Content-Language": language,
        **problem.headers,
        **_headers(request, error),
    }
    content = _content(request, error, problem, language)
    if as_page:
        site = Site.of(language, request.url.path, request.query_params.multi_items())
        query = request.query_params.get("query", "") if request.url.path == "/sparql" else ""
        body = page("error.html", language, site=site, problem=content, query=query)
        return Response(body, problem.status, {**SECURITY, **headers}, HTML.content_type)
    return Response(orjson.dumps(content), problem.status, headers, PROBLEM.content_type)


def _content(
    request: Request, error: Exception, problem: Problem, language: Language
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title[language],
        "status": problem.status,
        "detail": _detail(request, error, problem, language),
        "instance": request.url.path,
    }
    if isinstance(error, errors.QuerySyntaxError) and error.line is not None:
        content |= {"line": error.line, "column": error.column}
    return content


def _detail(request: Request, error: Exception, problem: Problem, language: Language) -> str:
    path = request.url.path
    if isinstance(error, EssKgError):
        return error.told(language)
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NOTHING_THERE[language].format(path=path)
        if error.status_code == 405:
            allowed = options.allowed(request.scope)
            return NOT_THIS_WAY[language].format(
                path=path, method=options.asked(request.scope), allowed=", ".join(allowed)
            )
        return error.detail
    if isinstance(error, RequestValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
    return problem.title[language]


def _headers(request: Request, error: Exception) -> dict[str, str]:
    if isinstance(error, MovedElsewhere):
        return {"Location": error.location, "Cache-Control": "public, max-age=60"}
    if isinstance(error, SharedOut):
        told = ", ".join(link(location, "alternate") for location in error.locations)
        return {"Link": told, "Cache-Control": "public, max-age=60"}
    if isinstance(error, BudgetSpent):
        return {"Retry-After": str(error.wait)}
    if isinstance(error, RangeOutside):
        return {"Content-Range": f"bytes */{error.size}"}
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return {"Allow": ", ".join(options.allowed(request.scope))}
        return dict(error.headers or {})
    return {}


def _wants_page(request: Request) -> bool:
    """Whether HTML is accepted by name: what no browser leaves out and few programs say."""
    return HTML.media_type in request.headers.get("accept", "")
