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
"""Looks at a long question within the seconds for which nobody may read."""

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
        """How its workers are used, and whether they could reach a network."""
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
    """One question in one worker, from the moment the worker is lent to when it goes back.

    A timer watches over it whether or not anybody still reads: it puts it behind the others, moves
    it to the long lane, then ends it. Nothing that forgets an answer can keep its worker.
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
        self._started_at = loop.time()
        self._charge = usage_metering.get_charge()
        self._last_read_at: float | None = None
        """When something of a long answer was last taken; None before it is one."""
        self._timer = loop.call_at(
            min(deadline, self._started_at + limits.slow_after), self._on_slow
        )

    @property
    def broken(self) -> bool:
        """Whether the worker died, or was told to."""
        return self._worker.dead

    async def start(self, question: Question) -> Answer:
        """Asks, and reads until the answer is complete or too long to be held back."""
        self._worker.send_query(question)
        first = await self._worker.read_message()
        if first.kind == messages.COMPLETE_ANSWER:
            kind, syntax, rows, text = self._worker.decode_answer(first)
            self.release_worker(reusable=True)
            return Answer(kind, syntax, text, rows=rows)
        told = first.decode()
        held: list[bytes] = []
        size = 0
        while size < self._limits.buffer_bytes:
            received = await self._worker.read_message()
            if received.kind == messages.END_OF_ANSWER:
                return self._build_answer(told, held, received)
            held.append(received.payload)
            size += len(received.payload)
        return self._build_answer(told, held, None)

    def release_worker(self, *, reusable: bool) -> None:
        """Gives the worker back, once."""
        if not self._released:
            self._released = True
            self._timer.cancel()
            self._charge(asyncio.get_running_loop().time() - self._started_at)
            self._pool.release(self._worker, reusable=reusable)

    def _build_answer(
        self, told: dict[str, Any], held: list[bytes], done: WorkerMessage | None
    ) -> Answer:
        if done is None:
            self._last_read_at = asyncio.get_running_loop().time()
        kind, syntax, text = (
            told["kind"],
            messages.FORMAT_BY_MEDIA_TYPE[told["format"]],
            b"".join(held),
        )
        if done is None:
            return Answer(
                kind,
                syntax,
                text,
                rest=self._stream_rest(),
                stop=partial(self.release_worker, reusable=False),
            )
        self.release_worker(reusable=True)
        return Answer(kind, syntax, text, rows=done.decode()["rows"])

    async def _stream_rest(self) -> AsyncIterator[bytes]:
        complete = False
        loop = asyncio.get_running_loop()
        try:
            while (received := await self._worker.read_message()).kind != messages.END_OF_ANSWER:
                yield received.payload
                self._last_read_at = loop.time()
            complete = True
        except QueryError as error:
            log.warning("an answer was cut", extra={"reason": str(error)})
            raise
        finally:
            self.release_worker(reusable=complete)

    def _on_slow(self) -> None:
        self._worker.lower_priority()
        if self._worker.is_paused:  # it is its reader that takes long
            self._on_long()
        else:
            self._schedule(self._started_at + self._limits.long_after, self._on_long)

    def _on_long(self) -> None:
        if not self._pool.move_to_long_lane(self._worker):
            # nobody may be there to read why it was ended: it goes back all the same
            self.release_worker(reusable=False)
            return
        self._check_progress()

    def _check_progress(self) -> None:
        """Ends what is not taken by its reader, and what is out of time."""
        now = asyncio.get_running_loop().time()
        if now >= self._deadline:
            self._abort(build_timeout_error(self._limits))
        elif (
            self._worker.is_paused
            and self._last_read_at is not None
            and (now - self._last_read_at >= self._limits.stall_seconds)
        ):
            self._abort(
                QueryOverload(
                    "the answer was not read: it is broken off, others wait for the process",
                    "la réponse n'a pas été lue : elle est interrompue, d'autres attendent",
                )
            )
        else:
            self._schedule(now + self._limits.stall_seconds / PROGRESS_CHECKS, self._check_progress)

    def _abort(self, why: QueryError) -> None:
        self._worker.kill(why)
        self.release_worker(reusable=False)

    def _schedule(self, when: float, then: Callable[[], None]) -> None:
        if not self._released:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(min(self._deadline, when), then)
