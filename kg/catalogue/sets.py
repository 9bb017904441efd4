"""The set of records that each filter keeps."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.catalogue import bitmap, extents
from kg.catalogue.bitmap import Set
from kg.catalogue.filters import Filters

CACHED: Final = 64 * 1024 * 1024
"""Bytes of sets kept decoded."""
OVERHEAD: Final = 200
"""Bytes counted for a set beside its own."""


@dataclass(frozen=True)
class Span:
    """The numbers of the records of a kind: they follow each other."""

    kind: str
    first: int
    size: int

    @property
    def last(self) -> int:
        return self.first + self.size - 1


class Members:
    """The sets of a catalogue, decoded when first asked for and kept while there is room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], tuple[Set, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def of(self, file: sqlite3.Connection, span: Span, field: str, value: str) -> Set:
        """The records of a kind that have a value in a field."""
        key = (span.kind, field, value)
        found = self._kept.get(key)
        if found is not None:
            return found[0]
        row = file.execute(
            "SELECT members FROM posting WHERE kind = ? AND field = ? AND value = ?", key
        ).fetchone()
        data = row[0] if row else bitmap.encode(())
        members = bitmap.decode(data)
        self._keep(key, members, len(data))
        return members

    def _keep(self, key: tuple[str, str, str], members: Set, size: int) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = (members, size + OVERHEAD)
            self._bytes += size + OVERHEAD
            while self._bytes > CACHED:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._bytes -= dropped


def selected(
    file: sqlite3.Connection, members: Members, span: Span, filters: Filters, matched: Set | None
) -> dict[str, Set]:
    """Filter name to the set it keeps, for the filters that are in use.

    `matched` is the set of the records the text filter keeps, None where there is no text.
    """
    kept: dict[str, Set] = {}
    for field, values in filters.values.items():
        kept[field] = bitmap.from_positions(())
        for value in values:
            kept[field] = kept[field] | members.of(file, span, field, value)
    if matched is not None:
        kept["q"] = matched
    if filters.since or filters.until:
        kept["dates"] = extents.dated(file, span.kind, span.first, filters.since, filters.until)
    if filters.box:
        kept["bbox"] = extents.boxed(file, span.kind, span.first, span.last, filters.box)
    return kept


def together(span: Span, kept: Mapping[str, Set], without: str = "") -> Set:
    """The records that every filter keeps, one filter left out of account."""
    found = bitmap.full(span.size)
    for name, members in kept.items():
        if name != without:
            found = found & members
    return found
