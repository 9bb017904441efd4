"""Dates of a list: how many records begin in each month and year."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.catalogue import bitmap
from kg.catalogue.extent_index import BEGIN_FIELD, VALUED_FIELD, find_begun
from kg.catalogue.filters import Filters
from kg.catalogue.record_maps import RecordMaps


@dataclass(frozen=True)
class MonthCounts:
    """How many records of a list begin in each month, as `2026-11`."""

    total: int
    dated: int
    """How many have a date with a year."""
    by_month: Mapping[str, int]
    """Those that begin on a known day."""
    by_year: Mapping[str, int]
    """All that have a date: also those known by their month, season or year."""


class RecordDates(RecordMaps):
    """Catalogue with counts of each list by date."""

    def count_by_month(self, kind: str, filters: Filters) -> MonthCounts:
        """Count the records of a list by month and year of beginning.

        Raises BadRequest for an invalid filter.
        """
        span, file = self._ranges[kind], self._connection
        bits = self._select(kind, filters)
        known = bits & self._postings.get(file, span, VALUED_FIELD, "day")
        by_month: dict[str, int] = {}
        by_year: dict[str, int] = {}
        for month, members in _iterate_months(file, kind):
            begun = bitmap.count_common(bits, members)
            if begun:
                year = month.rpartition("-")[0]
                by_year[year] = by_year.get(year, 0) + begun
                if on_a_day := bitmap.count_common(known, members):
                    by_month[month] = on_a_day
        return MonthCounts(len(bits), sum(by_year.values()), by_month, by_year)

    def count_months(self, kind: str, filters: Filters, months: Sequence[str]) -> Mapping[str, int]:
        """Count the records of a list that are known to begin in each of some months."""
        span, file = self._ranges[kind], self._connection
        bits = self._select(kind, filters)
        return {
            month: bitmap.count_common(bits, find_begun(file, kind, span.first, (month, month)))
            for month in months
        }


def _iterate_months(file: sqlite3.Connection, kind: str) -> list[tuple[str, bitmap.RecordSet]]:
    rows = file.execute(
        "SELECT value, members FROM posting WHERE kind = ? AND field = ? ORDER BY value",
        (kind, BEGIN_FIELD),
    )
    return [(month, bitmap.decode(members)) for month, members in rows]
