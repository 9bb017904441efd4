"""`ess-kg build`: a new release from all sources in `data/sources`."""

from typing import Annotated, Final

import typer

from kg import pipeline, settings
from kg.cli.source_folders import find_recipe_folders
from kg.cli.terminal import console, create_table, format_count, show_progress
from kg.installation import InstallationPaths
from kg.pipeline import BuildResult

SUMMARY_COLUMNS = (
    *("read", "accepted", "refused", "warned", "discrepancies", "duplicates", "triples"),
    "seconds",
)


app: Final = typer.Typer(pretty_exceptions_enable=False)


@app.command("build")
def command(
    strict: Annotated[bool, typer.Option(help="Fail if any record is rejected.")] = False,
    force: Annotated[bool, typer.Option(help="Build even if the release exists.")] = False,
    full: Annotated[
        bool, typer.Option(help="Take nothing over from the release in service.")
    ] = False,
    accept_loss: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A source that may be missing or have lost more than half of its records since "
            "the release in service; or gone.csv, where it may name what nobody has. Repeatable.",
        ),
    ] = None,
    with_recipes: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME",
            help="A recipe to build as a source, its data in raw/. Repeatable.",
        ),
    ] = None,
) -> None:
    """Read, map, check, derive and freeze the sources into a release, and serve it."""
    configuration = settings.read_settings()
    places = InstallationPaths(configuration.data, configuration.model)
    recipes = find_recipe_folders(places, with_recipes or ())
    with show_progress() as track:
        built = pipeline.build(
            places,
            strict=strict,
            force=force,
            full=full,
            accept_loss=accept_loss or (),
            recipes=recipes,
            track=track,
        )
    _print_summary(built, places)


def _print_summary(built: BuildResult, places: InstallationPaths) -> None:
    drawn = create_table(
        f"Release {built.release.id}",
        "source",
        *SUMMARY_COLUMNS,
        numbers=frozenset(SUMMARY_COLUMNS),
    )
    for line in built.lines:
        counts = (
            line.read, line.accepted, line.refused, line.warned, line.discrepancies,
            line.duplicates, line.triples,
        )  # fmt: skip
        drawn.add_row(line.source, *(f"{n:,}" for n in counts), f"{line.seconds:.2f}")
    console.print(drawn)
    if not built.fresh:
        console.print("Nothing has changed since this release was built: it is served as it is.")
    for sentence in built.notes:
        console.print(sentence, soft_wrap=True)
    refused = sum(line.refused for line in built.lines)
    if refused:
        console.print(f"{format_count(refused, 'record')} refused, kept in {places.quarantine}.")
    unjudged = sum(line.unjudged for line in built.lines)
    if unjudged:
        console.print(
            f"{unjudged} entities are not judged and not published: no rule is about them."
        )
    if any(line.discrepancies for line in built.lines):
        console.print(
            "Sources disagree: nothing is refused for it; each value is kept with its source, and "
            "the report tells them."
        )
    console.print(f"Report: {built.release.report}")
