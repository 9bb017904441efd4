"""Change history of records over several releases, read from their catalogues."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.catalogue.schema import open_read_only
from kg.kinds import KIND_BY_NAME
from kg.release_layout import Release

CHANGE_KINDS: Final = ("created", "updated", "deleted")


@dataclass(frozen=True)
class ReleaseInfo:
    """Retained release: its id, time and predecessor."""

    id: str
    created: str
    previous: str | None
    catalogue: Path


@dataclass(frozen=True)
class RecordChange:
    """Created, updated or deleted record."""

    kind: str
    key: str
    change: str
    digest: str
    """Fingerprint of the record; for a deleted one, of its last state."""
    release: str
    """Release with the latest of its changes."""
    created: str


@lru_cache(maxsize=64)
def read_release_info(release: Release) -> ReleaseInfo:
    """Read the history entry of a retained release. Raises ReleaseError."""
    manifest = release.read_manifest()
    return ReleaseInfo(
        release.id, str(manifest.get("created", "")), manifest.get("previous"), release.catalogue
    )


def find_release_chain(kept: Sequence[Release], current: str) -> list[ReleaseInfo]:
    """Return the unbroken chain of releases that ends at the current one, oldest first."""
    infos_by_id = {info.id: info for info in map(read_release_info, kept)}
    chain: list[ReleaseInfo] = []
    name: str | None = current
    while name in infos_by_id and infos_by_id[name] not in chain:
        if name != current and not has_readable_changes(infos_by_id[name]):
            break
        chain.append(infos_by_id[name])
        name = infos_by_id[name].previous
    return chain[::-1]


def identify_editions(editions: Sequence[ReleaseInfo]) -> str:
    """Tell what answers over releases depend on: their files too, which forgetting rewrites."""
    return " ".join(f"{each.id} {each.catalogue.stat().st_mtime_ns}" for each in editions)


def select_between(editions: Sequence[ReleaseInfo], since: str, until: str) -> list[ReleaseInfo]:
    """Return the releases of a chain after one, up to another. Raises ValueError for others."""
    ids = [edition.id for edition in editions]
    return list(editions[ids.index(since) + 1 : ids.index(until) + 1])


@lru_cache(maxsize=64)
def has_readable_changes(edition: ReleaseInfo) -> bool:
    """Tell whether the changes of a release are readable: its file may be damaged."""
    try:
        file = open_read_only(edition.catalogue)
        try:
            file.execute("SELECT count(digest) FROM change").fetchone()
        finally:
            file.close()
    except sqlite3.Error:
        return False
    return True


@lru_cache(maxsize=16)
def read_changes(edition: ReleaseInfo) -> tuple[RecordChange, ...]:
    """Return the changes of one release, by kind and key."""
    file = open_read_only(edition.catalogue)
    try:
        rows = file.execute("SELECT kind, key, change, digest FROM change ORDER BY number")
        return tuple(
            RecordChange(kind, key, change, digest, edition.id, edition.created)
            for kind, key, change, digest in rows
        )
    finally:
        file.close()


def merge_changes(editions: Sequence[ReleaseInfo]) -> list[RecordChange]:
    """Merge the changes of several releases; records that came and went are omitted."""
    first: dict[tuple[str, str], RecordChange] = {}
    last: dict[tuple[str, str], RecordChange] = {}
    for one in (change for edition in editions for change in read_changes(edition)):
        first.setdefault((one.kind, one.key), one)
        last[one.kind, one.key] = one
    merged = [_merge(first[key], change) for key, change in last.items()]
    order = list(KIND_BY_NAME)
    return sorted(filter(None, merged), key=lambda c: (order.index(c.kind), c.key))


def _merge(first: RecordChange, last: RecordChange) -> RecordChange | None:
    new, gone = first.change == "created", last.change == "deleted"
    if new and gone:
        return None
    change = "deleted" if gone else "created" if new else "updated"
    return RecordChange(last.kind, last.key, change, last.digest, last.release, last.created)
