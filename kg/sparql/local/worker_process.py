"""Query worker process, parent side: starts it, sends queries, reads answers, kills it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from kg import errors
from kg.errors import QueryError, QueryTooLarge, ReleaseDamaged
from kg.formats import Format
from kg.sparql import messages
from kg.sparql.backend import QueryLimits, Question, ResultKind, build_timeout_error
from kg.sparql.local.connection import WorkerConnection, WorkerMessage

MAX_START_SECONDS: Final = 20.0
NORMAL_NICENESS: Final = 5
"""Niceness of a query process: the server itself goes first."""
LOW_PRIORITY_NICENESS: Final = 15
MALLOC_ENVIRONMENT: Final = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
"""The engine allocates and frees thousands of small blocks for each query: a thread that caches
more of them than the usual seven of each size answers a tenth faster."""
AVAILABLE_CORES: Final = tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else ()
"""The cores that processes may use. However nice a process is, another that wakes up on its core
waits for the next tick of the kernel, up to 4 ms: one core is left to those that are quick."""
RECYCLE_GROWTH: Final = 4
"""A worker is retired once its memory has grown by this fraction (a quarter) of its limit."""


class WorkerProcess:
    """A worker process and the connection to it. Runs one question at a time."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        connection: WorkerConnection,
        limits: QueryLimits,
    ) -> None:
        self._process = process
        self._connection = connection
        self._limits = limits
        self._size = 0
        self.confined = False
        self.needs_recycling = False
        self.is_low_priority = False
        """Whether it has a lower priority than all other processes."""
        self.dead = False
        self.kill_reason: QueryError | None = None

    @classmethod
    async def start(cls, store: Path, limits: QueryLimits) -> "WorkerProcess":
        """A worker that has opened the store. Raises ReleaseDamaged where it cannot.

        The process is started from the calling thread, which must live as long as it: Linux
        ends a child whose parent *thread* ends.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [
                    *(sys.executable, "-m", "kg.sparql.local.worker"),
                    *(str(theirs.fileno()), str(store), str(limits.memory), str(os.getpid())),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={
                    **MALLOC_ENVIRONMENT,
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                },
            )
        worker = cls(process, await WorkerConnection.open(ours), limits)
        worker.lower_priority(NORMAL_NICENESS)  # before it is ready: others work meanwhile
        await worker._wait_until_ready(store)
        return worker

    async def _wait_until_ready(self, store: Path) -> None:
        try:
            async with asyncio.timeout(MAX_START_SECONDS):
                ready = (await self._connection.receive()).decode()
        except (TimeoutError, OSError) as error:
            await self.reap()
            raise ReleaseDamaged(f"the store {store} cannot be opened") from error
        except BaseException:  # the start was cancelled
            await self.reap()
            raise
        self._size, self.confined = ready["size"], ready["confined"]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs: the connection ends with it."""
        return not self.dead and not self._connection.ended

    @property
    def is_paused(self) -> bool:
        """Whether it waits for its answer to be read."""
        return self._connection.paused

    def send_query(self, question: Question) -> None:
        """Sends a question; its answer is read with `read_message`."""
        content = {
            "text": question.text,
            "format": question.format.media_type if question.format else None,
            "default_graphs": question.default_graphs,
            "named_graphs": question.named_graphs,
            "base": question.base,
            "seconds": self._limits.seconds,
            "rows": self._limits.rows,
            "bytes": self._limits.bytes,
        }
        self._connection.send(messages.encode_message(messages.QUESTION, orjson.dumps(content)))

    async def read_message(self) -> WorkerMessage:
        """The next message. Raises the QueryError that the question ended in."""
        try:
            received = await self._connection.receive()
        except OSError:
            self.dead = True
            raise await self._explain_exit() from None
        if received.kind == messages.FAILURE:
            raise _rebuild_error(received.decode())
        if received.kind == messages.END_OF_ANSWER:
            self._record_growth(received.decode()["size"])
        return received

    def decode_answer(self, received: WorkerMessage) -> tuple[ResultKind, Format, int, bytes]:
        """The kind, format, number of rows and bytes of an answer that is one message."""
        kind, syntax, rows, size = messages.COMPLETE_ANSWER_HEADER.unpack_from(received.payload)
        self._record_growth(size)
        text = received.payload[messages.COMPLETE_ANSWER_HEADER.size :]
        return messages.RESULT_KINDS[kind], messages.RESULT_FORMATS[syntax], rows, text

    def _record_growth(self, size: int) -> None:
        self.needs_recycling = size - self._size > self._limits.memory // RECYCLE_GROWTH

    def lower_priority(self, niceness: int = LOW_PRIORITY_NICENESS) -> None:
        """Lets other processes go first; at the lowest priority it also leaves them a core."""
        self.is_low_priority = niceness == LOW_PRIORITY_NICENESS
        with suppress(OSError):  # it has ended, which its reader will see
            os.setpriority(os.PRIO_PROCESS, self.pid, niceness)
            self._set_cores(AVAILABLE_CORES[1:] if self.is_low_priority else AVAILABLE_CORES)

    def raise_priority(self) -> bool:
        """Restores its priority; False where the system does not let us (setpriority(2))."""
        if self.is_low_priority:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, NORMAL_NICENESS)
                self._set_cores(AVAILABLE_CORES)
                self.is_low_priority = False
        return not self.is_low_priority

    def _set_cores(self, cores: Sequence[int]) -> None:
        if cores and sys.platform == "linux":
            os.sched_setaffinity(self.pid, cores)

    def kill(self, reason: QueryError | None = None) -> None:
        """Ends the process now; its reader gets the reason."""
        self.dead = True
        self.kill_reason = self.kill_reason or reason
        self._process.kill()

    async def reap(self) -> int:
        """Ends the process and waits for it; gives its exit code (negative: a signal)."""
        self.kill()
        self._connection.close()
        return await asyncio.to_thread(self._process.wait)

    async def _explain_exit(self) -> QueryError:
        if self.kill_reason is not None:
            return self.kill_reason
        code = await asyncio.to_thread(self._process.wait)
        if code == -signal.SIGALRM:
            return build_timeout_error(self._limits)
        if code == -signal.SIGSEGV:  # the engine's parser recurses
            return QueryTooLarge(
                "the query is nested too deeply", "la requête est imbriquée trop profondément"
            )
        if code in (-signal.SIGABRT, -signal.SIGKILL):
            megabytes = self._limits.memory // (1024 * 1024)
            return QueryTooLarge(
                f"the query needs more than {megabytes:,} MB of memory",
                f"la requête demande plus de {megabytes} Mo de mémoire",
            )
        return QueryError(
            f"the process of the query ended ({code})",
            f"le processus de la requête s'est arrêté ({code})",
        )


def _rebuild_error(content: dict[str, Any]) -> QueryError:
    kind = getattr(errors, content["error"])
    message, french = content["message"], content.get("french", "")
    if kind is errors.QuerySyntaxError:
        position = content.get("line"), content.get("column")
        return errors.QuerySyntaxError(message, *position, french=french)
    return kind(message, french)  # type: ignore[no-any-return]
