"""Messages between a query worker and its parent: type, length, payload."""

import struct
from typing import Final

from kg.formats import GRAPH_FORMATS, SOLUTION_FORMATS
from kg.sparql.backend import ResultKind

FRAME_HEADER: Final = struct.Struct("!cI")

QUESTION: Final = b"Q"
"""To the worker: JSON of the query, its dataset, format and limits."""
READY: Final = b"R"
"""From the worker, once: JSON of what it has opened."""
COMPLETE_ANSWER: Final = b"W"
"""From the worker: an answer that is short and complete, `WHOLE_HEAD` before its bytes."""
ANSWER_HEAD: Final = b"K"
"""From the worker: JSON of what kind of answer follows, and in what format."""
DATA: Final = b"D"
"""From the worker: bytes of the answer."""
END_OF_ANSWER: Final = b"E"
"""From the worker: JSON of rows and memory; the answer is complete."""
FAILURE: Final = b"X"
"""From the worker: JSON of an error; what was sent of the answer is not complete."""

COMPLETE_ANSWER_HEADER: Final = struct.Struct("!BBQQ")
"""Numbers of the kind and of the format, rows, memory of the process."""
RESULT_KINDS: Final[tuple[ResultKind, ...]] = ("solutions", "boolean", "graph")
RESULT_FORMATS: Final = (*SOLUTION_FORMATS, *GRAPH_FORMATS)
FORMAT_BY_MEDIA_TYPE: Final = {syntax.media_type: syntax for syntax in RESULT_FORMATS}

CHUNK_BYTES: Final = 64 * 1024
"""Bytes the worker gathers before it sends them."""


def encode_message(kind: bytes, payload: bytes = b"") -> bytes:
    """A message ready to be sent."""
    return FRAME_HEADER.pack(kind, len(payload)) + payload
