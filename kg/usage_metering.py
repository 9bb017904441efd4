"""Usage metering: seconds of work charged to a client, wherever they are spent.

Whoever answers a client opens a meter in its task; the processes, threads and lookups that work for
it say how long they did. Where no meter is open, nobody pays.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Charge = Callable[[float], None]
"""Takes seconds of work from somebody."""

_account: ContextVar[tuple[Charge, str] | None] = ContextVar("meter", default=None)


def open_account(spend: Charge, client: str) -> None:
    """What the current task, and those that it starts, work from now on is told to `spend`."""
    _account.set((spend, client))


def get_charge() -> Charge:
    """The account that is open now, for work that ends elsewhere."""
    account = _account.get()
    return account[0] if account else _charge_nobody


def get_client() -> str:
    """Whose account is open now; empty where none is."""
    account = _account.get()
    return account[1] if account else ""


@contextmanager
def measure_work() -> Iterator[None]:
    """Some work, from its beginning to its end."""
    spend, began = get_charge(), time.monotonic()
    try:
        yield
    finally:
        spend(time.monotonic() - began)


def _charge_nobody(_: float) -> None:
    pass
