"""One run for all who ask the same at the same time.

A question that takes seconds is often asked by several before it has its answer: a page that many
open, a script that is started twice. Whoever asks it while it runs waits for that answer instead of
having another process work for the same one.
"""

import asyncio
from dataclasses import replace

from kg.errors import QueryError
from kg.store.endpoint import Answer, Question
from kg.store.query_text import repeatable
from kg.store.shared import Put, Shared


class Together:
    """The questions under way. Belongs to one event loop."""

    def __init__(self, shared: Shared | None = None) -> None:
        """`shared`: what other processes are asked, and have found."""
        self._shared = shared
        self._under_way: dict[Question, asyncio.Future[Answer | None]] = {}

    async def ask(self, question: Question, put: Put) -> Answer:
        """The answer, from `put` or from whoever has put the same question. Raises QueryError.

        What cannot be shared (it is too long to be held, or who asked first went away) is put
        again; two runs that may differ are two runs.
        """
        while other := self._under_way.get(question):
            if not repeatable(question.text):
                return await put(question)
            await asyncio.wait((other,))
            if answer := other.result():
                return replace(answer, shared=True)
        outcome = self._under_way[question] = asyncio.get_running_loop().create_future()
        answer = None
        try:
            if self._shared is not None and repeatable(question.text):
                answer = await self._shared.ask(question, put)
            else:
                answer = await put(question)
        except QueryError as error:
            outcome.set_exception(error)
            outcome.exception()  # it may be that nobody else waits for it
            raise
        finally:
            del self._under_way[question]
            if not outcome.done():
                outcome.set_result(answer if answer and answer.whole else None)
        return answer

    def close(self) -> None:
        """Lets go of what is shared with other processes."""
        if self._shared is not None:
            self._shared.close()
