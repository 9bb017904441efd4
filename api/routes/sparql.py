"""SPARQL 1.1 Protocol, query operation: https://www.w3.org/TR/sparql11-protocol/."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

import pyoxigraph as ox
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import RELEASE_PARAMETER, AppConfig, ServedReleaseDep
from api.http import links, request_body
from api.http.disconnect import ClientDisconnected, cancel_on_disconnect
from api.http.problems import AddressTooLong, UnsupportedMediaType, find_problem_type
from api.serializers.service_description import serialize_service_description
from api.serving.model_files import read_triples
from api.serving.rate_limit import RateLimiter, identify_client
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.serving.streaming import AnswerStreamingResponse
from api.serving.thread_pool import LIST_THREADS, TEXT_THREADS
from api.views.answer_network import AnswerLink, find_graph_links
from api.views.list_view_names import VIEW_PARAMETER
from api.views.sparql_page import (
    QueryAnswer,
    list_answer_iris,
    parse_solutions,
    render_sparql_page,
)
from kg.errors import BadRequest, EssKgError, QueryRefused, QuerySyntaxError, QueryTooLarge
from kg.formats import (
    FORM,
    GRAPH_FORMATS,
    HTML,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    SOLUTION_FORMATS,
    SPARQL_JSON,
    SPARQL_QUERY,
    TURTLE,
    Format,
)
from kg.kinds import Text
from kg.namespaces import BASE
from kg.offload import MAX_INLINE_BYTES, run_in_thread_if_large
from kg.queries.named_queries import load_named_queries
from kg.sparql import cursor
from kg.sparql.backend import Answer, QueryLimits, Question
from kg.sparql.cursor import ResultsPage
from kg.sparql.query_inspection import MAX_INLINE_CHARS, Inspection, inspect, refuse_forbidden
from kg.sparql.text_search import may_contain_search, rewrite_searches

ENDPOINT_IRI: Final = BASE + "sparql"
DESCRIPTION_FORMATS: Final = (TURTLE, HTML, JSON_LD, N_TRIPLES, RDF_XML)
MAX_FORM_FIELDS: Final = 200
PAGE_PARAMETERS: Final = ("lang", VIEW_PARAMETER)
"""Parameters of an answer as a page that its next pages keep."""
PAGE_ROWS: Final = 200
"""Rows of a page of an answer in HTML."""
MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
MAX_GRAPH_CHARS: Final = 60_000
"""Characters of a graph that a page shows."""
MAX_NEXT_ADDRESS: Final = 2000
"""Characters of the address of a next page that has the query in it."""

POINT_QUERY_TRIED: Final = "ess_kg.point_query_tried"
"""In the state of a request whose point query took more than the fast path may."""

router = APIRouter(tags=["SPARQL"])

Texts = Annotated[list[str] | None, Query()]


@dataclass(frozen=True)
class SparqlRequest:
    """The parameters of a query operation, wherever they stood in the request."""

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    format: tuple[str, ...]
    """What the answer should be written in, as clients name it."""
    page_size: str | None = None
    resume: str | None = None

    @classmethod
    def from_pairs(cls, pairs: list[tuple[str, str]]) -> "SparqlRequest | None":
        """The parameters in name-value pairs; None where no query is among them.

        Raises BadRequest for more than one query, QueryRefused for an update.
        """
        parameters: dict[str, list[str]] = {}
        for name, value in pairs:
            parameters.setdefault(name, []).append(value)
        if "update" in parameters:
            raise QueryRefused(
                "this endpoint only answers queries; it takes no updates",
                "ce point d'accès répond à des requêtes ; il n'accepte pas de mise à jour",
            )
        texts = parameters.get("query", [])
        if len(texts) > 1:
            raise BadRequest(
                f"one query at a time: there are {len(texts)} `query` parameters",
                f"une requête à la fois : il y a {len(texts)} paramètres `query`",
            )
        if not texts:
            return None

        def get_values(name: str) -> tuple[str, ...]:
            """Its values; forms made for other endpoints send what was not filled in."""
            return tuple(filter(None, parameters.get(name, ())))

        return cls(
            texts[0],
            get_values("default-graph-uri"),
            get_values("named-graph-uri"),
            get_values("format"),
            next(iter(parameters.get("page-size", ())), None),
            next(iter(parameters.get("resume", ())), None),
        )


@dataclass(frozen=True)
class PreparedQuery:
    """What the engine is asked, the words it cannot search looked for already."""

    question: Question
    page: ResultsPage | None


PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": "query", "in": "query", "schema": {"type": "string"},
     "description": "A SPARQL 1.1 query; without it, the description of the service.",
     "example": "SELECT ?event ?label WHERE { ?event a <https://schema.org/Event> ;"
                " <http://www.w3.org/2004/02/skos/core#prefLabel> ?label } LIMIT 10"},
    {"name": "default-graph-uri", "in": "query",
     "schema": {"type": "array", "items": {"type": "string"}},
     "description": "Graphs whose union is the default graph."},
    {"name": "named-graph-uri", "in": "query",
     "schema": {"type": "array", "items": {"type": "string"}},
     "description": "Named graphs of the dataset."},
    {"name": "page-size", "in": "query", "schema": {"type": "integer", "minimum": 1,
     "maximum": 10000}, "description": "Rows of a page of a SELECT; the next is in Link."},
    {"name": "resume", "in": "query", "schema": {"type": "string"},
     "description": "Token of the next page, with the same query and release."},
    {"name": "release", "in": "query", "schema": {"type": "string"},
     "description": "Id of a kept release to ask instead of the one in service."},
    {"name": "format", "in": "query", "schema": {"type": "string"},
     "description": "json, xml, csv, tsv; ttl, nt, rdf, jsonld, nq, trig; what else clients call"
     " them (turtle, n3, json-ld); or a media type. An unknown one leaves it to `Accept`."},
]  # fmt: skip


@router.get(
    "/sparql",
    summary="Answer a SPARQL query",
    openapi_extra={"parameters": PARAMETERS},
    response_class=Response,
)
@router.get("/sparql/", include_in_schema=False)
async def get(request: Request, served: ServedReleaseDep) -> Response:
    """Answers `query`; without it, a form for a browser or the description of the service."""
    call = SparqlRequest.from_pairs(request.query_params.multi_items())
    if call is None:
        return await _describe_endpoint(request, served)
    if HTML.extension in call.format:
        return await _answer_as_page(request, served, call)
    inspection = await _inspect_query(request, call.text)
    refuse_forbidden(inspection)
    variant = _negotiate(request, served, inspection, call)
    if not inspection.deterministic:
        return await _run_query(variant, call, inspection, {"Cache-Control": "no-store"})
    if variant.unchanged:
        return variant.build_not_modified()
    return await _run_query(variant, call, inspection, {})


@router.post("/sparql", summary="Answer a SPARQL query", response_class=Response)
@router.post("/sparql/", include_in_schema=False)
async def post(request: Request, served: ServedReleaseDep) -> Response:
    """Answers a query sent as a form or as it is (`application/sparql-query`)."""
    config: AppConfig = request.app.state.config
    call = await _read_post(request, config.request_bytes)
    if HTML.extension in call.format:
        return await _answer_as_page(request, served, call)
    inspection = await _inspect_query(request, call.text)
    variant = _negotiate(request, served, inspection, call)
    return await _run_query(variant, call, inspection, {"Cache-Control": "no-store"})


def try_answer(request: Request, served: ServedRelease) -> Response | None:
    """The response to a point query (kg.sparql.point_query) where nothing is wrong with it."""
    pairs = request.query_params.multi_items()
    if len(pairs) != 1 or pairs[0][0] != "query" or len(pairs[0][1]) > MAX_INLINE_CHARS:
        return None
    text = pairs[0][1]
    inspection = inspect(text)
    if inspection.point_query is None:
        return None
    limiter: RateLimiter = request.app.state.budgets
    if limiter.is_exhausted(request):
        return None
    try:
        variant = Representation.negotiate(
            request, served, SOLUTION_FORMATS, path="/sparql", named=(), placed=False
        )
    except EssKgError:
        return None
    if variant.unchanged:
        return None
    began = limiter.clock()
    question = Question(text, variant.format, base=ENDPOINT_IRI)
    answer = served.executor.try_point_query(question, inspection)
    limiter.charge(request, limiter.clock() - began)
    if answer is None:
        request.scope.setdefault("state", {})[POINT_QUERY_TRIED] = True
        return None
    return variant.build_answer(answer.body)


SYNC_HANDLERS: Final = {"/sparql": try_answer, "/sparql/": try_answer}
EXACT_ROUTES: Final = {
    (method, path): handler
    for method, handler in (("GET", get), ("POST", post))
    for path in ("/sparql", "/sparql/")
}
"""What is open ahead of the framework."""


async def _read_post(request: Request, most: int) -> SparqlRequest:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type, pairs = media_type.strip().lower(), request.query_params.multi_items()
    if media_type not in (SPARQL_QUERY.media_type, FORM.media_type):
        raise UnsupportedMediaType(
            f"a query is sent as {SPARQL_QUERY.media_type} or {FORM.media_type},"
            f" not as {media_type or 'nothing stated'}",
            f"une requête s'envoie en {SPARQL_QUERY.media_type} ou {FORM.media_type},"
            f" pas en {media_type or 'un type non précisé'}",
        )
    if "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        raise UnsupportedMediaType("a query is sent in UTF-8", "une requête s'envoie en UTF-8")
    try:
        text = (await request_body.read_body(request, most)).decode("utf-8")
        if media_type == SPARQL_QUERY.media_type:
            pairs.append(("query", text))
        else:
            fields = partial(
                parse_qsl, text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS
            )
            pairs += await run_in_thread_if_large(fields, len(text), MAX_INLINE_BYTES)
    except ValueError as error:
        raise BadRequest(
            f"the body cannot be read: {error}", f"le corps ne peut pas être lu : {error}"
        ) from error
    call = SparqlRequest.from_pairs(pairs)
    if call is None:
        raise BadRequest("there is no `query` in the body", "il n'y a pas de `query` dans le corps")
    return call


async def _inspect_query(request: Request, text: str) -> Inspection:
    """What is told of a query; of a long one, in a thread and on the account of its client."""
    if len(text) <= MAX_INLINE_CHARS:
        return inspect(text)
    budgets: RateLimiter = request.app.state.budgets
    with budgets.limit(identify_client(request)):
        return await TEXT_THREADS.run(partial(inspect, text))


def _negotiate(
    request: Request, served: ServedRelease, inspection: Inspection, call: SparqlRequest
) -> Representation:
    """What a query is answered with, wherever this installation is."""
    formats = _list_formats(inspection)
    return Representation.negotiate(
        request, served, formats, path="/sparql", named=call.format, placed=False
    )


def _list_formats(inspection: Inspection) -> tuple[Format, ...]:
    """What the answer can be written in, which follows from the form of the query."""
    return GRAPH_FORMATS if inspection.form in ("CONSTRUCT", "DESCRIBE") else SOLUTION_FORMATS


async def _prepare_query(
    variant: Representation, call: SparqlRequest, inspection: Inspection
) -> PreparedQuery:
    """The question to the engine: a page of it, with its words looked for.

    Whatever takes more than an instant is done in a thread, within the time of the question.
    """
    began = asyncio.get_running_loop().time()
    catalogue, release = variant.served.catalogue, variant.served.release.id

    def text() -> tuple[str, ResultsPage | None]:
        page = cursor.parse_page(call.text, call.page_size, call.resume, release)
        return rewrite_searches(
            page.apply_to(call.text, inspection) if page else call.text, catalogue.score_matches
        ), page

    apart = len(call.text) > MAX_INLINE_CHARS or may_contain_search(call.text)
    if apart:
        put, page = await TEXT_THREADS.run(text)
    else:
        put, page = text()
    graphs = call.default_graphs, call.named_graphs
    return PreparedQuery(Question(put, variant.format, *graphs, ENDPOINT_IRI, began), page)


async def _run_query(
    variant: Representation, call: SparqlRequest, inspection: Inspection, headers: dict[str, str]
) -> Response:
    budgets: RateLimiter = variant.request.app.state.budgets
    admission = budgets.admit(identify_client(variant.request))
    answer: Answer | None = None
    try:
        put = await _prepare_query(variant, call, inspection)
        ask = variant.served.executor.run(
            put.question,
            inspection if put.question.text == call.text else None,
            try_point_query=POINT_QUERY_TRIED not in variant.request.scope.get("state", ()),
        )
        answer = await cancel_on_disconnect(variant.request, ask)
    except ClientDisconnected:
        return Response(status_code=499)
    finally:
        if answer is None or answer.whole:
            admission.end()
    page = put.page
    if answer.whole and page is None and not headers:
        return variant.build_answer(answer.body)
    labels = _build_headers(variant, headers)
    if page and (answer.rows is None or answer.rows >= page.size):
        labels["Link"] = links.format_link(_build_next_address(variant, call, page), "next")
    if answer.whole:
        return Response(answer.body, 200, labels, answer.format.content_type)
    return AnswerStreamingResponse(answer, labels, answer.format.content_type, admission.end)


def _build_next_address(variant: Representation, call: SparqlRequest, page: ResultsPage) -> str:
    """The address of the page after this one: the same query to the same release.

    Where the query is too long for a header it is left out, and is to be sent again by POST. Raises
    AddressTooLong where it was not.
    """
    release = variant.served.release.id
    asked = variant.request.query_params
    shown = PAGE_PARAMETERS if HTML.extension in call.format else ()
    resumed = [
        *(("format", name) for name in call.format),
        *((name, asked[name]) for name in shown if name in asked),
        (RELEASE_PARAMETER, release),
        ("resume", page.encode_next_token(call.text, release)),
    ]
    graphs = [("default-graph-uri", graph) for graph in call.default_graphs]
    graphs += [("named-graph-uri", graph) for graph in call.named_graphs]
    whole = links.build_url("/sparql", [("query", call.text), *graphs, *resumed])
    if len(whole) <= MAX_NEXT_ADDRESS:
        return whole
    if variant.request.method == "POST":
        return links.build_url("/sparql", resumed)
    raise AddressTooLong(
        "this query is too long to be read by pages from an address: send it by POST",
        "cette requête est trop longue pour être lue page par page par une adresse : "
        "envoyez-la par POST",
    )


def _build_headers(variant: Representation, extra: dict[str, str]) -> dict[str, str]:
    labels = variant.build_data_headers(extra)
    if "no-store" in labels["Cache-Control"]:
        del labels["ETag"]
    return labels


async def _describe_endpoint(request: Request, served: ServedReleaseDep) -> Response:
    variant = Representation.negotiate(
        request, served, DESCRIPTION_FORMATS, path="/sparql", suffixed=False
    )
    if variant.unchanged:
        return variant.build_not_modified()
    if variant.format == HTML:
        return variant.build_response(_render_page(variant, ""))
    void = served.release.void
    description = serialize_service_description(
        served.manifest,
        read_triples((void,)) if void.is_file() else (),
        _list_limits(served.executor.limits, request.app.state.config),
        variant.origin + request.scope["path"],  # with a slash or without, as it was requested
        variant.format,
    )
    return variant.build_response(description)


async def _answer_as_page(request: Request, served: ServedRelease, call: SparqlRequest) -> Response:
    """The page of an answer: a table with names and links, or the query with its error."""
    variant = Representation.negotiate(
        request, served, (HTML,), path="/sparql", suffixed=False, named=(HTML.extension,)
    )
    uncached = {"Cache-Control": "no-store"}
    try:
        inspection = await _inspect_query(request, call.text)
        refuse_forbidden(inspection)
        if inspection.deterministic and variant.unchanged:
            return variant.build_not_modified()
        answer = await cancel_on_disconnect(request, _fetch_answer(variant, call, inspection))
    except ClientDisconnected:
        return Response(status_code=499)
    except EssKgError as error:
        status, headers = find_problem_type(error).status, variant.build_headers(uncached)
        del headers["ETag"]
        body = _render_page(variant, call.text, error=error)
        return Response(body, status, headers, HTML.content_type)
    body = await LIST_THREADS.run(partial(_render_answer, variant, call.text, answer))
    kept = inspection.deterministic and request.method == "GET"
    return variant.build_response(body, {} if kept else uncached)


async def _fetch_answer(
    variant: Representation, call: SparqlRequest, inspection: Inspection
) -> QueryAnswer:
    """The first page of the answer of a query, as it is shown."""
    pageable = (
        inspection.form == "SELECT"
        and inspection.deterministic
        and not inspection.has_dataset_clause
    )
    if pageable and not call.resume:
        call = replace(call, page_size=_limit_page(call.page_size or ""))
    budgets: RateLimiter = variant.request.app.state.budgets
    with budgets.limit(identify_client(variant.request)):
        graph = inspection.form in ("CONSTRUCT", "DESCRIBE")
        syntax = TURTLE if graph else SPARQL_JSON
        put = await _prepare_query(variant, call, inspection)
        try:
            answer = await variant.served.executor.run(replace(put.question, format=syntax))
        except QuerySyntaxError:  # told at its place in the query as it was written
            put = await _prepare_query(variant, replace(call, page_size=None), inspection)
            answer = await variant.served.executor.run(replace(put.question, format=syntax))
        body, whole = await _read_beginning(answer, MAX_PAGE_BYTES)
    if graph:
        text = body.decode("utf-8", "replace")
        return QueryAnswer(
            graph=text[:MAX_GRAPH_CHARS],
            links=await TEXT_THREADS.run(partial(_read_links, body)),
            cut=not whole or len(text) > MAX_GRAPH_CHARS,
        )
    if not whole:
        raise QueryTooLarge(
            "the answer is too long for a page; add LIMIT, or take it as CSV",
            "la réponse est trop longue pour une page ; ajoutez LIMIT, ou prenez-la en CSV",
        )
    found = await LIST_THREADS.run(partial(parse_solutions, body))
    if put.page is None:
        rows = found.bindings[:PAGE_ROWS]
        return replace(found, bindings=rows, cut=len(found.bindings) > len(rows))
    if len(found.bindings) < put.page.size:
        return found
    try:
        following = _build_next_address(variant, call, put.page)
    except AddressTooLong:
        following = ""
    if "query=" not in following:  # what was sent by POST: a link cannot send it again
        following = ""
    return replace(found, next=following, cut=not following)


def _read_links(turtle: bytes) -> list[AnswerLink]:
    """The links of a graph, up to where it was cut."""
    triples: list[ox.Triple] = []
    with suppress(SyntaxError):
        for quad in ox.parse(turtle, ox.RdfFormat.TURTLE):
            triples.append(quad.triple)
    return find_graph_links(triples)


def _limit_page(asked: str) -> str:
    """The rows of a page: as many as asked, and not more than are shown; a mistake is kept."""
    if not asked or (asked.isdecimal() and int(asked[:9]) > PAGE_ROWS):
        return str(PAGE_ROWS)
    return asked


async def _read_beginning(answer: Answer, most: int) -> tuple[bytes, bool]:
    """What an answer begins with, and whether that is all of it."""
    body = bytearray()
    async for chunk in answer.iterate_chunks():
        body += chunk
        if len(body) > most:
            answer.close()
            return bytes(body), False
    return bytes(body), True


def _render_answer(variant: Representation, query: str, answer: QueryAnswer) -> str:
    labels = variant.served.catalogue.read_labels(list_answer_iris(answer))
    return _render_page(variant, query, answer, labels=labels)


def _render_page(
    variant: Representation,
    query: str,
    answer: QueryAnswer | None = None,
    error: EssKgError | None = None,
    labels: Mapping[str, Text] | None = None,
) -> str:
    served = variant.served
    void = read_triples((served.release.void,)) if served.release.void.is_file() else ()
    ready = [
        (named.name, named.title, named.fill(named.examples, variant.language))
        for named in load_named_queries().values()
    ]
    budgets, limits = variant.request.app.state.budgets, served.executor.limits
    return render_sparql_page(
        variant, query, answer, error, labels or {}, void, ready, limits, budgets
    )


def _list_limits(limits: QueryLimits, config: AppConfig) -> dict[str, float]:
    """Property to limit of a query; a float becomes a decimal, an int an integer."""
    return {
        "ess:limitSeconds": float(limits.seconds),
        "ess:limitRows": limits.rows,
        "ess:limitBytes": limits.bytes,
        "ess:limitMemory": limits.memory,
        "ess:limitQueue": limits.queue,
        "ess:limitRequestBytes": config.request_bytes,
        "ess:limitQueries": config.query_workers,
        "ess:limitClientQueries": config.client_queries,
        "ess:limitClientSeconds": float(config.client_seconds),
    }
