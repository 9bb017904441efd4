"""Streaming responses: a query answer while it is computed, and an open file."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Final, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http.disconnect import wait_for_disconnect
from api.http.scope_keys import HEAD_REQUEST_KEY
from kg.errors import EssKgError, QueryError
from kg.sparql.backend import Answer

FILE_CHUNK_BYTES: Final = 256 * 1024

T = TypeVar("T")
log = logging.getLogger(__name__)


class AnswerStreamingResponse(Response):
    """A query answer sent chunk by chunk while the query runs.

    When the query fails half-way, the connection is closed without a last chunk, so that the
    client notices the incomplete body. When the client disconnects, the query is stopped.
    """

    def __init__(
        self,
        answer: Answer,
        headers: Mapping[str, str],
        media_type: str,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_end` is called when the query has ended."""
        super().__init__(None, headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._answer = answer
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        await _wait_for_first((sending, asyncio.ensure_future(wait_for_disconnect(receive))))
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
            log.warning("an answer was cut off", extra={"reason": str(error)})
        finally:
            self._answer.close()
            self._on_end()


class OpenFileResponse(Response):
    """An open file, perhaps already deleted from its folder, sent from its start and closed."""

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


async def _wait_for_first(tasks: tuple["asyncio.Future[T]", "asyncio.Future[None]"]) -> None:
    """Waits until one of two tasks has ended, then ends the second one."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel_and_wait(tasks[1])


async def _cancel_and_wait(task: "asyncio.Future[T]") -> None:
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError, EssKgError):
            await task
