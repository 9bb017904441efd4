"""Comparison of two releases: records by kind, their changes by column and by source."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from kg.catalogue.changes import CHANGE_KINDS, RecordChange, ReleaseInfo, merge_changes
from kg.catalogue.record_versions import CellChange, compare_items
from kg.catalogue.records import ENTITY_COLUMNS, Item, read_item
from kg.catalogue.schema import has_current_schema, open_read_only
from kg.kinds import KIND_BY_NAME

MAX_COUNTED: Final = 200_000
"""Changed records whose columns and sources are counted."""
BATCH_RECORDS: Final = 1000
"""Changed records of which both versions are in memory at once."""
COUNTED_COLUMNS: Final = "kind, key, sources, cells"

Key = tuple[str, str]
"""The kind and the key of a record."""


@dataclass(frozen=True)
class KindCounts:
    """The records of a kind in two releases, and what changed among them."""

    kind: str
    before: int
    after: int
    created: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class ColumnCount:
    """How many records of a kind have other values in a column."""

    kind: str
    column: str
    records: int


@dataclass(frozen=True)
class SourceCounts:
    """What changed of the records that a source states."""

    source: str
    created: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class ReleaseComparison:
    """What differs between two releases."""

    changes: tuple[RecordChange, ...]
    kinds: tuple[KindCounts, ...]
    """Of the kinds that either release has records of."""
    columns: tuple[ColumnCount, ...]
    """Those that changed most first."""
    sources: tuple[SourceCounts, ...]
    counted: int
    """Changed records that columns and sources are counted over, `MAX_COUNTED` at most; none where
    one of the releases is of another version's form."""


@dataclass(frozen=True)
class ComparedRecord:
    """A record that changed, as each release has it."""

    change: RecordChange
    was: Item | None
    now: Item | None

    @property
    def cells(self) -> tuple[CellChange, ...]:
        """The columns that changed of a record that both releases have."""
        return tuple(compare_items(self.was, self.now)) if self.was and self.now else ()


@lru_cache(maxsize=8)
def compare_releases(
    before: ReleaseInfo, after: ReleaseInfo, between: tuple[ReleaseInfo, ...], _state: str
) -> ReleaseComparison:
    """Compare two releases of a chain; `between` are those after the first, up to the second.

    `_state` tells whether the files are as they were: forgetting rewrites them.
    """
    changes = merge_changes(between)
    sizes = _count_records(before.catalogue), _count_records(after.catalogue)
    counts = Counter((one.kind, one.change) for one in changes)
    kinds = [
        KindCounts(
            kind,
            sizes[0].get(kind, 0),
            sizes[1].get(kind, 0),
            *(counts[kind, name] for name in CHANGE_KINDS),
        )
        for kind in KIND_BY_NAME
    ]
    columns: Counter[Key] = Counter()
    sources: Counter[tuple[str, str]] = Counter()
    counted = changes[:MAX_COUNTED] if _are_comparable(before, after) else []
    for first in range(0, len(counted), BATCH_RECORDS):
        _count_batch(before, after, counted[first : first + BATCH_RECORDS], columns, sources)
    return ReleaseComparison(
        tuple(changes),
        tuple(one for one in kinds if one.before or one.after),
        tuple(ColumnCount(*key, count) for key, count in columns.most_common()),
        tuple(
            SourceCounts(name, *(sources[name, change] for change in CHANGE_KINDS))
            for name in sorted({name for name, _ in sources})
        ),
        len(counted),
    )


def _count_batch(
    before: ReleaseInfo,
    after: ReleaseInfo,
    changes: Sequence[RecordChange],
    columns: Counter[Key],
    sources: Counter[tuple[str, str]],
) -> None:
    """Add up the columns and the sources of some changes, by kind and by the sort of change."""
    keys = [(one.kind, one.key) for one in changes]
    was, now = (
        {row[:2]: row[2:] for row in _select_rows(edition.catalogue, COUNTED_COLUMNS, keys)}
        for edition in (before, after)
    )
    for one in changes:
        old, new = was.get((one.kind, one.key)), now.get((one.kind, one.key))
        if old and new:
            columns.update((one.kind, name) for name in _list_changed(old[1], new[1]))
        if shown := new or old:
            sources.update((source, one.change) for source in orjson.loads(shown[0]))


def _list_changed(was: str, now: str) -> Iterator[str]:
    """The columns of which two records, as JSON, have other values."""
    if was == now:
        return
    old, new = orjson.loads(was), orjson.loads(now)
    yield from (name for name in old | new if old.get(name) != new.get(name))


def read_compared(
    before: ReleaseInfo, after: ReleaseInfo, changes: Sequence[RecordChange]
) -> list[ComparedRecord]:
    """Read changed records in both releases; none where one is of another version's form."""
    if not _are_comparable(before, after):
        return []
    keys = [(one.kind, one.key) for one in changes]
    was, now = (_read_items(edition.catalogue, keys) for edition in (before, after))
    return [
        ComparedRecord(one, was.get((one.kind, one.key)), now.get((one.kind, one.key)))
        for one in changes
    ]


def _are_comparable(*editions: ReleaseInfo) -> bool:
    return all(has_current_schema(edition.catalogue) for edition in editions)


def _count_records(path: Path) -> dict[str, int]:
    file = open_read_only(path)
    try:
        return dict(file.execute("SELECT name, records FROM kind"))
    except sqlite3.OperationalError:  # of another version
        return {}
    finally:
        file.close()


def _read_items(path: Path, keys: Sequence[Key]) -> Mapping[Key, Item]:
    items = map(read_item, _select_rows(path, ENTITY_COLUMNS, keys))
    return {(item.kind, item.key): item for item in items}


def _select_rows(path: Path, columns: str, keys: Sequence[Key]) -> list[tuple[Any, ...]]:
    """Read records; the file is not kept open: releases are removed, rewritten."""
    file = open_read_only(path)
    try:
        return file.execute(
            f"SELECT {columns} FROM entity "
            "WHERE (kind, key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))",
            (orjson.dumps(keys).decode(),),
        ).fetchall()
    finally:
        file.close()
