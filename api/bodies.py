"""Bodies in both directions: requests read within a limit, answers sent while somebody listens."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import IO, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.middleware.head import HEAD
from api.problems import RequestTooLarge, RequestTooSlow
from kg.errors import EssKgError, QueryError
from kg.sparql.backend import Answer

QUICK: Final = 0.05
"""Seconds an answer may take before it is worth watching whether the client is still there."""

CHUNK: Final = 256 * 1024
GRACE: Final = 20.0
SLOWEST: Final = 8 * 1024
"""Bytes a second; below that, once the first seconds have passed, a sender is told to stop."""
LONGEST: Final = 300.0
"""Seconds in which all must have arrived, however much it is."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


async def read(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises RequestTooLarge as soon as it is, RequestTooSlow where it does not come.
    """
    stated = request.headers.get("content-length", "0")
    if stated.isdigit() and int(stated) > most:
        raise _too_large(most)
    size, parts = 0, []
    async for part in arriving(request):
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


async def arriving(request: Request) -> AsyncIterator[bytes]:
    """The body of a request as it comes. Raises RequestTooSlow where it comes too slowly."""
    loop = asyncio.get_running_loop()
    begun, size, stream = loop.time(), 0, aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout_at(begun + min(GRACE + size / SLOWEST, LONGEST)):
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


def _too_large(most: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"a request body may have {most:,} bytes, this one has more",
        f"le corps d'une demande peut avoir {most} octets, celui-ci en a davantage",
    )


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of some work, which is cancelled if the client goes away.

    The body of the request must have been read. Raises ClientGone.
    """
    watch = Watch(request.receive)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.taken_back():
            raise ClientGone from None
        raise
    finally:
        watch.end()


class Watch:
    """Cancels the task that made it when the client goes away; looks from `QUICK` seconds on."""

    def __init__(self, receive: Receive) -> None:
        self._gone = False
        self._receive = receive
        self._task = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(QUICK, self._begin)

    def taken_back(self) -> bool:
        """Whether the cancellation is ours, which then ends here."""
        if self._gone and self._task is not None:
            self._task.uncancel()
        return self._gone

    def end(self) -> None:
        """To be called when the work has ended."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _begin(self) -> None:
        self._watching = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        await _gone(self._receive)
        self._gone = True
        if self._task is not None:
            self._task.cancel()


class AnswerResponse(Response):
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
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        await _first((sending, asyncio.ensure_future(_gone(receive))))
        await _cancelled(sending)

    async def _send(self, scope: Scope, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        chunks = self._answer.chunks()
        try:
            await send(start)
            if not scope.get(HEAD):
                async for chunk in chunks:
                    body = {"type": "http.response.body", "body": chunk, "more_body": True}
                    await send(body)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except QueryError as error:  # no last chunk: the server closes the connection
            log.warning("an answer was broken off", extra={"reason": str(error)})
        finally:
            self._answer.close()
            self._ended()


class HeldFile(Response):
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
                chunk = file.read(CHUNK)
                more = len(chunk) == CHUNK
                await send({"type": "http.response.body", "body": chunk, "more_body": more})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(tasks: tuple["asyncio.Future[T]", "asyncio.Future[None]"]) -> None:
    """Waits for either; ends the second."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancelled(tasks[1])


async def _cancelled(task: "asyncio.Future[T]") -> None:
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError, EssKgError):
            await task
