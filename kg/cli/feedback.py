"""`ess-kg feedback`: what visitors reported as wrong, listed, applied, refused and answered."""

import getpass
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings, visitor_reports
from kg.cli.terminal import console, create_table, detect_language, show_progress
from kg.dry_run.record_correction import correct_record
from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.release_layout import CURRENT, find_current_release
from kg.reports.sanitize import sanitize
from kg.settings import Settings
from kg.visitor_reports import (
    ANSWERED,
    APPLIED,
    NEW,
    PROPOSAL_FIELDS,
    PROPOSED_SOURCE,
    REFUSED,
    VisitorReport,
)

app: Final = typer.Typer(
    help="What visitors reported as wrong, and sources that they propose.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(help="Number of the report.")]
Answer = Annotated[str, typer.Option("--answer", help="What you told, or why.")]
By = Annotated[str | None, typer.Option(help="Who decides; your account by default.")]


@app.command("list")
def list_reports(
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
) -> None:
    """List the reports that wait: record, column, what is wrong, what it should be."""
    reports = [
        each
        for each in visitor_reports.read_reports(_find_file(settings.read_settings()))
        if every or each.state == NEW
    ]
    if not reports:
        console.print("No report waits.")
        return
    drawn = create_table(
        "Reports", "n", "state", "record", "column", "problem", "proposed", "evidence",
        "answer to", numbers=frozenset({"n"}),
    )  # fmt: skip
    for each in reports:
        texts = (each.state, each.record, each.column, each.problem, each.proposed, each.evidence)
        drawn.add_row(str(each.number), *(sanitize(t, 300) for t in (*texts, each.contact)))
    console.print(drawn)


@app.command("apply")
def apply_report(
    number: Number,
    column: Annotated[str, typer.Option(help="Column to correct, if not the reported one.")] = "",
    value: Annotated[str | None, typer.Option(help="Its value, if not the proposed one.")] = None,
    source: Annotated[str, typer.Option(help="Source to correct, where several have it.")] = "",
    answer: Answer = "",
    by: By = None,
) -> None:
    """Correct the record as reported: judged at once, in the graph with the next build.

    Exit code 0: kept as a correction; 1: the shapes reject it.
    """
    configuration = settings.read_settings()
    report = _find_report(configuration, number)
    if report.record == PROPOSED_SOURCE:
        # a visitor wrote it, and a curator may give it to a shell
        address = shlex.quote(sanitize(report.proposed, PROPOSAL_FIELDS["address"]))
        raise SourceError(
            f"report {number} proposes a source: ess-kg source new NAME --from {address},"
            f" then ess-kg feedback answer {number}",
            f"le signalement {number} propose une source : ess-kg source new NOM --from"
            f" {address}, puis ess-kg feedback answer {number}",
        )
    paths = InstallationPaths(configuration.data, configuration.model)
    release = (
        find_current_release(configuration.releases)
        if (configuration.releases / CURRENT).is_file()
        else None
    )
    author = getpass.getuser() if by is None else by
    with show_progress() as track:
        result = correct_record(
            paths,
            report.record,
            column or report.column,
            report.proposed if value is None else value,
            release=release,
            on=_today(),
            by=author,
            source=source,
            track=track,
        )
    french = detect_language(os.environ) == "fr"
    for _, fr, en in result.rejected:
        console.print(f"rejected: {sanitize(fr if french else en, 300)}", markup=False)
    if result.rejected:
        raise typer.Exit(1)
    _decide(configuration, number, APPLIED, answer, author)
    console.print("Run `ess-kg build` to admit it.")


@app.command("refuse")
def refuse_report(number: Number, answer: Answer = "", by: By = None) -> None:
    """Note that a report is not followed, and why."""
    _decide(settings.read_settings(), number, REFUSED, answer, by)


@app.command("answer")
def answer_report(number: Number, answer: Answer = "", by: By = None) -> None:
    """Note that a report was answered, or mended elsewhere."""
    _decide(settings.read_settings(), number, ANSWERED, answer, by)


def _decide(configuration: Settings, number: int, state: str, answer: str, by: str | None) -> None:
    contact = _find_report(configuration, number).contact
    author = getpass.getuser() if by is None else by
    visitor_reports.decide(_find_file(configuration), number, state, answer, _today(), author)
    told = f"; answer to {sanitize(contact)} (removed from the file now)" if contact else ""
    console.print(f"Report {number}: {state}{told}.", markup=False)


def _find_report(configuration: Settings, number: int) -> VisitorReport:
    for each in visitor_reports.read_reports(_find_file(configuration)):
        if each.number == number:
            return each
    raise SourceError(
        f"there is no report {number}: ess-kg feedback list",
        f"il n'y a pas de signalement {number} : ess-kg feedback list",
    )


def _find_file(configuration: Settings) -> Path:
    return configuration.data / visitor_reports.FILE_NAME


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
