"""Job queue: so many sandboxed jobs run, so many wait, further ones are rejected.

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

from kg import usage_metering
from kg.errors import JobError, JobOverload
from kg.sandbox import job_folder
from kg.sandbox.job_process import Job, JobProcess
from kg.sandbox.limits import JobLimits

SPARE_SECONDS: Final = 600.0
"""Seconds a process waits for a job before it is sent home."""
MAX_JOBS_PER_CLIENT: Final = 2
"""Places that one client may have: it never takes those of all others."""

log = logging.getLogger(__name__)


class JobQueue:
    """The jobs of one module. Belongs to one event loop; `open` before use, `close` after."""

    def __init__(self, module: str, limits: JobLimits) -> None:
        self._module = module
        self.limits = limits
        self._running_slots = asyncio.Semaphore(limits.max_concurrent)
        self._admitted = 0
        self._jobs_by_client: Counter[str] = Counter()
        self._spare: JobProcess | None = None
        self._starting: asyncio.Task[None] | None = None
        self._spare_timer: asyncio.TimerHandle | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def open(self) -> None:
        """Removes what jobs of processes that were killed have left behind."""
        await self._sweep()
        # what was left a moment ago may still look like the folder of a job that begins
        loop = asyncio.get_running_loop()
        self._sweep_timer = loop.call_later(
            2 * job_folder.MIN_AGE_SECONDS, lambda: self._spawn_task(self._sweep())
        )

    async def _sweep(self) -> None:
        left = await asyncio.to_thread(job_folder.remove_abandoned_folders)
        if left:
            log.info("folders of jobs were left behind", extra={"removed": left})

    async def close(self) -> None:
        """Ends the process that waits; jobs that run are ended by whoever waits for them."""
        self._closed = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        for task in (*self._tasks, *([self._starting] if self._starting else [])):
            task.cancel()
            with suppress(asyncio.CancelledError, JobError):
                await task
        await self._end_spare()

    def count_jobs(self) -> dict[str, int]:
        """How many jobs are under way, and how many processes wait for one."""
        return {"under_way": self._admitted, "spare": int(self._spare is not None)}

    def prestart(self) -> None:
        """Starts a process for a job that may be coming, if none waits."""
        if self._spare is None and self._starting is None and not self._closed:
            self._starting = asyncio.create_task(self._start_spare())

    @contextmanager
    def admit(self, client: str = "") -> Iterator[Path]:
        """A place among the jobs under way, with its private folder.

        Raises CheckOverload where there is none, or none more for a client (where that is said).
        """
        most = self.limits.max_concurrent + self.limits.queue
        taken = self._jobs_by_client[client] if client else 0
        if self._admitted >= most or taken >= MAX_JOBS_PER_CLIENT or self._closed:
            raise _build_overload_error()
        self._admitted += 1
        self._jobs_by_client[client] += 1
        try:
            with job_folder.create_private_folder() as own:
                yield own
        finally:
            self._admitted -= 1
            self._jobs_by_client[client] -= 1
            if not self._jobs_by_client[client]:
                del self._jobs_by_client[client]

    async def run(self, job: Job) -> Mapping[str, Any]:
        """The answer to a job, for which a place was taken. Cancelling the call ends it.

        Raises CheckOverload where its turn does not come in time; see Process.do for the rest.
        """
        try:
            async with asyncio.timeout(self.limits.seconds):
                await self._running_slots.acquire()
        except TimeoutError:
            raise _build_overload_error() from None
        try:
            process = await self._take_process()
            with usage_metering.measure_work():
                return await process.run_job(job)
        finally:
            self._running_slots.release()
            self.prestart()

    async def _take_process(self) -> JobProcess:
        if self._starting is not None:
            with suppress(JobError):
                await asyncio.shield(self._starting)
        process, self._spare = self._spare, None
        if process is None:
            return await JobProcess.start(self._module, self.limits)
        if not process.alive:
            self._spawn_task(process.end())
            return await JobProcess.start(self._module, self.limits)
        return process

    async def _start_spare(self) -> None:
        try:
            self._spare = await JobProcess.start(self._module, self.limits)
        except JobError as error:
            log.error("a process for jobs did not start", extra={"reason": str(error)})
        finally:
            self._starting = None
        if self._spare_timer is not None:
            self._spare_timer.cancel()
        loop = asyncio.get_running_loop()
        self._spare_timer = loop.call_later(
            SPARE_SECONDS, lambda: self._spawn_task(self._end_spare())
        )

    async def _end_spare(self) -> None:
        process, self._spare = self._spare, None
        if self._spare_timer is not None:
            self._spare_timer.cancel()
        if process is not None:
            await process.end()

    def _spawn_task(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _build_overload_error() -> JobOverload:
    return JobOverload(
        "other files are being checked; try again in a minute",
        "d'autres fichiers sont en cours de vérification ; réessayez dans une minute",
    )
