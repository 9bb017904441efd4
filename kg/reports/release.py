"""The reports of a release: a page, a spreadsheet and data for each source, and one for all."""

import json as encoder
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb

from kg.kinds import Text
from kg.reports.as_csv import write_csv
from kg.reports.as_html import html, overview
from kg.reports.as_json import counts, json
from kg.reports.as_shacl import shacl
from kg.reports.corrected import notes, stale
from kg.reports.history import carried_on, entry, points
from kg.reports.reported import Link, Reported, part, report
from kg.reports.score import qualities
from kg.reports.words import WORDS
from kg.validation.inspect import Inspection

LANGUAGES: Final = ("fr", "en")
SUMMARY: Final = "summary.json"
LINKS: Final = (
    Link(WORDS["csv"], "findings.csv"),
    Link(WORDS["json"], "problems.json"),
    Link(WORDS["shacl"], "report.ttl"),
)


@dataclass(frozen=True)
class Edition:
    """The release a report is of, and the summary of the release before, for its history."""

    release: str
    created: str
    before: Mapping[str, Any]


def summary_of(folder: Path) -> Mapping[str, Any]:
    """The summary in the report folder of a release; empty where it has none that is usable."""
    try:
        found = encoder.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("history"), list) else {}


def report_files(
    db: duckdb.DuckDBPyConnection,
    inspection: Inspection,
    sources: Mapping[str, Text],
    edition: Edition,
    folder: Path,
) -> dict[str, bytes | Path]:
    """The files of the report of a release, by name; `sources` gives each source its title.

    A file that may be large is written in `folder`, and its path given.
    """
    inspection = replace(inspection, findings=[*inspection.findings, *stale(db)])
    whole = report(db, inspection, WORDS["reports"])
    corrected = notes(db)
    parts = [
        replace(_part(whole, name, title, edition), notes=corrected.get(name, ()))
        for name, title in sources.items()
    ]
    measured = qualities(db, {each.name: each.counts for each in parts})
    parts = [replace(each, quality=measured[each.name]) for each in parts]
    history = carried_on(edition.before, _entry(edition, parts))
    files: dict[str, bytes | Path] = dict(_overview(whole, parts, history, edition))
    files[SUMMARY] = _encoded(_summary(whole, parts, history, edition, inspection))
    for each in parts:
        past = points(history, each.name)
        for language in LANGUAGES:
            page = html(each, language, past)
            files[f"{each.name}/index.{language}.html"] = page.encode()
        files[f"{each.name}/problems.json"] = _encoded(json(each))
        files[f"{each.name}/report.ttl"] = shacl(each, inspection)
        path = folder / f"{each.name}.csv"
        write_csv(db, each, path)
        files[f"{each.name}/findings.csv"] = path
    return files


def _part(whole: Reported, name: str, title: Text, edition: Edition) -> Reported:
    found = part(whole, name, title)
    return replace(found, links=LINKS, release=edition.release, created=edition.created)


def _entry(edition: Edition, parts: Sequence[Reported]) -> Mapping[str, Any]:
    told = ((each.name, {**counts(each.counts), "score": _score(each)}) for each in parts)
    return entry(edition.release, edition.created, told)


def _score(reported: Reported) -> float | None:
    return reported.quality.score if reported.quality else None


def _overview(
    whole: Reported, parts: Sequence[Reported], history: Sequence[Mapping[str, Any]], e: Edition
) -> Iterator[tuple[str, bytes]]:
    release = {"id": e.release, "created": e.created}
    for language in LANGUAGES:
        page = overview(parts, whole.counts, language, points(history), release)
        yield f"index.{language}.html", page.encode()


def _summary(
    whole: Reported,
    parts: Sequence[Reported],
    history: Sequence[Mapping[str, Any]],
    edition: Edition,
    inspection: Inspection,
) -> dict[str, Any]:
    searches = inspection.report.searches
    return {
        "release": edition.release,
        "created": edition.created,
        "shapes_version": whole.shapes_version,
        "counts": counts(whole.counts),
        "sources": [_source(each) for each in parts],
        "history": list(history),
        "constraints_judged": {s.shape: list(s.judged) for s in searches if s.judged},
    }


def _source(each: Reported) -> dict[str, Any]:
    told = json(each)
    for name in ("problems", "shapes_version", "release", "created"):
        told.pop(name, None)
    return {"name": each.name, **told, "problems": len(each.problems)}


def _encoded(data: object) -> bytes:
    return encoder.dumps(data, ensure_ascii=False, indent=1).encode()
