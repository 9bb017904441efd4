"""Concurrency limiter with a bounded waiting list for a remote engine."""

import asyncio
from collections import deque

from kg.errors import QueryOverload
from kg.sparql.backend import QueryLimits, build_overload_error


class ConcurrencyLimit:
    """The questions under way and those that wait for them to end, in the order they came."""

    def __init__(self, at_once: int, limits: QueryLimits) -> None:
        self._free_slots = at_once
        self._max_concurrent = at_once
        self._limits = limits
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def count_queries(self) -> dict[str, int]:
        """How many questions are under way, how many wait."""
        return {"under_way": self._max_concurrent - self._free_slots, "waiting": len(self._waiting)}

    async def acquire(self, until: float) -> None:
        """Waits for one's turn, to be given back, up to a moment of the loop's clock.

        Raises QueryOverload where too many wait, or too long.
        """
        if self._free_slots and not self._closed:
            self._free_slots -= 1
            return
        if self._closed or len(self._waiting) >= self._limits.queue:
            raise build_overload_error()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(until):
                await turn
        except TimeoutError:
            self._leave_queue(turn)
            raise QueryOverload(
                "the engine was not free in time; try again later",
                "le moteur ne s'est pas libéré à temps ; réessayez plus tard",
            ) from None
        except asyncio.CancelledError:
            self._leave_queue(turn)
            raise

    def release(self) -> None:
        """Ends one's turn; the next one begins."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free_slots += 1

    def close(self) -> None:
        """Sends everybody away."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(
                    QueryOverload(
                        "the release that was asked is no longer served; ask again",
                        "l'édition interrogée n'est plus servie ; recommencez",
                    )
                )

    def _leave_queue(self, turn: "asyncio.Future[None]") -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled() and turn.exception() is None:
            self.release()  # it came just as its owner left
