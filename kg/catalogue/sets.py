"""The set of records that each filter keeps."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.catalogue import bitmap
from kg.catalogue.bitmap import Set
from kg.catalogue.filters import Box, Filters

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
        kept["dates"] = _dated(file, span, filters)
    if filters.box:
        kept["bbox"] = _boxed(file, span, filters.box)
    return kept


def together(span: Span, kept: Mapping[str, Set], without: str = "") -> Set:
    """The records that every filter keeps, one filter left out of account."""
    found = bitmap.full(span.size)
    for name, members in kept.items():
        if name != without:
            found = found & members
    return found


def _dated(file: sqlite3.Connection, span: Span, filters: Filters) -> Set:
    """The records whose interval meets the period, ends included."""
    rows = file.execute(
        "SELECT id FROM entity INDEXED BY entity_date WHERE kind = ? AND begins IS NOT NULL "
        "AND begins < ? AND ends >= ?",
        (span.kind, (filters.until or "9999-12-31") + "~", filters.since or ""),
    )
    return bitmap.from_positions((number for (number,) in rows), span.first)


def _boxed(file: sqlite3.Connection, span: Span, box: Box) -> Set:
    """The records in a box; the tree rounds outwards: on the border the exact coordinates decide.

    CROSS JOIN: SQLite then walks the tree first, whatever it thinks of it.
    """
    west, south, east, north = box
    inside = file.execute(
        "SELECT id FROM spot WHERE west >= ?1 AND east <= ?3 AND south >= ?2 AND north <= ?4 "
        "AND id BETWEEN ?5 AND ?6",
        (west, south, east, north, span.first, span.last),
    )
    found = bitmap.from_positions((number for (number,) in inside), span.first)
    rows = file.execute(
        "SELECT entity.id FROM spot CROSS JOIN entity USING (id) WHERE spot.west <= ?3 AND "
        "spot.east >= ?1 AND spot.south <= ?4 AND spot.north >= ?2 AND entity.id BETWEEN ?5 AND ?6 "
        "AND NOT (spot.west >= ?1 AND spot.east <= ?3 AND spot.south >= ?2 AND spot.north <= ?4) "
        "AND longitude BETWEEN ?1 AND ?3 AND latitude BETWEEN ?2 AND ?4",
        (west, south, east, north, span.first, span.last),
    )
    return found | bitmap.from_positions((number for (number,) in rows), span.first)
