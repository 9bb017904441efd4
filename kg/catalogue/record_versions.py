"""Versions of one record over the releases that are kept: what changed in its columns, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.changes import ReleaseInfo
from kg.catalogue.records import Item


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
    for number, edition in enumerate(editions):
        item = _open_catalogue(edition.catalogue).find_entity(kind, key)
        change = _name_change(before, item, is_first=number == 0)
        shown = item or before
        if change and shown:
            cells = tuple(_compare(before, item)) if before and item else ()
            yield RecordVersion(edition.id, edition.created, change, cells, shown.sources)
        before = item


def _name_change(before: Item | None, item: Item | None, *, is_first: bool) -> str:
    if item is None:
        return "deleted" if before else ""
    if before is None:
        return "first" if is_first else "created"
    return "updated" if before.cells != item.cells or before.sources != item.sources else ""


def _compare(before: Item, item: Item) -> Iterator[CellChange]:
    for column in dict.fromkeys((*before.cells, *item.cells)):
        was, now = tuple(before.cells.get(column, ())), tuple(item.cells.get(column, ()))
        if was != now:
            yield CellChange(column, was, now)


def _open_catalogue(path: Path) -> Catalogue:
    state = path.stat()
    return _open_file(path, (state.st_ino, state.st_mtime_ns))


@lru_cache(maxsize=8)
def _open_file(path: Path, _state: tuple[int, int]) -> Catalogue:
    """The catalogue of a file as it is now: what is forgotten is removed from kept releases."""
    return Catalogue(path)
