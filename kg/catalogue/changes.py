"""What each release changed, read from its catalogue and told over several of them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.catalogue.schema import open_frozen
from kg.kinds import BY_NAME
from kg.release import Release


@dataclass(frozen=True)
class Edition:
    """A kept release among the others: its id, when it was frozen, the one it follows."""

    id: str
    created: str
    previous: str | None
    catalogue: Path


@dataclass(frozen=True)
class Change:
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
def edition(release: Release) -> Edition:
    """What a kept release says of itself. Raises ReleaseError."""
    told = release.manifest()
    return Edition(
        release.id, str(told.get("created", "")), told.get("previous"), release.catalogue
    )


def chain(kept: Sequence[Release], current: str) -> list[Edition]:
    """The releases that lead to the current one without a gap, oldest first."""
    known = {found.id: found for found in map(edition, kept)}
    found: list[Edition] = []
    name: str | None = current
    while name in known and known[name] not in found:
        if name != current and not readable(known[name]):
            break
        found.append(known[name])
        name = known[name].previous
    return found[::-1]


@lru_cache(maxsize=64)
def readable(edition: Edition) -> bool:
    """Whether the changes of a release can be read: a file may be damaged since it was frozen."""
    try:
        file = open_frozen(edition.catalogue)
        try:
            file.execute("SELECT count(digest) FROM change").fetchone()
        finally:
            file.close()
    except sqlite3.Error:
        return False
    return True


@lru_cache(maxsize=16)
def of(edition: Edition) -> tuple[Change, ...]:
    """The changes of one release, by kind and key."""
    file = open_frozen(edition.catalogue)
    try:
        rows = file.execute("SELECT kind, key, change, digest FROM change ORDER BY number")
        return tuple(
            Change(kind, key, change, digest, edition.id, edition.created)
            for kind, key, change, digest in rows
        )
    finally:
        file.close()


def together(editions: Sequence[Edition]) -> list[Change]:
    """The changes of several releases as one: what came and went in between is left out."""
    first: dict[tuple[str, str], Change] = {}
    last: dict[tuple[str, str], Change] = {}
    for one in (change for edition in editions for change in of(edition)):
        first.setdefault((one.kind, one.key), one)
        last[one.kind, one.key] = one
    told = [_as_one(first[key], change) for key, change in last.items()]
    order = list(BY_NAME)
    return sorted(filter(None, told), key=lambda c: (order.index(c.kind), c.key))


def _as_one(first: Change, last: Change) -> Change | None:
    new, gone = first.change == "created", last.change == "deleted"
    if new and gone:
        return None
    change = "deleted" if gone else "created" if new else "updated"
    return Change(last.kind, last.key, change, last.digest, last.release, last.created)
