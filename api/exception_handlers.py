"""Exception handlers: problem+json for programs, an error page for browsers.

The language is the one of the pages where a page is wanted, French by default. A program gets
English unless it asks for French, by `lang` or `Accept-Language`.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http import negotiation
from api.http.cors import ALLOWED_ORIGIN
from api.http.links import format_link
from api.http.negotiation import Language
from api.http.parameter_faults import leave_out
from api.http.problem_type import ProblemType
from api.http.problems import UNEXPECTED, RangeNotSatisfiable, RateLimited, find_problem_type
from api.http.redirects import MovedPermanently, MultipleChoices
from api.http.security_headers import SECURITY_HEADERS
from api.i18n.punctuation import set_message
from api.middleware import options
from api.views.fault_texts import LABELS, explain_fault
from api.views.jinja import render_page
from api.views.page_context import PageContext
from kg import errors
from kg.errors import EssKgError
from kg.formats import HTML, PROBLEM
from kg.kinds import KIND_BY_NAME, Text

SHUTTING_DOWN_TEXT = Text("le serveur s'arrête ; réessayez", "the server is stopping; try again")
NOT_FOUND_TEXT = Text("il n'y a rien à {path}", "there is nothing at {path}")
METHOD_NOT_ALLOWED_TEXT = Text(
    "{path} n'accepte pas {method} ; méthodes possibles : {allowed}",
    "{path} does not accept {method}; it accepts {allowed}",
)
NO_WHOLE_NUMBER_TEXT = Text(
    "{name} : il faut un nombre entier, pas « {value} »", "{name}: a whole number, not {value!r}"
)
"""Of a parameter that FastAPI reads: all of these are whole numbers."""

PAGE_LABELS: Final = {**LABELS, "territory": "territory", "source": "source", "kind": "menu"}
"""Texts that name parameters of pages that are no lists."""

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Makes an app answer every error from the table."""
    for kind in (EssKgError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, respond_to_error)
    app.add_exception_handler(OSError, _handle_disk_full)


async def _handle_disk_full(request: Request, error: Exception) -> Response:
    """The answer where the machine has no room left; anything else it refuses is unexpected."""
    if not (isinstance(error, OSError) and error.errno in errors.DISK_FULL_ERRNOS):
        raise error
    log.error("there is no room left", extra={"reason": str(error), "path": request.url.path})
    return await respond_to_error(request, errors.DiskFull.for_visitors())


async def respond_shutting_down(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request that the end of the server cuts off: 503, to be asked again."""
    request = Request(scope, receive)
    language = negotiation.choose_error_language(request, "en")
    content = {
        "type": "about:blank",
        "title": SHUTTING_DOWN_TEXT[language],
        "status": 503,
        "instance": request.url.path,
    }
    headers = {"Retry-After": "5", "Cache-Control": "no-store", "Content-Language": language}
    response = Response(orjson.dumps(content), 503, headers, PROBLEM.content_type)
    await response(scope, receive, send)


async def respond_to_error(request: Request, error: Exception) -> Response:
    """The response to an error."""
    problem = find_problem_type(error)
    if problem is UNEXPECTED:
        log.error("a request failed", exc_info=error, extra={"path": request.url.path})
    as_page = negotiation.accepts_html(request)
    language = negotiation.choose_error_language(request, "fr" if as_page else "en")
    headers = {
        "Vary": "Accept, Accept-Language",
        "Access-Control-Allow-Origin": ALLOWED_ORIGIN,
        "Cache-Control": "no-store",
        "Content-Language": language,
        **problem.headers,
        **_build_headers(request, error),
    }
    content = _build_problem(request, error, problem, language)
    if as_page:
        if language == "fr" and "line" not in content:
            content["detail"] = set_message(str(content["detail"]))
        site = PageContext.of(language, request.url.path, request.query_params.multi_items())
        query = request.query_params.get("query", "") if request.url.path == "/sparql" else ""
        body = render_page(
            "error.html",
            language,
            site=site,
            problem=content,
            query=query,
            asked_words=_guess_words(request, problem.status),
            reason=_explain_parameter(request, error, site),
            without=_build_address_without_fault(request, error, site),
        )
        return Response(body, problem.status, {**SECURITY_HEADERS, **headers}, HTML.content_type)
    return Response(orjson.dumps(content), problem.status, headers, PROBLEM.content_type)


def _guess_words(request: Request, status: int) -> str:
    """What somebody may have looked for at an address that leads nowhere: words to search for."""
    kind, _, key = request.url.path.strip("/").partition("/")
    return re.sub(r"[-_.]+", " ", key) if status in (404, 410) and kind in KIND_BY_NAME else ""


def _explain_parameter(request: Request, error: Exception, site: PageContext) -> str:
    """Why a parameter cannot be used, in words for people; empty for other errors."""
    if not isinstance(error, errors.InvalidParameter):
        return ""
    unknown = error.fault == errors.ParameterFault.UNKNOWN_NAME
    label = "" if unknown else PAGE_LABELS.get(error.names[0], "")
    named = f"{site.t(label)}{site.colon}" if label else ""
    return named + explain_fault(error, request.query_params.multi_items(), site)


def _build_address_without_fault(request: Request, error: Exception, site: PageContext) -> str:
    """This address without what is wrong in it, all filters where that is not known."""
    path = request.url.path
    if isinstance(error, errors.InvalidParameter):
        return site.href(path, leave_out(site.parameters, error))
    kind = path.strip("/").partition(".")[0]
    return site.href(path) if isinstance(error, errors.BadRequest) and kind in KIND_BY_NAME else ""


def _build_problem(
    request: Request, error: Exception, problem: ProblemType, language: Language
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title[language],
        "status": problem.status,
        "detail": _describe_error(request, error, problem, language),
        "instance": request.url.path,
    }
    if isinstance(error, errors.QuerySyntaxError) and error.line is not None:
        content |= {"line": error.line, "column": error.column}
    return content


def _describe_error(
    request: Request, error: Exception, problem: ProblemType, language: Language
) -> str:
    path = request.url.path
    if isinstance(error, EssKgError):
        return error.message_in(language)
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NOT_FOUND_TEXT[language].format(path=path)
        if error.status_code == 405:
            allowed = options.find_allowed_methods(request.scope)
            return METHOD_NOT_ALLOWED_TEXT[language].format(
                path=path,
                method=options.get_original_method(request.scope),
                allowed=", ".join(allowed),
            )
        return error.detail
    if isinstance(error, RequestValidationError):
        return "; ".join(_describe_parameter(fault, language) for fault in error.errors())
    return problem.title[language]


def _describe_parameter(fault: Mapping[str, Any], language: Language) -> str:
    """What FastAPI found wrong with a parameter."""
    name, value = ".".join(map(str, fault["loc"][1:])), fault.get("input")
    if fault["type"].startswith("int_") and isinstance(value, str):
        return NO_WHOLE_NUMBER_TEXT[language].format(name=name, value=value)
    return f"{name}: {fault['msg']}"


def _build_headers(request: Request, error: Exception) -> dict[str, str]:
    if isinstance(error, MovedPermanently):
        return {"Location": error.location, "Cache-Control": "public, max-age=60"}
    if isinstance(error, MultipleChoices):
        links = ", ".join(format_link(location, "alternate") for location in error.locations)
        return {"Link": links, "Cache-Control": "public, max-age=60"}
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.wait)}
    if isinstance(error, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{error.size}"}
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return {"Allow": ", ".join(options.find_allowed_methods(request.scope))}
        return dict(error.headers or {})
    return {}
