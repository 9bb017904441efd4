"""Concurrency limiter with a bounded waiting list for a remote engine."""

import asyncio
from collections import deque

from kg.errors import QueryOverload
from kg.sparql.backend import QueryLimits, build_overload_error


class ConcurrencyLimit:
    """The questions that an engine runs, and those that wait, first come first served."""

    def __init__(self, max_concurrent: int, limits: QueryLimits) -> None:
        self._free = max_concurrent
        self._max_concurrent = max_concurrent
        self._limits = limits
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def count_queries(self) -> dict[str, int]:
        """Numbers of questions that run and wait."""
        return {"under_way": self._max_concurrent - self._free, "waiting": len(self._waiting)}

    async def acquire(self, until: float) -> None:
        """Waits for a place, to be released; `until` is a time of the event loop.

        Raises QueryOverload where too many questions wait, or this one too long.
        """
        if self._free and not self._closed:
            self._free -= 1
            return
        if self._closed or len(self._waiting) >= self._limits.queue:
            raise build_overload_error()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(until):
                await turn
        except TimeoutError:
            self._leave(turn)
            raise QueryOverload(
                "the engine was not free in time; try again later",
                "le moteur ne s'est pas libéré à temps ; réessayez plus tard",
            ) from None
        except asyncio.CancelledError:
            self._leave(turn)
            raise

    def release(self) -> None:
        """Frees a place, for the next question that waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def close(self) -> None:
        """Refuses the questions that wait, and all further ones."""
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

    def _leave(self, turn: "asyncio.Future[None]") -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled() and turn.exception() is None:
            self.release()  # its place came just before it was cancelled
