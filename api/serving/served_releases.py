"""Hot reload of the current release, with reference-counted leases of it and of older ones.

Every second the pointer file of the releases folder is looked at. When it names another release
(or the same one was put in place again), that one is opened beside the one in service, takes
over, and the old one is closed once the last request that uses it has ended. A release that
cannot be opened is logged and left aside; what was served stays served. Each server process does
this for itself.
"""

import asyncio
import logging
import re
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

from api.serving.code_version import read_modification_time
from api.serving.response_cache import ResponseCache
from kg import release_layout as releases
from kg.catalogue import schema
from kg.catalogue.catalogue import Catalogue
from kg.csvw_tables import Table, load_tables
from kg.documents.direct_read import DirectReader
from kg.documents.jsonld import JsonLdContext
from kg.documents.links import LinkReader
from kg.documents.relation_groups import RelationGroupReader
from kg.errors import NotFound, ReleaseDamaged, ReleaseError, ReleaseOutdated
from kg.release_layout import Release
from kg.sparql.executor import QueryExecutor
from kg.suppression_list import Scope, read_suppressions

POLL_SECONDS: Final = 1.0
MAX_PINNED_RELEASES: Final = 2
"""Kept releases that are open at once beside the one in service, or until nobody uses them."""
RETRY_SECONDS: Final = 30.0
SERVED_FILES: Final = ("store", "catalogue.sqlite", "subjects.sqlite", "model")
"""The files and folders of a release that are read while it is served."""

log = logging.getLogger(__name__)

EndpointOpener = Callable[[Release, Path | None], QueryExecutor]
"""Makes the executor of a release, not yet open; the folder is where results are shared."""
RELEASE_ID_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
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
    opened_at: float = field(default_factory=time.monotonic)
    users: int = 0
    retired: bool = False
    response_cache: ResponseCache = field(default_factory=ResponseCache)
    """Short responses given lately."""
    seal: tuple[int, int] | None = None
    """What its manifest was on disk when it was opened."""
    direct_reader: DirectReader | None = field(default=None, init=False)
    """Reads documents without a query, where the subject index of the release is open here."""
    link_reader: LinkReader | None = field(default=None, init=False)
    """Reads how records are linked, likewise."""

    relation_reader: RelationGroupReader | None = field(default=None, init=False)
    """Reads what records are in relation with, likewise."""

    def __post_init__(self) -> None:
        local = self.executor.store
        if local is not None and local.subjects is not None:
            documents = DirectReader(local.store, local.subjects)
            self.direct_reader = documents
            self.link_reader = LinkReader(local.store, local.subjects, self.release.void)
            self.relation_reader = RelationGroupReader(
                local.store,
                documents,
                self.catalogue,
                self.release.void,
                self.created.date().isoformat(),
            )

    @cached_property
    def last_modified(self) -> str:
        """When what is answered last changed: the release, or this code; as an HTTP date."""
        changed = max(self.created, read_modification_time())
        if self.revision != self.release.id:
            sealed = self.release.manifest_file.stat().st_mtime
            changed = max(changed, datetime.fromtimestamp(int(sealed), UTC))
        return format_datetime(changed, usegmt=True)

    @cached_property
    def revision(self) -> str:
        """What tells its content from any other: its id, and what was forgotten in it since."""
        redactions = self.manifest.get("redactions") or []
        return " ".join([self.release.id, *(str(each["signature"]) for each in redactions[-1:])])

    def is_forgotten(self, kind: str, key: str) -> bool:
        """Whether a record was forgotten, in whatever release."""
        suppressions = read_suppressions(self.release.data)
        return suppressions.find(Scope.RECORD, f"{kind}/{key}") is not None

    @cached_property
    def json_ld_context(self) -> JsonLdContext:
        """The JSON-LD context of its documents."""
        return JsonLdContext((self.release.model / "ontology" / "context.jsonld").read_bytes())

    async def retire(self) -> None:
        """Closes it, once its last user has gone."""
        self.retired = True
        if self.users == 0:
            await self.close()

    def list_licences(self, sources: Iterable[str] | None = None) -> list[str]:
        """The licences of what some sources say, of what all say if not said, each once."""
        stated = {one["name"]: one["licence"] for one in self.manifest.get("sources", ())}
        ours = self.manifest.get("licence")
        source_names = stated if sources is None else sources
        licences = {stated.get(name, ours) for name in source_names} | (
            {ours} if sources is None else set()
        )
        return sorted(filter(None, licences))

    async def close(self) -> None:
        """Ends the processes of the endpoint; the catalogue's files go with the last reader."""
        self.direct_reader = self.link_reader = self.relation_reader = None
        await self.executor.close()


class ServedReleases:
    """The release in service, if any."""

    def __init__(self, folder: Path, open_executor: EndpointOpener) -> None:
        self._folder = folder
        self._open_executor = open_executor
        self._results: Path | None = None
        self._current_release: ServedRelease | None = None
        self._pinned = PinnedReleases(folder, self._open_release)
        self._stamp: ReleaseStamp | None = None
        self._failed_stamp: ReleaseStamp | None = None
        self._retry_at = 0.0
        self._reload_lock = asyncio.Lock()
        self._last_error: ReleaseOutdated | ReleaseDamaged | None = None
        self._poll_task: asyncio.Task[None] | None = None

    @property
    def current_release(self) -> ServedRelease | None:
        """The release in service, for what does not wait: else, see `lease`."""
        return self._current_release

    async def start(self, results: Path | None = None) -> None:
        """Opens the current release, if there is one, and watches for the next.

        `results`: the folder in which costly results are shared between processes.
        """
        self._results = results
        await self.reload_if_changed()
        self._poll_task = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """Closes what is open."""
        if self._poll_task is not None:
            async with self._reload_lock:  # one that is being opened would be left open
                self._poll_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._poll_task
        await self._pinned.close()
        if self._current_release is not None:
            await self._current_release.close()

    def acquire(self, name: str | None = None) -> "Lease":
        """The release in service, or the kept one of that name, open for as long as it is used.

        Entering it raises ReleaseError where none is served, NotFound where none of that name is
        kept.
        """
        return Lease(self, name)

    async def get(self, name: str | None) -> ServedRelease:
        """The release that a lease is of, which may be closed at any time without one."""
        served = self._current_release
        if served is None:
            raise self._unavailable_error()
        if name and name != served.release.id:
            served = await self._pinned.get(name)
        return served

    def _unavailable_error(self) -> ReleaseError:
        """Why nothing is served; what else is wrong with a release is for the log."""
        if self._last_error is not None:
            return type(self._last_error)(str(self._last_error), self._last_error.french)
        return ReleaseError(
            "no release is served yet: run `ess-kg build` first",
            "aucune édition n'est encore servie : lancez d'abord `ess-kg build`",
        )

    async def reload_if_changed(self) -> None:
        """Takes the current release into service if it is another than the one served.

        Kept ones that were opened and are kept no more are closed.
        """
        await self._pinned.close_removed()
        async with self._reload_lock:
            await self._reload()

    async def _reload(self) -> None:
        mark: ReleaseStamp | None = None
        try:
            mark = _read_stamp(self._folder)
            if mark == self._stamp or (
                mark == self._failed_stamp and time.monotonic() < self._retry_at
            ):
                return
            fresh = await self._open_release(releases.find_current_release(self._folder))
            await asyncio.to_thread(fresh.catalogue.load_points)
        except Exception as error:  # whatever is wrong with it, what is served stays served
            if mark is not None or self._current_release is None:
                log.error("a release was not taken into service", extra={"reason": str(error)})
            self._failed_stamp, self._retry_at = mark, time.monotonic() + RETRY_SECONDS
            self._last_error = _public_error(error, mark)
        else:
            self._stamp = mark
            await self._activate(fresh)

    async def _open_release(self, release: Release) -> ServedRelease:
        seal = _read_seal(release)
        manifest = release.read_manifest()
        created = datetime.fromisoformat(manifest["created"]).astimezone(UTC)
        _check_file_sizes(release)
        _check_schema(release)
        catalogue = Catalogue(release.catalogue)
        tables = load_tables(release.model / "ontology" / "tables")
        if not tables:
            raise ReleaseDamaged(f"release {release.id} has no canonical tables in {release.model}")
        executor = self._open_executor(release, self._results)
        await executor.open()
        return ServedRelease(release, executor, catalogue, manifest, tables, created, seal=seal)

    async def _activate(self, fresh: ServedRelease) -> None:
        old, self._current_release = self._current_release, fresh
        log.info("release in service", extra={"release": fresh.release.id})
        if old is not None:
            await old.retire()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await self.reload_if_changed()


class Lease:
    """A release while it is used: one that is no longer served is closed by its last user."""

    def __init__(self, current: ServedReleases, name: str | None) -> None:
        self._releases = current
        self._release_id = name

    async def __aenter__(self) -> ServedRelease:
        self._current_release = await self._releases.get(self._release_id)
        self._current_release.users += 1
        return self._current_release

    async def __aexit__(self, *_: object) -> None:
        self._current_release.users -= 1
        if self._current_release.retired and self._current_release.users == 0:
            await self._current_release.close()


class PinnedReleases:
    """Kept releases that somebody asked for by name, opened for them while they are kept."""

    def __init__(self, folder: Path, opener: Callable[[Release], Awaitable[ServedRelease]]) -> None:
        self._folder = folder
        self._opener = opener
        self._releases: OrderedDict[str, ServedRelease] = OrderedDict()
        self._lock = asyncio.Lock()

    async def get(self, name: str) -> ServedRelease:
        """A kept release. Raises NotFound where it is not kept, or cannot be read any more."""
        async with self._lock:
            await self._close_if_removed(name)
            if name not in self._releases:
                self._releases[name] = await self._open_release(name)
                await self._evict_oldest()
            self._releases.move_to_end(name)
            return self._releases[name]

    async def close(self) -> None:
        """Closes what is open."""
        for served in self._releases.values():
            await served.close()
        self._releases.clear()

    async def _open_release(self, name: str) -> ServedRelease:
        release = Release(self._folder / name)
        if not RELEASE_ID_PATTERN.fullmatch(name) or not release.manifest_file.is_file():
            raise self._not_found_error(name)
        try:
            return await self._opener(release)
        except Exception as error:  # whatever is wrong with it, the others are there
            log.warning("a kept release was not opened", extra={"reason": str(error)})
            raise self._not_found_error(name) from error

    async def close_removed(self) -> None:
        """Closes those that are kept no more."""
        if self._releases:
            async with self._lock:
                for name in list(self._releases):
                    await self._close_if_removed(name)

    async def _close_if_removed(self, name: str) -> None:
        """Closes a release that was opened where it is kept no more, or was written anew."""
        opened = self._releases.get(name)
        if opened is not None and _read_seal(opened.release) != opened.seal:
            del self._releases[name]
            await opened.retire()

    async def _evict_oldest(self) -> None:
        while len(self._releases) > MAX_PINNED_RELEASES:
            _, oldest = self._releases.popitem(last=False)
            await oldest.retire()

    def _not_found_error(self, name: str) -> NotFound:
        available = ", ".join(release.id for release in releases.list_kept_releases(self._folder))
        return NotFound(
            f"there is no release {name!r} that can be asked; kept: {available}",
            f"il n'y a pas d'édition {name!r} que l'on puisse interroger ; gardées : {available}",
        )


def _check_schema(release: Release) -> None:
    """Raises ReleaseOutdated where the catalogue is not written as this version reads it."""
    if not schema.has_current_schema(release.catalogue):
        raise ReleaseOutdated(
            f"release {release.id} was built with an older version of ess-kg: run `ess-kg build`",
            f"l'édition {release.id} a été construite avec une version plus ancienne d'ess-kg : "
            "lancez `ess-kg build`",
        )


def _public_error(
    error: Exception, mark: ReleaseStamp | None
) -> ReleaseOutdated | ReleaseDamaged | None:
    """What visitors are told of why a release is not served, where there is one."""
    if isinstance(error, ReleaseOutdated | ReleaseDamaged):
        return error
    if mark is None:
        return None
    return ReleaseDamaged(
        f"release {mark[0]} cannot be opened; the reason is in the log of the server",
        f"l'édition {mark[0]} ne s'ouvre pas ; la raison est dans le journal du serveur",
    )


def _check_file_sizes(release: Release) -> None:
    """Raises ReleaseDamaged where a file that is read here is not of the size that was sealed.

    One of subjects that is not there is done without: the store says the same.
    """
    problems = release.find_damage(SERVED_FILES)
    if not release.subject_index.is_file():
        problems = [p for p in problems if not p.startswith(release.subject_index.name)]
    if problems:
        damage = "; ".join(problems[:3])
        raise ReleaseDamaged(
            f"release {release.id} is damaged: {damage}; see `ess-kg releases verify`, then "
            "`ess-kg build --force`, or serve another with `ess-kg releases current`",
            f"l'édition {release.id} est abîmée : {damage} ; voyez `ess-kg releases verify`, puis "
            "`ess-kg build --force`, ou servez-en une autre avec `ess-kg releases current`",
        )


def _read_stamp(folder: Path) -> ReleaseStamp:
    """What changes when another release, or the same one rebuilt, becomes current."""
    release = releases.find_current_release(folder)
    stamp = release.manifest_file.stat()
    return release.id, stamp.st_ino, stamp.st_mtime_ns


def _read_seal(release: Release) -> tuple[int, int] | None:
    """What changes when a release is written anew; None where it is kept no more."""
    try:
        stamp = release.manifest_file.stat()
    except OSError:
        return None
    return stamp.st_ino, stamp.st_mtime_ns
