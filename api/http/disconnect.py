"""Client disconnects: work that is cancelled when nobody waits for its response any more."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.types import Receive

DISCONNECT_WATCH_DELAY: Final = 0.05
"""Seconds before a client is watched: most responses take less, and a task costs time."""

T = TypeVar("T")


class ClientDisconnected(Exception):
    """The client has closed the connection before its response."""


async def cancel_on_disconnect(request: Request, work: Awaitable[T]) -> T:
    """The result of some work, which is cancelled when the client disconnects.

    The body of the request must have been read before. Raises ClientDisconnected.
    """
    watcher = DisconnectWatcher(request.receive)
    try:
        return await work
    except asyncio.CancelledError:
        if watcher.acknowledge():
            raise ClientDisconnected from None
        raise
    finally:
        watcher.stop()


class DisconnectWatcher:
    """Watcher that cancels the task that created it when the client disconnects."""

    def __init__(self, receive: Receive) -> None:
        self._disconnected = False
        self._receive = receive
        self._task = asyncio.current_task()
        self._watch_task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(
            DISCONNECT_WATCH_DELAY, self._start_watching
        )

    def acknowledge(self) -> bool:
        """Whether the task was cancelled by this watcher; that cancellation then ends here."""
        if self._disconnected and self._task is not None:
            self._task.uncancel()  # or asyncio.timeout takes it for a cancellation of its own
        return self._disconnected

    def stop(self) -> None:
        """Stops watching; called when the work has ended."""
        self._timer.cancel()
        if self._watch_task is not None:
            self._watch_task.cancel()

    def _start_watching(self) -> None:
        self._watch_task = asyncio.get_running_loop().create_task(self._cancel_on_disconnect())

    async def _cancel_on_disconnect(self) -> None:
        await wait_for_disconnect(self._receive)
        self._disconnected = True
        if self._task is not None:
            self._task.cancel()


async def wait_for_disconnect(receive: Receive) -> None:
    """Returns when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
