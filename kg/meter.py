"""Metering of work: seconds of processing charged to a client, wherever they are spent.

Whoever answers a client opens a meter in its task; the processes, threads and lookups that work for
it say how long they did. Where no meter is open, nobody pays.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Spend = Callable[[float], None]
"""Takes seconds of work from somebody."""

_open: ContextVar[tuple[Spend, str] | None] = ContextVar("meter", default=None)


def charge_to(spend: Spend, client: str) -> None:
    """What the current task, and those that it starts, work from now on is told to `spend`."""
    _open.set((spend, client))


def charged() -> Spend:
    """The account that is open now, for work that ends elsewhere."""
    account = _open.get()
    return account[0] if account else _nobody


def client() -> str:
    """Whose account is open now; empty where none is."""
    account = _open.get()
    return account[1] if account else ""


@contextmanager
def working() -> Iterator[None]:
    """Some work, from its beginning to its end."""
    spend, began = charged(), time.monotonic()
    try:
        yield
    finally:
        spend(time.monotonic() - began)


def _nobody(_: float) -> None:
    pass
