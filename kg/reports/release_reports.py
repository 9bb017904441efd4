"""Reports of a release: a page, a spreadsheet and data for each source, and one for all."""

import json as encoder
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb

from kg.kinds import Text
from kg.reports.as_csv import write_csv
from kg.reports.as_html import render_html, render_overview
from kg.reports.as_json import render_counts, render_json
from kg.reports.as_shacl import write_shacl
from kg.reports.corrections_status import iter_stale_corrections, write_correction_notes
from kg.reports.quality_history import extend_history, list_points, make_history_entry
from kg.reports.quality_score import measure_quality
from kg.reports.report_model import Report, ReportLink, build_report, select_source
from kg.reports.texts import TEXTS
from kg.shacl.validator import explain_searches
from kg.validation.validate_build import ValidationOutcome

LANGUAGES: Final = ("fr", "en")
SUMMARY_FILE: Final = "summary.json"
REPORT_LINKS: Final = (
    ReportLink(TEXTS["csv"], "findings.csv"),
    ReportLink(TEXTS["json"], "problems.json"),
    ReportLink(TEXTS["shacl"], "report.ttl"),
)


@dataclass(frozen=True)
class ReportRelease:
    """The release a report is of, and the summary of the release before, for its history."""

    release: str
    created: str
    previous_summary: Mapping[str, Any]


def read_summary(folder: Path) -> Mapping[str, Any]:
    """The summary in the report folder of a release; empty where it has none that is usable."""
    try:
        summary = encoder.loads((folder / SUMMARY_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) and isinstance(summary.get("history"), list) else {}


def build_report_files(
    db: duckdb.DuckDBPyConnection,
    inspection: ValidationOutcome,
    sources: Mapping[str, Text],
    edition: ReportRelease,
    folder: Path,
) -> dict[str, bytes | Path]:
    """The files of the report of a release, by name; `sources` gives each source its title.

    A file that may be large is written in `folder`, and its path given.
    """
    inspection = replace(inspection, findings=[*inspection.findings, *iter_stale_corrections(db)])
    whole = build_report(db, inspection, TEXTS["reports"])
    corrected = write_correction_notes(db)
    parts = [
        replace(_make_part(whole, name, title, edition), notes=corrected.get(name, ()))
        for name, title in sources.items()
    ]
    measured = measure_quality(db, {each.name: each.counts for each in parts})
    parts = [replace(each, quality=measured[each.name]) for each in parts]
    history = extend_history(edition.previous_summary, _make_entry(edition, parts))
    files: dict[str, bytes | Path] = dict(_iter_overviews(whole, parts, history, edition))
    files[SUMMARY_FILE] = _encode(_build_summary(whole, parts, history, edition, inspection))
    for each in parts:
        past = list_points(history, each.name)
        for language in LANGUAGES:
            page = render_html(each, language, past)
            files[f"{each.name}/index.{language}.html"] = page.encode()
        files[f"{each.name}/problems.json"] = _encode(render_json(each))
        shacl, table = (folder / f"{each.name}.{ending}" for ending in ("ttl", "csv"))
        with shacl.open("wb") as file:
            write_shacl(each, inspection, file)
        write_csv(db, each, table)
        files |= {f"{each.name}/report.ttl": shacl, f"{each.name}/findings.csv": table}
    return files


def _make_part(whole: Report, name: str, title: Text, edition: ReportRelease) -> Report:
    part = select_source(whole, name, title)
    return replace(part, links=REPORT_LINKS, release=edition.release, created=edition.created)


def _make_entry(edition: ReportRelease, parts: Sequence[Report]) -> Mapping[str, Any]:
    numbers = (
        (each.name, {**render_counts(each.counts), "score": _get_score(each)}) for each in parts
    )
    return make_history_entry(edition.release, edition.created, numbers)


def _get_score(reported: Report) -> float | None:
    return reported.quality.score if reported.quality else None


def _iter_overviews(
    whole: Report, parts: Sequence[Report], history: Sequence[Mapping[str, Any]], e: ReportRelease
) -> Iterator[tuple[str, bytes]]:
    release = {"id": e.release, "created": e.created}
    for language in LANGUAGES:
        page = render_overview(parts, whole.counts, language, list_points(history), release)
        yield f"index.{language}.html", page.encode()


def _build_summary(
    whole: Report,
    parts: Sequence[Report],
    history: Sequence[Mapping[str, Any]],
    edition: ReportRelease,
    inspection: ValidationOutcome,
) -> dict[str, Any]:
    return {
        "release": edition.release,
        "created": edition.created,
        "shapes_version": whole.shapes_version,
        "counts": render_counts(whole.counts),
        "sources": [_summarise_source(each) for each in parts],
        "history": list(history),
        "constraints_judged": {
            each.shape.name: list(each.undecided)
            for each in explain_searches(inspection.shapes)
            if each.undecided
        },
    }


def _summarise_source(each: Report) -> dict[str, Any]:
    summary = render_json(each)
    for name in ("problems", "shapes_version", "release", "created"):
        summary.pop(name, None)
    return {"name": each.name, **summary, "problems": len(each.problems)}


def _encode(data: object) -> bytes:
    return encoder.dumps(data, ensure_ascii=False, indent=1).encode()
