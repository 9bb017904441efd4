"""OpenAPI description of the server, with the errors that each operation can answer."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.problem_type import ProblemType
from api.http.problems import (
    METHOD_NOT_ALLOWED,
    PROBLEMS,
    FormatNotImplemented,
    NotAcceptable,
    RangeNotSatisfiable,
    RateLimited,
    RequestTooLarge,
    RequestTooSlow,
    ResultChanged,
    UnsupportedMediaType,
)
from kg import errors
from kg.formats import PROBLEM

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what is expected."},
        "instance": {"type": "string"},
        "line": {"type": "integer", "description": "Of a query that cannot be read."},
        "column": {"type": "integer"},
    },
}
COMMON_ERRORS: Final = (errors.ReleaseError, errors.NotFound)
PAGE_ERRORS: Final = (errors.BadRequest, NotAcceptable)
QUERY_ERRORS: Final = (
    errors.BadRequest,
    errors.QueryRefused,
    NotAcceptable,
    errors.QueryTooLarge,
    errors.QueryError,
    errors.QueryOverload,
    errors.QueryTimeout,
    RateLimited,
)
ENGINE_ERRORS: Final = (
    errors.QueryTooLarge,
    errors.QueryError,
    errors.QueryOverload,
    errors.QueryTimeout,
)
CHECK_ERRORS: Final = (
    errors.BadRequest,
    errors.SourceError,
    NotAcceptable,
    RequestTooSlow,
    RequestTooLarge,
    UnsupportedMediaType,
    errors.JobTooLarge,
    errors.JobError,
    errors.JobOverload,
    errors.JobTimeout,
)
EXTRACT_ERRORS: Final = (
    errors.BadRequest,
    RateLimited,
    errors.ExtractPending,
    errors.ExtractTooLarge,
    errors.ExtractError,
)
POST_ERRORS: Final = (RequestTooLarge, UnsupportedMediaType)
PATHS_WITHOUT_FORMATS: Final = ("/health", "/graph/{source}", "/dumps/{release}/{file}",
                          "/dumps/{release}/extract")  # fmt: skip
RECORD_PATH_ENDING: Final = "/{kind}/{key}"
"""Ends the addresses of records, which may be withdrawn."""


def build_description(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                _add_error_responses(operation["responses"], path, method)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = PROBLEM_SCHEMA
        app.openapi_schema = made
    return app.openapi_schema


def _add_error_responses(responses: dict[str, Any], path: str, method: str) -> None:
    """Replaces the framework's error by those of the table that this operation can answer."""
    responses.pop("422", None)
    by_status: dict[str, list[ProblemType]] = {}
    for problem in _list_problem_types(path, method):
        by_status.setdefault(str(problem.status), []).append(problem)
    for status, problems in sorted(by_status.items()):
        titles = "; ".join(dict.fromkeys(problem.title.en for problem in problems))
        content = {PROBLEM.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[status] = {"description": f"{titles}.", "content": content}


def _list_problem_types(path: str, method: str) -> Iterator[ProblemType]:
    kinds: list[type[Exception]] = [*COMMON_ERRORS]
    if path.startswith("/sparql"):
        kinds += [
            errors.QuerySyntaxError,
            *QUERY_ERRORS,
            *(POST_ERRORS if method == "post" else ()),
        ]
    elif path.startswith("/queries/"):
        kinds += [ResultChanged, errors.NotFound, *QUERY_ERRORS]
    elif path == "/reconcile":
        kinds += [errors.BadRequest, RateLimited, *(POST_ERRORS if method == "post" else ())]
    elif (path, method) == ("/validate", "post"):
        kinds += CHECK_ERRORS
    elif path not in PATHS_WITHOUT_FORMATS:
        kinds += PAGE_ERRORS
    if path.endswith(RECORD_PATH_ENDING) or path.startswith(("/changes", "/ldes")):
        kinds += [errors.Gone, errors.BadRequest, *ENGINE_ERRORS]
    if path.startswith("/dumps/"):
        kinds.append(RangeNotSatisfiable)
    if path.endswith("/extract"):
        kinds += EXTRACT_ERRORS
    if path == "/oembed":
        kinds.append(FormatNotImplemented)
    yield from (PROBLEMS[kind] for kind in kinds)
    yield METHOD_NOT_ALLOWED
