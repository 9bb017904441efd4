"""`ess-kg quarantine`: rejected rows, listed, exported for correction, and retried."""

import getpass
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings
from kg.cli.terminal import console, create_table, detect_language, format_count, show_progress
from kg.dry_run import Model
from kg.dry_run.quarantine_retry import RetryFolders, RetryResult, retry_quarantine
from kg.errors import SourceError
from kg.release_layout import CURRENT, find_current_release
from kg.reports.as_workbook import export_csv, export_workbook
from kg.reports.sanitize import sanitize
from kg.settings import Settings
from kg.suppression_list import read_suppressions
from kg.validation.quarantine import LINES_FILE_STEM, QuarantineFile, list_quarantine

app: Final = typer.Typer(help="Rows that the last build rejected.", no_args_is_help=True)
SourceName = Annotated[str | None, typer.Option("--source", help="Name of a source.")]
TableName = Annotated[str | None, typer.Option("--table", help="Name of a table.")]
MAX_SHOWN_LINES: Final = 20


class ExportFormat(StrEnum):
    """Export formats."""

    CSV = "csv"
    XLSX = "xlsx"


@app.command("list")
def list_lines(source: SourceName = None) -> None:
    """Count the rejected rows by source and table, with dates and reasons."""
    files = list_quarantine(_find_quarantine(settings.read_settings()), source)
    if not files:
        console.print("Nothing waits in the quarantine.")
        return
    drawn = create_table(
        "Quarantine", "source", "table", "lines", "since", numbers=frozenset({"lines"})
    )
    for each in files:
        drawn.add_row(each.source, each.table or "RDF", f"{each.count:,}", each.oldest)
    console.print(drawn)
    french = detect_language(os.environ) == "fr"
    for each in files:
        name = f"{each.source}/{each.table or each.path.name}"
        for fr, en, count in each.reasons:
            reason = sanitize(fr if french else en, 300)
            console.print(f"{name}: {count:,} × {reason}", markup=False, soft_wrap=True)


@app.command("export")
def export(
    source: SourceName = None,
    table: TableName = None,
    form: Annotated[
        ExportFormat | None,
        typer.Option(
            "--format", help="Format of the file; by default that of its name, else xlsx."
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
) -> None:
    """Write the rejected rows with their reasons, to correct and pass to `retry`."""
    everything = list_quarantine(_find_quarantine(settings.read_settings()), source)
    files = [
        each
        for each in everything
        if each.table not in ("", LINES_FILE_STEM) and table in (None, each.table)
    ]
    if not files:
        raise SourceError("nothing waits there in the quarantine: ess-kg quarantine list")
    if form is None:
        named_csv = output is not None and output.suffix.lower() == ".csv"
        form = ExportFormat.CSV if named_csv else ExportFormat.XLSX
    if form is ExportFormat.CSV and len(files) > 1:
        choices = ", ".join(f"--source {each.source} --table {each.table}" for each in files)
        raise typer.BadParameter(f"a CSV holds one table; choose among {choices}, or --format xlsx")
    path = output or Path(_build_file_name(files, form))
    if form is ExportFormat.CSV:
        export_csv(files[0], path)
    else:
        export_workbook(files, path)
    console.print(f"{path}: {format_count(sum(f.count for f in files), 'line')}.", markup=False)
    console.print(f"Correct them, then: ess-kg quarantine retry {path}", markup=False)


@app.command("retry")
def retry_lines(
    file: Annotated[Path, typer.Argument(help="Export with corrected rows.")],
    by: Annotated[
        str | None, typer.Option(help="Author of the corrections; your account by default.")
    ] = None,
) -> None:
    """Check corrected rows again; those that pass are accepted by the next build.

    Exit code 0: all of them pass; 1: some are still rejected.
    """
    configuration = settings.read_settings()
    release = (
        find_current_release(configuration.releases).folder
        if (configuration.releases / CURRENT).is_file()
        else None
    )
    with show_progress() as track:
        retried = retry_quarantine(
            file,
            RetryFolders(
                _find_quarantine(configuration),
                configuration.data / "corrections",
                configuration.data / "sources",
            ),
            Model(configuration.model / "ontology", configuration.model / "shapes"),
            release=release,
            on=datetime.now(UTC).date().isoformat(),
            by=getpass.getuser() if by is None else by,
            suppressions=read_suppressions(configuration.data),
            track=track,
        )
    for each in retried:
        _print_retried(each, french=detect_language(os.environ) == "fr")
    if any(each.corrected for each in retried):
        console.print("Run `ess-kg build` to admit what passes.")
    raise typer.Exit(1 if any(each.rejected for each in retried) else 0)


def _print_retried(retried: RetryResult, *, french: bool) -> None:
    counts = {
        "corrected": len(retried.corrected),
        "still refused": len(retried.rejected),
        "unchanged": len(retried.unchanged),
        "not in the quarantine any more": len(retried.unknown),
    }
    summary = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    console.print(f"{retried.source}: {summary or 'no line'}", markup=False)
    for line, fr, en in retried.rejected[:MAX_SHOWN_LINES]:
        reason = sanitize(fr if french else en, 300)
        console.print(f"  {sanitize(line.file)}, row {line.row}: {reason}", markup=False,
            soft_wrap=True)  # fmt: skip
    if len(retried.rejected) > MAX_SHOWN_LINES:
        console.print(f"  and {len(retried.rejected) - MAX_SHOWN_LINES:,} more")


def _build_file_name(files: Sequence[QuarantineFile], form: ExportFormat) -> str:
    parts = [files[0].source if len({each.source for each in files}) == 1 else "quarantine"]
    if len(files) == 1:
        parts.append(files[0].table)
    return "-".join(parts) + f".{form.value}"


def _find_quarantine(configuration: Settings) -> Path:
    return configuration.data / "quarantine"
