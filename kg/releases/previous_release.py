"""Previous release as input of a build, with its damaged parts ignored."""

import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kg.catalogue.schema import open_read_only
from kg.errors import ReleaseError
from kg.namespaces import ID
from kg.release_layout import Release, read_current_id
from kg.releases.atomic_publish import find_altered_files
from kg.releases.changes import DEPARTED_FILE
from kg.releases.differences import VERSIONS_FILE

log = logging.getLogger(__name__)
INCREMENTAL_STATE_PREFIX = "report/checked/"


@dataclass(frozen=True)
class PreviousReleases:
    """The releases of a folder as a build finds them."""

    releases: Path

    @cached_property
    def release(self) -> Release | None:
        """The release in service, None where there is none that says what it is."""
        name = read_current_id(self.releases)
        return self._open_if_sound(name) if name else None

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What the release in service says of itself; empty where there is none."""
        return self.release.read_manifest() if self.release else {}

    def find_followed(self, fresh: str) -> Release | None:
        """The release that the build of this id follows: that in service, or, where it is built
        again, the one that it followed. None where it kept no versions that can be read.
        """
        release = self.release
        if release is not None and release.id == fresh:
            name = str(self.manifest.get("previous") or "")
            release = self._open_if_sound(name) if name else None
        if release is None or _has_problems(release, (VERSIONS_FILE, DEPARTED_FILE)):
            return None
        return release

    def find_incremental_state(self) -> Path | None:
        """The folder of what the check of the release in service left, where it is as sealed."""
        if self.release is None:
            return None
        names = [
            name
            for name in self.manifest.get("files", {})
            if name.startswith(INCREMENTAL_STATE_PREFIX)
        ]
        return None if _has_problems(self.release, names) else self.release.report / "checked"

    def find_known(self, iris: Iterable[str]) -> set[str]:
        """Those of some addresses that the release in service has, had or tells the fate of."""
        if self.release is None:
            return set()
        existing_iris = set()
        try:
            file = open_read_only(self.release.catalogue)
            try:
                tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
                for iri in iris:
                    if any(
                        file.execute(*query).fetchone() for query in _build_queries(iri, tables)
                    ):
                        existing_iris.add(iri)
            finally:
                file.close()
        except sqlite3.Error as error:
            _log_skipped(self.release.id, str(error))
        return existing_iris

    def _open_if_sound(self, name: str) -> Release | None:
        release = Release(self.releases / name)
        try:
            release.read_manifest()
        except ReleaseError as error:
            _log_skipped(name, str(error))
            return None
        return release


def _build_queries(iri: str, tables: Collection[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    kind, _, key = iri.removeprefix(ID).partition("#")[0].partition("/")
    yield "SELECT 1 FROM entity WHERE kind = ? AND key = ?", (kind, key)
    yield "SELECT 1 FROM moved WHERE old = ?", (iri,)
    yield "SELECT 1 FROM gone WHERE iri = ?", (iri,)
    if "departed" in tables:  # not in releases of before there was one
        yield "SELECT 1 FROM departed WHERE iri = ?", (iri,)


def _has_problems(release: Release, names: Iterable[str]) -> bool:
    try:
        problems = find_altered_files(release, list(names))
    except (OSError, ReleaseError) as error:
        problems = [str(error)]
    if problems:
        _log_skipped(release.id, "; ".join(problems))
    return bool(problems)


def _log_skipped(release: str, reason: str) -> None:
    log.warning("a release before was passed over", extra={"release": release, "reason": reason})
