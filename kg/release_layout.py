"""Layout of a release on disk: its files, its manifest, and the pointer to the current one."""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from kg.errors import ReleaseError

CURRENT: Final = "current"
REQUIRED_MANIFEST_KEYS: Final = ("id", "created")
"""What every manifest states."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Release:
    """One immutable folder of a frozen graph."""

    folder: Path

    @cached_property
    def id(self) -> str:
        return self.folder.name

    @property
    def data(self) -> Path:
        """Data folder of the installation that keeps the release."""
        return self.folder.resolve().parent.parent

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def catalogue(self) -> Path:
        return self.folder / "catalogue.sqlite"

    @property
    def subject_index(self) -> Path:
        """The statements of each subject, side by side."""
        return self.folder / "subjects.sqlite"

    @property
    def dumps(self) -> Path:
        return self.folder / "dumps"

    @property
    def model(self) -> Path:
        """The ontology, schemes, shapes, context and table descriptions it was built with."""
        return self.folder / "model"

    @property
    def report(self) -> Path:
        return self.folder / "report"

    @property
    def void(self) -> Path:
        return self.folder / "void.ttl"

    @property
    def dcat(self) -> Path:
        return self.folder / "dcat.ttl"

    @property
    def manifest_file(self) -> Path:
        return self.folder / "manifest.json"

    def read_manifest(self) -> dict[str, Any]:
        """What the release says of itself.

        Raises ReleaseError where the folder has no readable manifest.
        """
        try:
            manifest = json.loads(self.manifest_file.read_bytes())
        except (OSError, ValueError) as error:
            raise ReleaseError(f"release {self.id} has no readable manifest: {error}") from error
        if not isinstance(manifest, dict) or not all(
            isinstance(manifest.get(n), str) for n in REQUIRED_MANIFEST_KEYS
        ):
            raise ReleaseError(f"the manifest of release {self.id} does not say what it is")
        return manifest

    def find_damage(self, names: Collection[str]) -> list[str]:
        """Which of these of its files, or of those below these folders, are not of the size sealed.

        One sentence each; nothing is read but the manifest. Raises ReleaseError without one.
        """
        problems = []
        for name, stated in self.read_manifest().get("files", {}).items():
            if name in names or name.partition("/")[0] in names:
                path = self.folder / name
                if not path.is_file():
                    problems.append(f"{name} is missing")
                elif path.stat().st_size != stated["bytes"]:
                    size = path.stat().st_size
                    problems.append(f"{name} has {size} bytes, not {stated['bytes']}")
        return problems


def find_current_release(releases: Path) -> Release:
    """The release that is served. Raises ReleaseError where there is none."""
    name = read_current_id(releases)
    if not name:
        raise ReleaseError(
            f"no release in {releases}: run `ess-kg build` first",
            f"aucune édition dans {releases} : lancez d'abord `ess-kg build`",
        )
    release = Release(releases / name)
    if not release.manifest_file.is_file():
        raise ReleaseError(f"{releases / CURRENT} names the release {name!r}, which is not there")
    return release


def read_current_id(releases: Path) -> str:
    """The id of the release that is served, empty where there is none."""
    try:
        return (releases / CURRENT).read_text("utf-8").strip()
    except (OSError, ValueError):  # not there, or no text
        return ""


def list_kept_releases(releases: Path) -> list[Release]:
    """Every sealed release of a folder that says what it is, each after the one it follows.

    Else by when they were made, oldest first: clocks may be wrong, what follows what is not. One
    whose manifest cannot be read is left out, and the log says so.
    """
    entries: dict[str, tuple[str, Release, str]] = {}
    for path in releases.glob("*/manifest.json"):
        release = Release(path.parent)
        try:
            manifest = release.read_manifest()
        except ReleaseError as error:
            _log_once(str(error))
        else:
            followed = manifest.get("previous")
            entries[release.id] = (manifest["created"], release, str(followed or ""))
    ordered: dict[str, Release] = {}
    for name, _ in sorted(entries.items(), key=lambda item: (item[1][0], item[0])):
        line = []
        while name in entries and name not in ordered and name not in line:
            line.append(name)
            name = entries[name][2]
        ordered |= {each: entries[each][1] for each in reversed(line)}
    return list(ordered.values())


@lru_cache(maxsize=64)
def _log_once(reason: str) -> None:
    """Logs once that a release was passed over: servers look at them for every visitor."""
    log.warning("a kept release was passed over", extra={"reason": reason})
