"""Validation endpoint: files of a partner checked by a sandboxed process, none stored.

Nothing is stored: the files lie in a private folder while a confined process checks them, and the
folder is gone before the report is sent.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.dependencies import AppConfigDep, CheckQueueDep, ServedReleaseDep
from api.http import links, negotiation
from api.http.disconnect import ClientDisconnected, cancel_on_disconnect
from api.http.negotiation import Language
from api.http.security_headers import build_report_headers
from api.http.uploads import Upload, receive_files
from api.openapi.validate import (
    FORM_FIELDS,
    REPORT_FORMATS,
    REQUEST_DESCRIPTION,
    RESPONSE_DESCRIPTIONS,
)
from api.serving.rate_limit import identify_client
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.serving.streaming import OpenFileResponse
from api.views.validate_page import render_validate_page
from kg.errors import BadRequest
from kg.formats import CSV, HTML, TURTLE, Format
from kg.sandbox.job_errors import JobErrors
from kg.sandbox.job_folder import WORK_FOLDER
from kg.sandbox.job_process import Job

REPORT_FILE: Final = "answer"
CHECK_ERRORS: Final = JobErrors(
    english="the check",
    french="la vérification",
    advice="send fewer rows or columns at a time",
    french_advice="envoyez moins de lignes ou de colonnes à la fois",
    full="other files are being checked",
    french_full="d'autres fichiers sont en cours de vérification",
)
REPORT_NAMES: Final = {"fr": "rapport", "en": "report"}

router = APIRouter(tags=["Check"])


@dataclass(frozen=True)
class ValidateRequest:
    """What is wanted of a check."""

    format: Format
    language: Language
    table: str | None


@router.get("/validate", summary="The page to check a file from", response_class=Response)
async def page(
    request: Request, served: ServedReleaseDep, config: AppConfigDep, checks: CheckQueueDep
) -> Response:
    """A form that takes files and shows their report, with or without scripts."""
    variant = Representation.negotiate(request, served, (HTML,), path="/validate", suffixed=False)
    checks.prestart()
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(render_validate_page(variant, config.check_bytes))


@router.post(
    "/validate",
    summary="Check files",
    response_class=Response,
    openapi_extra=REQUEST_DESCRIPTION,
    responses=RESPONSE_DESCRIPTIONS,
)
async def validate(
    request: Request, served: ServedReleaseDep, config: AppConfigDep, checks: CheckQueueDep
) -> Response:
    """The report on the files sent: what a build would refuse in them, and why."""
    _parse_request(request, {}, served)
    try:
        with checks.admit(identify_client(request)) as folder:
            checks.prestart()
            received = await receive_files(request, folder / "files", config.check_bytes)
            check_request = _parse_request(request, received.fields, served)
            job = _build_job(served, received, check_request, folder)
            await cancel_on_disconnect(request, checks.run(job))
            answer = _open_report(folder)
    except (ClientDisconnected, ClientDisconnect):
        return Response(status_code=499)
    return OpenFileResponse(
        answer, _build_headers(served, check_request, answer), check_request.format.content_type
    )


def _parse_request(
    request: Request, fields: Mapping[str, str], served: ServedRelease
) -> ValidateRequest:
    """What a request and the fields of its form ask for. Raises BadRequest, NotAcceptable."""
    unknown = sorted(set(fields) - set(FORM_FIELDS))
    if unknown:
        raise BadRequest(
            f"unknown field {', '.join(unknown)}; a form has files and {', '.join(FORM_FIELDS)}",
            f"champ inconnu {', '.join(unknown)} ; un formulaire a des fichiers et "
            f"{', '.join(FORM_FIELDS)}",
        )
    format_name = fields.get("format")
    chosen = negotiation.require_format(format_name, REPORT_FORMATS) if format_name else None
    table = fields.get("table") or request.query_params.get("table") or None
    if table is not None and table not in served.tables:
        table_names = ", ".join(served.tables)
        raise BadRequest(
            f"there is no table {table!r}; there are {table_names}",
            f"il n'y a pas de table {table!r} ; il y a {table_names}",
        )
    return ValidateRequest(
        chosen or negotiation.choose_format(request, REPORT_FORMATS),
        negotiation.parse_language(fields.get("lang")) or negotiation.choose_language(request),
        table,
    )


def _build_job(
    served: ServedRelease, received: Upload, check_request: ValidateRequest, folder: Path
) -> Job:
    if not received.files:
        raise BadRequest(
            "no file was sent: choose one, or send it as curl -F file=@organisations.csv",
            "aucun fichier n'a été envoyé : choisissez-en un, ou envoyez-le par "
            "curl -F file=@organisations.csv",
        )
    release = served.release.folder.resolve()
    content = {
        "files": [str(file) for file in received.files],
        "model": str(release / served.release.model.name),
        "release": str(release),
        "table": check_request.table,
        "format": check_request.format.media_type,
        "language": check_request.language,
        "page": links.build_url("/validate", [("lang", check_request.language)]),
        "answer": REPORT_FILE,
    }
    return Job(content, folder, (release,))


def _open_report(folder: Path) -> IO[bytes]:
    """The report; it can still be read once its folder is gone."""
    place = os.open(folder / WORK_FOLDER / REPORT_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return os.fdopen(place, "rb")


def _build_headers(
    served: ServedRelease, check_request: ValidateRequest, answer: IO[bytes]
) -> dict[str, str]:
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
        "Content-Language": check_request.language,
        "X-Release": served.release.id,
        "X-Content-Type-Options": "nosniff",
    }
    if check_request.format == HTML:
        headers |= build_report_headers(answer)
    elif check_request.format in (CSV, TURTLE):
        name = f"{REPORT_NAMES[check_request.language]}.{check_request.format.extension}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return headers
