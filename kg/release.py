"""A release on disk as its readers see it: where its parts are and which one is current."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from kg.errors import ReleaseError

CURRENT: Final = "current"


@dataclass(frozen=True)
class Release:
    """One immutable folder of a frozen graph."""

    folder: Path

    @cached_property
    def id(self) -> str:
        return self.folder.name

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def catalogue(self) -> Path:
        return self.folder / "catalogue.sqlite"

    @property
    def subjects(self) -> Path:
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

    def manifest(self) -> dict[str, Any]:
        """What the release says of itself.

        Raises ReleaseError where the folder has no readable manifest.
        """
        try:
            return dict(json.loads(self.manifest_file.read_bytes()))
        except (OSError, ValueError) as error:
            raise ReleaseError(f"release {self.id} has no readable manifest: {error}") from error


def current(releases: Path) -> Release:
    """The release that is served. Raises ReleaseError where there is none."""
    pointer = releases / CURRENT
    try:
        name = pointer.read_text("utf-8").strip()
    except OSError as error:
        raise ReleaseError(f"no release in {releases}: run `ess-kg build` first") from error
    release = Release(releases / name)
    if not release.manifest_file.is_file():
        raise ReleaseError(f"{pointer} names the release {name!r}, which is not there")
    return release


def kept(releases: Path) -> list[Release]:
    """Every sealed release of a folder, oldest first."""
    found = [Release(path.parent) for path in releases.glob("*/manifest.json")]
    return sorted(found, key=lambda r: (str(r.manifest().get("created", "")), r.id))
