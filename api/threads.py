"""Bounded threads for work whose cost a visitor chooses: reading texts, finding and writing lists.

A thread of Python takes turns with the event loop, so that few of them are at work at once; others
wait their turn, and beyond that they are told to come back.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import anyio

from kg import meter
from kg.sparql.backend import overload

T = TypeVar("T")

WAITING: Final = 64
"""Works that may wait for one sort of turns."""


class BoundedThreads:
    """Turns at the threads of a server process."""

    def __init__(self, at_once: int) -> None:
        self._turns = anyio.CapacityLimiter(at_once)

    async def run(self, work: Callable[[], T]) -> T:
        """What some work gives; its time is put to the account that is open (kg.meter).

        Raises QueryOverload where too much waits.
        """
        if self._turns.statistics().tasks_waiting >= WAITING:
            raise overload()
        async with self._turns:
            with meter.working():
                return await anyio.to_thread.run_sync(work)


TEXTS: Final = BoundedThreads(1)
"""For reading what is sent, and for searching the words in it."""
LISTS: Final = BoundedThreads(2)
"""For lists that take long to find or to write."""
