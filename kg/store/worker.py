"""A process that answers one query at a time over a release opened read-only.

Started by kg.store.process as `python -m kg.store.worker SOCKET STORE MEMORY PARENT`. Everything
of a query (evaluation, serialisation, disposal) happens in the one thread of this process: a
result that crosses a thread aborts pyoxigraph. Nothing else limits a query of that engine than
the end of its process, so this one is made to be killed.
"""

import signal
import socket
import sys
from typing import Any, Final

import orjson
import pyoxigraph as ox

from kg.errors import QueryError, QueryRefused, QuerySyntaxError, QueryTooLarge
from kg.formats import GRAPH_FORMATS, SOLUTION_FORMATS, Format
from kg.sandbox import confinement, seccomp
from kg.store import answers, frames
from kg.store.syntax_errors import told

FORMATS: Final = {f.media_type: f for f in (*SOLUTION_FORMATS, *GRAPH_FORMATS)}
RECEIVED: Final = 256 * 1024
OVERTIME: Final = 0.3
"""Seconds after its limit at which a process ends by itself, were its parent too busy to."""


def main() -> None:
    """Opens the store, says so, and answers until the parent goes away."""
    handle, store_path, memory, parent = sys.argv[1:]
    confinement.die_with(int(parent))
    confined = seccomp.close_network()
    line = socket.socket(fileno=int(handle))
    store = ox.Store.read_only(store_path)
    size = confinement.bound_memory(int(memory))
    mouth, ear = Mouth(line), Ear(line)
    mouth.say(frames.READY, {"confined": confined, "size": size})
    mouth.flush()
    while (question := ear.next()) is not None:
        _answer(mouth, store, question)


class Mouth:
    """What is said to the parent: gathered, so that a short answer takes one system call."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._said: list[bytes] = []

    def say(self, kind: bytes, content: dict[str, Any]) -> None:
        self._said.append(frames.frame(kind, orjson.dumps(content)))

    def data(self, chunk: bytes) -> None:
        """A part of the answer; what is large enough leaves at once."""
        self._said.append(frames.frame(frames.DATA, chunk))
        if len(chunk) >= frames.CHUNK // 2:
            self.flush()

    def flush(self) -> None:
        said, self._said = self._said, []
        self._line.sendall(b"".join(said))


def _answer(mouth: Mouth, store: ox.Store, question: dict[str, Any]) -> None:
    signal.setitimer(signal.ITIMER_REAL, question["seconds"] + OVERTIME)
    try:
        rows = _evaluate(mouth, store, question)
    except Exception as error:
        mouth.say(frames.FAILED, _described(error, question["text"]))
    else:
        mouth.say(frames.DONE, {"rows": rows, "size": confinement.address_space()})
    mouth.flush()
    signal.setitimer(signal.ITIMER_REAL, 0)


def _evaluate(mouth: Mouth, store: ox.Store, question: dict[str, Any]) -> int:
    default, named = question["default_graphs"], question["named_graphs"]
    dataset = bool(default or named)
    results = store.query(
        question["text"],
        base_iri=question["base"],
        default_graph=[ox.NamedNode(iri) for iri in default] if dataset else None,
        named_graphs=[ox.NamedNode(iri) for iri in named] if dataset else None,
    )
    kind = answers.kind_of(results)
    syntax = _format(question["format"], kind)
    mouth.say(frames.KIND, {"kind": kind, "format": syntax.media_type})
    return answers.write(results, syntax, mouth.data, question["rows"], question["bytes"])


def _format(media_type: str | None, kind: str) -> Format:
    if media_type is None:
        return answers.default_format("graph" if kind == "graph" else "solutions")
    wanted = FORMATS[media_type]
    if (wanted in GRAPH_FORMATS) != (kind == "graph"):
        raise QueryRefused(
            f"an answer that is a {kind} cannot be written as {wanted.name}",
            f"la réponse de cette requête ne peut pas s'écrire en {wanted.name}",
        )
    return wanted


def _described(error: Exception, text: str) -> dict[str, Any]:
    """An error as it crosses to the parent, which raises it again."""
    if isinstance(error, SyntaxError):
        return told(str(error), text)
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


class Ear:
    """What the parent asks, one question after the other; each mostly arrives in one piece."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def next(self) -> dict[str, Any] | None:
        """The next question, None where the parent has gone."""
        received = self._line.recv(RECEIVED)
        while received:
            if len(received) >= frames.HEADER.size:
                whole = frames.HEADER.size + frames.HEADER.unpack_from(received)[1]
                if len(received) >= whole:
                    return dict(orjson.loads(received[frames.HEADER.size : whole]))
            more = self._line.recv(RECEIVED)
            received = received + more if more else b""
        return None


if __name__ == "__main__":
    main()
