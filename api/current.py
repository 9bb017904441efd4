"""The release being served, and its replacement by the next one without a restart.

Every second the pointer file of the releases folder is looked at. When it names another release
(or the same one was put in place again), that one is opened beside the one in service, takes
over, and the old one is closed once the last request that uses it has ended. A release that
cannot be opened is logged and left aside; what was served stays served. Each server process does
this for itself.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from api.remember import Remembered
from kg import release as releases
from kg.catalogue import schema
from kg.catalogue.read import Catalogue
from kg.errors import ReleaseDamaged, ReleaseError, ReleaseOutdated
from kg.release import Release
from kg.store.embedded import EmbeddedEndpoint
from kg.tables import Table, load

LOOK_EVERY: Final = 1.0
TRY_AGAIN_AFTER: Final = 30.0

log = logging.getLogger(__name__)

Opener = Callable[[Release], EmbeddedEndpoint]
Mark = tuple[str, int, int]


@dataclass(eq=False)
class ServedRelease:
    """A release in service: its folder, its endpoint, its catalogue, what it says of itself."""

    release: Release
    endpoint: EmbeddedEndpoint
    catalogue: Catalogue
    manifest: Mapping[str, Any]
    tables: Mapping[str, Table]
    created: datetime
    """When the release was frozen."""
    since: float = field(default_factory=time.monotonic)
    users: int = 0
    retired: bool = False
    remembered: Remembered = field(default_factory=Remembered)
    """Short answers given lately."""

    @cached_property
    def last_modified(self) -> str:
        """When the release was frozen, as an HTTP date."""
        return format_datetime(self.created, usegmt=True)

    async def close(self) -> None:
        """Ends the processes of the endpoint; the catalogue's files go with the last reader."""
        await self.endpoint.close()


class Current:
    """The release in service, if any."""

    def __init__(self, folder: Path, open_endpoint: Opener) -> None:
        self._folder = folder
        self._open_endpoint = open_endpoint
        self._served: ServedRelease | None = None
        self._mark: Mark | None = None
        self._failed: Mark | None = None
        self._again = 0.0
        self._outdated: ReleaseOutdated | None = None
        self._watching: asyncio.Task[None] | None = None

    def remembered(self) -> Remembered | None:
        """The short answers that the release in service gave lately, None where none is served."""
        return self._served.remembered if self._served is not None else None

    async def start(self) -> None:
        """Opens the current release, if there is one, and watches for the next."""
        await self.look()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Closes what is open."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        if self._served is not None:
            await self._served.close()

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[ServedRelease]:
        """The release in service, kept open for as long as it is used here.

        Raises ReleaseError where none is served.
        """
        served = self._served
        if served is None:
            raise self._why()
        served.users += 1
        try:
            yield served
        finally:
            served.users -= 1
            if served.retired and served.users == 0:
                await served.close()

    def _why(self) -> ReleaseError:
        """Why nothing is served; what else is wrong with a release is for the log."""
        if self._outdated is not None:
            return ReleaseOutdated(str(self._outdated), self._outdated.french)
        return ReleaseError(
            "no release is served yet: run `ess-kg build` first",
            "aucune édition n'est encore servie : lancez d'abord `ess-kg build`",
        )

    async def look(self) -> None:
        """Takes the current release into service if it is another than the one served."""
        mark: Mark | None = None
        try:
            mark = _mark(self._folder)
            if mark == self._mark or (mark == self._failed and time.monotonic() < self._again):
                return
            fresh = await self._open(releases.current(self._folder))
        except Exception as error:  # whatever is wrong with it, what is served stays served
            if mark is not None or self._served is None:
                log.error("a release was not taken into service", extra={"reason": str(error)})
            self._failed, self._again = mark, time.monotonic() + TRY_AGAIN_AFTER
            self._outdated = error if isinstance(error, ReleaseOutdated) else None
        else:
            self._mark = mark
            await self._put_in_service(fresh)

    async def _open(self, release: Release) -> ServedRelease:
        manifest = release.manifest()
        created = datetime.fromisoformat(manifest["created"]).astimezone(UTC)
        _check_schema(release)
        catalogue = Catalogue(release.catalogue)
        tables = load(release.model / "ontology" / "tables")
        if not tables:
            raise ReleaseDamaged(f"release {release.id} has no canonical tables in {release.model}")
        endpoint = self._open_endpoint(release)
        await endpoint.open()
        return ServedRelease(release, endpoint, catalogue, manifest, tables, created)

    async def _put_in_service(self, fresh: ServedRelease) -> None:
        old, self._served = self._served, fresh
        log.info("release in service", extra={"release": fresh.release.id})
        if old is not None:
            old.retired = True
            if old.users == 0:
                await old.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()


def _check_schema(release: Release) -> None:
    """Raises ReleaseOutdated where the catalogue is not written as this version reads it."""
    file = schema.open_frozen(release.catalogue)
    try:
        row = file.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except sqlite3.OperationalError:  # no such table: older than the first version
        row = None
    finally:
        file.close()
    if row is None or str(row[0]) != schema.VERSION:
        raise ReleaseOutdated(
            f"release {release.id} was built with an older version of ess-kg: run `ess-kg build`",
            f"l'édition {release.id} a été construite avec une version plus ancienne d'ess-kg : "
            "lancez `ess-kg build`",
        )


def _mark(folder: Path) -> Mark:
    """What changes when another release, or the same one rebuilt, becomes current."""
    release = releases.current(folder)
    seal = release.manifest_file.stat()
    return release.id, seal.st_ino, seal.st_mtime_ns
