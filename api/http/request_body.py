"""Reader of request bodies, bounded in size, time and rate."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import IO, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http.problems import RequestTooLarge, RequestTooSlow
from api.middleware.head import HEAD_REQUEST_KEY
from kg.errors import EssKgError, QueryError
from kg.sparql.backend import Answer

DISCONNECT_WATCH_DELAY: Final = 0.05
"""Seconds an answer may take before it is worth watching whether the client is still there."""

FILE_CHUNK_BYTES: Final = 256 * 1024
BODY_GRACE_SECONDS: Final = 20.0
MIN_BODY_BYTES_PER_SECOND: Final = 8 * 1024
"""Bytes a second; below that, once the first seconds have passed, a sender is told to stop."""
MAX_BODY_SECONDS: Final = 300.0
"""Seconds in which all must have arrived, however much it is."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class ClientDisconnected(Exception):
    """Nobody waits for the answer any more."""


async def read_body(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises RequestTooLarge as soon as it is, RequestTooSlow where it does not come.
    """
    stated = request.headers.get("content-length", "0")
    if stated.isdigit() and int(stated) > most:
        raise _body_too_large_error(most)
    size, parts = 0, []
    async for part in stream_body(request):
        size += len(part)
        if size > most:
            raise _body_too_large_error(most)
        parts.append(part)
    return b"".join(parts)


async def stream_body(request: Request) -> AsyncIterator[bytes]:
    """The body of a request as it comes. Raises RequestTooSlow where it comes too slowly."""
    loop = asyncio.get_running_loop()
    begun, size, stream = loop.time(), 0, aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout_at(
                begun + min(BODY_GRACE_SECONDS + size / MIN_BODY_BYTES_PER_SECOND, MAX_BODY_SECONDS)
            ):
                part = await anext(stream, None)
        except TimeoutError:
            raise RequestTooSlow(
                "what was sent did not arrive in time; try again on a better connection",
                "ce qui a été envoyé n'est pas arrivé à temps ; réessayez avec une meilleure "
                "connexion",
            ) from None
        if part is None:
            return
        size += len(part)
        yield part


def _body_too_large_error(most: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"a request body may have {most:,} bytes, this one has more",
        f"le corps d'une demande peut avoir {most} octets, celui-ci en a davantage",
    )


async def cancel_on_disconnect(request: Request, work: Awaitable[T]) -> T:
    """The result of some work, which is cancelled if the client goes away.

    The body of the request must have been read. Raises ClientGone.
    """
    watch = DisconnectWatcher(request.receive)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.acknowledge():
            raise ClientDisconnected from None
        raise
    finally:
        watch.stop()


class DisconnectWatcher:
    """Cancels the task that made it when the client goes away; looks from `QUICK` seconds on."""

    def __init__(self, receive: Receive) -> None:
        self._disconnected = False
        self._receive = receive
        self._task = asyncio.current_task()
        self._watch_task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(
            DISCONNECT_WATCH_DELAY, self._start_watching
        )

    def acknowledge(self) -> bool:
        """Whether the cancellation is ours, which then ends here."""
        if self._disconnected and self._task is not None:
            self._task.uncancel()
        return self._disconnected

    def stop(self) -> None:
        """To be called when the work has ended."""
        self._timer.cancel()
        if self._watch_task is not None:
            self._watch_task.cancel()

    def _start_watching(self) -> None:
        self._watch_task = asyncio.get_running_loop().create_task(self._cancel_on_disconnect())

    async def _cancel_on_disconnect(self) -> None:
        await _wait_for_disconnect(self._receive)
        self._disconnected = True
        if self._task is not None:
            self._task.cancel()


class AnswerStreamingResponse(Response):
    """An answer of which the beginning is known to be good, sent as it comes.

    Where it cannot be brought to its end the connection is broken off, so that the client sees
    an incomplete body; where the client goes away the query is stopped.
    """

    def __init__(
        self,
        answer: Answer,
        headers: Mapping[str, str],
        media_type: str,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`ended` is called once nothing more is asked of the engine."""
        super().__init__(None, headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._answer = answer
        self._on_end = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        await _wait_for_first((sending, asyncio.ensure_future(_wait_for_disconnect(receive))))
        await _cancel_and_wait(sending)

    async def _send(self, scope: Scope, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        chunks = self._answer.iterate_chunks()
        try:
            await send(start)
            if not scope.get(HEAD_REQUEST_KEY):
                async for chunk in chunks:
                    body = {"type": "http.response.body", "body": chunk, "more_body": True}
                    await send(body)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except QueryError as error:  # no last chunk: the server closes the connection
            log.warning("an answer was broken off", extra={"reason": str(error)})
        finally:
            self._answer.close()
            self._on_end()


class OpenFileResponse(Response):
    """A file that is open and may have no name any more, sent from its beginning and closed."""

    def __init__(self, file: IO[bytes], headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(None, headers=headers, media_type=media_type)
        self._file = file
        self.headers["content-length"] = str(os.fstat(file.fileno()).st_size)

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        with self._file as file:
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            more = True
            while more:
                chunk = file.read(FILE_CHUNK_BYTES)
                more = len(chunk) == FILE_CHUNK_BYTES
                await send({"type": "http.response.body", "body": chunk, "more_body": more})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait_for_first(tasks: tuple["asyncio.Future[T]", "asyncio.Future[None]"]) -> None:
    """Waits for either; ends the second."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel_and_wait(tasks[1])


async def _cancel_and_wait(task: "asyncio.Future[T]") -> None:
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError, EssKgError):
            await task
