"""The set of records that each filter keeps, as bits of integers."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.catalogue import bitmap
from kg.catalogue.filters import Box, Filters

CACHED: Final = 64 * 1024 * 1024
"""Bytes of sets kept decoded."""


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
        self._kept: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def of(self, file: sqlite3.Connection, span: Span, field: str, value: str) -> int:
        """The records of a kind that have a value in a field."""
        key = (span.kind, field, value)
        found = self._kept.get(key)
        if found is not None:
            return found
        row = file.execute(
            "SELECT members FROM posting WHERE kind = ? AND field = ? AND value = ?", key
        ).fetchone()
        bits = bitmap.decode(row[0], span.size) if row else 0
        self._keep(key, bits)
        return bits

    def _keep(self, key: tuple[str, str, str], bits: int) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = bits
            self._bytes += bits.bit_length() // 8 + 64
            while self._bytes > CACHED:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.bit_length() // 8 + 64


def selected(
    file: sqlite3.Connection, members: Members, span: Span, filters: Filters, matched: int | None
) -> dict[str, int]:
    """Filter name to the set it keeps, for the filters that are in use.

    `matched` is the set of the records the text filter keeps, None where there is no text.
    """
    kept: dict[str, int] = {}
    for field, values in filters.values.items():
        bits = 0
        for value in values:
            bits |= members.of(file, span, field, value)
        kept[field] = bits
    if matched is not None:
        kept["q"] = matched
    if filters.since or filters.until:
        kept["dates"] = _dated(file, span, filters)
    if filters.box:
        kept["bbox"] = _boxed(file, span, filters.box)
    return kept


def together(span: Span, kept: Mapping[str, int], without: str = "") -> int:
    """The records that every filter keeps, one filter left out of account."""
    bits = bitmap.full(span.size)
    for name, members in kept.items():
        if name != without:
            bits &= members
    return bits


def _dated(file: sqlite3.Connection, span: Span, filters: Filters) -> int:
    """The records whose interval meets the period, ends included."""
    rows = file.execute(
        "SELECT id FROM entity INDEXED BY entity_date WHERE kind = ? AND begins IS NOT NULL "
        "AND begins < ? AND ends >= ?",
        (span.kind, (filters.until or "9999-12-31") + "~", filters.since or ""),
    )
    return bitmap.from_positions((number - span.first for (number,) in rows), span.size)


def _boxed(file: sqlite3.Connection, span: Span, box: Box) -> int:
    """The records in a box; the tree rounds outwards, the exact coordinates decide.

    CROSS JOIN: SQLite then walks the tree first, whatever it thinks of it.
    """
    west, south, east, north = box
    rows = file.execute(
        "SELECT entity.id FROM spot CROSS JOIN entity USING (id) WHERE spot.west <= ?3 AND "
        "spot.east >= ?1 AND spot.south <= ?4 AND spot.north >= ?2 AND entity.id BETWEEN ?5 AND ?6 "
        "AND longitude BETWEEN ?1 AND ?3 AND latitude BETWEEN ?2 AND ?4",
        (west, south, east, north, span.first, span.last),
    )
    return bitmap.from_positions((number - span.first for (number,) in rows), span.size)
