"""The named queries: a catalogue, each query an operation, its answers with their citations."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import bodies, links, named
from api.bodies import AnswerResponse, ClientGone
from api.deps import RELEASE, Served
from api.named import Asked
from api.negotiation import LANGUAGES, split_suffix
from api.render.frame import site_of
from api.render.templates import page
from api.representation import Representation
from api.serving.rate_limit import RateLimiter, client_of
from kg.errors import BadRequest, NotFound
from kg.formats import (
    BIBTEX,
    CSV,
    HTML,
    JSON,
    JSON_LD,
    RIS,
    SOLUTION_FORMATS,
    SPARQL_QUERY,
    TEXT,
    TURTLE,
    Format,
)
from kg.queries.named import FORMS, Named, Parameter, catalogue
from kg.queries.published import published
from kg.sparql.graph_serializer import serialize_graph

LIST_FORMATS: Final = (HTML, JSON, TURTLE, JSON_LD)
CITED: Final = (TEXT, BIBTEX, RIS)
FORMATS: Final = (HTML, *SOLUTION_FORMATS, SPARQL_QUERY, *CITED)
SHOWN: Final = 500
"""Rows of the table of a page."""
CONTROLS: Final = ("lang", "format", "hash", RELEASE)

router = APIRouter(tags=["Named queries"])


@router.get("/queries", summary="The named queries", response_class=Response)
@router.get("/queries.{suffix}", include_in_schema=False)
def queries(request: Request, served: Served) -> Response:
    """Every named query with its title, its parameters and their types."""
    shown = Representation.of(request, served, LIST_FORMATS, path="/queries")
    if shown.unchanged:
        return shown.not_modified()
    if shown.format == HTML:
        every = list(catalogue().values())
        return shown.response(
            page("queries.html", shown.language, site=site_of(shown), every=every)
        )
    if shown.format == JSON:
        told = {"release": served.release.id, "queries": [_told(q) for q in catalogue().values()]}
        return shown.response(orjson.dumps(told))
    return shown.response(serialize_graph(list(published()), shown.format))


async def answered(request: Request, served: Served, query: Named, suffix: str | None) -> Response:
    """The answer of a named query, or a page, or how it is cited."""
    path = f"/queries/{query.name}"
    shown = Representation.of(request, served, FORMATS, suffix=suffix, path=path)
    given = _of_today(served, query, _given(request))
    if shown.format == HTML and _lacking(query, given):
        return shown.response(_form(shown, query, given))
    # a permalink of before names had a language is of French ones
    pinned = request.query_params.get("hash") and not request.query_params.get("lang")
    language = LANGUAGES[0] if pinned else shown.language
    asked = Asked(query, query.values(given), served, language)
    if shown.format in CITED:
        shown.key = datetime.now(UTC).date().isoformat()  # a citation tells when it was made
    if shown.unchanged:
        return shown.not_modified()
    if shown.format == SPARQL_QUERY:
        return shown.response(asked.text)
    budgets: RateLimiter = request.app.state.budgets
    try:
        with budgets.work(client_of(request)):
            return await bodies.unless_gone(request, _answer(shown, asked))
    except ClientGone:
        return Response(status_code=499)


async def _answer(shown: Representation, asked: Asked) -> Response:
    found = await asked.digest()
    named.check(shown.request.query_params.get("hash"), found)
    citation = asked.citation(found, shown.origin)
    if shown.format in CITED:
        # of the day it is asked on: not kept beyond it by anybody
        fresh = {"Cache-Control": "no-cache"}
        return shown.response(citation.written(shown.format, shown.language), fresh)
    if shown.format == HTML:
        names, rows, count = await asked.rows(SHOWN)
        table = {"names": names, "rows": rows, "count": count}
        return shown.response(_form(shown, asked.named, asked.values, asked, citation, table))
    answer = await asked.answer(shown.format)
    extra = {"Link": links.header([links.link(citation.permalink, "cite-as")])}
    if answer.whole:
        return shown.response(answer.body, extra)
    return AnswerResponse(answer, shown.headers(extra), answer.format.content_type)


def _form(shown: Representation, query: Named, values: Any, *answer: Any) -> str:
    asked, citation, table = answer or (None, None, None)
    kept = [*values.items(), *([("lang", shown.language)] if query.speaks else [])]
    return page(
        "query.html",
        shown.language,
        site=site_of(shown),
        query=query,
        values=values,
        kept=kept,
        asked=asked,
        citation=citation,
        table=table,
        formats=(CSV, *(f for f in SOLUTION_FORMATS if f != CSV), SPARQL_QUERY),
        cited=CITED,
        local=links.local,
        most=SHOWN,
    )


def _of_today(served: Served, query: Named, given: Mapping[str, str]) -> dict[str, str]:
    """The values with the territories that they are today. Raises BadRequest for several."""
    places = {each.name for each in query.parameters if each.type == "territory"} & given.keys()
    return {**given, **{name: served.catalogue.territory(given[name])[0] for name in places}}


def _given(request: Request) -> dict[str, str]:
    """The values of the parameters; empty ones say nothing. Raises BadRequest for repeated ones."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in CONTROLS or not value:
            continue
        if name in given:
            raise BadRequest(
                f"the parameter {name!r} is given twice",
                f"le paramètre {name!r} est donné deux fois",
            )
        given[name] = value
    return given


def _lacking(query: Named, given: dict[str, str]) -> bool:
    """Whether a form has to be filled in before there is anything to ask."""
    needed = (p for p in query.parameters if not p.optional and not p.default)
    return not given and any(p.name not in given for p in needed)


def _told(query: Named) -> dict[str, Any]:
    return {
        "name": query.name,
        "url": f"/queries/{query.name}",
        "title": {"fr": query.title.fr, "en": query.title.en},
        "parameters": [
            {
                "name": p.name,
                "type": p.type,
                "required": not p.optional and p.default is None,
                "default": p.default,
                "example": p.example,
                "about": {"fr": p.about.fr, "en": p.about.en},
            }
            for p in query.parameters
        ],
    }


def _described(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.type in FORMS:
        schema["pattern"] = f"^{FORMS[parameter.type][0].pattern}$"
    if parameter.default:
        schema["default"] = parameter.default
    told: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "required": not parameter.optional and parameter.default is None,
        "schema": schema,
        "description": f"{parameter.about.en} ({parameter.type}).",
    }
    return told | ({"example": parameter.example} if parameter.example else {})


def _controls(formats: tuple[Format, ...]) -> list[dict[str, Any]]:
    names = ", ".join(f.extension for f in formats)
    return [
        {"name": "release", "in": "query", "schema": {"type": "string"},
         "description": "Id of a kept release to ask instead of the one in service."},
        {"name": "hash", "in": "query", "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
         "description": "Hash that the answer must have; 409 where it has another."},
        {"name": "format", "in": "query", "schema": {"type": "string"}, "description": names},
    ]  # fmt: skip


def _add(query: Named) -> None:
    """The operation of a query, and its addresses by suffix."""

    async def plain(request: Request, served: Served) -> Response:
        return await answered(request, served, query, None)

    router.add_api_route(
        f"/queries/{query.name}",
        plain,
        summary=query.title.en,
        description=f"{query.title.fr}.",
        operation_id=f"query_{query.name.replace('-', '_')}",
        response_class=Response,
        openapi_extra={
            "parameters": [*map(_described, query.parameters), *_controls(FORMATS)],
        },
    )


for _query in catalogue().values():
    _add(_query)


@router.get("/queries/{name}", include_in_schema=False)
async def suffixed(request: Request, served: Served, name: str) -> Response:
    """A named query by suffix."""
    known = catalogue()
    stem, suffix = split_suffix(name, FORMATS, known.__contains__)
    if stem not in known:
        raise NotFound(
            f"there is no query {stem!r}; /queries lists them",
            f"il n'y a pas de requête {stem!r} ; /queries les énumère",
        )
    return await answered(request, served, known[stem], suffix)
