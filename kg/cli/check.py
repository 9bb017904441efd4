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
from kg.cli.check_report import print_check_report
from kg.cli.explain import explain
from kg.cli.template import Language
from kg.cli.terminal import console, detect_language, error_console, show_progress
from kg.dry_run import DryRunResult, Model, check_files
from kg.errors import EssKgError, ReleaseError
from kg.kinds import Text
from kg.release_layout import CURRENT, Release, find_current_release, list_kept_releases
from kg.reports import Report
from kg.suppression_list import SuppressionList, read_suppressions
from kg.validation.batch_run import BatchOptions

app: Final = typer.Typer(pretty_exceptions_enable=False)
TITLE: Final = Text("Contrôle à blanc", "Dry run")
NO_RELEASE: Final = "none"
USAGE_EXIT_CODE: Final = 2


class ReportFormat(StrEnum):
    """Report formats."""

    TEXT = "text"
    HTML = "html"
    CSV = "csv"
    JSON = "json"
    TURTLE = "turtle"


@app.command("check")
def command(
    files: Annotated[list[Path] | None, typer.Argument(help="Tables or RDF, any format.")] = None,
    table: Annotated[
        str | None, typer.Option(help="Canonical table that the files contain.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Folder of a source: read the files as a build would.")
    ] = None,
    shapes: Annotated[
        list[Path] | None, typer.Option(help="Shapes to check against instead of the project's.")
    ] = None,
    explain_: Annotated[
        bool, typer.Option("--explain", help="List the compiled constraints, and the others.")
    ] = False,
    lang: Annotated[Language | None, typer.Option(help="Language of the report.")] = None,
    form: Annotated[
        ReportFormat, typer.Option("--format", help="Format of the report.")
    ] = ReportFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write the report to.")
    ] = None,
    release: Annotated[
        str, typer.Option(help="Release that references point to: an id, or `none`.")
    ] = CURRENT,
) -> None:
    """Check files without importing them: which rows would be refused, why, and what to do.

    Exit code 0: nothing is refused; 1: something is, is left out or cannot be judged; 2: a file
    cannot be read.
    """
    configuration = settings.read_settings()
    model = Model(configuration.model / "ontology", configuration.model / "shapes")
    chosen = lang.value if lang else detect_language(os.environ)
    if explain_:
        explain(console, shapes or [model.shapes], chosen)
    if not files and not source:
        if explain_:
            return
        raise typer.BadParameter("say which files to check")
    try:
        code = _run_check(
            files or [], model, _find_release(release, configuration.releases), table, source,
            shapes, form, output, chosen, read_suppressions(configuration.data),
        )  # fmt: skip
    except EssKgError as error:
        error_console.print(f"ess-kg: {error.message_in(chosen)}", markup=False)
        raise typer.Exit(USAGE_EXIT_CODE) from error
    raise typer.Exit(code)


def _run_check(
    files: Sequence[Path],
    model: Model,
    release: Release | None,
    table: str | None,
    source: Path | None,
    shapes: Sequence[Path] | None,
    form: ReportFormat,
    output: Path | None,
    language: str,
    suppressions: SuppressionList,
) -> int:
    folder = release.folder if release else None
    with (
        show_progress() as track,
        check_files(
            files,
            model,
            release=folder,
            table=table,
            source=source,
            shapes=shapes,
            suppressions=suppressions,
            work=BatchOptions(),
            track=track,
        ) as checked,
    ):
        reported = reports.build_report(checked.db, checked.inspection, TITLE)
        if form is ReportFormat.TEXT and output is None:
            print_check_report(console, checked, reported, language)
        else:
            _write_report(_render(form, checked, reported, language), output)
            _print_unreadable(checked, language)
        return checked.exit_code


def _render(form: ReportFormat, checked: DryRunResult, reported: Report, language: str) -> bytes:
    if form is ReportFormat.HTML:
        return reports.render_html(reported, language).encode()
    if form is ReportFormat.JSON:
        return json_text.dumps(reports.render_json(reported), ensure_ascii=False, indent=1).encode()
    if form is ReportFormat.TURTLE:
        return reports.render_shacl(reported, checked.inspection)
    if form is ReportFormat.CSV:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "findings.csv"
            reports.write_csv(checked.db, reported, path)
            return path.read_bytes()
    return reports.render_text(reported, language).encode()


def _write_report(report: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(report)
    else:
        output.write_bytes(report)


def _print_unreadable(checked: DryRunResult, language: str) -> None:
    for file in checked.files:
        if file.error:
            error_console.print(f"{file.name}: {file.error.message_in(language)}", markup=False)


def _find_release(name: str, folder: Path) -> Release | None:
    """Return the release of an id, else the current one if any; None for `none`."""
    if name == NO_RELEASE:
        return None
    if name == CURRENT:
        return find_current_release(folder) if (folder / CURRENT).is_file() else None
    matches = [release for release in list_kept_releases(folder) if release.id.startswith(name)]
    if len(matches) != 1:
        release_ids = ", ".join(release.id for release in list_kept_releases(folder)) or "none"
        raise ReleaseError(
            f"{len(matches)} releases begin with {name!r}; kept here: {release_ids}",
            f"{len(matches)} versions commencent par {name!r} ; gardées ici : {release_ids}",
        )
    return matches[0]
