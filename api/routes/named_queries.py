"""Routes of named queries: their catalogue, their answers and their citations."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import orjson
import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.http import links
from api.http.disconnect import ClientDisconnected, cancel_on_disconnect
from api.http.negotiation import LANGUAGES, split_suffix
from api.serving import named_queries
from api.serving.named_queries import NamedQueryRun
from api.serving.rate_limit import RateLimiter, identify_client
from api.serving.representation import Representation
from api.serving.streaming import AnswerStreamingResponse
from api.serving.thread_pool import LIST_THREADS
from api.views.jinja import render_page
from api.views.labels import LabelResolver
from api.views.list_view_names import VIEW_PARAMETER
from api.views.named_query_page import (
    QueryTable,
    build_fields,
    render_query_page,
)
from api.views.page_context import build_page_context
from api.views.query_columns import CODE_SCHEMES
from kg.catalogue.filters import MAX_TEXT_LENGTH
from kg.catalogue.named_records import Meant, find_meant
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
from kg.kinds import KIND_BY_NAME, Kind
from kg.queries.citation import Citation
from kg.queries.named_queries import VALUE_FORMS, NamedQuery, Parameter, load_named_queries
from kg.queries.query_catalogue import describe_query_catalogue
from kg.rdf.serialize import serialize_graph

LIST_FORMATS: Final = (HTML, JSON, TURTLE, JSON_LD)
CITATION_FORMATS: Final = (TEXT, BIBTEX, RIS)
FORMATS: Final = (HTML, *SOLUTION_FORMATS, SPARQL_QUERY, *CITATION_FORMATS)
MAX_SHOWN_ROWS: Final = 500
"""Rows of the table of a page."""
FORM_PARAMETER: Final = "form"
"""Asks for the form, whatever values are given already."""
CONTROL_PARAMETERS: Final = (
    "lang",
    "format",
    "hash",
    FORM_PARAMETER,
    VIEW_PARAMETER,
    RELEASE_PARAMETER,
)

router = APIRouter(tags=["Named queries"])


@router.get("/queries", summary="The named queries", response_class=Response)
@router.get("/queries.{suffix}", include_in_schema=False)
def queries(request: Request, served: ServedReleaseDep) -> Response:
    """Every named query with its title, its parameters and their types."""
    variant = Representation.negotiate(request, served, LIST_FORMATS, path="/queries")
    if variant.unchanged:
        return variant.build_not_modified()
    if variant.format == HTML:
        site, groups = build_page_context(variant), _group_queries(load_named_queries().values())
        page = render_page("queries.html", variant.language, site=site, groups=groups)
        return variant.build_response(page)
    if variant.format == JSON:
        content = {
            "release": served.release.id,
            "queries": [_serialize_query(q) for q in load_named_queries().values()],
        }
        return variant.build_response(orjson.dumps(content))
    return variant.build_response(serialize_graph(list(describe_query_catalogue()), variant.format))


def _group_queries(queries: Iterable[NamedQuery]) -> list[tuple[Kind | None, list[NamedQuery]]]:
    """Queries by the kind of the record that they are about first; last those about none."""
    groups: dict[str, list[NamedQuery]] = {name: [] for name in KIND_BY_NAME}
    others: list[NamedQuery] = []
    for query in queries:
        first = query.parameters[0].type if query.parameters else ""
        groups.get(first, others).append(query)
    told = [(KIND_BY_NAME[name], found) for name, found in groups.items() if found]
    return [*told, (None, others)]


async def respond_to_query(
    request: Request, served: ServedReleaseDep, query: NamedQuery, suffix: str | None
) -> Response:
    """The answer of a named query, or a page, or how it is cited."""
    path = f"/queries/{query.name}"
    variant = Representation.negotiate(request, served, FORMATS, suffix=suffix, path=path)
    written = _read_values(request)
    unclear = await LIST_THREADS.run(partial(_resolve_names, served, query, written))
    values = _update_territories(served, query, written)
    if variant.format == HTML and (unclear or _lacks_values(query, values) or _wants_form(request)):
        return variant.build_response(_render_query_page(variant, query, values, unclear))
    # a permalink of before names had a language is of French ones
    pinned = request.query_params.get("hash") and not request.query_params.get("lang")
    language = LANGUAGES[0] if pinned else variant.language
    query_run = NamedQueryRun(query, query.complete_values(values), served, language)
    if variant.format in CITATION_FORMATS:
        variant.key = datetime.now(UTC).date().isoformat()  # a citation tells when it was made
    if variant.unchanged:
        return variant.build_not_modified()
    if variant.format == SPARQL_QUERY:
        return variant.build_response(query_run.text)
    budgets: RateLimiter = request.app.state.budgets
    try:
        with budgets.limit(identify_client(request)):
            return await cancel_on_disconnect(request, _run_query(variant, query_run))
    except ClientDisconnected:
        return Response(status_code=499)


async def _run_query(variant: Representation, query_run: NamedQueryRun) -> Response:
    digest = await query_run.compute_digest()
    named_queries.check_digest(variant.request.query_params.get("hash"), digest)
    citation = query_run.build_citation(digest, variant.origin)
    if variant.format in CITATION_FORMATS:
        # of the day it is asked on: not kept beyond it by anybody
        fresh = {"Cache-Control": "no-cache"}
        return variant.build_response(citation.format_as(variant.format, variant.language), fresh)
    if variant.format == HTML:
        found = await query_run.fetch_rows(MAX_SHOWN_ROWS)
        return variant.build_response(
            await LIST_THREADS.run(partial(_render_answer, variant, query_run, citation, *found))
        )
    answer = await query_run.run(variant.format)
    extra = {"Link": links.format_link_header([links.format_link(citation.permalink, "cite-as")])}
    if answer.whole:
        return variant.build_response(answer.body, extra)
    return AnswerStreamingResponse(answer, variant.build_headers(extra), answer.format.content_type)


def _render_answer(
    variant: Representation,
    query_run: NamedQueryRun,
    citation: Citation,
    names: list[str],
    rows: list[dict[str, dict[str, str]]],
    count: int,
) -> str:
    iris = [term["value"] for row in rows for term in row.values() if term["type"] == "uri"]
    catalogue = variant.served.catalogue
    codes = {
        name: {
            code: label
            for scheme in CODE_SCHEMES[name]
            for code, label in catalogue.read_concepts(scheme).items()
        }
        for name in names
        if name in CODE_SCHEMES
    }
    table = QueryTable(names, rows, count, catalogue.read_labels(iris), codes)
    return _render_query_page(
        variant, query_run.query, query_run.values, {}, query_run, citation, table
    )


def _render_query_page(
    variant: Representation,
    query: NamedQuery,
    values: Mapping[str, str],
    unclear: Mapping[str, Meant] = MappingProxyType({}),
    query_run: NamedQueryRun | None = None,
    citation: Citation | None = None,
    table: QueryTable | None = None,
) -> str:
    catalogue = variant.served.catalogue
    link_parameters = [
        *values.items(),
        *([("lang", variant.language)] if query.depends_on_language else []),
    ]
    named = {
        each.name: each.find_iri(values[each.name])
        for each in query.parameters
        if each.name in values and each.name not in unclear and each.names_record
    }
    same = {name: catalogue.list_same(iri)[1:] for name, iri in named.items() if iri}
    mentioned = [*filter(None, named.values()), *(iri for iris in same.values() for iri in iris)]
    labels = catalogue.read_labels(mentioned)
    names = LabelResolver(build_page_context(variant), labels)
    fields = build_fields(
        f"/queries/{query.name}",
        query.parameters,
        values,
        unclear,
        {name: labels[iri] for name, iri in named.items() if iri in labels},
        {name: [names.resolve(ox.NamedNode(iri)) for iri in iris] for name, iris in same.items()},
        {
            each.name: catalogue.read_concepts(each.type.removeprefix("scheme/"))
            for each in query.parameters
            if each.type.startswith("scheme/")
        },
        names.site,
    )
    return render_query_page(
        variant,
        query,
        fields,
        table,
        kept=link_parameters,
        asked=query_run,
        citation=citation,
        formats=(CSV, *(f for f in SOLUTION_FORMATS if f != CSV), SPARQL_QUERY),
        cited=CITATION_FORMATS,
        most=MAX_SHOWN_ROWS,
    )


def _resolve_names(
    served: ServedReleaseDep, query: NamedQuery, values: dict[str, str]
) -> dict[str, Meant]:
    """Puts keys in place of names that name one record; the names that may mean several."""
    unclear: dict[str, Meant] = {}
    for each in query.parameters:
        written = values.get(each.name, "")
        if not written or not each.names_record or len(written) > MAX_TEXT_LENGTH:
            continue
        kinds = (each.type,) if each.type in KIND_BY_NAME else ()
        meant = find_meant(served.catalogue, written, kinds, exact=True)
        if meant.record is not None:
            item = meant.record
            values[each.name] = item.key if kinds else f"{item.kind}/{item.key}"
        elif meant.choices:
            unclear[each.name] = meant
    return unclear


def _update_territories(
    served: ServedReleaseDep, query: NamedQuery, values: Mapping[str, str]
) -> dict[str, str]:
    """The values with the territories that they are today. Raises BadRequest for several."""
    places = {each.name for each in query.parameters if each.type == "territory"} & values.keys()
    return {
        **values,
        **{name: served.catalogue.resolve_territory(values[name])[0] for name in places},
    }


def _read_values(request: Request) -> dict[str, str]:
    """The values of the parameters; empty ones say nothing. Raises BadRequest for repeated ones."""
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in CONTROL_PARAMETERS or not value:
            continue
        if name in values:
            raise BadRequest(
                f"the parameter {name!r} is given twice",
                f"le paramètre {name!r} est donné deux fois",
            )
        values[name] = value
    return values


def _wants_form(request: Request) -> bool:
    return FORM_PARAMETER in request.query_params


def _lacks_values(query: NamedQuery, values: dict[str, str]) -> bool:
    """Whether a form has to be filled in before there is anything to ask."""
    needed = (p for p in query.parameters if not p.optional and not p.default)
    return not values and any(p.name not in values for p in needed)


def _serialize_query(query: NamedQuery) -> dict[str, Any]:
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


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.type in VALUE_FORMS:
        schema["pattern"] = f"^{VALUE_FORMS[parameter.type][0].pattern}$"
    if parameter.default:
        schema["default"] = parameter.default
    description: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "required": not parameter.optional and parameter.default is None,
        "schema": schema,
        "description": f"{parameter.about.en} ({parameter.type}).",
    }
    return description | ({"example": parameter.example} if parameter.example else {})


def _describe_controls(formats: tuple[Format, ...]) -> list[dict[str, Any]]:
    names = ", ".join(f.extension for f in formats)
    return [
        {"name": "release", "in": "query", "schema": {"type": "string"},
         "description": "Id of a kept release to ask instead of the one in service."},
        {"name": "hash", "in": "query", "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
         "description": "Hash that the answer must have; 409 where it has another."},
        {"name": "format", "in": "query", "schema": {"type": "string"}, "description": names},
    ]  # fmt: skip


def _add_route(query: NamedQuery) -> None:
    """The operation of a query, and its addresses by suffix."""

    async def plain(request: Request, served: ServedReleaseDep) -> Response:
        return await respond_to_query(request, served, query, None)

    router.add_api_route(
        f"/queries/{query.name}",
        plain,
        summary=query.title.en,
        description=f"{query.title.fr}.",
        operation_id=f"query_{query.name.replace('-', '_')}",
        response_class=Response,
        openapi_extra={
            "parameters": [
                *map(_describe_parameter, query.parameters),
                *_describe_controls(FORMATS),
            ],
        },
    )


for _query in load_named_queries().values():
    _add_route(_query)


@router.get("/queries/{name}", include_in_schema=False)
async def query_with_suffix(request: Request, served: ServedReleaseDep, name: str) -> Response:
    """A named query by suffix."""
    queries_by_name = load_named_queries()
    stem, suffix = split_suffix(name, FORMATS, queries_by_name.__contains__)
    if stem not in queries_by_name:
        raise NotFound(
            f"there is no query {stem!r}; /queries lists them",
            f"il n'y a pas de requête {stem!r} ; /queries les énumère",
        )
    return await respond_to_query(request, served, queries_by_name[stem], suffix)
