"""`ess-kg check`: a dry run of files against the model, the release and the shapes."""

import json as json_text
import os
import sys
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import reports, settings
from kg.checking import Checked, Model, check_files
from kg.cli.explaining import explain
from kg.cli.telling import tell
from kg.cli.template import Language
from kg.cli.terminal import console, language, messages, progress
from kg.errors import EssKgError, ReleaseError
from kg.kinds import Text
from kg.release import CURRENT, Release, current, kept
from kg.reports import Reported
from kg.validation.batches import Work

app: Final = typer.Typer(pretty_exceptions_enable=False)
TITLE: Final = Text("Contrôle à blanc", "Dry run")
NONE: Final = "none"
USAGE: Final = 2


class Form(StrEnum):
    """The formats of a report."""

    TEXT = "text"
    HTML = "html"
    CSV = "csv"
    JSON = "json"
    TURTLE = "turtle"


@app.command("check")
def command(
    files: Annotated[list[Path] | None, typer.Argument(help="Tables or RDF, any format.")] = None,
    table: Annotated[str | None, typer.Option(help="The canonical table the files are.")] = None,
    source: Annotated[
        Path | None, typer.Option(help="Folder of a source: read the files as a build would.")
    ] = None,
    shapes: Annotated[
        list[Path] | None, typer.Option(help="Shapes to hold them to instead of the project's.")
    ] = None,
    explain_: Annotated[
        bool, typer.Option("--explain", help="Which constraints run compiled, which do not.")
    ] = False,
    lang: Annotated[Language | None, typer.Option(help="Language of the report.")] = None,
    form: Annotated[Form, typer.Option("--format", help="Form of the report.")] = Form.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write the report to.")
    ] = None,
    release: Annotated[
        str, typer.Option(help="Release to look references up in: an id, or `none`.")
    ] = CURRENT,
) -> None:
    """Check files without importing them: which rows would be refused, why, and what to do.

    Exit code 0: nothing is refused; 1: something is, is left out or cannot be judged; 2: a file
    cannot be read.
    """
    found = settings.read()
    model = Model(found.model / "ontology", found.model / "shapes")
    chosen = lang.value if lang else language(os.environ)
    if explain_:
        explain(console, shapes or [model.shapes], chosen)
    if not files and not source:
        if explain_:
            return
        raise typer.BadParameter("say which files to check")
    try:
        code = _check(
            files or [], model, _release(release, found.releases), table, source, shapes,
            form, output, chosen,
        )  # fmt: skip
    except EssKgError as error:
        messages.print(f"ess-kg: {error.told(chosen)}", markup=False)
        raise typer.Exit(USAGE) from error
    raise typer.Exit(code)


def _check(
    files: Sequence[Path],
    model: Model,
    release: Release | None,
    table: str | None,
    source: Path | None,
    shapes: Sequence[Path] | None,
    form: Form,
    output: Path | None,
    language: str,
) -> int:
    folder = release.folder if release else None
    with (
        progress() as track,
        check_files(
            files,
            model,
            release=folder,
            table=table,
            source=source,
            shapes=shapes,
            work=Work(),
            track=track,
        ) as checked,
    ):
        reported = reports.report(checked.db, checked.inspection, TITLE)
        if form is Form.TEXT and output is None:
            tell(console, checked, reported, language)
        else:
            _write(_rendered(form, checked, reported, language), output)
            _tell_unreadable(checked, language)
        return checked.exit_code


def _rendered(form: Form, checked: Checked, reported: Reported, language: str) -> bytes:
    if form is Form.HTML:
        return reports.html(reported, language).encode()
    if form is Form.JSON:
        return json_text.dumps(reports.json(reported), ensure_ascii=False, indent=1).encode()
    if form is Form.TURTLE:
        return reports.shacl(reported, checked.inspection)
    if form is Form.CSV:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "findings.csv"
            reports.write_csv(checked.db, reported, path)
            return path.read_bytes()
    return reports.text(reported, language).encode()


def _write(report: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(report)
    else:
        output.write_bytes(report)


def _tell_unreadable(checked: Checked, language: str) -> None:
    for file in checked.files:
        if file.error:
            messages.print(f"{file.name}: {file.error.told(language)}", markup=False)


def _release(name: str, folder: Path) -> Release | None:
    """The release of a name; the current one if there is one; none if none is wanted."""
    if name == NONE:
        return None
    if name == CURRENT:
        return current(folder) if (folder / CURRENT).is_file() else None
    found = [release for release in kept(folder) if release.id.startswith(name)]
    if len(found) != 1:
        known = ", ".join(release.id for release in kept(folder)) or "none"
        raise ReleaseError(
            f"{len(found)} releases begin with {name!r}; kept here: {known}",
            f"{len(found)} versions commencent par {name!r} ; gardées ici : {known}",
        )
    return found[0]
