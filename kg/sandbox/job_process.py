"""Job process, parent side: starts it, hands it one job, reads the answer, ends it."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kg import errors
from kg.errors import DiskFull, EssKgError
from kg.sandbox.job_errors import JobErrors
from kg.sandbox.job_folder import measure_folder
from kg.sandbox.limits import MEGABYTE, JobLimits

MAX_START_SECONDS: Final = 30.0
WATCH_SECONDS: Final = 0.5
MAX_JOB_ANSWER_BYTES: Final = MEGABYTE
INHERITED_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TZ")
"""The environment variables that a job process gets; secrets of the server are in others."""
EXIT_NOT_LOADED: Final = 127
"""Exit code of a process without memory to load a library into."""
MAX_WAIT_SHARE: Final = 0.5
"""The share of its time that a job may wait for a processor before the machine is at fault."""
OUT_OF_MEMORY_SIGNALS: Final = (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL, signal.SIGBUS)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A job: its content as JSON, its private folder, other paths that it may read."""

    content: Mapping[str, Any]
    folder: Path
    readable_paths: Sequence[Path] = ()


class JobProcess:
    """One process for one job, and the socket to it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        limits: JobLimits,
        job_errors: JobErrors,
    ) -> None:
        self._process = process
        self._reader, self._writer = streams
        self._limits = limits
        self._errors = job_errors
        self.confined = False

    @classmethod
    async def start(cls, module: str, limits: JobLimits, job_errors: JobErrors) -> "JobProcess":
        """A process that waits for its job. Raises the start failure of `job_errors`.

        The process is started from the calling thread, which must live as long as it: Linux
        ends a child whose parent *thread* ends. It is no session of its own, since Linux may
        share the processors between sessions whatever their niceness.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-P", "-m", module, str(theirs.fileno()), str(os.getpid())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_build_environment(),
                cwd="/",
                process_group=0,
            )
        ours.setblocking(False)
        try:
            streams = await asyncio.open_unix_connection(sock=ours, limit=MAX_JOB_ANSWER_BYTES)
        except BaseException:
            process.kill()
            process.wait()
            ours.close()
            raise
        job_process = cls(process, streams, limits, job_errors)
        await job_process._wait_until_ready()
        return job_process

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(MAX_START_SECONDS):
                self.confined = json.loads(await self._reader.readline())["confined"]
        except (ValueError, TimeoutError, OSError) as error:
            await self.end()
            raise self._errors.start_failure() from error
        except BaseException:
            await self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process still runs, as far as the system knows now."""
        return self._process.poll() is None

    async def run_job(self, job: Job) -> Mapping[str, Any]:
        """The answer to the job; the process has ended then, whatever happened.

        Raises the EssKgError that the job raised, or the error of its `job_errors` that says
        why there is no answer.
        """
        message = {
            "job": job.content,
            "folder": str(job.folder),
            "read": [str(path) for path in job.readable_paths],
            "limits": asdict(self._limits),
        }
        before = read_wait_seconds(self.pid)
        watch = asyncio.ensure_future(self._watch_folder(job.folder))
        try:
            async with asyncio.timeout(self._limits.seconds):
                self._writer.write(json.dumps(message).encode() + b"\n")
                answer = await self._reader.readline()
        except TimeoutError:
            if read_wait_seconds(self.pid) - before > MAX_WAIT_SHARE * self._limits.seconds:
                raise self._errors.no_processor(self._limits) from None
            raise self._errors.timeout(self._limits) from None
        except (OSError, ValueError):
            answer = b""
        finally:
            watch.cancel()
            exit_code = await self.end()
        if watch.done() and not watch.cancelled() and watch.result():
            raise self._errors.too_large(self._limits, "disk")
        if not answer.endswith(b"\n"):
            raise self._explain_exit(exit_code)
        return self._parse_answer(json.loads(answer))

    async def end(self) -> int:
        """Ends the process and its children now; gives its exit code (negative: a signal)."""
        with suppress(ProcessLookupError, PermissionError):  # it has ended already
            os.killpg(self.pid, signal.SIGKILL)
        self._writer.close()
        return await asyncio.shield(asyncio.to_thread(self._process.wait))

    async def _watch_folder(self, folder: Path) -> bool:
        """Ends the process when its folder holds too much, and gives True then.

        The kernel bounds the size of each file of a process, not of all of them together.
        """
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            size, count = measure_folder(folder)
            if size > self._limits.disk or count > self._limits.files:
                self._process.kill()
                return True

    def _parse_answer(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        if "done" in answer:
            return dict(answer["done"])
        if answer["lacking"] == "room":
            log.error("disk full in a job", extra={"reason": answer["message"]})
            raise DiskFull.for_visitors()
        if answer["lacking"]:
            raise self._errors.too_large(self._limits, answer["lacking"])
        kind = getattr(errors, answer["failed"], None) if answer["meant"] else None
        if kind is not None and issubclass(kind, EssKgError):
            raise kind(answer["message"], answer["french"])
        log.error("a job failed: %s\n%s", answer["message"], answer["trace"])
        raise self._errors.crash(answer["failed"])

    def _explain_exit(self, code: int) -> EssKgError:
        if code in (-signal.SIGALRM, -signal.SIGXCPU):
            return self._errors.timeout(self._limits)
        if -code in OUT_OF_MEMORY_SIGNALS or code == EXIT_NOT_LOADED:
            return self._errors.too_large(self._limits, "memory")
        return self._errors.death(code)


def _build_environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED_ENVIRONMENT if name in os.environ}
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    return inherited | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"}


def read_wait_seconds(pid: int) -> float:
    """Seconds that the thread of a process that waited longest has waited for a processor.

    0 where the system does not count them.
    https://docs.kernel.org/scheduler/sched-stats.html
    """
    waits = [0.0]
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):
            waits.append(int(file.read_text().split()[1]) / 1e9)
    return max(waits)
