"""How a release comes to be: written aside under a lock, sealed, then put in place in one step.

A build that dies leaves a folder whose name starts with a dot, which nobody reads and the next
build removes; the lock goes with the process that held it.
"""

import fcntl
import json
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kg.errors import BuildLocked, ReleaseDamaged
from kg.release import CURRENT, Release, kept, served
from kg.releases.identity import sha256

STAGING: Final = ".staging-"
LOCK: Final = ".lock"
OURS: Final = re.compile("[0-9a-f]{16}")
"""The ids that builds give."""

log = logging.getLogger(__name__)


@contextmanager
def build_lock(releases: Path) -> Iterator[None]:
    """Holds the right to build in a folder. Raises BuildLocked where another process has it."""
    releases.mkdir(parents=True, exist_ok=True)
    with (releases / LOCK).open("a+") as file:
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
    for left in releases.glob(STAGING + "*"):
        shutil.rmtree(left, ignore_errors=True)
    for folder in releases.iterdir():  # whose removal was broken off
        if OURS.fullmatch(folder.name) and not Release(folder).manifest_file.exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def staging(releases: Path, release_id: str) -> Iterator[Release]:
    """A folder to write a release in; it is removed unless the release is published."""
    folder = releases / f"{STAGING}{release_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Release(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seal(draft: Release, manifest: Mapping[str, Any]) -> None:
    """Writes the manifest, last, with the size and SHA-256 of every file, all of it on disk."""
    files = {
        path.relative_to(draft.folder).as_posix(): _sealed(path)
        for path in sorted(draft.folder.rglob("*"))
        if path.is_file()
    }
    text = json.dumps({**manifest, "files": files}, ensure_ascii=False, indent=1, sort_keys=True)
    draft.manifest_file.write_text(text + "\n", "utf-8")
    _sync(draft.manifest_file)
    for folder in {path.parent for path in draft.folder.rglob("*")}:
        _sync(folder)


def _sealed(path: Path) -> dict[str, Any]:
    _sync(path)
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def publish(draft: Release, releases: Path, release_id: str) -> Release:
    """Puts a sealed draft in place and makes it the current release."""
    final = Release(releases / release_id)
    if final.folder.exists():
        shutil.rmtree(final.folder)
    draft.folder.rename(final.folder)
    _sync(releases)
    point(releases, final)
    return final


def point(releases: Path, release: Release) -> None:
    """Makes a release the current one, in one step."""
    fresh = releases / f".{CURRENT}-{os.getpid()}"
    fresh.write_text(release.id + "\n", "utf-8")
    _sync(fresh)
    fresh.replace(releases / CURRENT)
    _sync(releases)


def verify(release: Release) -> list[str]:
    """What does not match the manifest, one sentence each; empty where all is as sealed.

    Raises ReleaseError where there is no readable manifest.
    """
    files: Mapping[str, Mapping[str, Any]] = release.manifest().get("files", {})
    problems = altered(release, files)
    known = set(files) | {release.manifest_file.name}
    found = {
        p.relative_to(release.folder).as_posix() for p in release.folder.rglob("*") if p.is_file()
    }
    problems += [f"{name} is not in the manifest" for name in sorted(found - known)]
    return problems


def altered(release: Release, names: Iterable[str]) -> list[str]:
    """Which of these files of a release are not as sealed, one sentence each."""
    files = release.manifest().get("files", {})
    problems = release.damaged(set(names))
    told = {problem.split(" ", 1)[0] for problem in problems}
    for name in names:
        if name not in files:
            problems.append(f"{name} is not in the manifest")
        elif name not in told and sha256(release.folder / name) != files[name]["sha256"]:
            problems.append(f"{name} does not have the SHA-256 that was sealed")
    return problems


def move_current(releases: Path, release_id: str) -> Release:
    """Serves a kept release again. Raises ReleaseDamaged where it is not as it was sealed."""
    release = Release(releases / release_id)
    problems = verify(release)
    if problems:
        raise ReleaseDamaged(f"release {release_id} is damaged: {'; '.join(problems[:5])}")
    point(releases, release)
    return release


def keep_only(releases: Path, count: int) -> list[str]:
    """Removes the oldest releases beyond a number, never the current one; the ids removed.

    One that does not say what it is goes first: nobody can be served from it. The manifest is
    removed before the rest, so that servers see at once that the release is kept no more.
    """
    current = served(releases)
    sound = kept(releases)
    names = {release.id for release in sound}
    others = [Release(path.parent) for path in releases.glob("*/manifest.json")]
    every = [release for release in others if release.id not in names] + sound
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
