"""The previous release as a help to a build: what is damaged of it is done without."""

import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kg.catalogue.schema import open_frozen
from kg.errors import ReleaseError
from kg.namespaces import ID
from kg.release import Release, served
from kg.releases.changes import LEFT, VERSIONS
from kg.releases.seal import altered

log = logging.getLogger(__name__)
CHECKED = "report/checked/"


@dataclass(frozen=True)
class Before:
    """The releases of a folder as a build finds them."""

    releases: Path

    @cached_property
    def release(self) -> Release | None:
        """The release in service, None where there is none that says what it is."""
        name = served(self.releases)
        return self._sound(name) if name else None

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What the release in service says of itself; empty where there is none."""
        return self.release.manifest() if self.release else {}

    def followed(self, fresh: str) -> Release | None:
        """The release that the build of this id follows: that in service, or, where it is built
        again, the one that it followed. None where it kept no versions that can be read.
        """
        found = self.release
        if found is not None and found.id == fresh:
            name = str(self.manifest.get("previous") or "")
            found = self._sound(name) if name else None
        if found is None or _fails(found, (VERSIONS, LEFT)):
            return None
        return found

    def checked(self) -> Path | None:
        """The folder of what the check of the release in service left, where it is as sealed."""
        if self.release is None:
            return None
        names = [name for name in self.manifest.get("files", {}) if name.startswith(CHECKED)]
        return None if _fails(self.release, names) else self.release.report / "checked"

    def knew(self, iris: Iterable[str]) -> set[str]:
        """Those of some addresses that the release in service has, had or tells the fate of."""
        if self.release is None:
            return set()
        found = set()
        try:
            file = open_frozen(self.release.catalogue)
            try:
                tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
                for iri in iris:
                    if any(file.execute(*asked).fetchone() for asked in _questions(iri, tables)):
                        found.add(iri)
            finally:
                file.close()
        except sqlite3.Error as error:
            _pass_over(self.release.id, str(error))
        return found

    def _sound(self, name: str) -> Release | None:
        found = Release(self.releases / name)
        try:
            found.manifest()
        except ReleaseError as error:
            _pass_over(name, str(error))
            return None
        return found


def _questions(iri: str, tables: Collection[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    kind, _, key = iri.removeprefix(ID).partition("#")[0].partition("/")
    yield "SELECT 1 FROM entity WHERE kind = ? AND key = ?", (kind, key)
    yield "SELECT 1 FROM moved WHERE old = ?", (iri,)
    yield "SELECT 1 FROM gone WHERE iri = ?", (iri,)
    if "departed" in tables:  # not in releases of before there was one
        yield "SELECT 1 FROM departed WHERE iri = ?", (iri,)


def _fails(release: Release, names: Iterable[str]) -> bool:
    try:
        problems = altered(release, list(names))
    except (OSError, ReleaseError) as error:
        problems = [str(error)]
    if problems:
        _pass_over(release.id, "; ".join(problems))
    return bool(problems)


def _pass_over(release: str, reason: str) -> None:
    log.warning("a release before was passed over", extra={"release": release, "reason": reason})
