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
from kg.errors import (
    DiskFull,
    EssKgError,
    JobError,
    JobOverload,
    JobTimeout,
    JobTooLarge,
)
from kg.sandbox.job_folder import measure_folder
from kg.sandbox.limits import MEGABYTE, JobLimits

MAX_START_SECONDS: Final = 30.0
WATCH_SECONDS: Final = 0.5
MAX_JOB_ANSWER_BYTES: Final = MEGABYTE
INHERITED_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TZ")
"""What such a process learns of the environment."""
EXIT_NOT_LOADED: Final = 127
"""How a process ends that has no memory left to load a library into."""
MAX_WAIT_SHARE: Final = 0.5
"""The share of its time that a job may wait for a processor before the machine is at fault."""
OUT_OF_MEMORY_SIGNALS: Final = (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL, signal.SIGBUS)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What is to be done, where, and what may be read beside that folder."""

    content: Mapping[str, Any]
    folder: Path
    readable_paths: Sequence[Path] = ()


class JobProcess:
    """One process of one job and the line to it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        limits: JobLimits,
    ) -> None:
        self._process = process
        self._reader, self._writer = line
        self._limits = limits
        self.confined = False

    @classmethod
    async def start(cls, module: str, limits: JobLimits) -> "JobProcess":
        """A process that waits for its job. Raises CheckError where it does not start.

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
            line = await asyncio.open_unix_connection(sock=ours, limit=MAX_JOB_ANSWER_BYTES)
        except BaseException:
            process.kill()
            process.wait()
            ours.close()
            raise
        started = cls(process, line, limits)
        await started._wait_until_ready()
        return started

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(MAX_START_SECONDS):
                self.confined = json.loads(await self._reader.readline())["confined"]
        except (ValueError, TimeoutError, OSError) as error:
            await self.end()
            raise JobError(
                "the check cannot be started; the reason is in the log of the server",
                "la vérification ne peut pas démarrer ; la raison est dans le journal du serveur",
            ) from error
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

        Raises what the job raised, where that is an error of ours; CheckTimeout, CheckTooLarge,
        CheckOverload (the machine is busy), or CheckError where the process ended without an
        answer.
        """
        told = {
            "job": job.content,
            "folder": str(job.folder),
            "read": [str(path) for path in job.readable_paths],
            "limits": asdict(self._limits),
        }
        before = read_wait_seconds(self.pid)
        watch = asyncio.ensure_future(self._watch_folder(job.folder))
        try:
            async with asyncio.timeout(self._limits.seconds):
                self._writer.write(json.dumps(told).encode() + b"\n")
                answer = await self._reader.readline()
        except TimeoutError:
            if read_wait_seconds(self.pid) - before > MAX_WAIT_SHARE * self._limits.seconds:
                raise _build_busy_error(self._limits) from None
            raise _build_timeout_error(self._limits) from None
        except (OSError, ValueError):
            answer = b""
        finally:
            watch.cancel()
            ended = await self.end()
        if watch.done() and not watch.cancelled() and watch.result():
            raise _build_disk_error(self._limits)
        if not answer.endswith(b"\n"):
            raise self._explain_exit(ended)
        return self._parse_answer(json.loads(answer))

    async def end(self) -> int:
        """Ends the process and its children now; gives how it ended (negative: a signal)."""
        with suppress(ProcessLookupError, PermissionError):  # it has ended
            os.killpg(self.pid, signal.SIGKILL)
        self._writer.close()
        return await asyncio.shield(asyncio.to_thread(self._process.wait))

    async def _watch_folder(self, folder: Path) -> bool:
        """Ends the process when its folder holds too much; True if so."""
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
            log.error("a job found no room", extra={"reason": answer["message"]})
            raise DiskFull.for_visitors()
        if answer["lacking"]:
            lacking = {"memory": _build_memory_error, "disk": _build_disk_error}
            raise lacking[answer["lacking"]](self._limits)
        kind = getattr(errors, answer["failed"], None) if answer["meant"] else None
        if kind is not None and issubclass(kind, EssKgError):
            raise kind(answer["message"], answer["french"])
        log.error("a job failed: %s\n%s", answer["message"], answer["trace"])
        raise JobError(
            f"the check stopped on an error of ours ({answer['failed']}), which was written down",
            f"la vérification s'est arrêtée sur une erreur de notre fait ({answer['failed']}), "
            "qui a été notée",
        )

    def _explain_exit(self, ended: int) -> JobError:
        if ended in (-signal.SIGALRM, -signal.SIGXCPU):
            return _build_timeout_error(self._limits)
        if -ended in OUT_OF_MEMORY_SIGNALS or ended == EXIT_NOT_LOADED:
            return _build_memory_error(self._limits)
        return JobError(
            f"the process of the check ended ({ended})",
            f"le processus de la vérification s'est arrêté ({ended})",
        )


def _build_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED_ENVIRONMENT if name in os.environ}
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    return kept | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"}


def _build_timeout_error(limits: JobLimits) -> JobTimeout:
    return JobTimeout(
        f"the check did not end within {limits.seconds:g} seconds; send fewer rows at a time",
        f"la vérification n'a pas fini en {limits.seconds:g} secondes ; "
        "envoyez moins de lignes à la fois",
    )


def read_wait_seconds(pid: int) -> float:
    """Seconds that a thread of a process has waited for a processor, the one that waited longest.

    Nothing where the system does not tell.
    https://docs.kernel.org/scheduler/sched-stats.html
    """
    found = [0.0]
    for place in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):
            found.append(int(place.read_text().split()[1]) / 1e9)
    return max(found)


def _build_busy_error(limits: JobLimits) -> JobOverload:
    return JobOverload(
        f"the server is busy: the check waited for a processor most of its {limits.seconds:g} "
        "seconds; the file is not the cause, try again in a few minutes",
        "le serveur est occupé : la vérification a attendu un processeur presque tout le temps "
        f"({limits.seconds:g} secondes) ; le fichier n'y est pour rien, réessayez dans quelques "
        "minutes",
    )


def _build_memory_error(limits: JobLimits) -> JobTooLarge:
    megabytes = limits.memory // MEGABYTE
    return JobTooLarge(
        f"the check needs more than {megabytes:,} MB of memory; send fewer rows at a time",
        f"la vérification demande plus de {megabytes} Mo de mémoire ; "
        "envoyez moins de lignes à la fois",
    )


def _build_disk_error(limits: JobLimits) -> JobTooLarge:
    megabytes = limits.disk // MEGABYTE
    return JobTooLarge(
        f"the check writes more than {megabytes:,} MB; send fewer rows at a time",
        f"la vérification écrit plus de {megabytes} Mo ; envoyez moins de lignes à la fois",
    )
