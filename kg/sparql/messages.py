"""The messages between a worker process and its parent: a kind, a length, a payload."""

import struct
from typing import Final

from kg.formats import GRAPH_FORMATS, SOLUTION_FORMATS
from kg.sparql.backend import Kind

HEADER: Final = struct.Struct("!cI")

QUESTION: Final = b"Q"
"""To the worker: JSON of the query, its dataset, format and limits."""
READY: Final = b"R"
"""From the worker, once: JSON of what it has opened."""
WHOLE: Final = b"W"
"""From the worker: an answer that is short and complete, `WHOLE_HEAD` before its bytes."""
KIND: Final = b"K"
"""From the worker: JSON of what kind of answer follows, and in what format."""
DATA: Final = b"D"
"""From the worker: bytes of the answer."""
DONE: Final = b"E"
"""From the worker: JSON of rows and memory; the answer is complete."""
FAILED: Final = b"X"
"""From the worker: JSON of an error; what was sent of the answer is not complete."""

WHOLE_HEAD: Final = struct.Struct("!BBQQ")
"""Numbers of the kind and of the format, rows, memory of the process."""
KINDS: Final[tuple[Kind, ...]] = ("solutions", "boolean", "graph")
FORMATS: Final = (*SOLUTION_FORMATS, *GRAPH_FORMATS)
BY_MEDIA_TYPE: Final = {syntax.media_type: syntax for syntax in FORMATS}

CHUNK: Final = 64 * 1024
"""Bytes the worker gathers before it sends them."""


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """A message ready to be sent."""
    return HEADER.pack(kind, len(payload)) + payload
