"""What took the engine long is found once for all the processes of a server.

Each process remembers by itself; without this, a question of five seconds would keep the engine of
every one of them busy for five seconds. The answer is put into a folder that they all read, and who
is asked a question that another process is at work on waits for it. Which one that is, is told by a
lock on one byte of a file, at the place that is the question's number: the system gives it back
whatever happens to the process that holds it.
"""

import asyncio
import fcntl
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from kg import errors
from kg.errors import QueryError, QueryTimeout, QueryTooLarge
from kg.store import frames
from kg.store.endpoint import Answer, Limits, Question, deadline, timeout

Put = Callable[[Question], Awaitable[Answer]]

COSTLY: Final = 0.02
"""Seconds from which an answer of the engine is worth keeping."""
LONGEST: Final = 128 * 1024
"""Bytes of an answer that is kept; what is longer is rare, and not what takes time to find."""
MOST: Final = 4096
"""Answers that are kept, the newest; each process looks after so many parts of them."""
PART: Final = 16
FIRST_PAUSE, LONGEST_PAUSE = 0.001, 0.05
"""Seconds between two looks at what another process is doing."""


class TooLong:
    """An answer that cannot be shared: each run is its own."""


class Shared:
    """The costly answers of one release, in a folder. Belongs to one event loop."""

    def __init__(self, folder: Path, release: str, limits: Limits) -> None:
        """`release` names what is asked, and whatever else an answer depends on."""
        self._folder = folder
        self._release = release
        self._limits = limits
        folder.mkdir(parents=True, exist_ok=True)
        # opened once: the locks of a process go with the first of its handles that is closed
        name = hashlib.sha256(release.encode()).hexdigest()
        self._locks = (folder / f"{name}.lock").open("w")
        self._kept = 0

    def close(self) -> None:
        """Gives back every lock."""
        self._locks.close()

    async def ask(self, question: Question, put: Put) -> Answer:
        """The answer that is kept, or else that of `put`. Raises QueryError.

        One that fails while others wait for it has failed for them too; one that is too long to be
        kept is run by each of them. Another process is waited for up to the limit of the question.
        """
        number = self._number(question)
        file = self._folder / number.hex()
        byte = int.from_bytes(number[:7], "big")
        began, pause = time.time(), FIRST_PAUSE
        until = deadline(question, self._limits)
        while (found := _read(file, began)) is None and not self._lock(byte):
            if asyncio.get_running_loop().time() >= until:
                raise timeout(self._limits)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        if isinstance(found, TooLong):
            return await put(question)
        if found is not None:
            return found
        try:
            return await self._put(question, put, file)
        finally:
            self._unlock(byte)

    async def _put(self, question: Question, put: Put, file: Path) -> Answer:
        start = time.monotonic()
        try:
            answer = await put(question)
        except (QueryTimeout, QueryTooLarge) as error:  # the others are of the moment
            if time.monotonic() - start >= COSTLY:
                head = {"error": type(error).__name__, "french": error.french}
                self._write(file, head, str(error).encode())
            raise
        costly = time.monotonic() - start >= COSTLY
        if costly and answer.whole and len(answer.held) <= LONGEST:
            syntax = answer.format.media_type
            self._write(
                file, {"kind": answer.kind, "format": syntax, "rows": answer.rows}, answer.held
            )
        elif costly:
            self._write(file, {"long": True}, b"")
        return answer

    def _number(self, question: Question) -> bytes:
        syntax = question.format.media_type if question.format else None
        asked = (question.text, syntax, question.default_graphs, question.named_graphs)
        return hashlib.sha256(orjson.dumps((self._release, *asked, question.base))).digest()

    def _lock(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        return True

    def _unlock(self, byte: int) -> None:
        with suppress(ValueError):  # closed meanwhile, and so given back
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, byte)

    def _write(self, file: Path, head: Mapping[str, Any], text: bytes) -> None:
        """Puts a file in its place as a whole; where that cannot be, nothing is shared."""
        written = file.with_suffix(".new")
        with suppress(OSError):
            written.write_bytes(orjson.dumps(head) + b"\n" + text)
            written.replace(file)
            self._kept += 1
            if self._kept % (MOST // PART) == 0:
                self._make_room()

    def _make_room(self) -> None:
        kept = [file for file in self._folder.iterdir() if not file.suffix]
        if len(kept) > MOST:
            kept.sort(key=lambda file: file.stat().st_mtime)
            for file in kept[: len(kept) - MOST + MOST // PART]:
                file.unlink(missing_ok=True)


def _read(file: Path, began: float) -> Answer | TooLong | None:
    """What is kept in a file. Raises the QueryError of a question that failed since it began."""
    try:
        with file.open("rb") as opened:
            told, text = orjson.loads(opened.readline()), opened.read()
            if "long" in told:
                return TooLong()
            if "error" not in told:
                syntax = frames.BY_MEDIA_TYPE[told["format"]]
                return Answer(told["kind"], syntax, text, rows=told["rows"], shared=True)
            if file.stat().st_mtime < began:
                return None
    except (OSError, ValueError, KeyError):
        return None
    kind: type[QueryError] = getattr(errors, told["error"], QueryError)
    raise kind(text.decode(), told["french"])
