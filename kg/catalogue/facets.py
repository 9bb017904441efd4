"""Counting the values of each facet among the records that the other filters keep."""

import sqlite3
from array import array
from collections import Counter as Counts
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Final

import orjson

from kg.catalogue import bitmap
from kg.catalogue.bitmap import Set
from kg.catalogue.filters import Filters
from kg.catalogue.sets import Members, Span, together

SHOWN: Final = 40
"""Values of a facet that are counted; the ones left out have fewer records than these."""
FEW: Final = 10_000
"""Records up to which what each of them is counted under is added up."""

Tally = dict[str, int]


@dataclass(frozen=True)
class Count:
    """One value of a facet: how many records would be listed with it."""

    value: str
    records: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A column and its values, most frequent first."""

    field: str
    counts: tuple[Count, ...]
    complete: bool
    """False where values with fewer records were left out."""


class Counter:
    """Counts the facets of one list."""

    def __init__(
        self,
        file: sqlite3.Connection,
        members: Members,
        span: Span,
        kept: Mapping[str, Set],
        filters: Filters,
    ) -> None:
        self._file = file
        self._members = members
        self._span = span
        self._kept = kept
        self._filters = filters
        self._bases: dict[str, Set] = {}
        self._tallies: dict[str, dict[str, Tally]] = {}

    def count(self, field: str) -> Facet:
        """A facet under the current filters, its own one left out of account."""
        base = self._base(field)
        chosen = self._filters.values.get(field, ())
        if len(base) <= FEW and len(base) != self._span.size:  # of all it is written down
            counts, complete = self._forward(base, field, chosen), True
        else:
            counts, complete = self._downward(base, field, chosen)
        best = sorted(counts, key=lambda pair: (-pair[0], pair[1]))
        complete = complete and len(best) <= SHOWN
        shown = best[:SHOWN]
        for value in chosen:
            if value not in {value for _, value in shown}:
                shown.append((self._in_common(base, field, value), value))
        return Facet(field, tuple(Count(v, n, v in chosen) for n, v in shown), complete)

    def _base(self, field: str) -> Set:
        """The records that all filters keep but that of a facet, if it has one."""
        without = field if field in self._kept else ""
        if without not in self._bases:
            self._bases[without] = together(self._span, self._kept, without)
        return self._bases[without]

    def _forward(self, base: Set, field: str, chosen: tuple[str, ...]) -> list[tuple[int, str]]:
        """Few records: what each of them is counted under, added up."""
        without = field if field in self._kept else ""
        if without not in self._tallies:
            self._tallies[without] = _tallied(self._file, self._span, base)
        tally = self._tallies[without].get(field, {})
        if field == "territory" and len(chosen) == 1:
            inner = {value for value, _ in values_of(self._file, self._span, field, chosen)}
            return [(n, value) for value, n in tally.items() if value in inner]
        return [(n, value) for value, n in tally.items()]

    def _downward(
        self, base: Set, field: str, chosen: tuple[str, ...]
    ) -> tuple[list[tuple[int, str]], bool]:
        """Many records: values are counted from the most frequent one down, until the next ones
        cannot be among the first any more."""
        whole = len(base) == self._span.size
        best: list[tuple[int, str]] = []
        complete = True
        for value, records in values_of(self._file, self._span, field, chosen):
            if len(best) == SHOWN and records <= best[0][0]:
                return best, False
            found = records if whole else self._in_common(base, field, value)
            if found and len(best) < SHOWN:
                heappush(best, (found, value))
            elif found:
                heappushpop(best, (found, value))
                complete = False
        return best, complete

    def _in_common(self, base: Set, field: str, value: str) -> int:
        return bitmap.common(base, self._members.of(self._file, self._span, field, value))


def _tallied(file: sqlite3.Connection, span: Span, base: Set) -> dict[str, Tally]:
    """Field to value to the number of records of a set that have it."""
    wanted = orjson.dumps([span.first + p for p in bitmap.positions(base)]).decode()
    numbers: Counts[int] = Counts()
    for (postings,) in file.execute(
        "SELECT postings FROM carried WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
    ):
        numbers.update(array("I", postings))
    found: dict[str, Tally] = {}
    for number, field, value in file.execute(
        "SELECT id, field, value FROM posting WHERE id IN (SELECT value FROM json_each(?))",
        (orjson.dumps(list(numbers)).decode(),),
    ):
        found.setdefault(field, {})[value] = numbers[number]
    return found


def values_of(
    file: sqlite3.Connection, span: Span, field: str, chosen: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    """The values that may be counted, most frequent first.

    Of territories, the ones directly inside the chosen one, so that a reader goes down step by
    step.
    """
    if field == "territory" and len(chosen) == 1:
        yield from file.execute(
            "SELECT value, records FROM part JOIN posting ON value = part "
            "WHERE whole = ? AND kind = ? AND field = 'territory' ORDER BY records DESC, value",
            (chosen[0], span.kind),
        )
        return
    yield from file.execute(
        "SELECT value, records FROM posting WHERE kind = ? AND field = ? "
        "ORDER BY records DESC, value",
        (span.kind, field),
    )
