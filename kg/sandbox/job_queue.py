"""Job queue: so many sandboxed jobs run, so many wait, further ones are rejected.

A job takes its place before its files are received, so that the queue bounds them too. One spare
process waits for the next job, so that a small job does not pay for the start of Python; it is
started when a job seems to be coming, and ended when none came for a while.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from kg import usage_metering
from kg.errors import JobError
from kg.sandbox import job_folder
from kg.sandbox.job_errors import JOB_ERRORS, JobErrors
from kg.sandbox.job_process import Job, JobProcess
from kg.sandbox.limits import JobLimits

SPARE_SECONDS: Final = 600.0
"""Seconds that the spare process waits for a job before it is ended."""
MAX_JOBS_PER_CLIENT: Final = 2
"""Places that one client may have, so that it never takes all of them."""

log = logging.getLogger(__name__)


class JobQueue:
    """The jobs of one module. Belongs to one event loop; `open` before use, `close` after."""

    def __init__(self, module: str, limits: JobLimits, job_errors: JobErrors = JOB_ERRORS) -> None:
        """`module` is the name of the program; it calls `job_runner.serve_one_job`."""
        self._module = module
        self.limits = limits
        self._errors = job_errors
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
        """Removes the folders of jobs whose server was killed."""
        await self._sweep()
        # a folder left a moment ago looks like that of a job that begins: they are swept later
        loop = asyncio.get_running_loop()
        self._sweep_timer = loop.call_later(
            2 * job_folder.MIN_AGE_SECONDS, lambda: self._spawn_task(self._sweep())
        )

    async def _sweep(self) -> None:
        removed = await asyncio.to_thread(job_folder.remove_abandoned_folders)
        if removed:
            log.info("abandoned job folders removed", extra={"removed": removed})

    async def close(self) -> None:
        """Ends the spare process; a job that runs is ended by the caller that waits for it."""
        self._closed = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        for task in (*self._tasks, *([self._starting] if self._starting else [])):
            task.cancel()
            with suppress(asyncio.CancelledError, JobError):
                await task
        await self._end_spare()

    def count_jobs(self) -> dict[str, int]:
        """The number of jobs admitted, and of processes that wait for one."""
        return {"under_way": self._admitted, "spare": int(self._spare is not None)}

    def prestart(self) -> None:
        """Starts the spare process for a job that may be coming, unless it is there."""
        if self._spare is None and self._starting is None and not self._closed:
            self._starting = asyncio.create_task(self._start_spare())

    @contextmanager
    def admit(self, client: str = "") -> Iterator[Path]:
        """A place in the queue, with its private folder.

        Raises the overload error where there is no place, or no further one for the client.
        """
        most = self.limits.max_concurrent + self.limits.queue
        taken = self._jobs_by_client[client] if client else 0
        if self._admitted >= most or taken >= MAX_JOBS_PER_CLIENT or self._closed:
            raise self._errors.overload()
        self._admitted += 1
        self._jobs_by_client[client] += 1
        try:
            with job_folder.create_private_folder() as folder:
                yield folder
        finally:
            self._admitted -= 1
            self._jobs_by_client[client] -= 1
            if not self._jobs_by_client[client]:
                del self._jobs_by_client[client]

    async def run(self, job: Job) -> Mapping[str, Any]:
        """The answer to an admitted job. Cancelling the call ends the job.

        Raises the overload error where its turn does not come in time; see JobProcess.run_job.
        """
        try:
            async with asyncio.timeout(self.limits.seconds):
                await self._running_slots.acquire()
        except TimeoutError:
            raise self._errors.overload() from None
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
            return await self._start_process()
        if not process.alive:
            self._spawn_task(process.end())
            return await self._start_process()
        return process

    async def _start_process(self) -> JobProcess:
        return await JobProcess.start(self._module, self.limits, self._errors)

    async def _start_spare(self) -> None:
        try:
            self._spare = await self._start_process()
        except JobError as error:
            log.error("job process did not start", extra={"reason": str(error)})
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
