"""Routes of reports of visitors: what is wrong with a record, a source to add; without account."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfig, AppConfigDep, ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.http.problems import UnsupportedMediaType
from api.http.request_body import read_body
from api.http.security_headers import SECURITY_HEADERS
from api.serving.rate_limit import identify_client
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.serving.thread_pool import LIST_THREADS
from api.views.feedback_page import FeedbackPage, render_feedback_page, render_proposal_page
from api.views.reported_fact import ReportedFact, build_reported_fact
from kg import queries
from kg.catalogue.records import Item
from kg.documents.assemble import fetch_nodes
from kg.documents.discrepancies import group_by_subject
from kg.errors import BadRequest
from kg.formats import HTML
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID
from kg.visitor_reports import (
    FILE_NAME,
    MAX_LENGTHS,
    PROPOSAL_FIELDS,
    add_report,
    clean_proposal,
    clean_report,
)

MAX_BODY_BYTES: Final = 32 * 1024
FORM_TYPE: Final = "application/x-www-form-urlencoded"
KNOWN_PARAMETERS: Final = ("record", "fact", "column", "lang", "format", "release")
TRAP_FIELD: Final = "website"
"""A field that no person sees; programs that fill in every field give themselves away."""

router = APIRouter(tags=["Pages"])


@router.get("/feedback", include_in_schema=False)
async def form(
    request: Request,
    served: ServedReleaseDep,
    record: str = "",
    fact: str = "",
    column: str = "",
) -> Response:
    """The form, filled in with the record, the fact and the column that it was opened from."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    variant = _negotiate(request, served, "/feedback")
    if variant.unchanged:
        return variant.build_not_modified()
    item, found = _find_item(served, record), await _find_fact(served, fact)
    page = FeedbackPage(item, {"record": record, "column": column}, found)
    return variant.build_response(render_feedback_page(variant, page))


@router.post("/feedback", include_in_schema=False)
async def send(request: Request, served: ServedReleaseDep, config: AppConfigDep) -> Response:
    """Keeps a report; the form again where something in it is wrong."""
    variant = _negotiate(request, served, "/feedback")
    fields = await _read_form(request)
    given = {name: text for name, text in fields.items() if name in MAX_LENGTHS}
    item = _find_item(served, given.get("record", ""))
    fact = await _find_fact(served, fields.get("fact", ""))
    page = FeedbackPage(item, given, fact)
    told = given
    if fact is not None:
        column = fact.name_column(given.get("column", ""))
        told = {**given, "record": fact.path, "column": column}
    try:
        number = await _keep(request, served, config, fields, clean_report(**told))
    except BadRequest as error:
        page = replace(page, error=error)
        return _respond(variant, render_feedback_page(variant, page), 400)
    page = replace(page, given={}, number=number, sent=True)
    return _respond(variant, render_feedback_page(variant, page), 201)


@router.get("/propose-source", include_in_schema=False)
async def source_form(request: Request, served: ServedReleaseDep) -> Response:
    """The form in which somebody proposes a source."""
    require_known_parameters(request, ("lang", "format", "release"))
    variant = _negotiate(request, served, "/propose-source")
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(render_proposal_page(variant, FeedbackPage(None, {})))


@router.post("/propose-source", include_in_schema=False)
async def propose_source(
    request: Request, served: ServedReleaseDep, config: AppConfigDep
) -> Response:
    """Keeps a proposed source among the reports; the form again where something is wrong."""
    variant = _negotiate(request, served, "/propose-source")
    fields = await _read_form(request)
    given = {name: fields.get(name, "") for name in (*PROPOSAL_FIELDS, "contact")}
    try:
        number = await _keep(request, served, config, fields, clean_proposal(**given))
    except BadRequest as error:
        page = FeedbackPage(None, given, error=error)
        return _respond(variant, render_proposal_page(variant, page), 400)
    page = FeedbackPage(None, {}, number=number, sent=True)
    return _respond(variant, render_proposal_page(variant, page), 201)


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form that this site sent. Raises BadRequest, UnsupportedMediaType."""
    _refuse_other_sites(request)
    if request.headers.get("content-type", "").partition(";")[0] != FORM_TYPE:
        raise UnsupportedMediaType(
            f"a report is a form ({FORM_TYPE})", f"un signalement est un formulaire ({FORM_TYPE})"
        )
    body = await read_body(request, MAX_BODY_BYTES)
    try:
        return dict(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
        )
    except ValueError:
        raise BadRequest("this is no report", "ceci n'est pas un signalement") from None


async def _keep(
    request: Request,
    served: ServedRelease,
    config: AppConfig,
    fields: dict[str, str],
    cleaned: dict[str, str],
) -> int:
    """Keeps a report, and gives its number; 0 for one that a program filled in."""
    config.report_limiter.admit(identify_client(request))
    if fields.get(TRAP_FIELD):
        return 0
    received = datetime.now(UTC).isoformat(timespec="seconds")
    path = config.releases.parent / FILE_NAME
    return await LIST_THREADS.run(partial(add_report, path, received, served.release.id, cleaned))


def _negotiate(request: Request, served: ServedRelease, path: str) -> Representation:
    return Representation.negotiate(request, served, (HTML,), path=path, suffixed=False)


def _respond(variant: Representation, page: str, status: int) -> Response:
    headers = {
        **SECURITY_HEADERS,
        "Content-Language": variant.language,
        "Cache-Control": "no-store",
    }
    return Response(page, status, headers, HTML.content_type)


def _find_item(served: ServedRelease, record: str) -> Item | None:
    """The record of `kind/key`, None without one. Raises BadRequest for one that is not there."""
    if not record:
        return None
    kind, _, key = record.partition("/")
    item = served.catalogue.find_entity(kind, key) if kind in KIND_BY_NAME else None
    if item is None:
        raise BadRequest(
            f"{record!r} is no record of this release", f"{record!r} n'est pas une fiche d'ici"
        )
    return item


async def _find_fact(served: ServedRelease, path: str) -> ReportedFact | None:
    """The fact at an address below that of all records, None without one.

    Raises BadRequest for one that is not there.
    """
    if not path:
        return None
    missing = BadRequest(
        f"{path!r} is no fact of this release", f"{path!r} n'est pas un fait de cette édition"
    )
    try:
        node = queries.parse_iri(ID + path)
    except ValueError:
        raise missing from None
    triples = await fetch_nodes(served.executor, served.direct_reader, [node])
    nodes = group_by_subject(list(triples))
    if "#" not in path or node.value not in nodes:
        raise missing
    return build_reported_fact(path, nodes, served.tables)


def _refuse_other_sites(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadRequest(
            "a report is sent from the page of this site",
            "un signalement s'envoie depuis la page de ce site",
        )
