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
        return self.pool.counts() | {"network": not self.pool.confined}

    async def run(self, question: Question, inspection: Inspection) -> Answer:  # noqa: ARG002
        """See Backend.run."""
        until = compute_deadline(question, self.limits)
        query = RunningQuery(self.pool, await self.pool.acquire(until), self.limits, until)
        try:
            return await query.start(question)
        except BaseException as error:
            query.end(reusable=isinstance(error, QueryError) and not query.broken)
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
        self._ended = False
        self._deadline = deadline
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._spend = usage_metering.get_charge()
        self._taken: float | None = None
        """When something of a long answer was last taken; None before it is one."""
        self._timer = loop.call_at(min(deadline, self._began + limits.slow_after), self._is_slow)

    @property
    def broken(self) -> bool:
        """Whether the worker died, or was told to."""
        return self._worker.dead

    async def start(self, question: Question) -> Answer:
        """Asks, and reads until the answer is complete or too long to be held back."""
        self._worker.put(question)
        first = await self._worker.next()
        if first.kind == messages.COMPLETE_ANSWER:
            kind, syntax, rows, text = self._worker.whole(first)
            self.end(reusable=True)
            return Answer(kind, syntax, text, rows=rows)
        told = first.decode()
        held: list[bytes] = []
        size = 0
        while size < self._limits.buffer_bytes:
            received = await self._worker.next()
            if received.kind == messages.END_OF_ANSWER:
                return self._answer(told, held, received)
            held.append(received.payload)
            size += len(received.payload)
        return self._answer(told, held, None)

    def end(self, *, reusable: bool) -> None:
        """Gives the worker back, once."""
        if not self._ended:
            self._ended = True
            self._timer.cancel()
            self._spend(asyncio.get_running_loop().time() - self._began)
            self._pool.release(self._worker, reusable=reusable)

    def _answer(
        self, told: dict[str, Any], held: list[bytes], done: WorkerMessage | None
    ) -> Answer:
        if done is None:
            self._taken = asyncio.get_running_loop().time()
        kind, syntax, text = (
            told["kind"],
            messages.FORMAT_BY_MEDIA_TYPE[told["format"]],
            b"".join(held),
        )
        if done is None:
            return Answer(
                kind, syntax, text, rest=self._rest(), stop=partial(self.end, reusable=False)
            )
        self.end(reusable=True)
        return Answer(kind, syntax, text, rows=done.decode()["rows"])

    async def _rest(self) -> AsyncIterator[bytes]:
        complete = False
        loop = asyncio.get_running_loop()
        try:
            while (received := await self._worker.next()).kind != messages.END_OF_ANSWER:
                yield received.payload
                self._taken = loop.time()
            complete = True
        except QueryError as error:
            log.warning("an answer was cut", extra={"reason": str(error)})
            raise
        finally:
            self.end(reusable=complete)

    def _is_slow(self) -> None:
        self._worker.lower_priority()
        if self._worker.ahead:  # it is its reader that takes long
            self._is_long()
        else:
            self._wait_for(self._began + self._limits.long_after, self._is_long)

    def _is_long(self) -> None:
        if not self._pool.promote(self._worker):
            # nobody may be there to read why it was ended: it goes back all the same
            self.end(reusable=False)
            return
        self._look()

    def _look(self) -> None:
        """Ends what is not taken by its reader, and what is out of time."""
        now = asyncio.get_running_loop().time()
        if now >= self._deadline:
            self._break_off(build_timeout_error(self._limits))
        elif (
            self._worker.ahead
            and self._taken is not None
            and (now - self._taken >= self._limits.stall_seconds)
        ):
            self._break_off(
                QueryOverload(
                    "the answer was not read: it is broken off, others wait for the process",
                    "la réponse n'a pas été lue : elle est interrompue, d'autres attendent",
                )
            )
        else:
            self._wait_for(now + self._limits.stall_seconds / PROGRESS_CHECKS, self._look)

    def _break_off(self, why: QueryError) -> None:
        self._worker.kill(why)
        self.end(reusable=False)

    def _wait_for(self, when: float, then: Callable[[], None]) -> None:
        if not self._ended:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(min(self._deadline, when), then)
