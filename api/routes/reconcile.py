"""Reconciliation service for OpenRefine and its like (Reconciliation Service API 0.2).

Specification: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl

import anyio
import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfigDep, ServedReleaseDep
from api.http import negotiation, request_body
from api.http.negotiation import LANGUAGES
from api.http.problems import UnsupportedMediaType
from api.http.security_headers import build_frame_headers
from api.serializers import reconciliation as render
from api.serializers import reconciliation_request
from api.serializers.reconciliation_request import DataExtension
from api.serving.rate_limit import RateLimiter, identify_client
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.page_context import build_page_context
from kg import queries, usage_metering
from kg.catalogue.reconcile import ReconciliationQuery
from kg.errors import BadRequest, NotFound, QueryOverload
from kg.formats import FORM, HTML, JSON
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID
from kg.offload import MAX_INLINE_BYTES, run_in_thread_if_large
from kg.sparql.client import select

SUGGESTIONS_PER_PAGE: Final = 20
MAX_FORM_FIELDS: Final = 20
CONCURRENT_BATCHES: Final = 1
"""Batches that each server process works on at a time: the others wait, and pages do not."""
MAX_WAITING_BATCHES: Final = 32
"""Batches that may wait for their turn, before the next is told to come back."""

IDENTIFIER_VARIABLES: Final = ("record", "scheme", "value")
"""The variables of `identifiers.rq`."""

router = APIRouter(tags=["Reconciliation"])
_batch_semaphore = anyio.Semaphore(CONCURRENT_BATCHES)


@router.get("/reconcile", summary="The reconciliation service", response_class=Response)
@router.get("/reconcile.{suffix}", include_in_schema=False)
async def service(request: Request, served: ServedReleaseDep) -> Response:
    """The manifest; with `queries` the candidates of a batch, with `extend` values of columns."""
    parameters = dict(request.query_params)
    if "queries" in parameters or "extend" in parameters:
        return await _answer_batch(request, served, parameters)
    variant = Representation.negotiate(request, served, (JSON, HTML), path="/reconcile")
    if variant.unchanged:
        return variant.build_not_modified()
    origin = variant.origin
    if variant.format == HTML:
        addresses = {"fr": f"{origin}/reconcile?lang=fr", "en": f"{origin}/reconcile?lang=en"}
        values = {"site": build_page_context(variant), "addresses": addresses}
        return variant.build_response(render_page("reconcile.html", variant.language, **values))
    requested_language = request.query_params.get("lang")
    suffix = f"?lang={variant.language}" if requested_language else ""
    return variant.build_response(
        orjson.dumps(render.build_manifest(served.catalogue, origin, variant.language, suffix))
    )


@router.post("/reconcile", summary="Reconcile a batch", response_class=Response)
async def posted(request: Request, served: ServedReleaseDep, config: AppConfigDep) -> Response:
    """Candidates of a batch (`queries`), or values of columns (`extend`), sent as a form."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM.media_type:
        raise UnsupportedMediaType(
            f"a batch is sent as {FORM.media_type}, not as {media_type or 'nothing stated'}",
            f"un lot s'envoie en {FORM.media_type}, pas en {media_type or 'un type non précisé'}",
        )
    try:
        body = await request_body.read_body(request, config.request_bytes)
        fields = dict(
            await run_in_thread_if_large(partial(_parse_form, body), len(body), MAX_INLINE_BYTES)
        )
    except ValueError as error:
        raise BadRequest(
            f"the form cannot be read: {error}", f"le formulaire ne peut pas être lu : {error}"
        ) from error
    return await _answer_batch(request, served, fields)


def _parse_form(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("utf-8")
    return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)


async def _answer_batch(
    request: Request, served: ServedReleaseDep, fields: Mapping[str, str]
) -> Response:
    language = negotiation.choose_language(request)
    work: Callable[[], Awaitable[dict[str, Any]]]
    if queries_ := fields.get("queries"):
        kinds = served.catalogue.read_concepts(render.TERRITORY_KIND_SCHEME)
        read_batch = partial(reconciliation_request.parse_batch, queries_, kinds)
        batch = await run_in_thread_if_large(read_batch, len(queries_), MAX_INLINE_BYTES)
        work = partial(_match_batch, served, batch, language)
    elif extend := fields.get("extend"):
        extension = await run_in_thread_if_large(
            partial(reconciliation_request.parse_extension, extend), len(extend), MAX_INLINE_BYTES
        )
        work = partial(_extend_records, served, extension, language)
    else:
        raise BadRequest(
            "there is neither `queries` nor `extend`", "il n'y a ni `queries` ni `extend`"
        )
    budgets: RateLimiter = request.app.state.budgets
    if _batch_semaphore.statistics().tasks_waiting >= MAX_WAITING_BATCHES:
        raise QueryOverload(
            f"{MAX_WAITING_BATCHES} batches are waiting already: try again in a moment",
            f"{MAX_WAITING_BATCHES} lots attendent déjà : réessayez dans un instant",
        )
    admission = budgets.admit(identify_client(request))
    try:
        async with _batch_semaphore:
            content = await work()
    finally:
        admission.end()
    return _respond_json(served, content)


async def _match_batch(
    served: ServedReleaseDep, batch: Mapping[str, ReconciliationQuery], language: str
) -> dict[str, Any]:
    """The candidates of each query."""
    catalogue = served.catalogue

    def work() -> dict[str, Any]:
        return {
            name: render.serialize_candidates(catalogue, catalogue.reconcile(query), language)
            for name, query in batch.items()
        }

    with usage_metering.measure_work():
        return await anyio.to_thread.run_sync(work)


async def _extend_records(
    served: ServedReleaseDep, extension: DataExtension, language: str
) -> dict[str, Any]:
    """The values of the columns of each record; its identifiers are asked of the graph."""
    catalogue = served.catalogue
    schemes = catalogue.read_concepts(render.IDENTIFIER_SCHEME)
    items = await anyio.to_thread.run_sync(
        lambda: {i: _find_record(served, i) for i in extension.ids}
    )
    record_iris = dict.fromkeys(f"{ID}{item.kind}/{item.key}" for item in items.values() if item)
    values: dict[str, dict[str, list[str]]] = {}
    if record_iris and any(name in schemes for name, _ in extension.properties):
        query = queries.fill("identifiers", record=map(queries.parse_iri, record_iris))
        for solution in await select(served.executor, query):
            record, scheme, value = (
                getattr(solution[n], "value", "") for n in IDENTIFIER_VARIABLES
            )
            of = values.setdefault(record.removeprefix(ID), {})
            of.setdefault(scheme.rpartition("/")[2], []).append(value)
    with usage_metering.measure_work():
        return await anyio.to_thread.run_sync(
            lambda: render.serialize_extension(catalogue, extension, items, values, language)
        )


@router.get(
    "/reconcile/suggest/{what}",
    summary="Suggest records, columns or kinds",
    response_class=Response,
)
def suggest(request: Request, served: ServedReleaseDep, what: str) -> Response:
    """What begins with `prefix`; `cursor` leaves out as many."""
    language = negotiation.choose_language(request)
    prefix = request.query_params.get("prefix", "")[: reconciliation_request.MAX_VALUE_LENGTH]
    first = _parse_cursor(request)
    if what == "entity":
        values = (
            served.catalogue.search(prefix, (), first + SUGGESTIONS_PER_PAGE).items
            if prefix
            else ()
        )
        content = render.serialize_suggestions(served.catalogue, values[first:], language)
        return _respond_json(served, {"result": content})
    if what == "property":
        content = reconciliation_request.filter_by_prefix(
            prefix, render.list_columns(served.catalogue, "", language)
        )
    elif what == "type":
        names = [
            (kind["id"], kind["name"]) for kind in render.list_types(served.catalogue, language)
        ]
        content = reconciliation_request.filter_by_prefix(prefix, names)
    else:
        raise NotFound("entity, property or type", "entity, property ou type")
    return _respond_json(served, {"result": content[first : first + SUGGESTIONS_PER_PAGE]})


@router.get("/reconcile/properties", summary="Columns of a kind", response_class=Response)
def properties(request: Request, served: ServedReleaseDep) -> Response:
    """The columns that can be fetched of the records of `type`."""
    return _respond_with_columns(request, served, negotiation.choose_language(request))


@router.get(
    "/reconcile/properties/{language}", summary="The same, in a language", response_class=Response
)
def properties_in(request: Request, served: ServedReleaseDep, language: str) -> Response:
    """The same where no parameter can be added to the address: in `fr` or in `en`."""
    if language not in LANGUAGES:
        raise NotFound("the columns are told in fr and en", "les colonnes sont dites en fr et en")
    return _respond_with_columns(request, served, language)


def _respond_with_columns(request: Request, served: ServedReleaseDep, language: str) -> Response:
    type_id = request.query_params.get("type", "")
    kind = (
        reconciliation_request.TERRITORY
        if type_id.startswith(reconciliation_request.TERRITORY_KIND_PREFIX)
        else type_id
    )
    if kind and kind not in KIND_BY_NAME:
        raise BadRequest(
            f"type={kind!r} is not a kind; the kinds are {', '.join(KIND_BY_NAME)}",
            f"type={kind!r} n'est pas une sorte de fiche ; ce sont {', '.join(KIND_BY_NAME)}",
        )
    columns = render.list_columns(served.catalogue, kind, language)
    content: dict[str, Any] = {
        "properties": [{"id": name, "name": title} for name, title in columns]
    }
    return _respond_json(served, content | ({"type": type_id} if type_id else {}))


@router.get("/reconcile/preview", summary="A record in a few lines", response_class=Response)
def preview(request: Request, served: ServedReleaseDep) -> Response:
    """A small page about the record `id`, to be shown in a frame."""
    return Response(
        _render_preview(request, served), 200, build_frame_headers(), media_type=HTML.content_type
    )


@router.get(
    "/reconcile/flyout/{what}", summary="The same, for a suggestion", response_class=Response
)
def flyout(request: Request, served: ServedReleaseDep, what: str) -> Response:
    """The id and a few lines of HTML about a record, a column or a kind."""
    id_ = request.query_params.get("id", "")
    if what == "entity":
        return _respond_json(served, {"id": id_, "html": _render_preview(request, served)})
    language = negotiation.choose_language(request)
    titles_by_id = dict(render.list_columns(served.catalogue, "", language))
    titles_by_id |= {
        kind["id"]: kind["name"] for kind in render.list_types(served.catalogue, language)
    }
    if id_ not in titles_by_id:
        raise _unknown_id_error(id_)
    text = render_page(
        "reconcile_preview.html", language, title=titles_by_id[id_], about="", item=None
    )
    return _respond_json(served, {"id": id_, "html": text})


def _render_preview(request: Request, served: ServedReleaseDep) -> str:
    language = negotiation.choose_language(request)
    item = _find_record(served, request.query_params.get("id", ""))
    if item is None:
        raise _unknown_id_error(request.query_params.get("id", ""))
    about = render.describe_records(served.catalogue, [item], language)[0]
    return render_page(
        "reconcile_preview.html", language, title=item.label[language], about=about, item=item
    )


def _find_record(served: ServedReleaseDep, id_: str) -> Any:
    kind, _, key = id_.removeprefix("id/").partition("/")
    return served.catalogue.find_entity(kind, key) if kind in KIND_BY_NAME else None


def _unknown_id_error(id_: str) -> NotFound:
    return NotFound(f"nothing has the id {id_!r}", f"rien n'a l'identifiant {id_!r}")


def _parse_cursor(request: Request) -> int:
    cursor = request.query_params.get("cursor") or "0"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 3 and int(cursor) <= 400):
        raise BadRequest(
            f"cursor={cursor!r}: a number up to 400", f"cursor={cursor!r} : un nombre jusqu'à 400"
        )
    return int(cursor)


def _respond_json(served: ServedReleaseDep, content: Any) -> Response:
    headers = {"Cache-Control": "no-store", "X-Release": served.release.id}
    return Response(orjson.dumps(content), 200, headers, JSON.content_type)
