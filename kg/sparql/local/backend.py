"""Local backend: queries run in worker processes, which can be killed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from kg import usage_metering
from kg.errors import QueryError, QueryOverload
from kg.sparql import messages
from kg.sparql.backend import Answer, QueryLimits, Question, build_timeout_error, compute_deadline
from kg.sparql.local.connection import WorkerMessage
from kg.sparql.local.worker_pool import WorkerPool
from kg.sparql.local.worker_process import WorkerProcess
from kg.sparql.query_inspection import Inspection

PROGRESS_CHECKS: Final = 10
"""Checks of a long question within the seconds for which its answer may stay unread."""

log = logging.getLogger(__name__)


class LocalBackend:
    """Runs queries in a pool of worker processes. See kg.sparql.backend.Backend."""

    def __init__(self, store: Path, workers: int, limits: QueryLimits) -> None:
        self.limits = limits
        self.pool = WorkerPool(store, workers, limits)

    async def open(self) -> None:
        """Raises ReleaseDamaged where the store cannot be opened."""
        await self.pool.open()

    async def close(self) -> None:
        """See Backend.close."""
        await self.pool.close()

    async def state(self) -> dict[str, Any]:
        """Use of its workers, and whether they could reach a network."""
        return self.pool.count_workers() | {"network": not self.pool.confined}

    async def run(self, question: Question, inspection: Inspection) -> Answer:  # noqa: ARG002
        """See Backend.run."""
        until = compute_deadline(question, self.limits)
        query = RunningQuery(self.pool, await self.pool.acquire(until), self.limits, until)
        try:
            return await query.start(question)
        except BaseException as error:
            query.release_worker(reusable=isinstance(error, QueryError) and not query.broken)
            raise


class RunningQuery:
    """One question in one worker, from when the worker is lent until it is released.

    A timer lowers its priority, moves it to the long lane, then ends it. It runs whether or not the
    answer is read, so that a reader that forgets its answer keeps no worker.
    """

    def __init__(
        self, pool: WorkerPool, worker: WorkerProcess, limits: QueryLimits, deadline: float
    ) -> None:
        self._pool = pool
        self._worker = worker
        self._limits = limits
        self._released = False
        self._deadline = deadline
        loop = asyncio.get_running_loop()
        self._start_time = loop.time()
        self._charge = usage_metering.get_charge()
        self._last_read: float | None = None
        """When a part of a long answer was last read; None while the answer is short."""
        slow_at = min(deadline, self._start_time + limits.slow_after)
        self._timer = loop.call_at(slow_at, self._become_slow)

    @property
    def broken(self) -> bool:
        """Whether the worker has ended."""
        return self._worker.dead

    async def start(self, question: Question) -> Answer:
        """Sends the question; reads the answer until it is complete or fills the buffer."""
        self._worker.send_query(question)
        first = await self._worker.read_message()
        if first.kind == messages.COMPLETE_ANSWER:
            kind, syntax, rows, text = self._worker.decode_answer(first)
            self.release_worker(reusable=True)
            return Answer(kind, syntax, text, rows=rows)
        head = first.decode()
        chunks: list[bytes] = []
        size = 0
        while size < self._limits.buffer_bytes:
            received = await self._worker.read_message()
            if received.kind == messages.END_OF_ANSWER:
                return self._build_answer(head, chunks, received)
            chunks.append(received.payload)
            size += len(received.payload)
        return self._build_answer(head, chunks, None)

    def release_worker(self, *, reusable: bool) -> None:
        """Releases the worker, once."""
        if not self._released:
            self._released = True
            self._timer.cancel()
            self._charge(asyncio.get_running_loop().time() - self._start_time)
            self._pool.release(self._worker, reusable=reusable)

    def _build_answer(
        self, head: dict[str, Any], chunks: list[bytes], end: WorkerMessage | None
    ) -> Answer:
        kind, syntax = head["kind"], messages.FORMAT_BY_MEDIA_TYPE[head["format"]]
        body = b"".join(chunks)
        if end is None:
            self._last_read = asyncio.get_running_loop().time()
            stop = partial(self.release_worker, reusable=False)
            return Answer(kind, syntax, body, rest=self._iterate_rest(), stop=stop)
        self.release_worker(reusable=True)
        return Answer(kind, syntax, body, rows=end.decode()["rows"])

    async def _iterate_rest(self) -> AsyncIterator[bytes]:
        complete = False
        loop = asyncio.get_running_loop()
        try:
            while (received := await self._worker.read_message()).kind != messages.END_OF_ANSWER:
                yield received.payload
                self._last_read = loop.time()
            complete = True
        except QueryError as error:
            log.warning("answer broken off", extra={"reason": str(error)})
            raise
        finally:
            self.release_worker(reusable=complete)

    def _become_slow(self) -> None:
        self._worker.lower_priority()
        if self._worker.is_paused:  # its reader is slow, not the query
            self._become_long()
        else:
            self._set_timer(self._start_time + self._limits.long_after, self._become_long)

    def _become_long(self) -> None:
        if not self._pool.move_to_long_lane(self._worker):
            # it is released here, since perhaps nobody reads the answer any more
            self.release_worker(reusable=False)
            return
        self._check_progress()

    def _check_progress(self) -> None:
        """Ends a question that is out of time, or whose answer is not read."""
        now = asyncio.get_running_loop().time()
        if now >= self._deadline:
            self._abort(build_timeout_error(self._limits))
        elif (
            self._worker.is_paused
            and self._last_read is not None
            and (now - self._last_read >= self._limits.stall_seconds)
        ):
            self._abort(
                QueryOverload(
                    "the answer was not read: it is broken off, others wait for the process",
                    "la réponse n'a pas été lue : elle est interrompue, d'autres attendent",
                )
            )
        else:
            pause = self._limits.stall_seconds / PROGRESS_CHECKS
            self._set_timer(now + pause, self._check_progress)

    def _abort(self, reason: QueryError) -> None:
        self._worker.kill(reason)
        self.release_worker(reusable=False)

    def _set_timer(self, when: float, action: Callable[[], None]) -> None:
        if not self._released:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(min(self._deadline, when), action)
