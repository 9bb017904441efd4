"""Result cache of one release: results in flight, and costly results shared by processes.

Level 1 is the table of queries in flight in this process (single flight): whoever asks what is
running already waits for that answer instead of having another process work for the same one, up to
its own time limit, and only so many.

Level 2 is a folder that all the processes of a server read: a result that took the engine long is
written there once. A lock on one byte of a file, at the offset that is the query's digest, says
which process is at work on a query; the system gives it back whatever happens to that process.
"""

import asyncio
import fcntl
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO

import orjson

from kg import errors
from kg.errors import QueryError, QueryTimeout, QueryTooLarge, ReleaseDamaged
from kg.sparql import messages
from kg.sparql.backend import (
    Answer,
    QueryLimits,
    Question,
    build_overload_error,
    build_timeout_error,
    compute_deadline,
)

Run = Callable[[Question], Awaitable[Answer]]

COSTLY_SECONDS: Final = 0.02
"""Seconds of the engine from which a result is kept."""
MAX_RESULT_BYTES: Final = 128 * 1024
"""A longer result is not kept: such are rare, and not those that take long to find."""
MAX_RESULTS: Final = 4096
"""Results kept in the folder, the newest; each process deletes after so many parts of them."""
CLEANUP_SHARE: Final = 16
MIN_POLL_SECONDS, MAX_POLL_SECONDS = 0.001, 0.05
"""Seconds between two looks at a query that another process is at work on."""


class Uncacheable:
    """A result that cannot be shared: each asker runs the query itself."""


Outcome = Answer | Uncacheable | None
"""How a run ended: its answer, that it is too long, or that its asker went away."""


class ResultCache:
    """Results of deterministic queries on one release. Belongs to one event loop."""

    def __init__(self, limits: QueryLimits, shared: "SharedResults | None" = None) -> None:
        self._limits = limits
        self._shared = shared
        self._in_flight: dict[Question, asyncio.Future[Outcome]] = {}
        self.waiting = 0
        """How many wait for the answer to somebody else's query."""

    def open(self) -> None:
        """Raises ReleaseDamaged where results cannot be shared."""
        if self._shared is not None:
            self._shared.open()

    async def get_or_run(self, question: Question, run: Run) -> Answer:
        """The result in flight or in the folder, or else that of `run`. Raises QueryError.

        Where the first asker went away, the next one runs the query again.
        """
        while other := self._in_flight.get(question):
            outcome = await self._wait_for(other, question)
            if isinstance(outcome, Uncacheable):
                return await run(question)
            if outcome is not None:
                return replace(outcome, shared=True)
        return await self._run(question, run)

    async def _wait_for(self, other: "asyncio.Future[Outcome]", question: Question) -> Outcome:
        if self.waiting >= self._limits.queue:
            raise build_overload_error()
        left = compute_deadline(question, self._limits) - asyncio.get_running_loop().time()
        self.waiting += 1
        try:
            await asyncio.wait((other,), timeout=max(left, 0.0))
        finally:
            self.waiting -= 1
        if not other.done():
            raise build_timeout_error(self._limits)
        return other.result()

    async def _run(self, question: Question, run: Run) -> Answer:
        future = self._in_flight[question] = asyncio.get_running_loop().create_future()
        outcome: Outcome = None
        try:
            shared = self._shared
            answer = await (shared.get_or_run(question, run) if shared else run(question))
            outcome = answer if answer.whole else Uncacheable()
        except QueryError as error:
            future.set_exception(error)
            future.exception()  # it may be that nobody else waits for it
            raise
        finally:
            del self._in_flight[question]
            if not future.done():
                future.set_result(outcome)
        return answer

    def close(self) -> None:
        """Lets go of what is shared with other processes."""
        if self._shared is not None:
            self._shared.close()


class SharedResults:
    """Costly results of one release, as files of a folder. Belongs to one event loop."""

    def __init__(self, folder: Path, edition: str, limits: QueryLimits) -> None:
        """`edition` names the data that is asked, and whatever else a result depends on."""
        self._folder = folder
        self._edition = edition
        self._limits = limits
        self._lock_file: TextIO | None = None
        self._written = 0

    def open(self) -> None:
        """Makes the folder. Raises ReleaseDamaged where that cannot be."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # opened once: the locks of a process go with the first of its handles that is closed
            name = hashlib.sha256(self._edition.encode()).hexdigest()
            self._lock_file = (self._folder / f"{name}.lock").open("w")
        except OSError as error:
            raise ReleaseDamaged(f"results cannot be shared in {self._folder}: {error}") from error

    def close(self) -> None:
        """Gives back every lock."""
        if self._lock_file is not None:
            self._lock_file.close()

    async def get_or_run(self, question: Question, run: Run) -> Answer:
        """The result in the folder, or else that of `run`. Raises QueryError.

        A query that fails while others wait for it has failed for them too; one whose result is too
        long to be kept is run by each of them. Another process is waited for up to the limit of the
        question.
        """
        digest = self._digest(question)
        file = self._folder / digest.hex()
        byte = int.from_bytes(digest[:7], "big")
        began, pause = time.time(), MIN_POLL_SECONDS
        until = compute_deadline(question, self._limits)
        while (result := _read_entry(file, began)) is None and not self._try_lock(byte):
            if asyncio.get_running_loop().time() >= until:
                raise build_timeout_error(self._limits)
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_POLL_SECONDS)
        if isinstance(result, Uncacheable):
            return await run(question)
        if result is not None:
            return result
        try:
            return await self._run(question, run, file)
        finally:
            self._unlock(byte)

    async def _run(self, question: Question, run: Run, file: Path) -> Answer:
        start = time.monotonic()
        try:
            answer = await run(question)
        except (QueryTimeout, QueryTooLarge) as error:  # the others are of the moment
            if time.monotonic() - start >= COSTLY_SECONDS:
                head = {"error": type(error).__name__, "french": error.french}
                self._store(file, head, str(error).encode())
            raise
        costly = time.monotonic() - start >= COSTLY_SECONDS
        if costly and answer.whole and len(answer.body) <= MAX_RESULT_BYTES:
            syntax = answer.format.media_type
            self._store(
                file, {"kind": answer.kind, "format": syntax, "rows": answer.rows}, answer.body
            )
        elif costly:
            self._store(file, {"long": True}, b"")
        return answer

    def _digest(self, question: Question) -> bytes:
        syntax = question.format.media_type if question.format else None
        parts = (question.text, syntax, question.default_graphs, question.named_graphs)
        return hashlib.sha256(orjson.dumps((self._edition, *parts, question.base))).digest()

    def _try_lock(self, byte: int) -> bool:
        assert self._lock_file is not None
        try:
            fcntl.lockf(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        return True

    def _unlock(self, byte: int) -> None:
        assert self._lock_file is not None
        with suppress(ValueError):  # closed meanwhile, and so given back
            fcntl.lockf(self._lock_file, fcntl.LOCK_UN, 1, byte)

    def _store(self, file: Path, head: Mapping[str, Any], text: bytes) -> None:
        """Puts a file in its place as a whole; where that cannot be, nothing is shared."""
        temporary = file.with_suffix(".new")
        with suppress(OSError):
            temporary.write_bytes(orjson.dumps(head) + b"\n" + text)
            temporary.replace(file)
            self._written += 1
            if self._written % (MAX_RESULTS // CLEANUP_SHARE) == 0:
                self._delete_oldest()

    def _delete_oldest(self) -> None:
        files = [file for file in self._folder.iterdir() if not file.suffix]
        if len(files) > MAX_RESULTS:
            files.sort(key=lambda file: file.stat().st_mtime)
            for file in files[: len(files) - MAX_RESULTS + MAX_RESULTS // CLEANUP_SHARE]:
                file.unlink(missing_ok=True)


def _read_entry(file: Path, began: float) -> Answer | Uncacheable | None:
    """What is kept in a file. Raises the QueryError of a question that failed since it began."""
    try:
        with file.open("rb") as opened:
            head, text = orjson.loads(opened.readline()), opened.read()
            if "long" in head:
                return Uncacheable()
            if "error" not in head:
                syntax = messages.FORMAT_BY_MEDIA_TYPE[head["format"]]
                return Answer(head["kind"], syntax, text, rows=head["rows"], shared=True)
            if file.stat().st_mtime < began:
                return None
    except (OSError, ValueError, KeyError):
        return None
    kind: type[QueryError] = getattr(errors, head["error"], QueryError)
    raise kind(text.decode(), head["french"])
