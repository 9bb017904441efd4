"""SPARQL backend: the interface of an engine, the question it is given, its limits, its answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kg.errors import QueryOverload, QueryTimeout
from kg.formats import Format
from kg.sparql.query_inspection import Inspection

ResultKind = Literal["solutions", "boolean", "graph"]
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class QueryLimits:
    """What one question may cost; a question that would cost more is not answered."""

    seconds: float = 30.0
    """Wall time from the moment it is asked, waiting included, to the last byte handed over."""
    memory: int = 1024 * MEGABYTE
    """Bytes its process may have beyond what it has when it starts."""
    rows: int = 1_000_000
    """Solutions, or triples, of one answer."""
    bytes: int = 256 * MEGABYTE
    """Bytes of one answer."""
    queue: int = 32
    """Questions that may wait for a process."""
    stall_seconds: float = 5.0
    """Seconds for which nothing of a long answer is taken before it is broken off."""
    slow_after: float = 0.25
    """Seconds after which the process of a question lets all others go first."""
    long_after: float = 1.0
    """Seconds after which a question is a long one, and makes room for the others."""
    buffer_bytes: int = MEGABYTE
    """Bytes of an answer that are kept until its fate is known."""


@dataclass(frozen=True)
class Question:
    """A SPARQL query, the dataset it is put to and the format its answer is wanted in."""

    text: str
    format: Format | None = None
    """None: SPARQL results JSON for solutions and booleans, N-Triples for graphs."""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    """Where either is given, the dataset is these graphs and no other (SPARQL 1.1 Protocol 2.1.4);
    a graph that the release does not have is empty, and is never fetched."""
    base: str | None = None
    """What the query's relative IRIs are relative to."""
    start_time: float | None = field(default=None, compare=False)
    """When it was asked, by the clock of the event loop; None: when it is put."""


def compute_deadline(question: Question, limits: QueryLimits) -> float:
    """When the answer must be there at the latest, by the clock of the event loop."""
    now = asyncio.get_running_loop().time()
    return (now if question.start_time is None else question.start_time) + limits.seconds


@dataclass
class Answer:
    """An answer under way: close it, or read it to its end.

    `whole` is the answer where it was short enough to be known entirely; otherwise `chunks`
    continues after `held`, and raises QueryError where the answer cannot be brought to its end.
    """

    kind: ResultKind
    format: Format
    body: bytes
    rows: int | None = None
    """Solutions or triples, known where the answer is whole."""
    rest: AsyncIterator[bytes] | None = field(default=None, repr=False)
    stop: Callable[[], None] | None = field(default=None, repr=False)
    shared: bool = False
    """Whether it is the answer of a question that somebody else had put already."""

    @property
    def whole(self) -> bool:
        return self.rest is None

    def close(self) -> None:
        """Stops the work on what has not been read; to be called by whoever does not read on."""
        if self.stop is not None:
            self.stop()

    async def read(self) -> bytes:
        """The answer in one piece."""
        return b"".join([chunk async for chunk in self.iterate_chunks()])

    async def iterate_chunks(self) -> AsyncIterator[bytes]:
        """The answer piece by piece. Raises QueryError where it stops before its end."""
        yield self.body
        if self.rest is not None:
            async for chunk in self.rest:
                yield chunk


def build_timeout_error(limits: QueryLimits) -> QueryTimeout:
    """What is said of a question that used up its time."""
    return QueryTimeout(
        f"the query did not end within {limits.seconds:g} seconds;"
        " ask for less, or download the dumps and run the query locally",
        f"la requête n'a pas fini en {limits.seconds:g} secondes ;"
        " demandez moins, ou téléchargez les exports complets et exécutez la requête chez vous",
    )


def build_overload_error() -> QueryOverload:
    """What is said where too many questions run and wait."""
    return QueryOverload(
        "too many queries are running and waiting; try again later",
        "trop de requêtes sont en cours ou en attente ; réessayez plus tard",
    )


class Backend(Protocol):
    """An engine that runs SPARQL queries: worker processes of this machine, or a remote service."""

    limits: QueryLimits

    async def open(self) -> None:
        """Makes it ready. Raises ReleaseError where the release cannot be asked."""
        ...

    async def run(self, question: Question, inspection: Inspection) -> Answer:
        """The answer, once it is known to be one. Raises QueryError.

        Cancelling the call, or closing the answer, stops the work.
        """
        ...

    async def state(self) -> dict[str, Any]:
        """Queries that run and wait (`waiting`), as /health reports them."""
        ...

    async def close(self) -> None:
        """Stops everything that runs."""
        ...
