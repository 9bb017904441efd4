"""The release being served, and its replacement by the next one without a restart.

Every second the pointer file of the releases folder is looked at. When it names another release
(or the same one was put in place again), that one is opened beside the one in service, takes
over, and the old one is closed once the last request that uses it has ended. A release that
cannot be opened is logged and left aside; what was served stays served. Each server process does
this for itself.
"""

import asyncio
import logging
import re
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from api.fingerprint import changed
from api.serving.response_cache import ResponseCache
from kg import release as releases
from kg.catalogue import schema
from kg.catalogue.read import Catalogue
from kg.documents.direct_read import DirectReader
from kg.errors import NotFound, ReleaseDamaged, ReleaseError, ReleaseOutdated
from kg.release import Release
from kg.sparql.executor import QueryExecutor
from kg.tables import Table, load

LOOK_EVERY: Final = 1.0
PAST_AT_ONCE: Final = 2
"""Kept releases that are open at once beside the one in service, or until nobody uses them."""
TRY_AGAIN_AFTER: Final = 30.0
READ: Final = ("store", "catalogue.sqlite", "subjects.sqlite", "model")
"""The files and folders of a release that are read while it is served."""

log = logging.getLogger(__name__)

Opener = Callable[[Release, Path | None], QueryExecutor]
"""Makes the executor of a release, not yet open; the folder is where results are shared."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What the id of a release looks like; nothing else is looked for on disk."""
ReleaseStamp = tuple[str, int, int]


@dataclass(eq=False)
class ServedRelease:
    """A release in service: its folder, its query executor, its catalogue, its manifest."""

    release: Release
    executor: QueryExecutor
    catalogue: Catalogue
    manifest: Mapping[str, Any]
    tables: Mapping[str, Table]
    created: datetime
    """When the release was frozen."""
    since: float = field(default_factory=time.monotonic)
    users: int = 0
    retired: bool = False
    response_cache: ResponseCache = field(default_factory=ResponseCache)
    """Short responses given lately."""
    direct_reader: DirectReader | None = field(default=None, init=False)
    """Reads documents without a query, where the subject index of the release is open here."""

    def __post_init__(self) -> None:
        local = self.executor.store
        if local is not None and local.subjects is not None:
            self.direct_reader = DirectReader(local.store, local.subjects)

    @cached_property
    def last_modified(self) -> str:
        """When what is answered last changed: the release, or this code; as an HTTP date."""
        return format_datetime(max(self.created, changed()), usegmt=True)

    async def retire(self) -> None:
        """Closes it, once its last user has gone."""
        self.retired = True
        if self.users == 0:
            await self.close()

    def licences(self, sources: Iterable[str] | None = None) -> list[str]:
        """The licences of what some sources say, of what all say if not said, each once."""
        stated = {one["name"]: one["licence"] for one in self.manifest.get("sources", ())}
        ours = self.manifest.get("licence")
        named = stated if sources is None else sources
        found = {stated.get(name, ours) for name in named} | ({ours} if sources is None else set())
        return sorted(filter(None, found))

    async def close(self) -> None:
        """Ends the processes of the endpoint; the catalogue's files go with the last reader."""
        self.direct_reader = None
        await self.executor.close()


class ServedReleases:
    """The release in service, if any."""

    def __init__(self, folder: Path, open_executor: Opener) -> None:
        self._folder = folder
        self._open_executor = open_executor
        self._results: Path | None = None
        self._served: ServedRelease | None = None
        self._past = PinnedReleases(folder, self._open)
        self._mark: ReleaseStamp | None = None
        self._failed: ReleaseStamp | None = None
        self._again = 0.0
        self._looking = asyncio.Lock()
        self._wrong: ReleaseOutdated | ReleaseDamaged | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def served(self) -> ServedRelease | None:
        """The release in service, for what does not wait: else, see `lease`."""
        return self._served

    async def start(self, results: Path | None = None) -> None:
        """Opens the current release, if there is one, and watches for the next.

        `results`: the folder in which costly results are shared between processes.
        """
        self._results = results
        await self.reload_if_changed()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Closes what is open."""
        if self._watching is not None:
            async with self._looking:  # one that is being opened would be left open
                self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await self._past.close()
        if self._served is not None:
            await self._served.close()

    def lease(self, name: str | None = None) -> "Lease":
        """The release in service, or the kept one of that name, open for as long as it is used.

        Entering it raises ReleaseError where none is served, NotFound where none of that name is
        kept.
        """
        return Lease(self, name)

    async def get(self, name: str | None) -> ServedRelease:
        """The release that a lease is of, which may be closed at any time without one."""
        served = self._served
        if served is None:
            raise self._why()
        if name and name != served.release.id:
            served = await self._past.get(name)
        return served

    def _why(self) -> ReleaseError:
        """Why nothing is served; what else is wrong with a release is for the log."""
        if self._wrong is not None:
            return type(self._wrong)(str(self._wrong), self._wrong.french)
        return ReleaseError(
            "no release is served yet: run `ess-kg build` first",
            "aucune édition n'est encore servie : lancez d'abord `ess-kg build`",
        )

    async def reload_if_changed(self) -> None:
        """Takes the current release into service if it is another than the one served.

        Kept ones that were opened and are kept no more are closed.
        """
        await self._past.close_removed()
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        mark: ReleaseStamp | None = None
        try:
            mark = _mark(self._folder)
            if mark == self._mark or (mark == self._failed and time.monotonic() < self._again):
                return
            fresh = await self._open(releases.current(self._folder))
        except Exception as error:  # whatever is wrong with it, what is served stays served
            if mark is not None or self._served is None:
                log.error("a release was not taken into service", extra={"reason": str(error)})
            self._failed, self._again = mark, time.monotonic() + TRY_AGAIN_AFTER
            self._wrong = _wrong(error, mark)
        else:
            self._mark = mark
            await self._put_in_service(fresh)

    async def _open(self, release: Release) -> ServedRelease:
        manifest = release.manifest()
        created = datetime.fromisoformat(manifest["created"]).astimezone(UTC)
        _check_whole(release)
        _check_schema(release)
        catalogue = Catalogue(release.catalogue)
        tables = load(release.model / "ontology" / "tables")
        if not tables:
            raise ReleaseDamaged(f"release {release.id} has no canonical tables in {release.model}")
        executor = self._open_executor(release, self._results)
        await executor.open()
        return ServedRelease(release, executor, catalogue, manifest, tables, created)

    async def _put_in_service(self, fresh: ServedRelease) -> None:
        old, self._served = self._served, fresh
        log.info("release in service", extra={"release": fresh.release.id})
        if old is not None:
            await old.retire()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.reload_if_changed()


class Lease:
    """A release while it is used: one that is no longer served is closed by its last user."""

    def __init__(self, current: ServedReleases, name: str | None) -> None:
        self._current = current
        self._name = name

    async def __aenter__(self) -> ServedRelease:
        self._served = await self._current.get(self._name)
        self._served.users += 1
        return self._served

    async def __aexit__(self, *_: object) -> None:
        self._served.users -= 1
        if self._served.retired and self._served.users == 0:
            await self._served.close()


class PinnedReleases:
    """Kept releases that somebody asked for by name, opened for them while they are kept."""

    def __init__(self, folder: Path, opener: Callable[[Release], Awaitable[ServedRelease]]) -> None:
        self._folder = folder
        self._opener = opener
        self._opened: OrderedDict[str, ServedRelease] = OrderedDict()
        self._opening = asyncio.Lock()

    async def get(self, name: str) -> ServedRelease:
        """A kept release. Raises NotFound where it is not kept, or cannot be read any more."""
        async with self._opening:
            await self._leave(name)
            if name not in self._opened:
                self._opened[name] = await self._open(name)
                await self._make_room()
            self._opened.move_to_end(name)
            return self._opened[name]

    async def close(self) -> None:
        """Closes what is open."""
        for served in self._opened.values():
            await served.close()
        self._opened.clear()

    async def _open(self, name: str) -> ServedRelease:
        release = Release(self._folder / name)
        if not NAME.fullmatch(name) or not release.manifest_file.is_file():
            raise self._unknown(name)
        try:
            return await self._opener(release)
        except Exception as error:  # whatever is wrong with it, the others are there
            log.warning("a kept release was not opened", extra={"reason": str(error)})
            raise self._unknown(name) from error

    async def close_removed(self) -> None:
        """Closes those that are kept no more."""
        if self._opened:
            async with self._opening:
                for name in list(self._opened):
                    await self._leave(name)

    async def _leave(self, name: str) -> None:
        """Closes a release that was opened where it is kept no more."""
        opened = self._opened.get(name)
        if opened is not None and not opened.release.manifest_file.is_file():
            del self._opened[name]
            await opened.retire()

    async def _make_room(self) -> None:
        while len(self._opened) > PAST_AT_ONCE:
            _, oldest = self._opened.popitem(last=False)
            await oldest.retire()

    def _unknown(self, name: str) -> NotFound:
        there = ", ".join(release.id for release in releases.kept(self._folder))
        return NotFound(
            f"there is no release {name!r} that can be asked; kept: {there}",
            f"il n'y a pas d'édition {name!r} que l'on puisse interroger ; gardées : {there}",
        )


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


def _wrong(error: Exception, mark: ReleaseStamp | None) -> ReleaseOutdated | ReleaseDamaged | None:
    """What visitors are told of why a release is not served, where there is one."""
    if isinstance(error, ReleaseOutdated | ReleaseDamaged):
        return error
    if mark is None:
        return None
    return ReleaseDamaged(
        f"release {mark[0]} cannot be opened; the reason is in the log of the server",
        f"l'édition {mark[0]} ne s'ouvre pas ; la raison est dans le journal du serveur",
    )


def _check_whole(release: Release) -> None:
    """Raises ReleaseDamaged where a file that is read here is not of the size that was sealed.

    One of subjects that is not there is done without: the store says the same.
    """
    problems = release.damaged(READ)
    if not release.subjects.is_file():
        problems = [p for p in problems if not p.startswith(release.subjects.name)]
    if problems:
        told = "; ".join(problems[:3])
        raise ReleaseDamaged(
            f"release {release.id} is damaged: {told}; see `ess-kg releases verify`, then "
            "`ess-kg build --force`, or serve another with `ess-kg releases current`",
            f"l'édition {release.id} est abîmée : {told} ; voyez `ess-kg releases verify`, puis "
            "`ess-kg build --force`, ou servez-en une autre avec `ess-kg releases current`",
        )


def _mark(folder: Path) -> ReleaseStamp:
    """What changes when another release, or the same one rebuilt, becomes current."""
    release = releases.current(folder)
    seal = release.manifest_file.stat()
    return release.id, seal.st_ino, seal.st_mtime_ns
