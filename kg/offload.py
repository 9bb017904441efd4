"""Work moved from the event loop to a thread where it is large."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

MAX_INLINE_STATEMENTS: Final = 500
"""Statements that are dealt with on the event loop: some milliseconds."""
MAX_INLINE_BYTES: Final = 64 * 1024


async def run_in_thread_if_large(
    work: Callable[[], T], size: int, most: int = MAX_INLINE_STATEMENTS
) -> T:
    """The result of `work`, from a thread where `size` is above `most`, so that nobody waits."""
    return await asyncio.to_thread(work) if size > most else work()
