"""Posting sets: the records selected by each filter value, with a cache of decoded sets."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kg.catalogue import bitmap, extent_index
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.filters import UNSTATED, Filters

MAX_CACHED_BYTES: Final = 64 * 1024 * 1024
"""Size of the cache, in bytes of serialized sets."""
LISTED: Final = "listed"
"""Name of the set of all records of a kind that lists show."""
SET_OVERHEAD_BYTES: Final = 200
"""Bytes of overhead counted for each set."""


@dataclass(frozen=True)
class RecordRange:
    """The numbers of the records of one kind that lists show, not all of which are taken."""

    kind: str
    first: int
    size: int
    """Over how many numbers they are spread."""
    records: int

    @property
    def last(self) -> int:
        return self.first + self.size - 1


class PostingCache:
    """Cache of the decoded posting sets of a catalogue."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str, str], tuple[RecordSet, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, file: sqlite3.Connection, span: RecordRange, field: str, value: str) -> RecordSet:
        """Return the records of a kind with a value in a field."""
        key = (span.kind, field, value)
        cached = self._entries.get(key)
        if cached is not None:
            return cached[0]
        if value == UNSTATED:
            listed = self.get(file, span, extent_index.VALUED_FIELD, LISTED)
            members = listed - bitmap.union(_read_stated(file, span, field))
            self._store(key, members, len(members))
            return members
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


def _read_stated(file: sqlite3.Connection, span: RecordRange, field: str) -> Iterator[RecordSet]:
    """Yield sets that together hold the records with any value: of territories the widest alone."""
    widest = "AND value NOT IN (SELECT part FROM part)" if field == "territory" else ""
    rows = file.execute(
        f"SELECT members FROM posting WHERE kind = ? AND field = ? {widest}", (span.kind, field)
    )
    yield from (bitmap.decode(members) for (members,) in rows)


def select_by_filters(
    file: sqlite3.Connection,
    members: PostingCache,
    span: RecordRange,
    filters: Filters,
    matched: RecordSet | None,
) -> dict[str, RecordSet]:
    """Return the records selected by each active filter, by filter name; those listed by `LISTED`.

    `matched` is the set selected by the text filter; None without one.
    """
    listed = members.get(file, span, extent_index.VALUED_FIELD, LISTED)
    sets_by_filter: dict[str, RecordSet] = {LISTED: listed}
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
    if filters.begun:
        sets_by_filter["begun"] = extent_index.find_begun(
            file, span.kind, span.first, filters.begun
        )
    if filters.box:
        sets_by_filter["bbox"] = extent_index.find_in_box(
            file, span.kind, span.first, span.last, filters.box
        )
    return sets_by_filter


def intersect(kept: Mapping[str, RecordSet], without: str = "") -> RecordSet:
    """Return the records selected by all filters except `without`."""
    return bitmap.intersection(members for name, members in kept.items() if name != without)
