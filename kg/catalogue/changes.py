"""Change history of records over several releases, read from their catalogues."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.catalogue.schema import open_read_only
from kg.kinds import KIND_BY_NAME
from kg.release_layout import Release


@dataclass(frozen=True)
class ReleaseInfo:
    """A kept release among the others: its id, when it was frozen, the one it follows."""

    id: str
    created: str
    previous: str | None
    catalogue: Path


@dataclass(frozen=True)
class RecordChange:
    """A record that was created, updated or deleted."""

    kind: str
    key: str
    change: str
    digest: str
    """Fingerprint of what the record is, of a deleted one what it was."""
    release: str
    """The release that brought the last of its changes."""
    created: str


@lru_cache(maxsize=64)
def read_release_info(release: Release) -> ReleaseInfo:
    """What a kept release says of itself. Raises ReleaseError."""
    manifest = release.read_manifest()
    return ReleaseInfo(
        release.id, str(manifest.get("created", "")), manifest.get("previous"), release.catalogue
    )


def find_release_chain(kept: Sequence[Release], current: str) -> list[ReleaseInfo]:
    """The releases that lead to the current one without a gap, oldest first."""
    infos_by_id = {info.id: info for info in map(read_release_info, kept)}
    chain: list[ReleaseInfo] = []
    name: str | None = current
    while name in infos_by_id and infos_by_id[name] not in chain:
        if name != current and not has_readable_changes(infos_by_id[name]):
            break
        chain.append(infos_by_id[name])
        name = infos_by_id[name].previous
    return chain[::-1]


@lru_cache(maxsize=64)
def has_readable_changes(edition: ReleaseInfo) -> bool:
    """Whether the changes of a release can be read: a file may be damaged since it was frozen."""
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
    """The changes of one release, by kind and key."""
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
    """The changes of several releases as one: what came and went in between is left out."""
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
