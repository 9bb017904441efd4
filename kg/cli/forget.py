"""`ess-kg forget`: removes a record, or a field of it, from all that an installation holds."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings
from kg.cli.terminal import console, show_progress
from kg.errors import ForgetError
from kg.installation import InstallationPaths
from kg.privacy.forget import ForgetResult, forget, remove_shared_results
from kg.releases.redaction_record import Reason
from kg.settings import Settings

app: Final = typer.Typer(pretty_exceptions_enable=False)


@app.command("forget")
def command(
    record: Annotated[str, typer.Argument(help="The record: kind/key, such as person/key.")],
    reason: Annotated[Reason, typer.Option(help="The ground, which the signed gap states.")],
    field: Annotated[
        str, typer.Option(help="Column of its table to forget, instead of the whole record.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be changed, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a record, or a field of it, from the sources' copies and all kept releases.

    It cannot be undone. Exit code 0: nothing is left; 1: somebody has to edit what is listed.
    """
    configured = settings.read_settings()
    paths = InstallationPaths(configured.data, configured.model)
    today = datetime.now(UTC).date().isoformat()
    if not dry_run and not yes:
        trial = _run(paths, record, reason, today, field, dry_run=True)
        _print_result(trial)
        _confirm(trial.reference, field)
    result = _run(paths, record, reason, today, field, dry_run=dry_run)
    _print_result(result)
    if result.done:
        _remove_answers(configured)
        _print_next_steps(configured)
    raise typer.Exit(1 if result.left else 0)


def _run(
    paths: InstallationPaths, record: str, reason: Reason, today: str, field: str, *, dry_run: bool
) -> ForgetResult:
    with show_progress() as track:
        return forget(paths, record, reason, today, column=field, dry_run=dry_run, track=track)


def _confirm(reference: str, field: str) -> None:
    if not sys.stdin.isatty():
        raise ForgetError(
            "this cannot be undone, and there is no terminal to ask on: add --yes, or --dry-run"
        )
    what = f"{field} of {reference}" if field else reference
    typer.confirm(f"Forget {what} for good?", abort=True)


def _print_result(result: ForgetResult) -> None:
    if result.removed:
        console.print("Removed from:" if result.done else "Would be removed from:")
    else:
        console.print("Nothing is to be removed.")
    for line in result.removed:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    if result.left:
        console.print("To be edited by hand, because it still tells of it:")
    for line in result.left:
        console.print(f"  {line}", markup=False, soft_wrap=True)


def _remove_answers(configured: Settings) -> None:
    if configured.answers:
        remove_shared_results(Path(configured.answers))


def _print_next_steps(configured: Settings) -> None:
    console.print("Running servers take it up by themselves. Run `ess-kg build` for a new release.")
    if configured.sparql_endpoint:
        console.print("The SPARQL service elsewhere still has it: `ess-kg publish --force`.")
    console.print("Backups, caches in front of the server and whoever copied the data: see "
                  "docs/privacy.md.", soft_wrap=True)  # fmt: skip
