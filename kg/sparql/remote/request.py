"""Request to a remote SPARQL engine: sent, its answer transcoded as it arrives, within limits.

The engine's bytes arrive in the event loop and a thread transcodes them. The thread takes each
chunk from the loop, and waits until there is room before it queues what it wrote for the reader.
"""

import asyncio
import logging
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import CancelledError, Executor, Future
from typing import Any, Final, TypeVar

import httpx

from kg.errors import (
    EngineUnavailable,
    QueryError,
    QueryOverload,
    QuerySyntaxError,
    QueryTooLarge,
)
from kg.formats import Format
from kg.sparql.backend import Answer, QueryLimits, ResultKind, build_timeout_error
from kg.sparql.remote.transcode import transcode_or_return_error
from kg.sparql.syntax_errors import explain_syntax_error

T = TypeVar("T")
MAX_UNREAD_CHUNKS: Final = 8
"""Chunks that are written and not yet read."""
MAX_ERROR_BYTES: Final = 16 * 1024
MAX_ERROR_CHARACTERS: Final = 600
"""Characters of an engine's error message that are passed on."""
BUSY_STATUSES: Final = frozenset([429, 503])
TIMEOUT_STATUSES: Final = frozenset([408, 504])
TIMEOUT_WORDS: Final = ("timeout", "timed out", "time limit", "s1t00", "exceeds the limit")

log = logging.getLogger(__name__)


class RemoteRequest:
    """One question to an engine. `stop` ends it, at any time and any number of times."""

    def __init__(
        self,
        request: httpx.Request,
        kind: ResultKind,
        syntax: Format,
        limits: QueryLimits,
        threads: Executor,
    ) -> None:
        self._request = request
        self._kind: ResultKind = kind
        self._syntax = syntax
        self._limits = limits
        self._threads = threads
        self._loop: AbstractEventLoop = asyncio.get_running_loop()
        self._written: asyncio.Queue[bytes | int | QueryError] = asyncio.Queue()
        self._room = asyncio.Semaphore(MAX_UNREAD_CHUNKS)
        self._pending: Future[Any] | None = None
        self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._on_end: Callable[[RemoteRequest], None] = lambda _: None

    async def start(
        self,
        client: httpx.AsyncClient,
        text: str,
        deadline: float,
        on_end: Callable[["RemoteRequest"], None],
    ) -> Answer:
        """Sends the question; reads the answer until it is complete or fills the buffer."""
        self._on_end = on_end
        self._timer = self._loop.call_at(deadline, self._time_out)
        self._task = self._loop.create_task(self._run(client, text))
        chunks: list[bytes] = []
        size = 0
        while size < self._limits.buffer_bytes:
            part = await self._read_part()
            if isinstance(part, int):
                return Answer(self._kind, self._syntax, b"".join(chunks), rows=part)
            chunks.append(part)
            size += len(part)
        body, rest = b"".join(chunks), self._iterate_rest()
        return Answer(self._kind, self._syntax, body, rest=rest, stop=self.stop)

    def stop(self, reason: QueryError | None = None) -> None:
        """Closes the connection to the engine; the reader gets the reason."""
        if self._stopped:
            return
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._pending is not None:
            self._pending.cancel()
        self._written.put_nowait(reason or QueryError("the query was stopped"))
        self._on_end(self)

    async def _read_part(self) -> bytes | int:
        part = await self._written.get()
        if isinstance(part, QueryError):
            raise part
        if isinstance(part, int):
            self.stop()
        else:
            self._room.release()
        return part

    async def _iterate_rest(self) -> AsyncIterator[bytes]:
        try:
            while not isinstance(part := await self._read_part(), int):
                yield part
        except QueryError as error:
            log.warning("answer broken off", extra={"reason": str(error)})
            raise
        finally:
            self.stop()

    def _time_out(self) -> None:
        self.stop(build_timeout_error(self._limits))

    async def _run(self, client: httpx.AsyncClient, text: str) -> None:
        """Receives the answer; queues its number of rows, or its error, at the end."""
        try:
            rows = await self._receive(client, text)
        except QueryError as error:
            self._written.put_nowait(error)
        except httpx.HTTPError as error:
            self._written.put_nowait(_build_unreachable_error(error))
        except Exception as error:  # a parser may raise anything on what is no answer
            log.error("unreadable answer of the engine", extra={"reason": repr(error)})
            self._written.put_nowait(_build_unreadable_error())
        else:
            self._written.put_nowait(rows)

    async def _receive(self, client: httpx.AsyncClient, text: str) -> int:
        response = await client.send(self._request, stream=True)
        try:
            if not response.is_success:
                message = await _read_error_body(response)
                raise build_engine_error(response.status_code, message, text, self._limits)
            _reject_partial_answer(response, self._limits)
            chunks = response.aiter_bytes()

            def more() -> bytes:
                return self._run_in_loop(_read_chunk(chunks))

            def send(chunk: bytes) -> None:
                self._run_in_loop(self._enqueue(chunk))

            rows = await self._loop.run_in_executor(
                self._threads,
                transcode_or_return_error,
                more,
                self._kind,
                self._syntax,
                send,
                self._limits,
            )
            if isinstance(rows, Exception):
                raise rows
            return rows
        finally:
            await response.aclose()

    def _run_in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine of the loop, for the thread; ends with the request."""
        if self._stopped:
            work.close()
            raise QueryError("the query was stopped")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._pending = future
        if self._stopped:
            future.cancel()
        try:
            return future.result()
        except CancelledError:
            pass  # its traceback would keep the parser alive: see transcode_or_return_error
        raise QueryError("the query was stopped")

    async def _enqueue(self, chunk: bytes) -> None:
        await self._room.acquire()
        self._written.put_nowait(chunk)


async def _read_chunk(chunks: AsyncIterator[bytes]) -> bytes:
    async for chunk in chunks:
        if chunk:
            return chunk
    return b""


async def _read_error_body(response: httpx.Response) -> str:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ERROR_BYTES:
            break
    return body[:MAX_ERROR_BYTES].decode("utf-8", "replace")


def _reject_partial_answer(response: httpx.Response, limits: QueryLimits) -> None:
    """Raises where Virtuoso says, in headers of a 200, that its answer is incomplete."""
    if "x-sql-state" in response.headers:
        raise build_timeout_error(limits)
    if most := response.headers.get("x-sparql-maxrows"):
        raise QueryTooLarge(
            f"the engine cuts answers at {most} rows",
            f"le moteur coupe les réponses à {most} lignes",
        )


def build_engine_error(status: int, message: str, text: str, limits: QueryLimits) -> QueryError:
    """The error for an engine's error response to a query."""
    reason = message.strip().partition("\n\nSPARQL query:")[0][:MAX_ERROR_CHARACTERS]
    if any(word in reason.lower() for word in TIMEOUT_WORDS) or status in TIMEOUT_STATUSES:
        return build_timeout_error(limits)
    if status == httpx.codes.BAD_REQUEST:
        content = explain_syntax_error(reason, text)
        return QuerySyntaxError(
            content["message"],
            content.get("line"),
            content.get("column"),
            content.get("french", ""),
        )
    log.error("error of the engine", extra={"status": status, "reason": reason})
    if status in BUSY_STATUSES:
        return QueryOverload(
            "the engine is too busy; try again later",
            "le moteur est trop occupé ; réessayez plus tard",
        )
    if status in (401, 403, 404, 502):
        return EngineUnavailable(
            f"the engine does not let this server ask it (status {status})",
            f"le moteur ne se laisse pas interroger par ce serveur (statut {status})",
        )
    return QueryError(f"the engine failed: {reason}", f"le moteur a échoué : {reason}")


def _build_unreachable_error(error: httpx.HTTPError) -> QueryError:
    log.error("engine unreachable", extra={"reason": repr(error)})
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return EngineUnavailable(
            "the engine that answers queries cannot be reached",
            "le moteur qui répond aux requêtes ne peut pas être joint",
        )
    return EngineUnavailable("the engine broke off its answer", "le moteur a interrompu sa réponse")


def _build_unreadable_error() -> QueryError:
    return QueryError(
        "the engine's answer cannot be read; the reason is in the log of the server",
        "la réponse du moteur est illisible ; la raison est dans le journal du serveur",
    )
