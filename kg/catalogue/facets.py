"""Facet counts of a list: values of each column among the records that the other filters select."""

import sqlite3
from array import array
from collections import Counter as Counts
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Final

import orjson

from kg.catalogue import bitmap
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.filters import UNSTATED, Filters
from kg.catalogue.record_sets import PostingCache, RecordRange, intersect
from kg.kinds import find_relation

MAX_FACET_VALUES: Final = 40
"""Number of values per facet, most frequent first."""
MAX_TALLIED_RECORDS: Final = 10_000
"""Number of records up to which counts are added up record by record."""

MAX_TRIED_RECORDS: Final = 2_000
"""Values that a long list is counted by in a facet of linked records, the most frequent ones."""

Tally = dict[str, int]


@dataclass(frozen=True)
class FacetValue:
    """Value of a facet, with the number of records that have it."""

    value: str
    records: int
    chosen: bool


@dataclass(frozen=True)
class FacetCounts:
    """Column with its values, most frequent first."""

    field: str
    counts: tuple[FacetValue, ...]
    complete: bool
    """False where less frequent values were omitted."""
    unstated: int = 0
    """Number of records of which no value is stated."""


class FacetCounter:
    """Counter of the facets of one list."""

    def __init__(
        self,
        file: sqlite3.Connection,
        members: PostingCache,
        span: RecordRange,
        sets_by_filter: Mapping[str, RecordSet],
        filters: Filters,
    ) -> None:
        self._file = file
        self._members = members
        self._span = span
        self._sets_by_filter = sets_by_filter
        self._filters = filters
        self._bases: dict[str, RecordSet] = {}
        self._tallies: dict[str, dict[str, Tally]] = {}

    def count_facet(self, field: str) -> FacetCounts:
        """Count a facet under the current filters, except its own."""
        base = self._get_base(field)
        chosen = self._filters.values.get(field, ())
        # without filters, the counts are precomputed
        if len(base) <= MAX_TALLIED_RECORDS and len(base) != self._span.records:
            counts, complete = self._count_by_record(base, field, chosen), True
        else:
            counts, complete = self._count_by_value(base, field, chosen)
        best = sorted(counts, key=lambda pair: (-pair[0], pair[1]))
        complete = complete and len(best) <= MAX_FACET_VALUES
        top_values = best[:MAX_FACET_VALUES]
        for value in chosen:
            if value not in {value for _, value in top_values}:
                top_values.append((self._count_common(base, field, value), value))
        values = tuple(FacetValue(v, n, v in chosen) for n, v in top_values if v != UNSTATED)
        return FacetCounts(field, values, complete, self._count_common(base, field, UNSTATED))

    def _get_base(self, field: str) -> RecordSet:
        """Return the records selected by all filters except that of one facet."""
        without = field if field in self._sets_by_filter else ""
        if without not in self._bases:
            self._bases[without] = intersect(self._sets_by_filter, without)
        return self._bases[without]

    def _count_by_record(
        self, base: RecordSet, field: str, chosen: tuple[str, ...]
    ) -> list[tuple[int, str]]:
        """Count by record: for few records, add up the values of each."""
        without = field if field in self._sets_by_filter else ""
        if without not in self._tallies:
            self._tallies[without] = _tally_records(self._file, self._span, base)
        tally = self._tallies[without].get(field, {})
        if field == "territory" and len(chosen) == 1:
            inner = {value for value, _ in iterate_values(self._file, self._span, field, chosen)}
            return [(n, value) for value, n in tally.items() if value in inner]
        return [(n, value) for value, n in tally.items()]

    def _count_by_value(
        self, base: RecordSet, field: str, chosen: tuple[str, ...]
    ) -> tuple[list[tuple[int, str]], bool]:
        """Count by value: for many records, intersect sets from the most frequent value down.

        Stops once no further value can be among the most frequent ones.
        """
        whole = len(base) == self._span.records
        best: list[tuple[int, str]] = []
        complete = True
        values = iterate_values(self._file, self._span, field, chosen)
        is_relation = find_relation(self._span.kind, field) is not None
        for tried, (value, records) in enumerate(values):
            if len(best) == MAX_FACET_VALUES and records <= best[0][0]:
                return best, False
            if is_relation and tried == MAX_TRIED_RECORDS:
                return best, False
            count = records if whole else self._count_common(base, field, value)
            if count and len(best) < MAX_FACET_VALUES:
                heappush(best, (count, value))
            elif count:
                heappushpop(best, (count, value))
                complete = False
        return best, complete

    def _count_common(self, base: RecordSet, field: str, value: str) -> int:
        return bitmap.count_common(base, self._members.get(self._file, self._span, field, value))


def _tally_records(
    file: sqlite3.Connection, span: RecordRange, base: RecordSet
) -> dict[str, Tally]:
    """Count the records of a set by field and value."""
    record_ids = orjson.dumps([span.first + p for p in bitmap.iterate_positions(base)]).decode()
    numbers: Counts[int] = Counts()
    for (postings,) in file.execute(
        "SELECT postings FROM carried WHERE id IN (SELECT value FROM json_each(?))", (record_ids,)
    ):
        numbers.update(array("I", postings))
    tallies: dict[str, Tally] = {}
    for number, field, value in file.execute(
        "SELECT id, field, value FROM posting WHERE id IN (SELECT value FROM json_each(?))",
        (orjson.dumps(list(numbers)).decode(),),
    ):
        tallies.setdefault(field, {})[value] = numbers[number]
    return tallies


def iterate_values(
    file: sqlite3.Connection, span: RecordRange, field: str, chosen: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    """Yield the values to count, most frequent first.

    For territories, these are the ones directly inside the chosen one, to drill down step by step.
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
