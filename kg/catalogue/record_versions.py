"""Versions of one record over the releases that are kept: what changed in its columns, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.catalogue.changes import ReleaseInfo
from kg.catalogue.records import ENTITY_COLUMNS, Item, read_item
from kg.catalogue.schema import has_current_schema, open_read_only


@dataclass(frozen=True)
class CellChange:
    """The values of a column before and after."""

    column: str
    was: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True)
class RecordVersion:
    """What a release did to a record."""

    release: str
    created: str
    change: str
    """`first` in the oldest release kept, else `created`, `updated` or `deleted`."""
    cells: tuple[CellChange, ...]
    sources: tuple[str, ...]


def list_versions(editions: Sequence[ReleaseInfo], kind: str, key: str) -> list[RecordVersion]:
    """The versions of a record, newest first; `editions` are in the order of time."""
    return list(_iterate_versions(editions, kind, key))[::-1]


def _iterate_versions(
    editions: Sequence[ReleaseInfo], kind: str, key: str
) -> Iterator[RecordVersion]:
    before: Item | None = None
    readable = [edition for edition in editions if has_current_schema(edition.catalogue)]
    for number, edition in enumerate(readable):
        item = _find_record(edition.catalogue, kind, key)
        change = _name_change(before, item, is_first=number == 0)
        shown = item or before
        if change and shown:
            cells = tuple(compare_items(before, item)) if before and item else ()
            yield RecordVersion(edition.id, edition.created, change, cells, shown.sources)
        before = item


def _name_change(before: Item | None, item: Item | None, *, is_first: bool) -> str:
    if item is None:
        return "deleted" if before else ""
    if before is None:
        return "first" if is_first else "created"
    return "updated" if before.cells != item.cells or before.sources != item.sources else ""


def compare_items(before: Item, item: Item) -> Iterator[CellChange]:
    """List the columns in which a record differs."""
    for column in dict.fromkeys((*before.cells, *item.cells)):
        was, now = tuple(before.cells.get(column, ())), tuple(item.cells.get(column, ()))
        if was != now:
            yield CellChange(column, was, now)


def _find_record(path: Path, kind: str, key: str) -> Item | None:
    """Read one record of a release; the file is not kept open: releases are removed, rewritten."""
    file = open_read_only(path)
    try:
        row = file.execute(
            f"SELECT {ENTITY_COLUMNS} FROM entity WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
    finally:
        file.close()
    return read_item(row) if row else None
