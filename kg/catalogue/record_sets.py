"""Record sets of the filters (posting sets), cached decoded and intersected."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.catalogue import bitmap, extent_index
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.filters import Filters

MAX_CACHED_BYTES: Final = 64 * 1024 * 1024
"""Bytes of sets kept decoded."""
SET_OVERHEAD_BYTES: Final = 200
"""Bytes counted for a set beside its own."""


@dataclass(frozen=True)
class RecordRange:
    """The numbers of the records of a kind: they follow each other."""

    kind: str
    first: int
    size: int

    @property
    def last(self) -> int:
        return self.first + self.size - 1


class PostingCache:
    """The sets of a catalogue, decoded when first asked for and kept while there is room."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str, str], tuple[RecordSet, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, file: sqlite3.Connection, span: RecordRange, field: str, value: str) -> RecordSet:
        """The records of a kind that have a value in a field."""
        key = (span.kind, field, value)
        cached = self._entries.get(key)
        if cached is not None:
            return cached[0]
        row = file.execute(
            "SELECT members FROM posting WHERE kind = ? AND field = ? AND value = ?", key
        ).fetchone()
        data = row[0] if row else bitmap.encode(())
        members = bitmap.decode(data)
        self._store(key, members, len(data))
        return members

    def _store(self, key: tuple[str, str, str], members: RecordSet, size: int) -> None:
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = (members, size + SET_OVERHEAD_BYTES)
            self._bytes += size + SET_OVERHEAD_BYTES
            while self._bytes > MAX_CACHED_BYTES:
                _, (_, dropped) = self._entries.popitem(last=False)
                self._bytes -= dropped


def select_by_filters(
    file: sqlite3.Connection,
    members: PostingCache,
    span: RecordRange,
    filters: Filters,
    matched: RecordSet | None,
) -> dict[str, RecordSet]:
    """Filter name to the set it keeps, for the filters that are in use.

    `matched` is the set of the records the text filter keeps, None where there is no text.
    """
    sets_by_filter: dict[str, RecordSet] = {}
    for field, values in filters.values.items():
        sets_by_filter[field] = bitmap.from_positions(())
        for value in values:
            sets_by_filter[field] = sets_by_filter[field] | members.get(file, span, field, value)
    if matched is not None:
        sets_by_filter["q"] = matched
    if filters.since or filters.until:
        sets_by_filter["dates"] = extent_index.find_in_period(
            file, span.kind, span.first, filters.since, filters.until
        )
    if filters.box:
        sets_by_filter["bbox"] = extent_index.find_in_box(
            file, span.kind, span.first, span.last, filters.box
        )
    return sets_by_filter


def intersect(span: RecordRange, kept: Mapping[str, RecordSet], without: str = "") -> RecordSet:
    """The records that every filter keeps, one filter left out of account."""
    intersection = bitmap.full(span.size)
    for name, members in kept.items():
        if name != without:
            intersection = intersection & members
    return intersection
