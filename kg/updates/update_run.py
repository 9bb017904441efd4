"""Update run: what is due is fetched, compared, put in place or aside, and built once.

A source whose publisher has lost what the guards of `[expect]` hold is put aside, and the others
go on: one of them never keeps the rest from being published.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from kg import pipeline
from kg.dry_run.source_difference import SourceDifference, compare_source
from kg.errors import EssKgError
from kg.fetching import FetchedSource, read_fetch_state, stage_source
from kg.installation import InstallationPaths
from kg.kinds import Text
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import CURRENT, Release, find_current_release
from kg.sources import Source, read_source_description
from kg.sources.source_description import DESCRIPTION_FILE
from kg.updates.update_report import SourceNews, UpdateReport

PENDING_FILE: Final = ".pending"
"""Beside the states of fetches, where what was put in place is not built yet."""
OLD_FILE: Final = "old.json"
"""The sources of which it was told that they are old, with the day they were retrieved."""
HELD: Final = Text("{} ; les fichiers sont dans {}", "{}; its files are in {}")
RAW: Final = "raw"


def update_sources(
    paths: InstallationPaths,
    *,
    names: Collection[str] = (),
    recipes: Sequence[Path] = (),
    today: date | None = None,
    track: ProgressCallback = report_nothing,
) -> UpdateReport:
    """Fetches what is due (or the sources named), and builds where something changed.

    `recipes` are folders of recipes that are fetched and built as sources are.
    """
    day = today or datetime.now(UTC).date()
    paths.fetches.mkdir(parents=True, exist_ok=True)
    pending = paths.fetches / PENDING_FILE
    sources, news = _read_sources(paths, recipes, names)
    due = [source for source in sources if source.name in names or _is_due(paths, source, day)]
    for source in due:
        found = _update_source(paths, source, track)
        if found:
            news.append(found)
    news += _find_old(paths, sources, day)
    release, error = "", Text("", "")
    if pending.exists():
        try:
            built = pipeline.build(paths, recipes=recipes, track=track)
            pending.unlink()
            release = built.release.id
        except EssKgError as stopped:
            error = Text(stopped.message_in("fr"), str(stopped))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return UpdateReport(moment, [source.name for source in due], news, release, error)


def _read_sources(
    paths: InstallationPaths, recipes: Sequence[Path], names: Collection[str]
) -> tuple[list[Source], list[SourceNews]]:
    """Every source that can be read, and the news of those that cannot."""
    sources, news = [], []
    own = sorted(path.parent for path in paths.sources.glob(f"*/{DESCRIPTION_FILE}"))
    for folder in (*own, *recipes):
        try:
            sources.append(read_source_description(folder))
        except EssKgError as error:
            news.append(_make_failure(folder.name, error))
    known = {source.name for source in sources} | {each.source for each in news}
    for name in sorted(set(names) - known):
        text = Text("il n'y a pas de telle source", "there is no such source")
        news.append(SourceNews(name, "failed", detail=text))
    return sources, news


def _is_due(paths: InstallationPaths, source: Source, day: date) -> bool:
    if source.fetch is None or source.fetch.every is None:
        return False
    return read_fetch_state(paths.fetches / source.name).is_due(source.fetch.every, day)


def _update_source(
    paths: InstallationPaths, source: Source, track: ProgressCallback
) -> SourceNews | None:
    """Fetches one source and puts what changed in place; None where nothing did."""
    try:
        with stage_source(source, paths.fetches / source.name) as fetched:
            if not fetched.has_changed:
                fetched.put_in_place()
                return None
            difference = _preview(paths, fetched, track)
            counts = {
                name: difference.counts[name] for name in ("added", "changed", "removed", "refused")
            }
            if difference.guards:
                held = fetched.put_aside()
                return SourceNews(source.name, "held", counts, _describe_guards(difference, held))
            # before, so that what is in place is built even where this run is cut off
            (paths.fetches / PENDING_FILE).touch()
            fetched.put_in_place()
            return SourceNews(source.name, "changed", counts)
    except EssKgError as error:
        return _make_failure(source.name, error)
    except OSError as error:
        return SourceNews(source.name, "failed", detail=Text(str(error), str(error)))


def _preview(
    paths: InstallationPaths, fetched: FetchedSource, track: ProgressCallback
) -> SourceDifference:
    """What a build would change, were the files that wait in their place."""
    source = fetched.source
    folder = fetched.folder / "preview" / source.name
    _link_source(source, {file.name: file.path for file in fetched.files if file.path}, folder)
    served = (paths.releases / CURRENT).is_file()
    release: Release | None = find_current_release(paths.releases) if served else None
    try:
        return compare_source(paths, folder, release, limit=0, track=track)
    finally:
        _remove_links(folder)


def _link_source(source: Source, fresh: Mapping[str, Path], folder: Path) -> None:
    """Makes a folder of links to the files of a source, those that wait before its own."""
    _remove_links(folder)
    for path in source.list_files():
        place = folder / path.relative_to(source.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.name != RAW or path.name not in fresh:
            place.symlink_to(path.resolve())
    (folder / RAW).mkdir(parents=True, exist_ok=True)
    for name, path in fresh.items():
        (folder / RAW / name).symlink_to(path.resolve())


def _remove_links(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink():
            path.unlink()
        else:
            path.rmdir()
    if folder.is_dir():
        folder.rmdir()


def _describe_guards(difference: SourceDifference, held: Path) -> Text:
    french = ", ".join(text.fr for text in difference.guards)
    english = ", ".join(text.en for text in difference.guards)
    return Text(HELD.fr.format(french, held), HELD.en.format(english, held))


def _make_failure(name: str, error: EssKgError) -> SourceNews:
    return SourceNews(name, "failed", detail=Text(error.message_in("fr"), str(error)))


def _find_old(
    paths: InstallationPaths, sources: Sequence[Source], day: date
) -> Iterator[SourceNews]:
    """The sources that have grown older than they state, each once."""
    path = paths.fetches / OLD_FILE
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        told = {}
    old = {}
    for source in sources:
        most = source.bounds.age_max_days
        if not most or not source.retrieved:
            continue
        if (day - date.fromisoformat(source.retrieved)).days > most:
            old[source.name] = source.retrieved
            if told.get(source.name) != source.retrieved:
                yield SourceNews(source.name, "old", detail=Text(str(most), str(most)))
    if old != told:
        path.write_text(json.dumps(old, indent=1) + "\n", "utf-8")
