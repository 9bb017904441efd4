"""Roaring bitmaps of records: bit n is the n-th record of a kind in label order.

Intersecting and counting sets of a million takes microseconds (https://roaringbitmap.org/), so
totals and facets are counted exactly whatever the filters. A set that was made is not changed.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pyroaring import BitMap

RecordSet: TypeAlias = BitMap


def from_positions(positions: Iterable[int], start: int = 0) -> RecordSet:
    """The set of these positions, counted from `start`."""
    record_set = BitMap(positions)
    return record_set.shift(-start) if start else record_set


def union(sets: Iterable[RecordSet]) -> RecordSet:
    """What is in any of some sets."""
    return BitMap.union(*members) if (members := list(sets)) else BitMap()


def full(size: int) -> RecordSet:
    """The set of every position below `size`."""
    return BitMap(range(size))


def encode(positions: Iterable[int]) -> bytes:
    """The bytes of the set of these positions, in the portable form of Roaring."""
    record_set = BitMap(positions)
    record_set.run_optimize()
    return bytes(record_set.serialize())


def decode(data: bytes) -> RecordSet:
    """The set that `encode` wrote."""
    return BitMap.deserialize(data)


def count_common(one: RecordSet, other: RecordSet) -> int:
    """How many positions two sets have in common."""
    return int(one.intersection_cardinality(other))


def iterate_positions(found: RecordSet, start: int = 0) -> Iterator[int]:
    """The positions of a set in order, from `start` on."""
    return iter(found.iter_equal_or_larger(start)) if start else iter(found)
