"""The reports of the release: what its sources gave, what was refused in them and why."""

import re
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import links, negotiation
from api.deps import Served
from api.representation import Representation
from api.security import of_report
from api.serving.served_releases import ServedRelease
from kg.errors import NotFound
from kg.formats import CSV, HTML, JSON, TURTLE, Format

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
OF_ALL: Final = (HTML, JSON)
OF_SOURCE: Final = (HTML, CSV, JSON, TURTLE)
SUMMARY: Final = "summary.json"
FILES: Final = {CSV: "findings.csv", JSON: "problems.json", TURTLE: "report.ttl"}
PAGES: Final = {"index.fr.html": "fr", "index.en.html": "en"}

router = APIRouter(tags=["Reports"])


@router.get("/reports", include_in_schema=False)
def moved(request: Request) -> Response:
    """Leads to the address under which the links of the page are found."""
    return _folder("/reports/", request)


@router.get("/reports/", summary="The reports of the release", response_class=Response)
@router.get("/reports.{suffix}", include_in_schema=False)
def reports(request: Request, served: Served) -> Response:
    """Counts, quality and history of every source."""
    shown = Representation.of(request, served, OF_ALL, path="/reports")
    return _answer(shown, served.release.report, SUMMARY if shown.format == JSON else "")


@router.get("/reports/{source}/", summary="The report on a source", response_class=Response)
def report(source: str, request: Request, served: Served) -> Response:
    """What was refused or doubtful in a source, why, and what to do."""
    return _report(request, served, source, None)


@router.get("/reports/{source}", include_in_schema=False)
def named(source: str, request: Request, served: Served) -> Response:
    """A report at its suffix, a page of all of them, or the address of a report."""
    if source in PAGES:
        shown = Representation.of(request, served, (HTML,), path=f"/reports/{source}", key=source)
        return _answer(shown, served.release.report, source)
    name, suffix = negotiation.split_suffix(source, OF_SOURCE, lambda n: _there(served, n))
    if suffix is not None:
        return _report(request, served, name, suffix)
    _must_exist(served, name)
    return _folder(f"/reports/{name}/", request)


@router.get("/reports/{source}/{file}", include_in_schema=False)
def file(source: str, file: str, request: Request, served: Served) -> Response:
    """A file of a report by the name it has in the release, as the pages link to it."""
    if file in PAGES:
        _must_exist(served, source)
        shown = Representation.of(request, served, (HTML,), path=f"/reports/{source}", key=file)
        return _answer(shown, served.release.report / source, file)
    suffix = next((f.extension for f, name in FILES.items() if name == file), None)
    if suffix is None:
        raise NotFound(f"a report has no file {file!r}", f"un rapport n'a pas de fichier {file!r}")
    return _report(request, served, source, suffix)


def _report(request: Request, served: ServedRelease, source: str, suffix: str | None) -> Response:
    _must_exist(served, source)
    shown = Representation.of(request, served, OF_SOURCE, suffix=suffix, path=f"/reports/{source}")
    return _answer(shown, served.release.report / source, FILES.get(shown.format, ""))


def _answer(shown: Representation, folder: Path, file: str) -> Response:
    """A file of the release; without a name, the page in the language of the request."""
    if shown.unchanged:
        return shown.not_modified()
    path = folder / (file or f"index.{shown.language}.html")
    if not path.is_file():
        raise NotFound(
            f"release {shown.served.release.id} has no such report",
            f"l'édition {shown.served.release.id} n'a pas ce rapport",
        )
    extra = {"Content-Language": PAGES[file]} if file in PAGES else {}
    if shown.format == HTML:
        with path.open("rb") as page:
            extra |= of_report(page)
    if shown.format == CSV:
        extra["Content-Disposition"] = f'attachment; filename="{_named(folder, CSV)}"'
    return shown.response(path.read_bytes(), extra)


def _named(folder: Path, form: Format) -> str:
    return f"{folder.name}-report.{form.extension}"


def _there(served: ServedRelease, source: str) -> bool:
    listed = any(s["name"] == source for s in served.manifest.get("sources", ()))
    return listed and bool(NAME.fullmatch(source)) and (served.release.report / source).is_dir()


def _must_exist(served: ServedRelease, source: str) -> None:
    if not _there(served, source):
        raise NotFound(
            f"there is no report on a source {source!r}; /reports/ lists them",
            f"il n'y a pas de rapport sur une source {source!r} ; /reports/ les énumère",
        )


def _folder(path: str, request: Request) -> Response:
    return links.redirect(links.address(path, request.query_params.multi_items()), 308)
