"""Progress reporting: a callback that decorates an iterable."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class ProgressCallback(Protocol):
    """Decorates an iterable: yields the same items and tells somebody how far it is."""

    def __call__(self, items: Iterable[T], stage: str, total: int | None = None) -> Iterable[T]: ...


def report_nothing(items: Iterable[T], stage: str, total: int | None = None) -> Iterable[T]:  # noqa: ARG001
    """The Track that tells nobody."""
    return items


Clock = Callable[[], float]
