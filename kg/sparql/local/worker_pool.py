"""Worker pool of one release: query processes lent to one query at a time, in two lanes.

Two lanes keep light questions fast whatever else runs:

- The *quick* lane lends at most `size` workers. One more stands ready, so that a worker that is
  killed is replaced at once and its successor is started behind the scenes (about 60 ms).
- A question that still runs after `soon` seconds lets all others go first (nice 15, and one core
  left to them). After `patience` seconds it moves, worker and all, to the *long* lane: its place in
  the quick lane is free again. The long lane holds `LONG_LANES * size` questions; one that would
  be too many is put off with QueryOverload. So no number of runaway questions ever keeps the quick
  lane busy for longer than `patience`, and memory is bounded by the lanes times the limit of one
  question.

A worker that finished a long question is retired, as is one that kept much memory, and one that let
others go first where the system does not let us take that back. Questions that find the quick lane
full wait their turn in a bounded queue; beyond that they are told to come back. Those of a client
that has fewer others under way go first, so that nobody waits behind all the questions of one.
"""

import asyncio
import logging
from bisect import insort
from collections import Counter, deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kg import usage_metering
from kg.errors import QueryOverload, ReleaseDamaged
from kg.sparql.backend import QueryLimits, build_overload_error
from kg.sparql.local.worker_process import WorkerProcess

LONG_LANE_FACTOR: Final = 2
FIRST_RETRY_SECONDS: Final = 1.0
MAX_RETRY_SECONDS: Final = 60.0
"""Seconds between tries to start a worker, doubled after each that failed, at most."""

log = logging.getLogger(__name__)


@dataclass(order=True, frozen=True)
class WaitingQuery:
    """A question that waits, in the order in which turns come."""

    active_of_client: int
    """Questions that its client had under way when it came."""
    number: int
    client: str = field(compare=False)
    worker: "asyncio.Future[WorkerProcess]" = field(compare=False)


class WorkerPool:
    """Workers over one store. Belongs to one event loop; `open` before use, `close` after."""

    def __init__(self, store: Path, size: int, limits: QueryLimits) -> None:
        self._store = store
        self._size = size
        self._limits = limits
        self._idle: deque[WorkerProcess] = deque()
        self._quick: set[WorkerProcess] = set()
        self._long: set[WorkerProcess] = set()
        self._waiting: list[WaitingQuery] = []
        """Those who wait, the next one first."""
        self._arrivals = 0
        self._active_by_client: Counter[str] = Counter()
        """How many questions each client has running or waiting here."""
        self._client_of_worker: dict[WorkerProcess, str] = {}
        self._starting = 0
        self._failed_starts = 0
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.confined = False

    async def open(self) -> None:
        """Starts the first worker, and the others behind it.

        Raises ReleaseDamaged where the store cannot be opened.
        """
        first = await WorkerProcess.start(self._store, self._limits)
        self.confined = first.confined
        self._idle.append(first)
        self._start_missing()

    async def close(self) -> None:
        """Ends every worker."""
        self._closed = True
        self._closing.set()
        gone = QueryOverload(
            "the release that was asked is no longer served; ask again",
            "l'édition interrogée n'est plus servie ; recommencez",
        )
        for turn in self._waiting:
            if not turn.worker.done():
                turn.worker.set_exception(gone)
        workers = [*self._idle, *self._quick, *self._long]
        self._idle.clear()
        for worker in workers:
            worker.kill(gone)
        await asyncio.gather(*(worker.reap() for worker in workers))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def count_workers(self) -> dict[str, int]:
        """How many workers are idle, how many run quick and long questions, how many wait."""
        return {
            "idle": len(self._idle),
            "quick": len(self._quick),
            "long": len(self._long),
            "waiting": len(self._waiting),
        }

    async def acquire(self, until: float) -> WorkerProcess:
        """A worker of one's own, to be given back; waited for up to a moment of the loop's clock.

        Raises QueryOverload where too many wait, or too long.
        """
        client = usage_metering.get_client()
        if not self._waiting and self._has_available():
            return self._lend(client)
        if len(self._waiting) >= self._limits.queue or self._closed:
            raise build_overload_error()
        loop = asyncio.get_running_loop()
        self._arrivals += 1
        turn = WaitingQuery(
            self._active_by_client[client] if client else 0,
            self._arrivals,
            client,
            loop.create_future(),
        )
        insort(self._waiting, turn)
        self._active_by_client[client] += 1
        timer = loop.call_at(until, self._time_out, turn)
        try:
            return await turn.worker
        except asyncio.CancelledError:
            self._leave_queue(turn)
            raise
        finally:
            timer.cancel()
            self._decrement_client(client)

    def move_to_long_lane(self, worker: WorkerProcess) -> bool:
        """Moves a worker whose question turns out to be long out of the quick lane.

        False where there is no room for it: it was ended, and is to be given back.
        """
        if worker not in self._quick:
            return True
        if len(self._long) >= LONG_LANE_FACTOR * self._size:
            worker.kill(
                QueryOverload(
                    "too many long queries are running; try again later",
                    "trop de longues requêtes sont en cours ; réessayez plus tard",
                )
            )
            return False
        self._quick.discard(worker)
        self._long.add(worker)
        worker.lower_priority()
        self._start_missing()
        self._serve_queue()
        return True

    def release(self, worker: WorkerProcess, *, reusable: bool) -> None:
        """Takes a worker back; one that is not reusable is ended and replaced."""
        was_quick = worker in self._quick
        self._decrement_client(self._client_of_worker.pop(worker, ""))
        self._quick.discard(worker)
        self._long.discard(worker)
        kept = reusable and was_quick and not worker.needs_recycling and not self._closed
        if kept and worker.raise_priority():
            self._idle.append(worker)
        else:
            self._spawn_task(self._retire(worker))
        self._start_missing()
        self._serve_queue()

    def _has_available(self) -> bool:
        while self._idle and not self._idle[-1].alive:  # ended by the system, or by somebody
            self._spawn_task(self._retire(self._idle.pop()))
            self._start_missing()
        return bool(self._idle) and len(self._quick) < self._size

    def _lend(self, client: str) -> WorkerProcess:
        # the one that answered last: what it needs is still in the caches of its processor
        worker = self._idle.pop()
        self._quick.add(worker)
        self._client_of_worker[worker] = client
        self._active_by_client[client] += 1
        return worker

    def _decrement_client(self, client: str) -> None:
        self._active_by_client[client] -= 1
        if self._active_by_client[client] <= 0:
            del self._active_by_client[client]

    def _serve_queue(self) -> None:
        while self._waiting and self._has_available():
            turn = self._waiting.pop(0)
            if not turn.worker.done():
                turn.worker.set_result(self._lend(turn.client))

    def _time_out(self, turn: WaitingQuery) -> None:
        """Ends the wait of a question whose turn has not come in its time."""
        if not turn.worker.done():
            self._waiting.remove(turn)
            turn.worker.set_exception(
                QueryOverload(
                    "no process was free in time; try again later",
                    "aucun processus ne s'est libéré à temps ; réessayez plus tard",
                )
            )

    def _leave_queue(self, turn: WaitingQuery) -> None:
        if turn.worker.done() and not turn.worker.cancelled():  # its turn came just as it left
            if turn.worker.exception() is None:
                self.release(turn.worker.result(), reusable=True)
        elif turn in self._waiting:
            self._waiting.remove(turn)

    def _start_missing(self) -> None:
        wanted = self._size + 1 - len(self._idle) - len(self._quick) - self._starting
        for _ in range(0 if self._closed else wanted):
            self._starting += 1
            self._spawn_task(self._start_worker())

    async def _start_worker(self) -> None:
        try:
            worker = await WorkerProcess.start(self._store, self._limits)
        except (ReleaseDamaged, OSError) as error:
            self._failed_starts += 1
            pause = min(
                FIRST_RETRY_SECONDS * 2 ** min(self._failed_starts - 1, 10), MAX_RETRY_SECONDS
            )
            reason = {"reason": str(error), "again_in": pause}
            log.error("a query process did not start", extra=reason)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
        else:
            self._failed_starts = 0
            if self._closed:
                await worker.reap()
                return
            self._idle.append(worker)
        finally:
            self._starting -= 1
        self._start_missing()
        self._serve_queue()

    async def _retire(self, worker: WorkerProcess) -> None:
        ended = await worker.reap()
        log.info("a query process was retired", extra={"pid": worker.pid, "ended": ended})

    def _spawn_task(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
