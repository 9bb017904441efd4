"""Sandbox job that checks uploaded files.

Started by kg.sandbox as `python -m kg.dry_run.check_job`. The job: `files`, `model` (the folder of
ontology and shapes), `release`, `table`, `format` (a media type), `language`,
`page` (the address that files are checked from). The answer is written to a file of the private
folder, by the name the job gives.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from kg import reports
from kg.dry_run import CheckedFile, DryRunResult, Model, check_files
from kg.errors import JobTooLarge, SourceError
from kg.formats import CSV, HTML, JSON, TEXT, TURTLE
from kg.kinds import Text
from kg.reports import Report
from kg.sandbox.job_runner import serve_one_job


def run_check(job: Mapping[str, Any]) -> dict[str, Any]:
    """Checks the files of a job and writes the report asked for; gives the counts.

    Raises SourceError where a file cannot be read, saying which and why.
    """
    files, model = [Path(file) for file in job["files"]], Path(job["model"])
    with check_files(
        files,
        Model(model / "ontology", model / "shapes"),
        release=Path(job["release"]),
        table=job["table"],
    ) as checked:
        _require_readable(checked.files)
        _write_report(checked, job, Path(job["answer"]))
        return {"conforms": checked.exit_code == 0}


def _require_readable(files: tuple[CheckedFile, ...]) -> None:
    errors = [file.error for file in files if file.error is not None]
    if errors:
        kind = JobTooLarge if all(isinstance(e, JobTooLarge) for e in errors) else SourceError
        raise kind(
            "; ".join(_strip_paths(error.message_in("en")) for error in errors),
            " ; ".join(_strip_paths(error.message_in("fr")) for error in errors),
        )


def _strip_paths(message: str) -> str:
    """A message of an engine without the folder that only this server knows."""
    return re.sub(rf"{re.escape(str(Path.cwd().parent))}/(\w+/)*", "", message)


def _write_report(checked: DryRunResult, job: Mapping[str, Any], answer: Path) -> None:
    reported, language = _build_report(checked), job["language"]
    if job["format"] == CSV.media_type:
        reports.write_csv(checked.db, reported, answer)
    else:
        answer.write_bytes(
            _render_report(checked, reported, job["format"], language, job.get("page", ""))
        )


def _render_report(
    checked: DryRunResult, reported: Report, media_type: str, language: str, page: str
) -> bytes:
    if media_type == HTML.media_type:
        return reports.render_html(reported, language, back=page).encode()
    if media_type == TEXT.media_type:
        return reports.render_text(reported, language).encode()
    if media_type == TURTLE.media_type:
        return reports.render_shacl(reported, checked.inspection)
    assert media_type == JSON.media_type
    summary = {"conforms": checked.exit_code == 0, "checked_with": checked.release}
    return orjson.dumps(summary | reports.render_json(reported), option=orjson.OPT_INDENT_2)


def _build_report(checked: DryRunResult) -> Report:
    names = ", ".join(dict.fromkeys(file.name for file in checked.files))
    made = reports.build_report(checked.db, checked.inspection, Text(names, names))
    return replace(made, notes=tuple(note for file in checked.files for note in file.notes))


if __name__ == "__main__":
    serve_one_job(run_check)
