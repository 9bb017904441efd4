"""Record numbers: in the order of names, with room between them for records to come.

A set of records has a bit for each number, and a list in the order of names is read in that of the
numbers. Numbers that follow each other without gaps would all change with the first record that
comes; with gaps a record that comes takes a free number between its neighbours, and where none is
free a few neighbours move.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

SPACING: Final = 4
"""Distance between the numbers of two records that a catalogue written anew puts side by side."""
KIND_NUMBERS: Final = 1 << 28
"""Numbers of a kind. Those of fifteen kinds have 32 bits, as what sets are made of."""
LISTED_NUMBERS: Final = KIND_NUMBERS // 2
"""Numbers of the records of a kind that lists show; those that others stand for have the rest."""
SPREAD_SHARE: Final = 1.5
"""Numbers per record over which neighbours are spread that have to move."""

Name = TypeVar("Name")
"""What a record is known by before it has a number."""
SortKey = tuple[str, str]
"""By what records are put in order: the name as it is sorted, then the key."""


def find_first(place: int) -> int:
    """The first number of a kind, which is at this place among the kinds."""
    return place * KIND_NUMBERS + 1


@dataclass
class Numbering(Generic[Name]):
    """The numbers of records that came, and of those that moved for them."""

    numbers: dict[Name, int] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    """Former number to number."""


@dataclass
class _Window(Generic[Name]):
    """Neighbours, `taken[begin:end]`, and what comes between them, by the gap it belongs to."""

    begin: int
    end: int
    coming: dict[int, list[Name]]

    @property
    def needed(self) -> int:
        return self.end - self.begin + sum(map(len, self.coming.values()))


def number_records(
    taken: Sequence[int],
    span: range,
    coming: Iterable[tuple[SortKey, Name]],
    read_sort_key: Callable[[int], SortKey],
) -> Numbering[Name]:
    """Number records that come among others.

    `taken` are the numbers of the others in ascending order, `span` those that there are, and
    `read_sort_key` reads by what the record with a number is put in order. Raises OverflowError
    where there are more records than numbers.
    """
    gaps: dict[int, list[Name]] = {}
    for sort_key, name in sorted(coming, key=lambda each: each[0]):
        gaps.setdefault(bisect_left(taken, sort_key, key=read_sort_key), []).append(name)
    numbering: Numbering[Name] = Numbering()
    for window in _build_windows(taken, span, gaps):
        _spread(taken, span, window, numbering)
    return numbering


def _build_windows(
    taken: Sequence[int], span: range, gaps: Mapping[int, list[Name]]
) -> list[_Window[Name]]:
    """Each gap with as many of the neighbours behind it as have to move."""
    windows: list[_Window[Name]] = []
    for gap, names in sorted(gaps.items()):
        if windows and gap <= windows[-1].end:
            continue  # the window before has taken it in
        window = _Window(gap, gap, {gap: names})
        share = 1.0
        while _count_room(taken, span, window) < window.needed * share:
            if window.end == len(taken):
                raise OverflowError(f"no numbers are left of {len(span)}")
            share = SPREAD_SHARE
            window.end += 1
            if window.end in gaps:
                window.coming[window.end] = gaps[window.end]
        windows.append(window)
    return windows


def _find_bounds(taken: Sequence[int], span: range, window: _Window[Name]) -> tuple[int, int]:
    """The taken numbers on both sides of a window."""
    left = taken[window.begin - 1] if window.begin else span.start - 1
    right = taken[window.end] if window.end < len(taken) else span.stop
    return left, right


def _count_room(taken: Sequence[int], span: range, window: _Window[Name]) -> int:
    left, right = _find_bounds(taken, span, window)
    return right - left - 1


def _spread(
    taken: Sequence[int], span: range, window: _Window[Name], numbering: Numbering[Name]
) -> None:
    """Number what is in a window, evenly, and no wider than in a catalogue written anew."""
    left, right = _find_bounds(taken, span, window)
    count = window.needed
    step = min((right - left) / (count + 1), SPACING)
    number = 0
    for position in range(window.begin, window.end + 1):
        for name in window.coming.get(position, ()):
            number += 1
            numbering.numbers[name] = left + int(number * step)
        if position < window.end:
            number += 1
            new = left + int(number * step)
            if new != taken[position]:
                numbering.moved[taken[position]] = new
