"""In-memory response cache: short responses of one release, least recently used evicted first.

Each server process has its own. A response is cached the second time it is asked for, for as long
as it says that it is fresh.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Message

FRESH_SECONDS: Final = 60.0
"""How long a response is good: what is public here says at least so."""
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_BODY_BYTES: Final = 128 * 1024
MAX_SEEN: Final = 100_000
"""Hashes of what was asked once; two that are equal by chance mean one response cached early."""
OVERHEAD_BYTES: Final = 2048
"""Counted for the headers of a response and for the key."""

CacheKey = tuple[bytes, ...]


@dataclass
class ResponseCache:
    """The responses of one release."""

    max_bytes: int = MAX_BYTES
    bytes: int = 0
    _responses: OrderedDict[CacheKey, tuple[float, Message, Message]] = field(
        default_factory=OrderedDict
    )
    """When each stops being good, its start and its body."""
    _seen_keys: set[int] = field(default_factory=set)

    def get(self, key: CacheKey) -> tuple[Message, Message] | None:
        """The messages of a response that is still good, None where there is none."""
        entry = self._responses.get(key)
        if entry is None:
            return None
        if entry[0] < time.monotonic():
            self._remove(key)
            return None
        self._responses.move_to_end(key)
        return entry[1:]

    def put(self, key: CacheKey, start: Message, body: Message) -> None:
        """Caches a response, in the place of the least recently used where there is no room."""
        self._remove(key)
        self._responses[key] = (time.monotonic() + FRESH_SECONDS, start, body)
        self.bytes += _measure_entry(key, body)
        while self.bytes > self.max_bytes:
            self._remove(next(iter(self._responses)))

    def seen_before(self, key: CacheKey) -> bool:
        """Whether something was asked lately: what is asked once is not worth caching."""
        digest = hash(key)
        if digest in self._seen_keys:
            return True
        if len(self._seen_keys) >= MAX_SEEN:
            self._seen_keys.clear()
        self._seen_keys.add(digest)
        return False

    def _remove(self, key: CacheKey) -> None:
        entry = self._responses.pop(key, None)
        if entry is not None:
            self.bytes -= _measure_entry(key, entry[2])


def _measure_entry(key: CacheKey, body: Message) -> int:
    return len(body.get("body", b"")) + sum(map(len, key)) + OVERHEAD_BYTES
