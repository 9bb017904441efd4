"""Worker pool of one release: query processes lent to one query at a time, in two lanes.

Two lanes keep light questions fast whatever else runs:

- The *quick* lane lends at most `size` workers. One more is idle, so that a killed worker is
  replaced immediately while its successor starts (about 60 ms).
- A question that still runs after `slow_after` seconds gets a low priority (nice 15, and one core
  left to the others). After `long_after` seconds it moves with its worker to the *long* lane, which
  frees its place in the quick lane. The long lane holds `LONG_LANE_FACTOR * size` questions; a
  further one ends with QueryOverload. So no number of runaway questions keeps the quick lane busy
  for longer than `long_after`, and memory is bounded by the lanes times the limit of one question.

A worker is retired after a long question, when its memory has grown, and when the system does not
let us raise its priority again. Questions that find the quick lane full wait in a bounded queue;
beyond it they are refused. The question of the client with the fewest others goes first, so that
nobody waits behind all the questions of one client.
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
"""Seconds between attempts to start a worker: doubled after each failure, up to the second."""

log = logging.getLogger(__name__)


@dataclass(order=True, frozen=True)
class WaitingQuery:
    """A question in the queue, ordered by when its turn comes."""

    active_of_client: int
    """Questions of its client that ran or waited when it arrived."""
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
        """The queue, the next question first."""
        self._arrivals = 0
        self._queries_by_client: Counter[str] = Counter()
        """Questions that run or wait, by client."""
        self._client_of: dict[WorkerProcess, str] = {}
        self._starting = 0
        self._failed_starts = 0
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.confined = False

    async def open(self) -> None:
        """Starts the first worker; the others start while it answers.

        Raises ReleaseDamaged where the store cannot be opened.
        """
        first = await WorkerProcess.start(self._store, self._limits)
        self.confined = first.confined
        self._idle.append(first)
        self._refill()

    async def close(self) -> None:
        """Ends every worker."""
        self._closed = True
        self._closing.set()
        replaced = QueryOverload(
            "the release that was asked is no longer served; ask again",
            "l'édition interrogée n'est plus servie ; recommencez",
        )
        for turn in self._waiting:
            if not turn.worker.done():
                turn.worker.set_exception(replaced)
        workers = [*self._idle, *self._quick, *self._long]
        self._idle.clear()
        for worker in workers:
            worker.kill(replaced)
        await asyncio.gather(*(worker.reap() for worker in workers))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def count_workers(self) -> dict[str, int]:
        """Numbers of idle workers, of quick and long questions, and of questions that wait."""
        return {
            "idle": len(self._idle),
            "quick": len(self._quick),
            "long": len(self._long),
            "waiting": len(self._waiting),
        }

    async def acquire(self, until: float) -> WorkerProcess:
        """A worker, to be released; `until` is a time of the event loop.

        Raises QueryOverload where too many questions wait, or this one too long.
        """
        client = usage_metering.get_client()
        if not self._waiting and self._has_free_worker():
            return self._lend(client)
        if len(self._waiting) >= self._limits.queue or self._closed:
            raise build_overload_error()
        loop = asyncio.get_running_loop()
        self._arrivals += 1
        active = self._queries_by_client[client] if client else 0
        turn = WaitingQuery(active, self._arrivals, client, loop.create_future())
        insort(self._waiting, turn)
        self._queries_by_client[client] += 1
        timer = loop.call_at(until, self._time_out, turn)
        try:
            return await turn.worker
        except asyncio.CancelledError:
            self._leave_queue(turn)
            raise
        finally:
            timer.cancel()
            self._forget_query(client)

    def move_to_long_lane(self, worker: WorkerProcess) -> bool:
        """Moves a worker whose question turns out to be long to the long lane.

        False where that lane is full: the worker was ended, and must be released.
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
        self._refill()
        self._serve_queue()
        return True

    def release(self, worker: WorkerProcess, *, reusable: bool) -> None:
        """Takes a worker back; one that is not reusable is ended and replaced."""
        was_quick = worker in self._quick
        self._forget_query(self._client_of.pop(worker, ""))
        self._quick.discard(worker)
        self._long.discard(worker)
        healthy = reusable and was_quick and not worker.needs_recycling and not self._closed
        if healthy and worker.raise_priority():
            self._idle.append(worker)
        else:
            self._spawn_task(self._retire(worker))
        self._refill()
        self._serve_queue()

    def _has_free_worker(self) -> bool:
        while self._idle and not self._idle[-1].alive:  # ended by the system
            self._spawn_task(self._retire(self._idle.pop()))
            self._refill()
        return bool(self._idle) and len(self._quick) < self._size

    def _lend(self, client: str) -> WorkerProcess:
        # the last in is the first out: its data is still in the caches of its processor
        worker = self._idle.pop()
        self._quick.add(worker)
        self._client_of[worker] = client
        self._queries_by_client[client] += 1
        return worker

    def _forget_query(self, client: str) -> None:
        self._queries_by_client[client] -= 1
        if self._queries_by_client[client] <= 0:
            del self._queries_by_client[client]

    def _serve_queue(self) -> None:
        while self._waiting and self._has_free_worker():
            turn = self._waiting.pop(0)
            if not turn.worker.done():
                turn.worker.set_result(self._lend(turn.client))

    def _time_out(self, turn: WaitingQuery) -> None:
        """Refuses a question whose turn has not come in time."""
        if not turn.worker.done():
            self._waiting.remove(turn)
            turn.worker.set_exception(
                QueryOverload(
                    "no process was free in time; try again later",
                    "aucun processus ne s'est libéré à temps ; réessayez plus tard",
                )
            )

    def _leave_queue(self, turn: WaitingQuery) -> None:
        if (
            turn.worker.done() and not turn.worker.cancelled()
        ):  # its turn came just before it was cancelled
            if turn.worker.exception() is None:
                self.release(turn.worker.result(), reusable=True)
        elif turn in self._waiting:
            self._waiting.remove(turn)

    def _refill(self) -> None:
        shortfall = self._size + 1 - len(self._idle) - len(self._quick) - self._starting
        for _ in range(0 if self._closed else shortfall):
            self._starting += 1
            self._spawn_task(self._start_worker())

    async def _start_worker(self) -> None:
        try:
            worker = await WorkerProcess.start(self._store, self._limits)
        except (ReleaseDamaged, OSError) as error:
            self._failed_starts += 1
            doubled = FIRST_RETRY_SECONDS * 2 ** min(self._failed_starts - 1, 10)
            pause = min(doubled, MAX_RETRY_SECONDS)
            fields = {"reason": str(error), "retry_seconds": pause}
            log.error("query process did not start", extra=fields)
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
        self._refill()
        self._serve_queue()

    async def _retire(self, worker: WorkerProcess) -> None:
        code = await worker.reap()
        log.info("query process retired", extra={"pid": worker.pid, "exit_code": code})

    def _spawn_task(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
