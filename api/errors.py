"""What the web answers when something is wrong: one table from exceptions to problems (RFC 9457).

A query that would be right but costs too much is not a bad request: out of time is 504 (this
server is a gateway to the process that ran it), too large an answer or too much memory is 422,
too many queries at once is 503. What is not allowed here whatever it costs (SERVICE, updates)
is 403.
"""

import logging
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.render.site import Site
from api.render.templates import page
from kg import errors
from kg.errors import EssKgError
from kg.formats import HTML, PROBLEM
from kg.kinds import Text
from kg.namespaces import BASE

log = logging.getLogger(__name__)


class NotAcceptable(EssKgError):
    """None of the representations a client accepts is available."""


class UnsupportedMediaType(EssKgError):
    """A request body is of a type that is not understood here."""


class RequestTooLarge(EssKgError):
    """A request body is larger than allowed."""


class MovedElsewhere(EssKgError):
    """What is asked for has another address."""

    def __init__(self, location: str) -> None:
        super().__init__(f"this is now at {location}")
        self.location = location


@dataclass(frozen=True)
class Problem:
    """How one class of errors is answered."""

    status: int
    slug: str
    title: Text
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return f"{BASE}problem/{self.slug}"


SOON: Final = {"Retry-After": "2"}

PROBLEMS: Final[dict[type[Exception], Problem]] = {
    errors.NotFound: Problem(404, "not-found", Text("Introuvable", "Not found")),
    errors.Gone: Problem(410, "gone", Text("Retiré", "Withdrawn")),
    errors.BadRequest: Problem(
        400, "bad-request", Text("Demande incorrecte", "This request cannot be used")
    ),
    MovedElsewhere: Problem(301, "moved", Text("Déplacé", "Moved")),
    NotAcceptable: Problem(
        406, "not-acceptable", Text("Format indisponible", "No such representation")
    ),
    UnsupportedMediaType: Problem(
        415,
        "unsupported-media-type",
        Text("Type de contenu inconnu", "This type of content is not understood"),
    ),
    RequestTooLarge: Problem(
        413, "request-too-large", Text("Demande trop volumineuse", "This request is too large")
    ),
    errors.QuerySyntaxError: Problem(
        400, "query-syntax", Text("Requête SPARQL mal écrite", "The query cannot be read")
    ),
    errors.QueryRefused: Problem(
        403, "query-refused", Text("Requête refusée", "The query is not allowed here")
    ),
    errors.QueryTimeout: Problem(
        504, "query-timeout", Text("Requête trop longue", "The query ran out of time")
    ),
    errors.QueryTooLarge: Problem(
        422, "query-too-large", Text("Requête trop coûteuse", "The query is too large")
    ),
    errors.QueryOverload: Problem(
        503, "query-overload", Text("Trop de requêtes", "Too many queries"), SOON
    ),
    errors.QueryError: Problem(
        500, "query-failed", Text("La requête a échoué", "The query failed")
    ),
    errors.ReleaseError: Problem(
        503, "no-release", Text("Aucune publication", "No release is served"), SOON
    ),
    RequestValidationError: Problem(
        400, "bad-request", Text("Demande incorrecte", "This request cannot be used")
    ),
}
BY_STATUS: Final = {
    404: PROBLEMS[errors.NotFound],
    405: Problem(405, "method-not-allowed", Text("Méthode refusée", "Method not allowed")),
}
UNEXPECTED: Final = Problem(
    500, "unexpected", Text("Erreur inattendue", "Something unexpected happened")
)


def problem_of(error: Exception) -> Problem:
    """The line of the table for an error: its own class, or the nearest one above it."""
    if isinstance(error, HTTPException):
        return BY_STATUS.get(
            error.status_code,
            Problem(error.status_code, "http", Text(error.detail, error.detail)),
        )
    classes = type(error).__mro__
    return next((PROBLEMS[c] for c in classes if c in PROBLEMS), UNEXPECTED)


def install(app: FastAPI) -> None:
    """Makes an app answer every error from the table."""
    for kind in (EssKgError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answer)


async def answer(request: Request, error: Exception) -> Response:
    """The response to an error: problem+json, or a plain page for a browser."""
    problem = problem_of(error)
    if problem is UNEXPECTED:
        log.error("a request failed", exc_info=error, extra={"path": request.url.path})
    language = _language(request)
    headers = {
        "Vary": "Accept, Accept-Language",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
        **problem.headers,
        **_headers(error),
    }
    content = _content(request, error, problem, language)
    if _wants_page(request):
        site = Site.of(language, request.url.path, request.query_params.multi_items())
        body = page("error.html", language, site=site, problem=content)
        return Response(body, problem.status, headers, HTML.content_type)
    return Response(orjson.dumps(content), problem.status, headers, PROBLEM.content_type)


def _content(request: Request, error: Exception, problem: Problem, language: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title[language],
        "status": problem.status,
        "detail": _detail(error, problem, language),
        "instance": request.url.path,
    }
    if isinstance(error, errors.QuerySyntaxError) and error.line is not None:
        content |= {"line": error.line, "column": error.column}
    if isinstance(error, RequestValidationError):
        content["parameters"] = [
            {"name": ".".join(map(str, e["loc"][1:])), "problem": e["msg"]} for e in error.errors()
        ]
    return content


def _detail(error: Exception, problem: Problem, language: str) -> str:
    if isinstance(error, EssKgError):
        return str(error)
    if isinstance(error, HTTPException):
        return error.detail
    if isinstance(error, RequestValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
    return problem.title[language]


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, MovedElsewhere):
        return {"Location": error.location, "Cache-Control": "public, max-age=60"}
    if isinstance(error, HTTPException):
        return dict(error.headers or {})
    return {}


def _wants_page(request: Request) -> bool:
    """Whether HTML is accepted by name: what no browser leaves out and few programs say."""
    return HTML.media_type in request.headers.get("accept", "")


def _language(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    first = request.headers.get("accept-language", "")[:2].lower()
    return "en" if asked == "en" or (asked != "fr" and first == "en") else "fr"
