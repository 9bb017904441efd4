"""The messages between a worker process and its parent: a kind, a length, a payload."""

import struct
from typing import Final

HEADER: Final = struct.Struct("!cI")

QUESTION: Final = b"Q"
"""To the worker: JSON of the query, its dataset, format and limits."""
READY: Final = b"R"
"""From the worker, once: JSON of what it has opened."""
KIND: Final = b"K"
"""From the worker: what kind of answer follows."""
DATA: Final = b"D"
"""From the worker: bytes of the answer."""
DONE: Final = b"E"
"""From the worker: JSON of rows and memory; the answer is complete."""
FAILED: Final = b"X"
"""From the worker: JSON of an error; what was sent of the answer is not complete."""

CHUNK: Final = 64 * 1024
"""Bytes the worker gathers before it sends them."""


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """A message ready to be sent."""
    return HEADER.pack(kind, len(payload)) + payload
