"""The endpoint that answers from a release on this machine, in processes that can be killed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kg import meter
from kg.errors import QueryError, QueryOverload, ReleaseDamaged
from kg.store import frames
from kg.store.endpoint import Answer, Limits, Question, deadline, timeout
from kg.store.line import Frame
from kg.store.lookup import Lookups
from kg.store.pool import Pool
from kg.store.process import Worker
from kg.store.query_text import read_aside, refuse_what_is_not_allowed
from kg.store.shared import Shared
from kg.store.steps import Steps
from kg.store.subjects import Subjects
from kg.store.together import Together

LOOKS: Final = 10
"""Looks at a long question within the seconds for which nobody may read."""

log = logging.getLogger(__name__)


class EmbeddedEndpoint:
    """Answers lookups itself, other questions with a pool. See kg.store.endpoint.Endpoint."""

    def __init__(
        self,
        store: Path,
        workers: int,
        limits: Limits,
        most_values: Mapping[str, int] | None = None,
        answers: Path | None = None,
        subjects: Path | None = None,
        graphs: Mapping[str, int] | None = None,
    ) -> None:
        """`most_values`: how many values one thing has at most, by property, where it is known;
        `answers`: where the processes of a server share what they found; `subjects`: the file of
        the statements of each subject, where there is one; `graphs`: how many statements
        each graph has, where it is known.
        """
        self.limits = limits
        self.pool = Pool(store, workers, limits)
        self._together = Together(limits)
        self._answers = answers
        self._folder = store
        self._most_values = most_values
        self._subjects = Subjects(subjects) if subjects is not None else None
        self._graphs = graphs or {}
        self._lookups: Lookups | None = None
        self.steps: Steps | None = None

    async def open(self) -> None:
        """Raises ReleaseDamaged where the store cannot be opened."""
        await self.pool.open()
        try:
            if self._answers is not None:
                self._together = Together(
                    self.limits, Shared(self._answers, _edition(self._folder), self.limits)
                )
            store = await asyncio.to_thread(ox.Store.read_only, str(self._folder))
            await asyncio.to_thread(_check_graphs, store, self._graphs)
            if self._subjects is not None:
                self._subjects.check()
        except OSError as error:
            await self.pool.close()
            raise ReleaseDamaged(f"the store {self._folder} cannot be asked: {error}") from error
        except BaseException:  # nobody waits for it any more
            await self.pool.close()
            raise
        self._lookups = Lookups(store, self.limits, self._most_values, self._subjects)
        self.steps = None if self._subjects is None else Steps(store, self._subjects)

    async def close(self) -> None:
        self._lookups = self.steps = self._subjects = None
        await self.pool.close()
        self._together.close()

    async def state(self) -> dict[str, Any]:
        """How its workers are used, and whether they could reach a network."""
        counts = self.pool.counts()
        counts["waiting"] += self._together.waiting
        return counts | {"network": not self.pool.confined}

    def at_once(self, question: Question) -> Answer | None:
        """See Endpoint.at_once."""
        return None if self._lookups is None else self._lookups.answer(question)

    async def ask(self, question: Question) -> Answer:
        """See Endpoint.ask."""
        asked = asyncio.get_running_loop().time() if question.asked is None else question.asked
        question = replace(question, asked=asked)
        told = await read_aside(question.text)
        refuse_what_is_not_allowed(told)
        with meter.working():
            answer = self.at_once(question)
        return answer or await self._together.ask(question, self._put, repeatable=told.repeatable)

    async def _put(self, question: Question) -> Answer:
        until = deadline(question, self.limits)
        run = Run(self.pool, await self.pool.take(until), self.limits, until)
        try:
            return await run.start(question)
        except BaseException as error:
            run.end(reusable=isinstance(error, QueryError) and not run.broken)
            raise


class Run:
    """One question in one worker, from the moment the worker is lent to when it goes back.

    A timer watches over it whether or not anybody still reads: it puts it behind the others, moves
    it to the long lane, then ends it. Nothing that forgets an answer can keep its worker.
    """

    def __init__(self, pool: Pool, worker: Worker, limits: Limits, deadline: float) -> None:
        self._pool = pool
        self._worker = worker
        self._limits = limits
        self._ended = False
        self._deadline = deadline
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._spend = meter.charged()
        self._taken: float | None = None
        """When something of a long answer was last taken; None before it is one."""
        self._timer = loop.call_at(min(deadline, self._began + limits.soon), self._is_slow)

    @property
    def broken(self) -> bool:
        """Whether the worker died, or was told to."""
        return self._worker.dead

    async def start(self, question: Question) -> Answer:
        """Asks, and reads until the answer is complete or too long to be held back."""
        self._worker.put(question)
        first = await self._worker.next()
        if first.kind == frames.WHOLE:
            kind, syntax, rows, text = self._worker.whole(first)
            self.end(reusable=True)
            return Answer(kind, syntax, text, rows=rows)
        told = first.content()
        held: list[bytes] = []
        size = 0
        while size < self._limits.held:
            received = await self._worker.next()
            if received.kind == frames.DONE:
                return self._answer(told, held, received)
            held.append(received.payload)
            size += len(received.payload)
        return self._answer(told, held, None)

    def end(self, *, reusable: bool) -> None:
        """Gives the worker back, once."""
        if not self._ended:
            self._ended = True
            self._timer.cancel()
            self._spend(asyncio.get_running_loop().time() - self._began)
            self._pool.give_back(self._worker, reusable=reusable)

    def _answer(self, told: dict[str, Any], held: list[bytes], done: Frame | None) -> Answer:
        if done is None:
            self._taken = asyncio.get_running_loop().time()
        kind, syntax, text = told["kind"], frames.BY_MEDIA_TYPE[told["format"]], b"".join(held)
        if done is None:
            return Answer(
                kind, syntax, text, rest=self._rest(), stop=partial(self.end, reusable=False)
            )
        self.end(reusable=True)
        return Answer(kind, syntax, text, rows=done.content()["rows"])

    async def _rest(self) -> AsyncIterator[bytes]:
        complete = False
        loop = asyncio.get_running_loop()
        try:
            while (received := await self._worker.next()).kind != frames.DONE:
                yield received.payload
                self._taken = loop.time()
            complete = True
        except QueryError as error:
            log.warning("an answer was cut", extra={"reason": str(error)})
            raise
        finally:
            self.end(reusable=complete)

    def _is_slow(self) -> None:
        self._worker.lower_priority()
        if self._worker.ahead:  # it is its reader that takes long
            self._is_long()
        else:
            self._wait_for(self._began + self._limits.patience, self._is_long)

    def _is_long(self) -> None:
        if not self._pool.promote(self._worker):
            # nobody may be there to read why it was ended: it goes back all the same
            self.end(reusable=False)
            return
        self._look()

    def _look(self) -> None:
        """Ends what is not taken by its reader, and what is out of time."""
        now = asyncio.get_running_loop().time()
        if now >= self._deadline:
            self._break_off(timeout(self._limits))
        elif (
            self._worker.ahead
            and self._taken is not None
            and (now - self._taken >= self._limits.stalled)
        ):
            self._break_off(
                QueryOverload(
                    "the answer was not read: it is broken off, others wait for the process",
                    "la réponse n'a pas été lue : elle est interrompue, d'autres attendent",
                )
            )
        else:
            self._wait_for(now + self._limits.stalled / LOOKS, self._look)

    def _break_off(self, why: QueryError) -> None:
        self._worker.kill(why)
        self.end(reusable=False)

    def _wait_for(self, when: float, then: Callable[[], None]) -> None:
        if not self._ended:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(min(self._deadline, when), then)


def _check_graphs(store: ox.Store, graphs: Mapping[str, int]) -> None:
    """Raises OSError where a graph that has statements has none: an index that was lost is empty.

    One statement of each is looked for, in the graph and in the union of all.
    """
    for name, count in graphs.items():
        found = next(store.quads_for_pattern(None, None, None, ox.NamedNode(name)), None)
        if count and (found is None or found.triple not in _union(store, found)):
            raise OSError(f"the graph {name} has {count} statements, and the store none of them")


def _union(store: ox.Store, found: ox.Quad) -> set[ox.Triple]:
    pattern = found.subject, found.predicate, found.object, ox.DefaultGraph()
    return {quad.triple for quad in store.quads_for_pattern(*pattern)}


def _edition(store: Path) -> str:
    """The name of what is in a store now: another one may be put in its place."""
    found = store.stat()
    return f"{store} {found.st_ino} {found.st_mtime_ns}"
