"""Where jobs are taken in: so many at once, so many under way, the others told to come back.

A job asks for its place before its files are even received, so that what waits is bounded too.
One process may wait for the next job, so that a small one does not pay for the start of Python;
it is started when a job seems to be coming, and sent home when none came for a while.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from kg import meter
from kg.errors import CheckError, CheckOverload
from kg.sandbox import folder
from kg.sandbox.limits import Limits
from kg.sandbox.process import Job, Process

PATIENCE: Final = 600.0
"""Seconds a process waits for a job before it is sent home."""
MOST_OF_CLIENT: Final = 2
"""Places that one client may have: it never takes those of all others."""

log = logging.getLogger(__name__)


class Desk:
    """The jobs of one module. Belongs to one event loop; `open` before use, `close` after."""

    def __init__(self, module: str, limits: Limits) -> None:
        self._module = module
        self.limits = limits
        self._turns = asyncio.Semaphore(limits.at_once)
        self._places = 0
        self._clients: Counter[str] = Counter()
        self._spare: Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def open(self) -> None:
        """Removes what jobs of processes that were killed have left behind."""
        await self._sweep()
        # what was left a moment ago may still look like the folder of a job that begins
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(2 * folder.YOUNG, lambda: self._later(self._sweep()))

    async def _sweep(self) -> None:
        left = await asyncio.to_thread(folder.sweep)
        if left:
            log.info("folders of jobs were left behind", extra={"removed": left})

    async def close(self) -> None:
        """Ends the process that waits; jobs that run are ended by whoever waits for them."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for task in (*self._tasks, *([self._starting] if self._starting else [])):
            task.cancel()
            with suppress(asyncio.CancelledError, CheckError):
                await task
        await self._send_home()

    def counts(self) -> dict[str, int]:
        """How many jobs are under way, and how many processes wait for one."""
        return {"under_way": self._places, "spare": int(self._spare is not None)}

    def expect(self) -> None:
        """Starts a process for a job that may be coming, if none waits."""
        if self._spare is None and self._starting is None and not self._closed:
            self._starting = asyncio.create_task(self._prepare())

    @contextmanager
    def place(self, client: str = "") -> Iterator[Path]:
        """A place among the jobs under way, with its private folder.

        Raises CheckOverload where there is none, or none more for a client (where that is said).
        """
        most = self.limits.at_once + self.limits.queue
        taken = self._clients[client] if client else 0
        if self._places >= most or taken >= MOST_OF_CLIENT or self._closed:
            raise _overload()
        self._places += 1
        self._clients[client] += 1
        try:
            with folder.private() as own:
                yield own
        finally:
            self._places -= 1
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]

    async def do(self, job: Job) -> Mapping[str, Any]:
        """The answer to a job, for which a place was taken. Cancelling the call ends it.

        Raises CheckOverload where its turn does not come in time; see Process.do for the rest.
        """
        try:
            async with asyncio.timeout(self.limits.seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise _overload() from None
        try:
            process = await self._take()
            with meter.working():
                return await process.do(job)
        finally:
            self._turns.release()
            self.expect()

    async def _take(self) -> Process:
        if self._starting is not None:
            with suppress(CheckError):
                await asyncio.shield(self._starting)
        process, self._spare = self._spare, None
        if process is None:
            return await Process.start(self._module, self.limits)
        if not process.alive:
            self._later(process.end())
            return await Process.start(self._module, self.limits)
        return process

    async def _prepare(self) -> None:
        try:
            self._spare = await Process.start(self._module, self.limits)
        except CheckError as error:
            log.error("a process for jobs did not start", extra={"reason": str(error)})
        finally:
            self._starting = None
        if self._leaving is not None:
            self._leaving.cancel()
        loop = asyncio.get_running_loop()
        self._leaving = loop.call_later(PATIENCE, lambda: self._later(self._send_home()))

    async def _send_home(self) -> None:
        process, self._spare = self._spare, None
        if self._leaving is not None:
            self._leaving.cancel()
        if process is not None:
            await process.end()

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _overload() -> CheckOverload:
    return CheckOverload(
        "other files are being checked; try again in a minute",
        "d'autres fichiers sont en cours de vérification ; réessayez dans une minute",
    )
