"""Request to a remote SPARQL engine: sent, its answer transcoded as it arrives, within limits.

The engine's bytes arrive in the event loop, are converted in a thread (which asks the loop for
more bytes, and waits for room before it hands on what it wrote), and leave in the loop.
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
"""Chunks written and not yet read by anybody."""
MAX_ERROR_BYTES: Final = 16 * 1024
MAX_ERROR_CHARACTERS: Final = 600
"""Characters of an engine's complaint that are handed on."""
BUSY_STATUSES: Final = frozenset([429, 503])
TIMEOUT_STATUSES: Final = frozenset([408, 504])
TIMEOUT_WORDS: Final = ("timeout", "timed out", "time limit", "s1t00", "exceeds the limit")

log = logging.getLogger(__name__)


class RemoteRequest:
    """A question under way. `stop` ends it, at any time and as often as one likes."""

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
        self._parts: asyncio.Queue[bytes | int | QueryError] = asyncio.Queue()
        self._free_slots = asyncio.Semaphore(MAX_UNREAD_CHUNKS)
        self._pending_call: Future[Any] | None = None
        self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._on_end: Callable[[RemoteRequest], None] = lambda _: None

    async def start(
        self,
        client: httpx.AsyncClient,
        text: str,
        deadline: float,
        ended: Callable[["RemoteRequest"], None],
    ) -> Answer:
        """Asks, and reads until the answer is complete or too long to be held back."""
        self._on_end = ended
        self._timer = self._loop.call_at(deadline, self._on_timeout)
        self._task = self._loop.create_task(self._receive(client, text))
        held: list[bytes] = []
        size = 0
        while size < self._limits.buffer_bytes:
            part = await self._next_part()
            if isinstance(part, int):
                return Answer(self._kind, self._syntax, b"".join(held), rows=part)
            held.append(part)
            size += len(part)
        return Answer(
            self._kind, self._syntax, b"".join(held), rest=self._stream_rest(), stop=self.stop
        )

    def stop(self, reason: QueryError | None = None) -> None:
        """Hangs up on the engine; whoever still reads is told the reason."""
        if self._stopped:
            return
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._pending_call is not None:
            self._pending_call.cancel()
        self._parts.put_nowait(reason or QueryError("the query was stopped"))
        self._on_end(self)

    async def _next_part(self) -> bytes | int:
        part = await self._parts.get()
        if isinstance(part, QueryError):
            raise part
        if isinstance(part, int):
            self.stop()
        else:
            self._free_slots.release()
        return part

    async def _stream_rest(self) -> AsyncIterator[bytes]:
        try:
            while not isinstance(part := await self._next_part(), int):
                yield part
        except QueryError as error:
            log.warning("an answer was cut", extra={"reason": str(error)})
            raise
        finally:
            self.stop()

    def _on_timeout(self) -> None:
        self.stop(build_timeout_error(self._limits))

    async def _receive(self, client: httpx.AsyncClient, text: str) -> None:
        """Receives the answer; what came of it is the last thing written."""
        try:
            rows = await self._transcode_response(client, text)
        except QueryError as error:
            self._parts.put_nowait(error)
        except httpx.HTTPError as error:
            self._parts.put_nowait(_build_unreachable_error(error))
        except Exception as error:  # whatever a parser makes of what is no answer
            log.error("an engine's answer cannot be read", extra={"reason": repr(error)})
            self._parts.put_nowait(_build_unreadable_error())
        else:
            self._parts.put_nowait(rows)

    async def _transcode_response(self, client: httpx.AsyncClient, text: str) -> int:
        response = await client.send(self._request, stream=True)
        try:
            if not response.is_success:
                complaint = await _read_error_body(response)
                raise build_engine_error(response.status_code, complaint, text, self._limits)
            _reject_partial_answer(response, self._limits)
            arriving = response.aiter_bytes()

            def more() -> bytes:
                return self._run_in_loop(_read_chunk(arriving))

            def send(chunk: bytes) -> None:
                self._run_in_loop(self._put_chunk(chunk))

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
        """What the loop gives, waited for by the thread; ends at once where all is stopped."""
        if self._stopped:
            work.close()
            raise QueryError("the query was stopped")
        waited = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._pending_call = waited
        if self._stopped:
            waited.cancel()
        try:
            return waited.result()
        except CancelledError:
            pass  # its traceback would keep the parser alive: see remote.transcode.converted
        raise QueryError("the query was stopped")

    async def _put_chunk(self, chunk: bytes) -> None:
        await self._free_slots.acquire()
        self._parts.put_nowait(chunk)


async def _read_chunk(arriving: AsyncIterator[bytes]) -> bytes:
    async for chunk in arriving:
        if chunk:
            return chunk
    return b""


async def _read_error_body(response: httpx.Response) -> str:
    found = b""
    async for chunk in response.aiter_bytes():
        found += chunk
        if len(found) > MAX_ERROR_BYTES:
            break
    return found[:MAX_ERROR_BYTES].decode("utf-8", "replace")


def _reject_partial_answer(response: httpx.Response, limits: QueryLimits) -> None:
    """Raises where Virtuoso says, in headers of a 200, that its answer is not all of it."""
    if "x-sql-state" in response.headers:
        raise build_timeout_error(limits)
    if most := response.headers.get("x-sparql-maxrows"):
        raise QueryTooLarge(
            f"the engine cuts answers at {most} rows",
            f"le moteur coupe les réponses à {most} lignes",
        )


def build_engine_error(status: int, complaint: str, text: str, limits: QueryLimits) -> QueryError:
    """What an engine's refusal means for whoever asked."""
    said = complaint.strip().partition("\n\nSPARQL query:")[0][:MAX_ERROR_CHARACTERS]
    if any(word in said.lower() for word in TIMEOUT_WORDS) or status in TIMEOUT_STATUSES:
        return build_timeout_error(limits)
    if status == httpx.codes.BAD_REQUEST:
        found = explain_syntax_error(said, text)
        return QuerySyntaxError(
            found["message"], found.get("line"), found.get("column"), found.get("french", "")
        )
    log.error("an engine refused", extra={"status": status, "said": said})
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
    return QueryError(f"the engine failed: {said}", f"le moteur a échoué : {said}")


def _build_unreachable_error(error: httpx.HTTPError) -> QueryError:
    log.error("an engine cannot be asked", extra={"reason": repr(error)})
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
