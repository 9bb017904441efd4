"""Roaring bitmaps of records: their bits rise with the labels of the records of a kind.

Intersecting and counting sets of a million takes microseconds (https://roaringbitmap.org/), so that
totals and facets are exact with any filters. Sets are never modified after creation.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pyroaring import BitMap

RecordSet: TypeAlias = BitMap


def from_positions(positions: Iterable[int], start: int = 0) -> RecordSet:
    """Create the set of some positions, shifted by `start`."""
    record_set = BitMap(positions)
    return record_set.shift(-start) if start else record_set


def union(sets: Iterable[RecordSet]) -> RecordSet:
    """Return the union of some sets."""
    return BitMap.union(*members) if (members := list(sets)) else BitMap()


def intersection(sets: Iterable[RecordSet]) -> RecordSet:
    """Return the intersection of some sets, of which there is at least one."""
    return BitMap.intersection(*sets)


def select_range(found: RecordSet, first: int, last: int) -> RecordSet:
    """Return the positions of a set that are in a range, bounds included."""
    return found & BitMap(range(first, last + 1))


def encode(positions: Iterable[int]) -> bytes:
    """Serialize the set of some positions, in the portable Roaring format."""
    record_set = BitMap(positions)
    record_set.run_optimize()
    return bytes(record_set.serialize())


def decode(data: bytes) -> RecordSet:
    """Deserialize a set."""
    return BitMap.deserialize(data)


def count_common(one: RecordSet, other: RecordSet) -> int:
    """Count the positions that two sets have in common."""
    return int(one.intersection_cardinality(other))


def iterate_positions(found: RecordSet, start: int = 0) -> Iterator[int]:
    """Yield the positions of a set in order, from `start` on."""
    return iter(found.iter_equal_or_larger(start)) if start else iter(found)
