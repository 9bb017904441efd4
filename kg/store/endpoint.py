"""What can be asked of any SPARQL engine and what comes back: the narrow waist of this package."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kg.formats import Format
from kg.store.steps import Steps

Kind = Literal["solutions", "boolean", "graph"]
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
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
    soon: float = 0.25
    """Seconds after which the process of a question lets all others go first."""
    patience: float = 1.0
    """Seconds after which a question is a long one, and makes room for the others."""
    held: int = MEGABYTE
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


@dataclass
class Answer:
    """An answer under way: close it, or read it to its end.

    `whole` is the answer where it was short enough to be known entirely; otherwise `chunks`
    continues after `held`, and raises QueryError where the answer cannot be brought to its end.
    """

    kind: Kind
    format: Format
    held: bytes
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
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        """The answer piece by piece. Raises QueryError where it stops before its end."""
        yield self.held
        if self.rest is not None:
            async for chunk in self.rest:
                yield chunk


class Endpoint(Protocol):
    """Anything that answers SPARQL queries: the processes of this machine or a remote server."""

    limits: Limits

    async def open(self) -> None:
        """Makes it ready. Raises ReleaseError where the release cannot be asked."""
        ...

    async def state(self) -> dict[str, Any]:
        """What /health says of it."""
        ...

    def at_once(self, question: Question) -> Answer | None:
        """The answer where it needs no waiting (kg.store.lookup), None otherwise."""
        ...

    @property
    def steps(self) -> Steps | None:
        """What takes few steps through the store, where it is open in this process."""
        ...

    async def ask(self, question: Question) -> Answer:
        """The answer, once it is known to be one. Raises a QueryError of kg.errors otherwise.

        Cancelling the call, or closing the iterator of the answer, stops the work.
        """
        ...

    async def close(self) -> None:
        """Stops everything that runs for this endpoint."""
        ...
