"""One run for all who ask the same at the same time.

A question that takes seconds is often asked by several before it has its answer: a page that many
open, a script that is started twice. Whoever asks it while it runs waits for that answer instead of
having another process work for the same one: up to its own limit, and only so many. An answer that
turns out too long to be shared lets all of them run beside each other.
"""

import asyncio
from dataclasses import replace

from kg.errors import QueryError
from kg.store.endpoint import Answer, Limits, Question, deadline, overload, timeout
from kg.store.shared import Put, Shared, TooLong

Outcome = Answer | TooLong | None
"""What became of a run: its answer, that it is too long, or that who asked went away."""


class Together:
    """The questions under way. Belongs to one event loop."""

    def __init__(self, limits: Limits, shared: Shared | None = None) -> None:
        """`shared`: what other processes are asked, and have found."""
        self._limits = limits
        self._shared = shared
        self._under_way: dict[Question, asyncio.Future[Outcome]] = {}
        self.waiting = 0
        """How many wait for the answer to somebody else's question."""

    async def ask(self, question: Question, put: Put, *, repeatable: bool) -> Answer:
        """The answer, from `put` or from whoever has put the same question. Raises QueryError.

        Two runs that may differ (not `repeatable`) are two runs. Where who asked first went away,
        the next one puts the question again.
        """
        if not repeatable:
            return await put(question)
        while other := self._under_way.get(question):
            outcome = await self._outcome(other, question)
            if isinstance(outcome, TooLong):
                return await put(question)
            if outcome is not None:
                return replace(outcome, shared=True)
        return await self._run(question, put)

    async def _outcome(self, other: "asyncio.Future[Outcome]", question: Question) -> Outcome:
        if self.waiting >= self._limits.queue:
            raise overload()
        left = deadline(question, self._limits) - asyncio.get_running_loop().time()
        self.waiting += 1
        try:
            await asyncio.wait((other,), timeout=max(left, 0.0))
        finally:
            self.waiting -= 1
        if not other.done():
            raise timeout(self._limits)
        return other.result()

    async def _run(self, question: Question, put: Put) -> Answer:
        outcome = self._under_way[question] = asyncio.get_running_loop().create_future()
        found: Outcome = None
        try:
            shared = self._shared
            answer = await (shared.ask(question, put) if shared else put(question))
            found = answer if answer.whole else TooLong()
        except QueryError as error:
            outcome.set_exception(error)
            outcome.exception()  # it may be that nobody else waits for it
            raise
        finally:
            del self._under_way[question]
            if not outcome.done():
                outcome.set_result(found)
        return answer

    def close(self) -> None:
        """Lets go of what is shared with other processes."""
        if self._shared is not None:
            self._shared.close()
