"""Routes of the quality reports of a release and of its sources."""

import re
from io import BytesIO
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http import links, negotiation
from api.http.security_headers import build_report_headers, build_styled_headers
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.views.report_page import render_report_page, split_report
from kg.errors import NotFound
from kg.formats import CSV, HTML, JSON, TURTLE, Format

NAME_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
OVERVIEW_FORMATS: Final = (HTML, JSON)
SOURCE_REPORT_FORMATS: Final = (HTML, CSV, JSON, TURTLE)
SUMMARY_FILE: Final = "summary.json"
REPORT_FILES: Final = {CSV: "findings.csv", JSON: "problems.json", TURTLE: "report.ttl"}
REPORT_PAGES: Final = {"index.fr.html": "fr", "index.en.html": "en"}

router = APIRouter(tags=["Reports"])


@router.get("/reports", include_in_schema=False)
def redirect_to_reports(request: Request) -> Response:
    """Leads to the address under which the links of the page are found."""
    return _redirect_to_folder("/reports/", request)


@router.get("/reports/", summary="The reports of the release", response_class=Response)
@router.get("/reports.{suffix}", include_in_schema=False)
def reports(request: Request, served: ServedReleaseDep) -> Response:
    """Counts, quality and history of every source."""
    variant = Representation.negotiate(request, served, OVERVIEW_FORMATS, path="/reports")
    return _respond_with_file(
        variant, served.release.report, SUMMARY_FILE if variant.format == JSON else ""
    )


@router.get("/reports/{source}/", summary="The report on a source", response_class=Response)
def report(source: str, request: Request, served: ServedReleaseDep) -> Response:
    """What was refused or doubtful in a source, why, and what to do."""
    return _respond_with_report(request, served, source, None)


@router.get("/reports/{source}", include_in_schema=False)
def report_with_suffix(source: str, request: Request, served: ServedReleaseDep) -> Response:
    """A report at its suffix, a page of all of them, or the address of a report."""
    if source in REPORT_PAGES:
        variant = Representation.negotiate(
            request, served, (HTML,), path=f"/reports/{source}", key=source
        )
        return _respond_with_file(variant, served.release.report, source)
    name, suffix = negotiation.split_suffix(
        source, SOURCE_REPORT_FORMATS, lambda n: _has_report(served, n)
    )
    if suffix is not None:
        return _respond_with_report(request, served, name, suffix)
    _require_report(served, name)
    return _redirect_to_folder(f"/reports/{name}/", request)


@router.get("/reports/{source}/{file}", include_in_schema=False)
def file(source: str, file: str, request: Request, served: ServedReleaseDep) -> Response:
    """A file of a report by the name it has in the release, as the pages link to it."""
    if file in REPORT_PAGES:
        _require_report(served, source)
        variant = Representation.negotiate(
            request, served, (HTML,), path=f"/reports/{source}", key=file
        )
        return _respond_with_file(variant, served.release.report / source, file)
    suffix = next((f.extension for f, name in REPORT_FILES.items() if name == file), None)
    if suffix is None:
        raise NotFound(f"a report has no file {file!r}", f"un rapport n'a pas de fichier {file!r}")
    return _respond_with_report(request, served, source, suffix)


def _respond_with_report(
    request: Request, served: ServedRelease, source: str, suffix: str | None
) -> Response:
    _require_report(served, source)
    variant = Representation.negotiate(
        request, served, SOURCE_REPORT_FORMATS, suffix=suffix, path=f"/reports/{source}"
    )
    return _respond_with_file(
        variant, served.release.report / source, REPORT_FILES.get(variant.format, "")
    )


def _respond_with_file(variant: Representation, folder: Path, file: str) -> Response:
    """A file of the release; without a name, the page in the language of the request."""
    if variant.unchanged:
        return variant.build_not_modified()
    path = folder / (file or f"index.{variant.language}.html")
    if not path.is_file():
        raise NotFound(
            f"release {variant.served.release.id} has no such report",
            f"l'édition {variant.served.release.id} n'a pas ce rapport",
        )
    if variant.format == HTML:
        return _respond_with_page(variant, path)
    extra = {}
    if variant.format == CSV:
        extra["Content-Disposition"] = f'attachment; filename="{_format_file_name(folder, CSV)}"'
    return variant.build_response(path.read_bytes(), extra)


def _respond_with_page(variant: Representation, path: Path) -> Response:
    """The page of a report as one of the site, in the language of the file."""
    language = REPORT_PAGES[path.name]
    extra = {"Content-Language": language}
    page = path.read_bytes()
    parts = split_report(page.decode())
    if parts is None:
        return variant.build_response(page, extra | build_report_headers(BytesIO(page)))
    folder = path.parent
    source = "" if folder == variant.served.release.report else f"{folder.name}/"
    body = render_report_page(variant, parts, language, f"/reports/{source}")
    return variant.build_response(body, extra | build_styled_headers(parts.style))


def _format_file_name(folder: Path, form: Format) -> str:
    return f"{folder.name}-report.{form.extension}"


def _has_report(served: ServedRelease, source: str) -> bool:
    listed = any(s["name"] == source for s in served.manifest.get("sources", ()))
    return (
        listed
        and bool(NAME_PATTERN.fullmatch(source))
        and (served.release.report / source).is_dir()
    )


def _require_report(served: ServedRelease, source: str) -> None:
    if not _has_report(served, source):
        raise NotFound(
            f"there is no report on a source {source!r}; /reports/ lists them",
            f"il n'y a pas de rapport sur une source {source!r} ; /reports/ les énumère",
        )


def _redirect_to_folder(path: str, request: Request) -> Response:
    return links.redirect(links.build_url(path, request.query_params.multi_items()), 308)
