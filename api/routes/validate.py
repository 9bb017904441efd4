"""The check of a partner's file: `POST /validate`, and the page it can be done from.

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

from api import negotiation
from api.bodies import ClientGone, HeldFile, unless_gone
from api.deps import Checks, Config, Served
from api.negotiation import Language
from api.render.validate import validate_page
from api.representation import Representation
from api.routes.checks import FORMATS, OPTIONS, REQUEST, RESPONSES
from api.security import of_report, with_script
from api.serving.rate_limit import client_of
from api.serving.served_releases import ServedRelease
from api.uploads import Received, receive
from kg.errors import BadRequest
from kg.formats import CSV, HTML, TURTLE, Format
from kg.sandbox.folder import WORK
from kg.sandbox.process import Job

ANSWER: Final = "answer"
NAMES: Final = {"fr": "rapport", "en": "report"}

router = APIRouter(tags=["Check"])


@dataclass(frozen=True)
class Asked:
    """What is wanted of a check."""

    format: Format
    language: Language
    table: str | None


@router.get("/validate", summary="The page to check a file from", response_class=Response)
async def page(request: Request, served: Served, config: Config, checks: Checks) -> Response:
    """A form that takes files and shows their report, with or without scripts."""
    shown = Representation.of(request, served, (HTML,), path="/validate", suffixed=False)
    checks.expect()
    if shown.unchanged:
        return shown.not_modified()
    return shown.response(validate_page(shown, config.check_bytes), with_script())


@router.post(
    "/validate",
    summary="Check files",
    response_class=Response,
    openapi_extra=REQUEST,
    responses=RESPONSES,
)
async def validate(request: Request, served: Served, config: Config, checks: Checks) -> Response:
    """The report on the files sent: what a build would refuse in them, and why."""
    _asked(request, {}, served)
    try:
        with checks.place(client_of(request)) as folder:
            checks.expect()
            received = await receive(request, folder / "files", config.check_bytes)
            asked = _asked(request, received.fields, served)
            job = _job(served, received, asked, folder)
            await unless_gone(request, checks.do(job))
            answer = _opened(folder)
    except (ClientGone, ClientDisconnect):
        return Response(status_code=499)
    return HeldFile(answer, _headers(served, asked, answer), asked.format.content_type)


def _asked(request: Request, fields: Mapping[str, str], served: ServedRelease) -> Asked:
    """What a request and the fields of its form ask for. Raises BadRequest, NotAcceptable."""
    unknown = sorted(set(fields) - set(OPTIONS))
    if unknown:
        raise BadRequest(
            f"unknown field {', '.join(unknown)}; a form has files and {', '.join(OPTIONS)}",
            f"champ inconnu {', '.join(unknown)} ; un formulaire a des fichiers et "
            f"{', '.join(OPTIONS)}",
        )
    wanted = fields.get("format")
    chosen = negotiation.named(wanted, FORMATS) if wanted else None
    table = fields.get("table") or request.query_params.get("table") or None
    if table is not None and table not in served.tables:
        there = ", ".join(served.tables)
        raise BadRequest(
            f"there is no table {table!r}; there are {there}",
            f"il n'y a pas de table {table!r} ; il y a {there}",
        )
    return Asked(
        chosen or negotiation.choose(request, FORMATS),
        negotiation.language_named(fields.get("lang")) or negotiation.language(request),
        table,
    )


def _job(served: ServedRelease, received: Received, asked: Asked, folder: Path) -> Job:
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
        "table": asked.table,
        "format": asked.format.media_type,
        "language": asked.language,
        "answer": ANSWER,
    }
    return Job(content, folder, (release,))


def _opened(folder: Path) -> IO[bytes]:
    """The report; it can still be read once its folder is gone."""
    place = os.open(folder / WORK / ANSWER, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return os.fdopen(place, "rb")


def _headers(served: ServedRelease, asked: Asked, answer: IO[bytes]) -> dict[str, str]:
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
        "Content-Language": asked.language,
        "X-Release": served.release.id,
        "X-Content-Type-Options": "nosniff",
    }
    if asked.format == HTML:
        headers |= of_report(answer)
    elif asked.format in (CSV, TURTLE):
        name = f"{NAMES[asked.language]}.{asked.format.extension}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return headers
