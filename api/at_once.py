"""What is answered without waiting for anything: its messages are there before a task is.

Most requests wait for a process, a file or a database; they go through the layers of the
application as coroutines. What is remembered, and a lookup, need none of it. Each layer says so of
itself (`at_once`), and both ways to an answer go through the same layers.
"""

from typing import Final, Protocol

from starlette.types import Message, Receive, Scope, Send

Answered = tuple[Message, Message]
"""The start and the whole body of an answer, as ASGI has them."""
TRIED: Final = "ess_kg.tried"
"""In the state of a request that has no answer at once: it need not be looked for again."""


class Layer(Protocol):
    """A part of the application that may have an answer at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def at_once(self, scope: Scope) -> Answered | None:
        """The answer to a GET, None where it has to be waited for."""
        ...
