"""Query worker process, child side: opens a release read-only and runs one query at a time.

Started by kg.sparql.local.worker_process as
`python -m kg.sparql.local.worker SOCKET STORE MEMORY PARENT`. Everything of a query (evaluation,
serialisation, disposal) happens in the one thread of this process: a result that crosses a thread
aborts pyoxigraph. Nothing else limits a query of that engine than the end of its process, so this
one is made to be killed.
"""

import signal
import socket
import sys
from typing import Any, Final

import orjson
import pyoxigraph as ox

from kg.errors import QueryError, QueryRefused, QuerySyntaxError, QueryTooLarge
from kg.formats import GRAPH_FORMATS, SPARQL_JSON, Format
from kg.sandbox import process_limits, seccomp
from kg.sparql import messages, results_writer
from kg.sparql.backend import ResultKind
from kg.sparql.syntax_errors import explain_syntax_error

READ_BUFFER_BYTES: Final = 64 * 1024
"""Bytes of a question; a longer one is given more room."""
OVERTIME_SECONDS: Final = 0.3
"""Seconds after its limit at which a process ends by itself, were its parent too busy to."""


def main() -> None:
    """Opens the store, says so, and answers until the parent goes away."""
    handle, store_path, memory, parent = sys.argv[1:]
    process_limits.end_with_parent(int(parent))
    process_limits.raise_oom_score()
    confined = seccomp.close_network()
    line = socket.socket(fileno=int(handle))
    store = ox.Store.read_only(store_path)
    size = process_limits.limit_memory(int(memory))
    mouth, ear = ResponseWriter(line), RequestReader(line)
    mouth.send_message(messages.READY, {"confined": confined, "size": size})
    while (question := ear.read_query()) is not None:
        _answer_query(mouth, store, question)


class ResponseWriter:
    """What is said to the parent: gathered, so that a short answer is one message of one call."""

    def __init__(self, line: socket.socket) -> None:
        self._socket = line
        self._chunks: list[bytes] = []
        self._kind: ResultKind | None = None
        self._syntax = SPARQL_JSON

    def begin_answer(self, kind: ResultKind, syntax: Format) -> None:
        """What kind of answer follows, and in what format."""
        self._kind, self._syntax = kind, syntax

    def write_chunk(self, chunk: bytes) -> None:
        """A part of the answer; where it is large, all there is leaves at once."""
        self._chunks.append(chunk)
        if len(chunk) >= messages.CHUNK_BYTES // 2:
            self._send_chunks()

    def end_answer(self, rows: int, size: int) -> None:
        """The answer is complete."""
        if self._kind is not None:
            of = (
                messages.RESULT_KINDS.index(self._kind),
                messages.RESULT_FORMATS.index(self._syntax),
            )
            whole = messages.COMPLETE_ANSWER_HEADER.pack(*of, rows, size) + b"".join(self._chunks)
            self._socket.sendall(messages.encode_message(messages.COMPLETE_ANSWER, whole))
        else:
            self._send_chunks()
            self.send_message(messages.END_OF_ANSWER, {"rows": rows, "size": size})
        self.discard()

    def send_message(self, kind: bytes, content: dict[str, Any]) -> None:
        """A message by itself."""
        self._socket.sendall(messages.encode_message(kind, orjson.dumps(content)))

    def discard(self) -> None:
        """Leaves out what is still gathered."""
        self._chunks.clear()
        self._kind = None

    def _send_chunks(self) -> None:
        if self._kind is not None:
            self.send_message(
                messages.ANSWER_HEAD, {"kind": self._kind, "format": self._syntax.media_type}
            )
            self._kind = None
        self._socket.sendall(
            b"".join(messages.encode_message(messages.DATA, chunk) for chunk in self._chunks)
        )
        self._chunks.clear()


def _answer_query(mouth: ResponseWriter, store: ox.Store, question: dict[str, Any]) -> None:
    signal.setitimer(signal.ITIMER_REAL, question["seconds"] + OVERTIME_SECONDS)
    try:
        rows = _evaluate(mouth, store, question)
    except Exception as error:
        mouth.discard()
        mouth.send_message(messages.FAILURE, _describe_error(error, question["text"]))
    else:
        mouth.end_answer(rows, process_limits.read_address_space())
    signal.setitimer(signal.ITIMER_REAL, 0)


def _evaluate(mouth: ResponseWriter, store: ox.Store, question: dict[str, Any]) -> int:
    default, named = question["default_graphs"], question["named_graphs"]
    dataset = bool(default or named)
    results = store.query(
        question["text"],
        base_iri=question["base"],
        default_graph=[ox.NamedNode(iri) for iri in default] if dataset else None,
        named_graphs=[ox.NamedNode(iri) for iri in named] if dataset else None,
    )
    kind = results_writer.classify_results(results)
    syntax = _choose_format(question["format"], kind)
    mouth.begin_answer(kind, syntax)
    return results_writer.write_results(
        results, syntax, mouth.write_chunk, question["rows"], question["bytes"]
    )


def _choose_format(media_type: str | None, kind: ResultKind) -> Format:
    if media_type is None:
        return results_writer.choose_default_format("graph" if kind == "graph" else "solutions")
    wanted = messages.FORMAT_BY_MEDIA_TYPE[media_type]
    if (wanted in GRAPH_FORMATS) != (kind == "graph"):
        raise QueryRefused(
            f"an answer that is a {kind} cannot be written as {wanted.name}",
            f"la réponse de cette requête ne peut pas s'écrire en {wanted.name}",
        )
    return wanted


def _describe_error(error: Exception, text: str) -> dict[str, Any]:
    """An error as it crosses to the parent, which raises it again."""
    if isinstance(error, SyntaxError):
        return explain_syntax_error(str(error), text)
    if isinstance(error, MemoryError):
        return {
            "error": QueryTooLarge.__name__,
            "message": "the query needs too much memory",
            "french": "la requête demande trop de mémoire",
        }
    if isinstance(error, PermissionError):  # kg.sandbox closed the network
        return {
            "error": QueryRefused.__name__,
            "message": "this endpoint calls no other server",
            "french": "ce point d'accès n'appelle aucun autre serveur",
        }
    if isinstance(error, RuntimeError | ValueError):
        return {"error": QuerySyntaxError.__name__, "message": str(error)}
    name = type(error).__name__ if isinstance(error, QueryError) else QueryError.__name__
    return {"error": name, "message": str(error), "french": getattr(error, "french", "")}


class RequestReader:
    """What the parent asks, one question after the other; each mostly arrives in one piece."""

    def __init__(self, line: socket.socket) -> None:
        self._socket = line
        # kept: to have so much memory for each question takes longer than to answer many a one
        self._buffer = memoryview(bytearray(READ_BUFFER_BYTES))

    def read_query(self) -> dict[str, Any] | None:
        """The next question, None where the parent has gone."""
        head, begin = messages.FRAME_HEADER, messages.FRAME_HEADER.size
        received = 0
        while more := self._socket.recv_into(self._buffer[received:]):
            received += more
            if received >= begin:
                whole = begin + head.unpack_from(self._buffer)[1]
                if received >= whole:
                    return dict(orjson.loads(self._buffer[begin:whole]))
                self._grow_buffer(whole)
        return None

    def _grow_buffer(self, size: int) -> None:
        if size > len(self._buffer):
            room = memoryview(bytearray(size))
            room[: len(self._buffer)] = self._buffer
            self._buffer = room


if __name__ == "__main__":
    main()
