"""`ess-kg update`: what is due is fetched and built, and told only where there is news."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings
from kg.cli.source_folders import find_paths, find_recipe_folders
from kg.cli.terminal import console, detect_language, error_console, show_progress
from kg.kinds import Text
from kg.progress import report_nothing
from kg.updates import Channels, notify, update_sources

app: Final = typer.Typer(pretty_exceptions_enable=False)
NOTHING: Final = Text("Rien de nouveau ({} sources interrogées).", "No news ({} sources asked).")


@app.command("update")
def command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources to fetch now; those that are due if none.")
    ] = None,
    with_recipes: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME", help="A recipe to fetch and build. Repeatable."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--to-file", help="Text file to which news are added.")
    ] = None,
    feed: Annotated[Path | None, typer.Option("--atom", help="Atom feed to write.")] = None,
    webhook: Annotated[str, typer.Option(help="Address to which news are posted as JSON.")] = "",
    mail: Annotated[str, typer.Option(help="Address that sendmail sends news to.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing without news.")] = False,
) -> None:
    """Fetch the sources that are due, compare them, and build if something changed.

    A source that breaks the bounds of its [expect] is put aside; the others go on. Exit code 0:
    all is well; 1: something failed or was put aside.
    """
    if webhook and not webhook.startswith(("http://", "https://")):
        raise typer.BadParameter("--webhook is an address of the web")
    paths = find_paths(settings.read_settings())
    recipes = find_recipe_folders(paths, with_recipes or ())
    language = detect_language(os.environ)
    with nullcontext(report_nothing) if quiet else show_progress() as track:
        report = update_sources(paths, names=names or (), recipes=recipes, track=track)
    if not report.has_news:
        if not quiet:
            console.print(NOTHING[language].format(len(report.looked_at)))
        return
    console.print(report.summarize(language), markup=False, soft_wrap=True)
    console.print(report.describe(language), markup=False, soft_wrap=True)
    errors = notify(report, Channels(file, feed, webhook, mail), paths.fetches, language)
    for error in errors:
        error_console.print(str(error), markup=False, soft_wrap=True)
    raise typer.Exit(1 if errors or report.has_failed else 0)
