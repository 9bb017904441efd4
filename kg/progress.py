"""How long work tells where it is, without knowing who listens."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Track(Protocol):
    """Decorates an iterable: yields the same items and tells somebody how far it is."""

    def __call__(self, items: Iterable[T], stage: str, total: int | None = None) -> Iterable[T]: ...


def silent(items: Iterable[T], stage: str, total: int | None = None) -> Iterable[T]:  # noqa: ARG001
    """The Track that tells nobody."""
    return items


Clock = Callable[[], float]
