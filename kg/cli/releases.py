"""`ess-kg releases`: lists, shows, verifies and compares releases, and selects the current one."""

import json
from typing import Annotated, Final

import typer

from kg import releases, settings
from kg.cli.terminal import console, create_table, format_size
from kg.errors import ReleaseDamaged, ReleaseError
from kg.release_layout import CURRENT, Release, find_current_release, list_kept_releases
from kg.releases import ChangeCounts
from kg.releases.redaction_record import REDACTIONS_KEY

app: Final = typer.Typer(help="The releases kept on this machine.", no_args_is_help=True)
ReleaseId = Annotated[str, typer.Argument(help="Id of a release, its beginning, or `current`.")]


@app.command("list")
def list_releases() -> None:
    """List the releases, oldest first; a star marks the current one."""
    folder = settings.read_settings().releases
    serving = (folder / CURRENT).read_text("utf-8").strip() if (folder / CURRENT).is_file() else ""
    numbers = frozenset({"triples", "size"})
    table = create_table("Releases", "", "id", "created", "triples", "size", numbers=numbers)
    for release in list_kept_releases(folder):
        manifest = release.read_manifest()
        total = sum(entry["bytes"] for entry in manifest.get("files", {}).values())
        star = "*" if release.id == serving else ""
        table.add_row(
            star,
            release.id,
            manifest["created"],
            f"{manifest.get('triples', 0):,}",
            format_size(total),
        )
    console.print(table)


@app.command("show")
def show(release: ReleaseId = CURRENT) -> None:
    """Print the manifest of a release, without its lists of files and inputs."""
    manifest = find_release(release).read_manifest()
    manifest.pop("files", None)
    manifest.pop("inputs", None)
    console.print_json(json.dumps(manifest, ensure_ascii=False))


@app.command("verify")
def verify(release: ReleaseId = CURRENT) -> None:
    """Check every file of a release against its manifest."""
    checked = find_release(release)
    problems = releases.verify_release(checked)
    if problems:
        raise ReleaseDamaged(f"release {checked.id} is damaged:\n  " + "\n  ".join(problems))
    console.print(f"Release {checked.id} is as it was sealed.")
    for record in checked.read_manifest().get(REDACTIONS_KEY) or []:
        console.print(
            f"A {record['scope']} was forgotten in it on {record['on']} ({record['reason']}): "
            f"{len(record['files']):,} files were written anew, signed."
        )


@app.command("compare")
def compare(before: ReleaseId, after: ReleaseId = CURRENT) -> None:
    """Count the triples and records added, removed and changed between two releases."""
    old, new = find_release(before), find_release(after)
    difference = releases.compare_releases(old, new)
    _print_changes(f"Triples, {old.id} to {new.id}", "graph", difference.graphs)
    _print_changes("Records", "kind", difference.kinds)


@app.command("current")
def set_current(release: ReleaseId) -> None:
    """Serve an older release again."""
    folder = settings.read_settings().releases
    restored = releases.restore_release(folder, find_release(release).id)
    console.print(f"Release {restored.id} is served.")


def _print_changes(title: str, noun: str, changes: list[ChangeCounts]) -> None:
    numbers = frozenset({"added", "removed", "changed"})
    table = create_table(title, noun, "added", "removed", "changed", numbers=numbers)
    for change in changes:
        table.add_row(
            change.name, f"{change.added:,}", f"{change.removed:,}", f"{change.changed:,}"
        )
    console.print(table)


def find_release(name: str) -> Release:
    """Return the release of an id or unique prefix, or the current one."""
    folder = settings.read_settings().releases
    if name == CURRENT:
        return find_current_release(folder)
    matches = [release for release in list_kept_releases(folder) if release.id.startswith(name)]
    if len(matches) != 1:
        release_ids = ", ".join(release.id for release in list_kept_releases(folder)) or "none"
        raise ReleaseError(f"{len(matches)} releases begin with {name!r}; kept here: {release_ids}")
    return matches[0]
