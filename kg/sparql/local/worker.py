"""Query worker process, child side: opens a release read-only and runs one query at a time.

Started by kg.sparql.local.worker_process as
`python -m kg.sparql.local.worker SOCKET STORE MEMORY PARENT`. Everything of a query (evaluation,
serialisation, disposal) happens in the one thread of this process: a result that crosses a thread
aborts pyoxigraph. Only the end of its process limits a query of that engine, so this process is
made to be killed.
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
from kg.sparql.projection import write_out_star
from kg.sparql.syntax_errors import explain_syntax_error

READ_BUFFER_BYTES: Final = 64 * 1024
"""Bytes of the receive buffer, which grows for a longer question."""
OVERTIME_SECONDS: Final = 0.3
"""Seconds after its limit at which a process ends itself, in case its parent is too busy to."""


def main() -> None:
    """Opens the store, reports it, and answers questions until the parent is gone."""
    handle, store_path, memory, parent = sys.argv[1:]
    process_limits.end_with_parent(int(parent))
    process_limits.raise_oom_score()
    confined = seccomp.close_network()
    connection = socket.socket(fileno=int(handle))
    store = ox.Store.read_only(store_path)
    size = process_limits.limit_memory(int(memory))
    writer, reader = ResponseWriter(connection), RequestReader(connection)
    writer.send_message(messages.READY, {"confined": confined, "size": size})
    while (question := reader.read_query()) is not None:
        _answer_query(writer, store, question)


class ResponseWriter:
    """Writer of messages to the parent: a short answer is one message, sent by one call."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._chunks: list[bytes] = []
        self._kind: ResultKind | None = None
        self._syntax = SPARQL_JSON

    def begin(self, kind: ResultKind, syntax: Format) -> None:
        """Begins an answer of a kind, in a format."""
        self._kind, self._syntax = kind, syntax

    def add(self, chunk: bytes) -> None:
        """Adds a part of the answer; a large part is sent immediately, with those before it."""
        self._chunks.append(chunk)
        if len(chunk) >= messages.CHUNK_BYTES // 2:
            self._send()

    def end(self, rows: int, size: int) -> None:
        """Sends the rest of the answer; it is complete."""
        if self._kind is not None:
            kind_and_format = (
                messages.RESULT_KINDS.index(self._kind),
                messages.RESULT_FORMATS.index(self._syntax),
            )
            whole = messages.COMPLETE_ANSWER_HEADER.pack(*kind_and_format, rows, size) + b"".join(
                self._chunks
            )
            self._socket.sendall(messages.encode_message(messages.COMPLETE_ANSWER, whole))
        else:
            self._send()
            self.send_message(messages.END_OF_ANSWER, {"rows": rows, "size": size})
        self.discard()

    def send_message(self, kind: bytes, content: dict[str, Any]) -> None:
        """Sends one message."""
        self._socket.sendall(messages.encode_message(kind, orjson.dumps(content)))

    def discard(self) -> None:
        """Drops the parts that are not sent."""
        self._chunks.clear()
        self._kind = None

    def _send(self) -> None:
        if self._kind is not None:
            self.send_message(
                messages.ANSWER_HEAD, {"kind": self._kind, "format": self._syntax.media_type}
            )
            self._kind = None
        self._socket.sendall(
            b"".join(messages.encode_message(messages.DATA, chunk) for chunk in self._chunks)
        )
        self._chunks.clear()


def _answer_query(writer: ResponseWriter, store: ox.Store, question: dict[str, Any]) -> None:
    signal.setitimer(signal.ITIMER_REAL, question["seconds"] + OVERTIME_SECONDS)
    try:
        rows = _evaluate(writer, store, question)
    except Exception as error:
        writer.discard()
        writer.send_message(messages.FAILURE, _describe_error(error, question["text"]))
    else:
        writer.end(rows, process_limits.read_address_space())
    signal.setitimer(signal.ITIMER_REAL, 0)


def _evaluate(writer: ResponseWriter, store: ox.Store, question: dict[str, Any]) -> int:
    default, named_graphs = question["default_graphs"], question["named_graphs"]
    dataset = bool(default or named_graphs)
    results = store.query(
        write_out_star(question["text"], question["base"]),
        base_iri=question["base"],
        default_graph=[ox.NamedNode(iri) for iri in default] if dataset else None,
        named_graphs=[ox.NamedNode(iri) for iri in named_graphs] if dataset else None,
    )
    kind = results_writer.classify_results(results)
    syntax = _choose_format(question["format"], kind)
    writer.begin(kind, syntax)
    return results_writer.write_results(
        results, syntax, writer.add, question["rows"], question["bytes"]
    )


def _choose_format(media_type: str | None, kind: ResultKind) -> Format:
    if media_type is None:
        return results_writer.choose_default_format("graph" if kind == "graph" else "solutions")
    syntax = messages.FORMAT_BY_MEDIA_TYPE[media_type]
    if (syntax in GRAPH_FORMATS) != (kind == "graph"):
        raise QueryRefused(
            f"an answer that is a {kind} cannot be written as {syntax.name}",
            f"la réponse de cette requête ne peut pas s'écrire en {syntax.name}",
        )
    return syntax


def _describe_error(error: Exception, text: str) -> dict[str, Any]:
    """An error as JSON for the parent, which raises it again."""
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
    """Reader of the questions of the parent, one after the other; most arrive in one piece."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        # one buffer for all: to allocate it takes longer than many a question to be answered
        self._buffer = memoryview(bytearray(READ_BUFFER_BYTES))

    def read_query(self) -> dict[str, Any] | None:
        """The next question, None where the parent is gone."""
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
            larger = memoryview(bytearray(size))
            larger[: len(self._buffer)] = self._buffer
            self._buffer = larger


if __name__ == "__main__":
    main()
