"""The check of files that were sent to the server: one job of the sandbox.

Started by kg.sandbox as `python -m kg.checking.worker`. The job: `files`, `model` (the folder of
ontology and shapes), `release`, `table`, `format` (a media type), `language`. The answer is written
to a file of the private folder, by the name the job gives.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from kg import reports
from kg.checking import Checked, CheckedFile, Model, check_files
from kg.errors import CheckTooLarge, SourceError
from kg.formats import CSV, HTML, JSON, TEXT, TURTLE
from kg.kinds import Text
from kg.reports import Reported
from kg.sandbox.inside import serve


def work(job: Mapping[str, Any]) -> dict[str, Any]:
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
        _must_be_read(checked.files)
        _write(checked, job, Path(job["answer"]))
        return {"conforms": checked.exit_code == 0}


def _must_be_read(files: tuple[CheckedFile, ...]) -> None:
    errors = [file.error for file in files if file.error is not None]
    if errors:
        kind = CheckTooLarge if all(isinstance(e, CheckTooLarge) for e in errors) else SourceError
        raise kind(
            "; ".join(_plain(error.told("en")) for error in errors),
            " ; ".join(_plain(error.told("fr")) for error in errors),
        )


def _plain(message: str) -> str:
    """A message of an engine without the folder that only this server knows."""
    return re.sub(rf"{re.escape(str(Path.cwd().parent))}/(\w+/)*", "", message)


def _write(checked: Checked, job: Mapping[str, Any], answer: Path) -> None:
    reported, language = _reported(checked), job["language"]
    if job["format"] == CSV.media_type:
        reports.write_csv(checked.db, reported, answer)
    else:
        answer.write_bytes(_body(checked, reported, job["format"], language))


def _body(checked: Checked, reported: Reported, media_type: str, language: str) -> bytes:
    if media_type == HTML.media_type:
        return reports.html(reported, language).encode()
    if media_type == TEXT.media_type:
        return reports.text(reported, language).encode()
    if media_type == TURTLE.media_type:
        return reports.shacl(reported, checked.inspection)
    assert media_type == JSON.media_type
    told = {"conforms": checked.exit_code == 0, "checked_with": checked.release}
    return orjson.dumps(told | reports.json(reported), option=orjson.OPT_INDENT_2)


def _reported(checked: Checked) -> Reported:
    names = ", ".join(dict.fromkeys(file.name for file in checked.files))
    made = reports.report(checked.db, checked.inspection, Text(names, names))
    return replace(made, notes=tuple(note for file in checked.files for note in file.notes))


if __name__ == "__main__":
    serve(work)
