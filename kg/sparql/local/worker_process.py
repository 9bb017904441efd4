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
"""Niceness of a process that answers: behind the server."""
LOW_PRIORITY_NICENESS: Final = 15
MALLOC_ENVIRONMENT: Final = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
"""The engine asks for thousands of small pieces of memory for each query and gives them back: a
thread that keeps more of them than the usual seven of each size answers a tenth faster."""
AVAILABLE_CORES: Final = tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else ()
"""The cores that processes may use. However nice a process is, another that wakes up on its core
waits for the next tick of the kernel, up to 4 ms: one core is left to those that are quick."""
RECYCLE_GROWTH: Final = 4
"""A process that keeps more than one part in this many of its memory limit is retired."""


class WorkerProcess:
    """A worker process and the line to it. Used by one question at a time."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        line: WorkerConnection,
        limits: QueryLimits,
    ) -> None:
        self._process = process
        self._connection = line
        self._limits = limits
        self._initial_size = 0
        self.confined = False
        self.needs_recycling = False
        self.is_low_priority = False
        """Whether all other processes go first."""
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
        worker.lower_priority(
            NORMAL_NICENESS
        )  # from the start: others are at work while it gets ready
        await worker._wait_until_ready(store)
        return worker

    async def _wait_until_ready(self, store: Path) -> None:
        try:
            ready = (await asyncio.wait_for(self._connection.receive(), MAX_START_SECONDS)).decode()
        except (TimeoutError, OSError) as error:
            await self.reap()
            raise ReleaseDamaged(f"the store {store} cannot be opened") from error
        except BaseException:  # nobody waits for it any more
            await self.reap()
            raise
        self._initial_size, self.confined = ready["size"], ready["confined"]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process still runs, as far as its line tells: it ends with it."""
        return not self.dead and not self._connection.ended

    @property
    def is_paused(self) -> bool:
        """Whether it waits for somebody to take what it has said."""
        return self._connection.paused

    def send_query(self, question: Question) -> None:
        """Sends a question; what comes back is read with `next`."""
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
        """The next message. Raises the QueryError that ended the question, where one did."""
        try:
            received = await self._connection.receive()
        except OSError:
            self.dead = True
            raise await self._explain_exit() from None
        if received.kind == messages.FAILURE:
            raise _rebuild_error(received.decode())
        if received.kind == messages.END_OF_ANSWER:
            self._note_final_size(received.decode()["size"])
        return received

    def decode_answer(self, received: WorkerMessage) -> tuple[ResultKind, Format, int, bytes]:
        """The kind, the format, the rows and the bytes of an answer in one message."""
        kind, syntax, rows, size = messages.COMPLETE_ANSWER_HEADER.unpack_from(received.payload)
        self._note_final_size(size)
        text = received.payload[messages.COMPLETE_ANSWER_HEADER.size :]
        return messages.RESULT_KINDS[kind], messages.RESULT_FORMATS[syntax], rows, text

    def _note_final_size(self, size: int) -> None:
        self.needs_recycling = size - self._initial_size > self._limits.memory // RECYCLE_GROWTH

    def lower_priority(self, niceness: int = LOW_PRIORITY_NICENESS) -> None:
        """Lets other processes go first from now on; behind them all, it leaves them a core."""
        self.is_low_priority = niceness == LOW_PRIORITY_NICENESS
        with suppress(OSError):  # it has just ended, which whoever reads from it will see
            os.setpriority(os.PRIO_PROCESS, self.pid, niceness)
            self._set_affinity(AVAILABLE_CORES[1:] if self.is_low_priority else AVAILABLE_CORES)

    def raise_priority(self) -> bool:
        """Gives it back its turn; False where the system does not let us (setpriority(2))."""
        if self.is_low_priority:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, NORMAL_NICENESS)
                self._set_affinity(AVAILABLE_CORES)
                self.is_low_priority = False
        return not self.is_low_priority

    def _set_affinity(self, cores: Sequence[int]) -> None:
        if cores and sys.platform == "linux":
            os.sched_setaffinity(self.pid, cores)

    def kill(self, reason: QueryError | None = None) -> None:
        """Ends the process now; whoever reads from it is told the reason."""
        self.dead = True
        self.kill_reason = self.kill_reason or reason
        self._process.kill()

    async def reap(self) -> int:
        """Waits until the process is gone; gives how it ended (a negative number: a signal)."""
        self.kill()
        self._connection.close()
        return await asyncio.to_thread(self._process.wait)

    async def _explain_exit(self) -> QueryError:
        if self.kill_reason is not None:
            return self.kill_reason
        ended = await asyncio.to_thread(self._process.wait)
        if ended == -signal.SIGALRM:
            return build_timeout_error(self._limits)
        if ended == -signal.SIGSEGV:  # the engine's parser recurses
            return QueryTooLarge(
                "the query is nested too deeply", "la requête est imbriquée trop profondément"
            )
        if ended in (-signal.SIGABRT, -signal.SIGKILL):
            megabytes = self._limits.memory // (1024 * 1024)
            return QueryTooLarge(
                f"the query needs more than {megabytes:,} MB of memory",
                f"la requête demande plus de {megabytes} Mo de mémoire",
            )
        return QueryError(
            f"the process of the query ended ({ended})",
            f"le processus de la requête s'est arrêté ({ended})",
        )


def _rebuild_error(content: dict[str, Any]) -> QueryError:
    kind = getattr(errors, content["error"])
    message, french = content["message"], content.get("french", "")
    if kind is errors.QuerySyntaxError:
        place = content.get("line"), content.get("column")
        return errors.QuerySyntaxError(message, *place, french=french)
    return kind(message, french)  # type: ignore[no-any-return]
