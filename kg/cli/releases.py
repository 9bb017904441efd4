"""`ess-kg releases`: list, show, verify and compare the kept releases, and go back to one."""

import json
from typing import Annotated, Final

import typer

from kg import releases, settings
from kg.cli.terminal import console, size, table
from kg.errors import ReleaseDamaged, ReleaseError
from kg.release import CURRENT, Release, current, kept
from kg.releases import Change

app: Final = typer.Typer(help="The releases kept on this machine.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="Id of a release, its beginning, or `current`.")]


@app.command("list")
def list_releases() -> None:
    """Every kept release, oldest first; a star marks the one that is served."""
    folder = settings.read().releases
    serving = (folder / CURRENT).read_text("utf-8").strip() if (folder / CURRENT).is_file() else ""
    numbers = frozenset({"triples", "size"})
    drawn = table("Releases", "", "id", "created", "triples", "size", numbers=numbers)
    for release in kept(folder):
        manifest = release.manifest()
        total = sum(entry["bytes"] for entry in manifest.get("files", {}).values())
        star = "*" if release.id == serving else ""
        drawn.add_row(
            star, release.id, manifest["created"], f"{manifest.get('triples', 0):,}", size(total)
        )
    console.print(drawn)


@app.command("show")
def show(release: Id = CURRENT) -> None:
    """What a release says of itself, its list of files left out."""
    manifest = find(release).manifest()
    manifest.pop("files", None)
    manifest.pop("inputs", None)
    console.print_json(json.dumps(manifest, ensure_ascii=False))


@app.command("verify")
def verify(release: Id = CURRENT) -> None:
    """Check every file of a release against its manifest."""
    found = find(release)
    problems = releases.verify(found)
    if problems:
        raise ReleaseDamaged(f"release {found.id} is damaged:\n  " + "\n  ".join(problems))
    console.print(f"Release {found.id} is as it was sealed.")


@app.command("compare")
def compare(before: Id, after: Id = CURRENT) -> None:
    """What was added, removed and changed from one release to another."""
    old, new = find(before), find(after)
    difference = releases.compare(old, new)
    _show(f"Triples, {old.id} to {new.id}", "graph", difference.graphs)
    _show("Records", "kind", difference.kinds)


@app.command("current")
def move(release: Id) -> None:
    """Serve a kept release again."""
    folder = settings.read().releases
    moved = releases.move_current(folder, find(release).id)
    console.print(f"Release {moved.id} is served.")


def _show(title: str, noun: str, changes: list[Change]) -> None:
    numbers = frozenset({"added", "removed", "changed"})
    drawn = table(title, noun, "added", "removed", "changed", numbers=numbers)
    for change in changes:
        drawn.add_row(
            change.name, f"{change.added:,}", f"{change.removed:,}", f"{change.changed:,}"
        )
    console.print(drawn)


def find(name: str) -> Release:
    """The release of an id, of its beginning, or the current one."""
    folder = settings.read().releases
    if name == CURRENT:
        return current(folder)
    found = [release for release in kept(folder) if release.id.startswith(name)]
    if len(found) != 1:
        known = ", ".join(release.id for release in kept(folder)) or "none"
        raise ReleaseError(f"{len(found)} releases begin with {name!r}; kept here: {known}")
    return found[0]
