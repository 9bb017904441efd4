"""`ess-kg fetch`: downloads the files of sources from the origins in `[fetch]`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from kg import settings
from kg.cli.source_folders import find_paths, find_source
from kg.cli.terminal import console, detect_language, error_console, format_size
from kg.errors import EssKgError, FetchError
from kg.fetching import FetchedSource, fetch_source
from kg.installation import InstallationPaths
from kg.kinds import Text
from kg.sources import Source, read_source_description
from kg.sources.source_description import DESCRIPTION_FILE

app: Final = typer.Typer(pretty_exceptions_enable=False)
STATUS_TEXTS: Final = {
    "new": Text("nouveau", "new"),
    "changed": Text("changé", "changed"),
    "unchanged": Text("inchangé", "unchanged"),
}
NOTHING_TO_FETCH: Final = Text(
    "Aucune source ne dit d'où viennent ses fichiers : écrivez [fetch] dans son source.toml.",
    "No source says where its files come from: write [fetch] in its source.toml.",
)
NEXT: Final = Text(
    "Ensuite : ess-kg diff {0} (ce qu'une construction changerait), puis ess-kg build.",
    "Next: ess-kg diff {0} (what a build would change), then ess-kg build.",
)
NEXT_WITH: Final = Text(
    "Ensuite : ess-kg diff {0} (ce qu'une construction changerait), puis ess-kg build {1}.",
    "Next: ess-kg diff {0} (what a build would change), then ess-kg build {1}.",
)


@app.command("fetch")
def command(
    names: Annotated[list[str] | None, typer.Argument(help="Sources, or recipes.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every source that has [fetch].")] = False,
    local: Annotated[
        Path | None, typer.Option("--from", help="A file of this machine to take instead.")
    ] = None,
) -> None:
    """Fetch the files of sources into their raw/ folder; failures leave the old files.

    Exit code 0: all files were fetched or are unchanged; 1: one failed.
    """
    if not names and not every:
        raise typer.BadParameter("say which source to fetch, or --all")
    if local and (every or len(names or []) != 1):
        raise typer.BadParameter("--from is the file of one source")
    paths = find_paths(settings.read_settings())
    language = detect_language(os.environ)
    sources = list_fetched(paths) if every else [find_source(paths, name) for name in names or []]
    if not sources:
        console.print(NOTHING_TO_FETCH[language])
    changed, failed = [], False
    for source in sources:
        try:
            fetched = fetch_source(source, paths.fetches / source.name, local=local)
        except FetchError as error:
            error_console.print(
                f"{source.name}: {error.message_in(language)}", markup=False, soft_wrap=True
            )
            failed = True
            continue
        _print_files(fetched, language)
        if fetched.has_changed:
            changed.append(source)
    _print_next(paths, changed, language)
    raise typer.Exit(1 if failed else 0)


def list_fetched(paths: InstallationPaths) -> list[Source]:
    """List the sources with a fetch plan, without recipes."""
    sources = []
    for path in sorted(paths.sources.glob(f"*/{DESCRIPTION_FILE}")):
        try:
            source = read_source_description(path.parent)
        except EssKgError as error:
            error_console.print(str(error), markup=False, soft_wrap=True)
            continue
        if source.fetch:
            sources.append(source)
    return sources


def _print_files(fetched: FetchedSource, language: str) -> None:
    for file in fetched.files:
        status = STATUS_TEXTS[file.status][language]
        console.print(
            f"{fetched.source.name}: raw/{file.name}: {status}, {format_size(file.bytes)}",
            markup=False,
            soft_wrap=True,
        )


def _print_next(paths: InstallationPaths, changed: Sequence[Source], language: str) -> None:
    own = [source for source in changed if source.folder.parent == paths.sources]
    if own:
        console.print(NEXT[language].format(own[0].name), markup=False, soft_wrap=True)
    elif changed:
        options = " ".join(f"--with {source.name}" for source in changed)
        text = NEXT_WITH[language].format(changed[0].name, options)
        console.print(text, markup=False, soft_wrap=True)
