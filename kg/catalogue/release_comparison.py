"""Comparison of two releases: records by kind, their changes by column and by source."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson

from kg.catalogue.changes import RecordChange, ReleaseInfo, merge_changes
from kg.catalogue.record_versions import CellChange, compare_items
from kg.catalogue.records import ENTITY_COLUMNS, Item, read_item
from kg.catalogue.schema import has_current_schema, open_read_only
from kg.kinds import KIND_BY_NAME

MAX_READ: Final = 5000
"""Changed records whose columns and sources are compared."""

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
    read: int
    """Changed records that columns and sources are counted over, `MAX_READ` at most."""


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
            *(counts[kind, name] for name in ("created", "updated", "deleted")),
        )
        for kind in KIND_BY_NAME
    ]
    columns: Counter[Key] = Counter()
    sources: dict[str, Counter[str]] = {}
    read = read_compared(before, after, changes[:MAX_READ])
    for record in read:
        columns.update((record.change.kind, cell.column) for cell in record.cells)
        shown = record.now or record.was
        for source in shown.sources if shown else ():
            sources.setdefault(source, Counter())[record.change.change] += 1
    return ReleaseComparison(
        tuple(changes),
        tuple(one for one in kinds if one.before or one.after),
        tuple(ColumnCount(*key, count) for key, count in columns.most_common()),
        tuple(
            SourceCounts(name, *(counts[change] for change in ("created", "updated", "deleted")))
            for name, counts in sorted(sources.items())
        ),
        len(read),
    )


def read_compared(
    before: ReleaseInfo, after: ReleaseInfo, changes: Sequence[RecordChange]
) -> list[ComparedRecord]:
    """Read changed records in both releases; none where one is of another version's form."""
    if not all(has_current_schema(edition.catalogue) for edition in (before, after)):
        return []
    keys = [(one.kind, one.key) for one in changes]
    was, now = (_read_items(edition.catalogue, keys) for edition in (before, after))
    return [
        ComparedRecord(one, was.get((one.kind, one.key)), now.get((one.kind, one.key)))
        for one in changes
    ]


def _count_records(path: Path) -> dict[str, int]:
    file = open_read_only(path)
    try:
        return dict(file.execute("SELECT name, records FROM kind"))
    except sqlite3.OperationalError:  # of another version
        return {}
    finally:
        file.close()


def _read_items(path: Path, keys: Sequence[Key]) -> Mapping[Key, Item]:
    """Read records; the file is not kept open: releases are removed, rewritten."""
    file = open_read_only(path)
    try:
        rows = file.execute(
            f"SELECT {ENTITY_COLUMNS} FROM entity "
            "WHERE (kind, key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))",
            (orjson.dumps(keys).decode(),),
        )
        return {(item.kind, item.key): item for item in map(read_item, rows)}
    finally:
        file.close()
