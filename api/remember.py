"""Short answers kept in memory for whoever asks the same again: nothing runs for them.

What may be kept says so itself: it is public and fresh for a minute, it has a strong ETag, and
`Vary` names the headers it depends on (RFC 9111). When it is asked a second time it is kept for
that minute, with the release in service. So a repeated query, a page that many look at and a
revalidation cost one look into a table. What took the engine long (an aggregate over everything) is
kept the first time, for as long as its release is served. Each server process does so for itself.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from api.at_once import TRIED, Answered, Layer
from api.head import HEAD
from kg.store.shared import COSTLY, LONGEST

FRESH: Final = 60.0
"""Seconds for which an answer is good: what is public here says at least so."""
MOST_BYTES: Final = 32 * 1024 * 1024
OF_ENGINE: Final = ("/sparql", "/queries/")
"""Where what is public follows from the release and the question alone, whatever the day."""
MOST_SEEN: Final = 100_000
"""Marks of what was asked once; two that are alike by chance only mean one answer kept too soon."""
LONGEST_ADDRESS: Final = 4096
OVERHEAD: Final = 2048
"""Bytes counted for the headers of an answer and for the key."""
VARYING: Final = frozenset(
    [b"accept", b"accept-language", b"accept-encoding", b"accept-profile", b"if-none-match",
     b"if-modified-since", b"origin"]
)  # fmt: skip
"""The request headers that answers vary with, and the host, whose address some of them tell."""
NEVER: Final = frozenset([b"range", b"if-range", b"authorization", b"cookie"])

Key = tuple[bytes, ...]
Kept = tuple[float, Message, Message]
"""When it stops being good, its start and its body."""
Keep = Callable[[Key, Message, Message], None]


@dataclass
class Shelf:
    """Answers kept in some room, the least recently asked forgotten first."""

    most: int
    bytes: int = 0
    _answers: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)

    def get(self, key: Key) -> Kept | None:
        """The messages of an answer that is still good, None where there is none."""
        found = self._answers.get(key)
        if found is None:
            return None
        if found[0] < time.monotonic():
            self._forget(key)
            return None
        self._answers.move_to_end(key)
        return found

    def put(self, key: Key, start: Message, body: Message, until: float) -> None:
        """Keeps an answer in the place of the oldest."""
        self._forget(key)
        self._answers[key] = (until, start, body)
        self.bytes += _size(key, body)
        while self.bytes > self.most:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Key) -> None:
        found = self._answers.pop(key, None)
        if found is not None:
            self.bytes -= _size(key, found[2])


@dataclass
class Remembered:
    """The answers of one release: those of the last minute, and those that were costly to find."""

    most: int = MOST_BYTES
    _lately: Shelf = field(init=False)
    _costly: Shelf = field(init=False)
    _seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lately, self._costly = Shelf(self.most), Shelf(self.most)

    @property
    def bytes(self) -> int:
        """What is kept in all, at most twice `most`."""
        return self._lately.bytes + self._costly.bytes

    def asked_before(self, key: Key) -> bool:
        """Whether something was asked lately: what is asked once is not worth keeping."""
        mark = hash(key)
        if mark in self._seen:
            return True
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen.add(mark)
        return False

    def get(self, key: Key) -> Kept | None:
        """The messages of an answer that is still good, None where there is none."""
        return self._lately.get(key) or self._costly.get(key)

    def put(self, key: Key, start: Message, body: Message) -> None:
        """Keeps an answer for as long as it says that it is fresh."""
        self._lately.put(key, start, body, time.monotonic() + FRESH)

    def put_for_good(self, key: Key, start: Message, body: Message) -> None:
        """Keeps an answer that follows from the release alone, for as long as it is served."""
        self._costly.put(key, start, body, math.inf)


class Remember:
    """Middleware that answers what was asked before, and keeps what can be kept.

    `remembered` gives the answers of the release in service, None where none is.
    """

    def __init__(self, app: Layer, remembered: Callable[[], Remembered | None]) -> None:
        self._app = app
        self._remembered = remembered

    def at_once(self, scope: Scope) -> Answered | None:
        """See Layer."""
        remembered = self._remembered()
        key = _key(scope) if remembered is not None else None
        if remembered is None or key is None:
            return None
        return self._known(remembered, key, scope)

    def _known(self, remembered: Remembered, key: Key, scope: Scope) -> Answered | None:
        """What is remembered, or else known at once and worth remembering the next time."""
        known = remembered.get(key)
        if known is not None:
            return known[1:]
        answered = self._app.at_once(scope)
        if answered is not None and remembered.asked_before(key) and _keepable(answered[0]):
            remembered.put(key, *answered)
        return answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        remembered = self._remembered()
        key = _key(scope) if remembered is not None else None
        if remembered is None or key is None:
            await self._app(scope, receive, send)
            return
        known = None
        if TRIED not in scope.get("state", ()):
            known = self._known(remembered, key, scope)
        if known is not None:
            await send(known[0])
            await send(known[1])
        elif scope.get(HEAD):  # a body that nobody sees may have been left out
            await self._app(scope, receive, send)
        else:
            of_engine = scope["path"].startswith(OF_ENGINE)
            listener = Listener(send, remembered, key, of_engine=of_engine)
            await self._app(scope, receive, listener)


class Listener:
    """Passes an answer on, and keeps it where it is short and says that it may be kept.

    An answer of the engine that took long is kept at once and for good.
    """

    def __init__(
        self, send: Send, remembered: Remembered, key: Key, *, of_engine: bool = False
    ) -> None:
        self._send = send
        self._remembered = remembered
        self._key = key
        self._of_engine = of_engine
        self._began = time.monotonic()
        self._keep: Keep | None = None
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._keep = self._how()
            self._start = message if self._keep and _keepable(message) else None
        elif self._start is not None and self._keep is not None:
            if not message.get("more_body") and len(message.get("body", b"")) <= LONGEST:
                self._keep(self._key, self._start, message)
            self._start = None
        await self._send(message)

    def _how(self) -> Keep | None:
        """How an answer that begins now is kept, None where it is not."""
        if self._of_engine and time.monotonic() - self._began >= COSTLY:
            return self._remembered.put_for_good
        return self._remembered.put if self._remembered.asked_before(self._key) else None


def _key(scope: Scope) -> Key | None:
    """What an answer depends on beside the release; None where it is not looked for."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    address, query = scope["raw_path"], scope["query_string"]
    if len(address) + len(query) > LONGEST_ADDRESS:
        return None
    key = [scope["scheme"].encode(), scope["root_path"].encode(), address, query]
    for name, value in scope["headers"]:
        if name in VARYING or name == b"host":
            key += (name, value)
        elif name in NEVER:
            return None
    return tuple(key)


def _keepable(start: Message) -> bool:
    """Whether an answer says of itself that it is good for everyone for as long as its release."""
    if start["status"] not in (200, 304):
        return False
    headers = {name.lower(): value for name, value in start["headers"]}
    varies = {part.strip() for part in headers.get(b"vary", b"").lower().split(b",")} - {b""}
    return (
        headers.get(b"cache-control", b"").startswith(b"public")
        and headers.get(b"etag", b"W/").startswith(b'"')
        and varies <= VARYING
    )


def _size(key: Key, body: Message) -> int:
    return len(body.get("body", b"")) + sum(map(len, key)) + OVERHEAD
