"""On-demand exports of parts of a release: written by a sandboxed process, cached on disk.

They lie beside the releases, the least recently asked removed first. Whoever asks waits a little;
what takes longer is written on, and there when it is asked for again.
"""

import asyncio
import errno
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from kg.errors import (
    DiskFull,
    ExtractError,
    ExtractPending,
    ExtractTooLarge,
)
from kg.release_layout import Release
from kg.sandbox.job_errors import JobErrors
from kg.sandbox.job_folder import WORK_FOLDER
from kg.sandbox.job_process import Job
from kg.sandbox.job_queue import JobQueue
from kg.sandbox.limits import JobLimits

EXTRACT_PROGRAM: Final = "kg.releases.extract_job"
"""The program that writes them, by its name: serving imports nothing of building."""
WAIT_SECONDS: Final = 20.0
"""Seconds after which whoever waits is told to come back."""
EXTRACT_NICENESS: Final = 10
"""Behind queries and checks: whoever asks for a file comes back for it (decision 9)."""
RESULT_FILE: Final = "answer"
METADATA_SUFFIX: Final = ".json"
MANIFEST_FILE: Final = "manifest.json"
SPARE_DISK_BYTES: Final = 1 << 16
"""Bytes that an extract leaves free on the disk."""
STALE_SECONDS: Final = 3600.0
"""Seconds after which a file that has not arrived never will."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExtractFile:
    """A file that is there, and what it holds."""

    path: Path
    metadata: Mapping[str, Any]
    """Its name, release, sources, licences, count, bytes, SHA-256."""


class ExtractCache:
    """The extracts of the kept releases. Belongs to one event loop."""

    def __init__(self, folder: Path, releases: Path, desk: JobQueue) -> None:
        """`folder`: where they lie; `releases`: where the releases are that they are of."""
        self._folder = folder
        self._releases = releases
        self._desk = desk
        self._tasks: dict[Path, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """Ends what is being written."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def get(self, release: Release, selection: Mapping[str, Any]) -> ExtractFile:
        """The extract that the content of a job asks for.

        Raises BadRequest where something named in it is not there; ExtractPending,
        ExtractTooLarge, ExtractError or NoRoom where there is no file, or not yet.
        """
        key = hashlib.sha256(orjson.dumps(selection, option=orjson.OPT_SORT_KEYS)).hexdigest()
        path = self._folder / release.id / key[:32]
        if not path.is_file():
            await self._wait_for_file(path, release, selection)
        with suppress(OSError):  # the disk may be one that is only read
            os.utime(path)  # so that what is asked for stays
        metadata = await asyncio.to_thread(path.with_suffix(METADATA_SUFFIX).read_bytes)
        return ExtractFile(path, orjson.loads(metadata))

    async def _wait_for_file(
        self, path: Path, release: Release, selection: Mapping[str, Any]
    ) -> None:
        task = self._tasks.get(path)
        if task is None:
            task = asyncio.create_task(self._write_extract(path, release, selection))
            self._tasks[path] = task
            task.add_done_callback(lambda _: self._remove_task(path))
        done, _ = await asyncio.wait([task], timeout=WAIT_SECONDS)
        if not done:
            raise EXTRACT_ERRORS.overload()
        task.result()

    def _remove_task(self, path: Path) -> None:
        task = self._tasks.pop(path)
        if not task.cancelled() and task.exception() is not None:
            log.info("an extract was not made", extra={"reason": str(task.exception())})

    async def _write_extract(
        self, path: Path, release: Release, selection: Mapping[str, Any]
    ) -> None:
        folder = release.folder.resolve()
        content = {**selection, "release": str(folder), "answer": RESULT_FILE}
        try:
            with self._desk.admit() as own:
                result = await self._desk.run(Job(content, own, (folder,)))
                await asyncio.to_thread(
                    self._store_file, own / WORK_FOLDER / RESULT_FILE, path, result
                )
        except OSError as error:
            log.error("an extract found no room", extra={"reason": str(error)})
            raise DiskFull.for_visitors() from error

    def _store_file(self, made: Path, path: Path, metadata: Mapping[str, Any]) -> None:
        """Puts a file in its place, in one step, once there is room. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        size = made.stat().st_size
        self._evict_least_recent(size)
        if shutil.disk_usage(path.parent).free < size + SPARE_DISK_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path.parent))
        arriving = path.with_suffix(f".{os.getpid()}")
        meta = path.with_suffix(METADATA_SUFFIX)
        try:
            shutil.move(made, arriving)
            meta.write_bytes(orjson.dumps(metadata))
            arriving.replace(path)
        except BaseException:
            arriving.unlink(missing_ok=True)
            meta.unlink(missing_ok=True)
            raise

    def _evict_least_recent(self, needed: int) -> None:
        """Removes the files asked for the longest ago, where the room there is is not enough.

        And what nobody can ask for any more: of releases that are not kept, or half arrived.
        """
        cached = []
        for folder in self._folder.iterdir():
            if not (self._releases / folder.name / MANIFEST_FILE).is_file():
                shutil.rmtree(folder, ignore_errors=True)
                continue
            for path in folder.iterdir():
                file_stat = path.stat()
                if not path.suffix:
                    cached.append((file_stat.st_mtime, file_stat.st_size, path))
                elif (
                    path.suffix != METADATA_SUFFIX
                    and time.time() - file_stat.st_mtime > STALE_SECONDS
                ):
                    path.unlink(missing_ok=True)
        room = self._desk.limits.disk - needed
        for _, size, path in sorted(cached, reverse=True):
            room -= size
            if room < 0:
                path.unlink(missing_ok=True)
                path.with_suffix(METADATA_SUFFIX).unlink(missing_ok=True)


class ExtractErrors(JobErrors):
    """Builder of the errors of exports: a busy machine and a full queue only delay them."""

    def start_failure(self) -> ExtractError:
        """See JobErrors."""
        return ExtractError(
            "the file was not written; the reason is in the log of the server",
            "le fichier n'a pas été écrit ; la raison est dans le journal du serveur",
        )

    def crash(self, name: str) -> ExtractError:  # noqa: ARG002
        """See JobErrors."""
        return self.start_failure()

    def death(self, code: int) -> ExtractError:  # noqa: ARG002
        """See JobErrors."""
        return self.start_failure()

    def timeout(self, limits: JobLimits) -> ExtractTooLarge:  # noqa: ARG002
        """See JobErrors."""
        return ExtractTooLarge(
            "this takes too long or too much room to be written here; take a file of /dumps, "
            "or write it locally with `ess-kg dump`",
            "l'écrire ici prendrait trop de temps ou de place ; prenez un fichier de /dumps, "
            "ou écrivez-le chez vous avec `ess-kg dump`",
        )

    def too_large(self, limits: JobLimits, resource: str) -> ExtractTooLarge:  # noqa: ARG002
        """See JobErrors."""
        return self.timeout(limits)

    def overload(self) -> ExtractPending:
        """See JobErrors."""
        return ExtractPending(
            "the file is being made, or others before it; ask again in 10 s",
            "le fichier est en préparation, ou d'autres avant lui ; redemandez dans 10 s",
        )

    def no_processor(self, limits: JobLimits) -> ExtractPending:  # noqa: ARG002
        """See JobErrors."""
        return self.overload()


EXTRACT_ERRORS: Final = ExtractErrors()
