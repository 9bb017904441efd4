"""Bounded thread pool for work whose cost a visitor chooses: reading texts, writing lists.

A thread of Python takes turns with the event loop, so that few of them are at work at once; others
wait their turn, and beyond that they are told to come back.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import anyio

from kg import usage_metering
from kg.sparql.backend import build_overload_error

T = TypeVar("T")

MAX_WAITING: Final = 64
"""Works that may wait for one sort of turns."""


class BoundedThreadPool:
    """Turns at the threads of a server process."""

    def __init__(self, at_once: int) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)

    async def run(self, work: Callable[[], T]) -> T:
        """What some work gives; its time is put to the account that is open (kg.usage_metering).

        Raises QueryOverload where too much waits.
        """
        if self._limiter.statistics().tasks_waiting >= MAX_WAITING:
            raise build_overload_error()
        async with self._limiter:
            with usage_metering.measure_work():
                return await anyio.to_thread.run_sync(work)


TEXT_THREADS: Final = BoundedThreadPool(1)
"""For reading what is sent, and for searching the words in it."""
LIST_THREADS: Final = BoundedThreadPool(2)
"""For lists that take long to find or to write."""
