"""Atomic publishing of a release: build lock, staging folder, manifest and rename.

A build that dies leaves a folder whose name starts with a dot, which nobody reads and the next
build removes; the lock goes with the process that held it.
"""

import fcntl
import filecmp
import json
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from kg.atomic_replace import exchange_folders
from kg.errors import BuildLocked, ReleaseDamaged, ReleaseError
from kg.file_hash import hash_file
from kg.release_layout import CURRENT, Release, list_kept_releases, read_current_id
from kg.releases.redaction_record import find_record_problems
from kg.suppression_list import read_secret

STAGING_PREFIX: Final = ".staging-"
REPLACED_PREFIX: Final = ".replaced-"
LOCK_FILE: Final = ".lock"
RELEASE_ID_PATTERN: Final = re.compile("[0-9a-f]{16}")
"""The ids that builds give."""

log = logging.getLogger(__name__)


@contextmanager
def build_lock(releases: Path) -> Iterator[None]:
    """Holds the right to build in a folder. Raises BuildLocked where another process has it."""
    releases.mkdir(parents=True, exist_ok=True)
    with (releases / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BuildLocked(
                f"another build is running in {releases} (process {holder}); this one stops"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _clear_staging(releases)
        yield


def _clear_staging(releases: Path) -> None:
    for replaced in releases.glob(REPLACED_PREFIX + "*"):
        final = releases / replaced.name.removeprefix(REPLACED_PREFIX)
        if final.exists():
            shutil.rmtree(replaced, ignore_errors=True)
        else:  # a build died between the two renames
            replaced.rename(final)
    for left in releases.glob(STAGING_PREFIX + "*"):
        shutil.rmtree(left, ignore_errors=True)
    for folder in releases.iterdir():  # whose removal was broken off
        if RELEASE_ID_PATTERN.fullmatch(folder.name) and not Release(folder).manifest_file.exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def staging_folder(releases: Path, release_id: str) -> Iterator[Release]:
    """A folder to write a release in; it is removed unless the release is published."""
    folder = releases / f"{STAGING_PREFIX}{release_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Release(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_manifest(
    draft: Release, manifest: Mapping[str, Any], earlier: Release | None = None
) -> None:
    """Writes the manifest, last, with the size and SHA-256 of every file, all of it on disk.

    A file that is the same as that of an earlier release is one with it on the disk.
    """
    files = {
        path.relative_to(draft.folder).as_posix(): _hash_and_sync(path)
        for path in sorted(draft.folder.rglob("*"))
        if path.is_file()
    }
    if earlier is not None:
        _share_files(draft, files, earlier)
    text = json.dumps({**manifest, "files": files}, ensure_ascii=False, indent=1, sort_keys=True)
    draft.manifest_file.write_text(text + "\n", "utf-8")
    _sync(draft.manifest_file)
    for folder in {path.parent for path in draft.folder.rglob("*")}:
        _sync(folder)


def _share_files(draft: Release, files: Mapping[str, Any], earlier: Release) -> None:
    """Makes the files that an earlier release has too hard links to them, where links are."""
    before = earlier.read_manifest().get("files", {})
    for name, stated in files.items():
        fresh, existing = draft.folder / name, earlier.folder / name
        if not stated["bytes"] or before.get(name) != stated or not existing.is_file():
            continue
        # what the manifest says may have been damaged since
        if not fresh.samefile(existing) and filecmp.cmp(fresh, existing, shallow=False):
            link = fresh.with_name(f".{fresh.name}")
            with suppress(OSError):
                link.hardlink_to(existing)
                link.replace(fresh)


def _hash_and_sync(path: Path) -> dict[str, Any]:
    _sync(path)
    return {"bytes": path.stat().st_size, "sha256": hash_file(path)}


def publish_draft(draft: Release, releases: Path, release_id: str) -> Release:
    """Puts a sealed draft in place and makes it the current release."""
    final = Release(releases / release_id)
    if final.folder.exists():
        swap_folders(draft.folder, final.folder)
        shutil.rmtree(draft.folder)  # which is the old one now
    else:
        draft.folder.rename(final.folder)
    _sync(releases)
    set_current(releases, final)
    return final


def swap_folders(draft: Path, final: Path) -> None:
    """Lets a draft and a release change names, in one step where the system can."""
    # between two renames the release in service would have no folder
    if not exchange_folders(draft, final):
        replaced = final.with_name(REPLACED_PREFIX + final.name)
        final.rename(replaced)
        draft.rename(final)
        replaced.rename(draft)


def set_current(releases: Path, release: Release) -> None:
    """Makes a release the current one, in one step."""
    fresh = releases / f".{CURRENT}-{os.getpid()}"
    fresh.write_text(release.id + "\n", "utf-8")
    _sync(fresh)
    fresh.replace(releases / CURRENT)
    _sync(releases)


def verify_release(release: Release) -> list[str]:
    """What does not match the manifest, one sentence each; empty where all is as sealed.

    Raises ReleaseError where there is no readable manifest.
    """
    files: Mapping[str, Mapping[str, Any]] = release.read_manifest().get("files", {})
    problems = find_altered_files(release, files)
    listed = set(files) | {release.manifest_file.name}
    present = {
        p.relative_to(release.folder).as_posix() for p in release.folder.rglob("*") if p.is_file()
    }
    problems += [f"{name} is not in the manifest" for name in sorted(present - listed)]
    secret = read_secret(release.data)
    return [*problems, *find_record_problems(release.read_manifest(), secret)]


def is_intact(release: Release) -> bool:
    """Whether a release is there, with all its files as sealed."""
    try:
        return release.manifest_file.is_file() and not verify_release(release)
    except ReleaseError:
        return False


def find_altered_files(release: Release, names: Iterable[str]) -> list[str]:
    """Which of these files of a release are not as sealed, one sentence each."""
    files = release.read_manifest().get("files", {})
    problems = release.find_damage(set(names))
    damaged = {problem.split(" ", 1)[0] for problem in problems}
    for name in names:
        if name not in files:
            problems.append(f"{name} is not in the manifest")
        elif name not in damaged and hash_file(release.folder / name) != files[name]["sha256"]:
            problems.append(f"{name} does not have the SHA-256 that was sealed")
    return problems


def restore_release(releases: Path, release_id: str) -> Release:
    """Serves a kept release again. Raises ReleaseDamaged where it is not as it was sealed."""
    release = Release(releases / release_id)
    problems = verify_release(release)
    if problems:
        raise ReleaseDamaged(f"release {release_id} is damaged: {'; '.join(problems[:5])}")
    set_current(releases, release)
    return release


def prune_releases(releases: Path, count: int) -> list[str]:
    """Removes the oldest releases beyond a number, never the current one; the ids removed.

    One that does not say what it is goes first: nobody can be served from it. The manifest is
    removed before the rest, so that servers see at once that the release is kept no more.
    """
    current = read_current_id(releases)
    sound = list_kept_releases(releases)
    names = {release.id for release in sound}
    candidates = [Release(path.parent) for path in releases.glob("*/manifest.json")]
    every = [release for release in candidates if release.id not in names] + sound
    old = [r for r in every[:-count] if r.id != current] if current else []
    removed = []
    for release in old:
        try:
            release.manifest_file.unlink()
            shutil.rmtree(release.folder)
        except OSError as error:
            log.warning("a release was not removed", extra={"reason": str(error)})
        else:
            removed.append(release.id)
    return removed


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
