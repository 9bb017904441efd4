"""Counting the values of each facet among the records that the other filters keep."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Final

from kg.catalogue.filters import Filters
from kg.catalogue.sets import Members, Span, together

SHOWN: Final = 40
"""Values of a facet that are counted; the ones left out have fewer records than these."""


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


def count(
    file: sqlite3.Connection,
    members: Members,
    span: Span,
    field: str,
    kept: Mapping[str, int],
    filters: Filters,
) -> Facet:
    """A facet under the current filters, its own one left out of account."""
    base = together(span, kept, without=field)
    chosen = filters.values.get(field, ())
    whole = base.bit_count() == span.size
    best: list[tuple[int, str]] = []
    complete = True
    for value, records in _values(file, span, field, chosen):
        if len(best) == SHOWN and records <= best[0][0] and value not in chosen:
            complete = False
            break
        found = records if whole else (base & members.of(file, span, field, value)).bit_count()
        if not found and value not in chosen:
            continue
        if len(best) < SHOWN:
            heappush(best, (found, value))
        else:
            heappushpop(best, (found, value))
            complete = False
    best = _with_chosen(file, members, span, field, base, best, chosen)
    best.sort(key=lambda pair: (-pair[0], pair[1]))
    counts = tuple(Count(value, found, value in chosen) for found, value in best)
    return Facet(field, counts, complete)


def _values(
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


def _with_chosen(
    file: sqlite3.Connection,
    members: Members,
    span: Span,
    field: str,
    base: int,
    best: list[tuple[int, str]],
    chosen: tuple[str, ...],
) -> list[tuple[int, str]]:
    """The counts, with the chosen values even where they are not among the most frequent."""
    shown = {value for _, value in best}
    missing = [value for value in chosen if value not in shown]
    return best + [
        ((base & members.of(file, span, field, value)).bit_count(), value) for value in missing
    ]
