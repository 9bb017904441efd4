"""The OpenAPI description of the server, with the errors each operation really answers."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problem import Problem
from api.problems import (
    METHOD,
    PROBLEMS,
    BudgetSpent,
    NotAcceptable,
    RangeOutside,
    RequestTooLarge,
    RequestTooSlow,
    ResultChanged,
    UnsupportedMediaType,
)
from kg import errors
from kg.formats import PROBLEM

SCHEMA: Final[dict[str, Any]] = {
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
EVERYWHERE: Final = (errors.ReleaseError, errors.NotFound)
OF_PAGES: Final = (errors.BadRequest, NotAcceptable)
OF_QUERIES: Final = (
    errors.BadRequest,
    errors.QueryRefused,
    NotAcceptable,
    errors.QueryTooLarge,
    errors.QueryError,
    errors.QueryOverload,
    errors.QueryTimeout,
    BudgetSpent,
)
OF_ENGINE: Final = (
    errors.QueryTooLarge,
    errors.QueryError,
    errors.QueryOverload,
    errors.QueryTimeout,
)
OF_CHECKS: Final = (
    errors.BadRequest,
    errors.SourceError,
    NotAcceptable,
    RequestTooSlow,
    RequestTooLarge,
    UnsupportedMediaType,
    errors.CheckTooLarge,
    errors.CheckError,
    errors.CheckOverload,
    errors.CheckTimeout,
)
OF_EXTRACTS: Final = (
    errors.BadRequest,
    BudgetSpent,
    errors.ExtractPending,
    errors.ExtractTooLarge,
    errors.ExtractError,
)
OF_POSTS: Final = (RequestTooLarge, UnsupportedMediaType)
WITHOUT_FORMATS: Final = ("/health", "/graph/{source}", "/dumps/{release}/{file}",
                          "/dumps/{release}/extract")  # fmt: skip
KEPT: Final = "/{kind}/{key}"
"""Ends the addresses of records, which may be withdrawn."""


def description(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                _tell_errors(operation["responses"], path, method)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = SCHEMA
        app.openapi_schema = made
    return app.openapi_schema


def _tell_errors(responses: dict[str, Any], path: str, method: str) -> None:
    """Replaces the framework's error by those of the table that this operation can answer."""
    responses.pop("422", None)
    by_status: dict[str, list[Problem]] = {}
    for problem in _problems(path, method):
        by_status.setdefault(str(problem.status), []).append(problem)
    for status, problems in sorted(by_status.items()):
        told = "; ".join(dict.fromkeys(problem.title.en for problem in problems))
        content = {PROBLEM.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[status] = {"description": f"{told}.", "content": content}


def _problems(path: str, method: str) -> Iterator[Problem]:
    kinds: list[type[Exception]] = [*EVERYWHERE]
    if path.startswith("/sparql"):
        kinds += [errors.QuerySyntaxError, *OF_QUERIES, *(OF_POSTS if method == "post" else ())]
    elif path.startswith("/queries/"):
        kinds += [ResultChanged, errors.NotFound, *OF_QUERIES]
    elif path == "/reconcile":
        kinds += [errors.BadRequest, BudgetSpent, *(OF_POSTS if method == "post" else ())]
    elif (path, method) == ("/validate", "post"):
        kinds += OF_CHECKS
    elif path not in WITHOUT_FORMATS:
        kinds += OF_PAGES
    if path.endswith(KEPT) or path.startswith(("/changes", "/ldes")):
        kinds += [errors.Gone, errors.BadRequest, *OF_ENGINE]
    if path.startswith("/dumps/"):
        kinds.append(RangeOutside)
    if path.endswith("/extract"):
        kinds += OF_EXTRACTS
    yield from (PROBLEMS[kind] for kind in kinds)
    yield METHOD
