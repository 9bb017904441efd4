"""The reconciliation service: names of a spreadsheet matched with records, as OpenRefine asks.

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

from api import bodies, negotiation, reconciliation
from api.deps import Config, Served
from api.negotiation import LANGUAGES
from api.problems import UnsupportedMediaType
from api.reconciliation import Extension
from api.render import reconciliation as render
from api.render.frame import site_of
from api.render.templates import page
from api.representation import Representation
from api.security import for_frames
from api.serving.rate_limit import RateLimiter, client_of
from kg import meter, queries
from kg.catalogue.reconcile import Query
from kg.errors import BadRequest, NotFound, QueryOverload
from kg.formats import FORM, HTML, JSON
from kg.kinds import BY_NAME
from kg.namespaces import ID
from kg.offload import MAX_INLINE_BYTES, run_in_thread_if_large
from kg.sparql.client import select

SUGGESTED: Final = 20
MOST_FIELDS: Final = 20
AT_ONCE: Final = 1
"""Batches that each server process works on at a time: the others wait, and pages do not."""
WAITING: Final = 32
"""Batches that may wait for their turn, before the next is told to come back."""

ASKED: Final = ("record", "scheme", "value")
"""The variables of `identifiers.rq`."""

router = APIRouter(tags=["Reconciliation"])
_turns = anyio.Semaphore(AT_ONCE)


@router.get("/reconcile", summary="The reconciliation service", response_class=Response)
@router.get("/reconcile.{suffix}", include_in_schema=False)
async def service(request: Request, served: Served) -> Response:
    """The manifest; with `queries` the candidates of a batch, with `extend` values of columns."""
    parameters = dict(request.query_params)
    if "queries" in parameters or "extend" in parameters:
        return await _answer(request, served, parameters)
    shown = Representation.of(request, served, (JSON, HTML), path="/reconcile")
    if shown.unchanged:
        return shown.not_modified()
    origin = shown.origin
    if shown.format == HTML:
        addresses = {"fr": f"{origin}/reconcile?lang=fr", "en": f"{origin}/reconcile?lang=en"}
        values = {"site": site_of(shown), "addresses": addresses}
        return shown.response(page("reconcile.html", shown.language, **values))
    asked = request.query_params.get("lang")
    suffix = f"?lang={shown.language}" if asked else ""
    return shown.response(
        orjson.dumps(render.manifest(served.catalogue, origin, shown.language, suffix))
    )


@router.post("/reconcile", summary="Reconcile a batch", response_class=Response)
async def posted(request: Request, served: Served, config: Config) -> Response:
    """Candidates of a batch (`queries`), or values of columns (`extend`), sent as a form."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM.media_type:
        raise UnsupportedMediaType(
            f"a batch is sent as {FORM.media_type}, not as {media_type or 'nothing stated'}",
            f"un lot s'envoie en {FORM.media_type}, pas en {media_type or 'un type non précisé'}",
        )
    try:
        body = await bodies.read(request, config.request_bytes)
        fields = dict(
            await run_in_thread_if_large(partial(_fields, body), len(body), MAX_INLINE_BYTES)
        )
    except ValueError as error:
        raise BadRequest(
            f"the form cannot be read: {error}", f"le formulaire ne peut pas être lu : {error}"
        ) from error
    return await _answer(request, served, fields)


def _fields(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("utf-8")
    return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)


async def _answer(request: Request, served: Served, fields: Mapping[str, str]) -> Response:
    language = negotiation.language(request)
    work: Callable[[], Awaitable[dict[str, Any]]]
    if queries_ := fields.get("queries"):
        kinds = served.catalogue.concepts(render.TERRITORY_KIND)
        read_batch = partial(reconciliation.batch, queries_, kinds)
        batch = await run_in_thread_if_large(read_batch, len(queries_), MAX_INLINE_BYTES)
        work = partial(_matched, served, batch, language)
    elif extend := fields.get("extend"):
        wanted = await run_in_thread_if_large(
            partial(reconciliation.extension, extend), len(extend), MAX_INLINE_BYTES
        )
        work = partial(_extended, served, wanted, language)
    else:
        raise BadRequest(
            "there is neither `queries` nor `extend`", "il n'y a ni `queries` ni `extend`"
        )
    budgets: RateLimiter = request.app.state.budgets
    if _turns.statistics().tasks_waiting >= WAITING:
        raise QueryOverload(
            f"{WAITING} batches are waiting already: try again in a moment",
            f"{WAITING} lots attendent déjà : réessayez dans un instant",
        )
    visit = budgets.begin(client_of(request))
    try:
        async with _turns:
            told = await work()
    finally:
        visit.end()
    return _json(served, told)


async def _matched(served: Served, batch: Mapping[str, Query], language: str) -> dict[str, Any]:
    """The candidates of each query."""
    catalogue = served.catalogue

    def work() -> dict[str, Any]:
        return {
            name: render.candidates(catalogue, catalogue.reconcile(query), language)
            for name, query in batch.items()
        }

    with meter.working():
        return await anyio.to_thread.run_sync(work)


async def _extended(served: Served, asked: Extension, language: str) -> dict[str, Any]:
    """The values of the columns of each record; its identifiers are asked of the graph."""
    catalogue = served.catalogue
    schemes = catalogue.concepts(render.IDENTIFIERS)
    items = await anyio.to_thread.run_sync(lambda: {i: _item(served, i) for i in asked.ids})
    known = dict.fromkeys(f"{ID}{item.kind}/{item.key}" for item in items.values() if item)
    found: dict[str, dict[str, list[str]]] = {}
    if known and any(name in schemes for name, _ in asked.properties):
        query = queries.filled("identifiers", record=map(queries.iri, known))
        for solution in await select(served.executor, query):
            record, scheme, value = (getattr(solution[n], "value", "") for n in ASKED)
            of = found.setdefault(record.removeprefix(ID), {})
            of.setdefault(scheme.rpartition("/")[2], []).append(value)
    with meter.working():
        return await anyio.to_thread.run_sync(
            lambda: render.extended(catalogue, asked, items, found, language)
        )


@router.get(
    "/reconcile/suggest/{what}",
    summary="Suggest records, columns or kinds",
    response_class=Response,
)
def suggest(request: Request, served: Served, what: str) -> Response:
    """What begins with `prefix`; `cursor` leaves out as many."""
    language = negotiation.language(request)
    prefix = request.query_params.get("prefix", "")[: reconciliation.LONGEST]
    first = _cursor(request)
    if what == "entity":
        found = served.catalogue.search(prefix, (), first + SUGGESTED).items if prefix else ()
        told = render.suggested(served.catalogue, found[first:], language)
        return _json(served, {"result": told})
    if what == "property":
        told = reconciliation.prefixed(prefix, render.columns(served.catalogue, "", language))
    elif what == "type":
        names = [(kind["id"], kind["name"]) for kind in render.types(served.catalogue, language)]
        told = reconciliation.prefixed(prefix, names)
    else:
        raise NotFound("entity, property or type", "entity, property ou type")
    return _json(served, {"result": told[first : first + SUGGESTED]})


@router.get("/reconcile/properties", summary="Columns of a kind", response_class=Response)
def properties(request: Request, served: Served) -> Response:
    """The columns that can be fetched of the records of `type`."""
    return _columns(request, served, negotiation.language(request))


@router.get(
    "/reconcile/properties/{language}", summary="The same, in a language", response_class=Response
)
def properties_in(request: Request, served: Served, language: str) -> Response:
    """The same where no parameter can be added to the address: in `fr` or in `en`."""
    if language not in LANGUAGES:
        raise NotFound("the columns are told in fr and en", "les colonnes sont dites en fr et en")
    return _columns(request, served, language)


def _columns(request: Request, served: Served, language: str) -> Response:
    asked = request.query_params.get("type", "")
    kind = reconciliation.TERRITORY if asked.startswith(reconciliation.PART) else asked
    if kind and kind not in BY_NAME:
        raise BadRequest(
            f"type={kind!r} is not a kind; the kinds are {', '.join(BY_NAME)}",
            f"type={kind!r} n'est pas une sorte de fiche ; ce sont {', '.join(BY_NAME)}",
        )
    columns = render.columns(served.catalogue, kind, language)
    told: dict[str, Any] = {"properties": [{"id": name, "name": title} for name, title in columns]}
    return _json(served, told | ({"type": asked} if asked else {}))


@router.get("/reconcile/preview", summary="A record in a few lines", response_class=Response)
def preview(request: Request, served: Served) -> Response:
    """A small page about the record `id`, to be shown in a frame."""
    return Response(_preview(request, served), 200, for_frames(), media_type=HTML.content_type)


@router.get(
    "/reconcile/flyout/{what}", summary="The same, for a suggestion", response_class=Response
)
def flyout(request: Request, served: Served, what: str) -> Response:
    """The id and a few lines of HTML about a record, a column or a kind."""
    id_ = request.query_params.get("id", "")
    if what == "entity":
        return _json(served, {"id": id_, "html": _preview(request, served)})
    language = negotiation.language(request)
    known = dict(render.columns(served.catalogue, "", language))
    known |= {kind["id"]: kind["name"] for kind in render.types(served.catalogue, language)}
    if id_ not in known:
        raise _unknown(id_)
    text = page("reconcile_preview.html", language, title=known[id_], about="", item=None)
    return _json(served, {"id": id_, "html": text})


def _preview(request: Request, served: Served) -> str:
    language = negotiation.language(request)
    item = _item(served, request.query_params.get("id", ""))
    if item is None:
        raise _unknown(request.query_params.get("id", ""))
    about = render.descriptions(served.catalogue, [item], language)[0]
    return page(
        "reconcile_preview.html", language, title=item.label[language], about=about, item=item
    )


def _item(served: Served, id_: str) -> Any:
    kind, _, key = id_.removeprefix("id/").partition("/")
    return served.catalogue.entity(kind, key) if kind in BY_NAME else None


def _unknown(id_: str) -> NotFound:
    return NotFound(f"nothing has the id {id_!r}", f"rien n'a l'identifiant {id_!r}")


def _cursor(request: Request) -> int:
    asked = request.query_params.get("cursor") or "0"
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 3 and int(asked) <= 400):
        raise BadRequest(
            f"cursor={asked!r}: a number up to 400", f"cursor={asked!r} : un nombre jusqu'à 400"
        )
    return int(asked)


def _json(served: Served, told: Any) -> Response:
    headers = {"Cache-Control": "no-store", "X-Release": served.release.id}
    return Response(orjson.dumps(told), 200, headers, JSON.content_type)
