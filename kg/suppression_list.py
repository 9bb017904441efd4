"""Suppression list: what was forgotten, as keyed hashes, so that no import brings it back.

Neither a name nor an identifier is in it: each line is an HMAC-SHA256 (RFC 2104) of an identifier
with a secret of this installation. Whoever has not the secret can neither read the list nor try
names on it. Builds leave out what is in it, servers answer 410 for its addresses.
"""

import csv
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

FORGOTTEN_FOLDER: Final = "forgotten"
"""The folder of the data of an installation that holds the list and its secret."""
LIST_FILE: Final = "suppressions.csv"
SECRET_FILE: Final = "secret.key"  # noqa: S105
COLUMNS: Final = ("hash", "since", "reason")
SECRET_BYTES: Final = 32


class Scope(StrEnum):
    """What a hash is of."""

    RECORD = "record"
    """A record, by `kind/key`."""
    IDENTIFIER = "identifier"
    """A number of a register, by `kind/scheme-value`."""
    PARTIAL = "partial"
    """A record of which a field is forgotten, by `kind/key`."""
    FIELD = "field"
    """The field, by `kind/key/column`."""


@dataclass(frozen=True)
class SuppressionList:
    """The hashes of an installation, each with the day since when."""

    secret: bytes = field(default=b"", repr=False)
    since: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.since)

    def hash(self, scope: Scope, name: str) -> str:
        """The hash of a name."""
        return compute_hmac(self.secret, f"{scope}\0{name}".encode())

    def find(self, scope: Scope, name: str) -> str | None:
        """The day since when a name is in the list, None where it is not."""
        return self.since.get(self.hash(scope, name)) if self.since else None


NOTHING_FORGOTTEN: Final = SuppressionList()


def compute_hmac(secret: bytes, message: bytes) -> str:
    """The HMAC-SHA256 of a message, in hexadecimal."""
    return hmac.digest(secret, message, hashlib.sha256).hex()


def read_suppressions(data: Path) -> SuppressionList:
    """The list of a data folder, empty where nothing was forgotten."""
    path = data / FORGOTTEN_FOLDER / LIST_FILE
    try:
        stamp = path.stat()
    except OSError:
        return NOTHING_FORGOTTEN
    return _read_list(path, stamp.st_ino, stamp.st_mtime_ns)


@lru_cache(maxsize=4)
def _read_list(path: Path, inode: int, modified: int) -> SuppressionList:  # noqa: ARG001
    with path.open(encoding="utf-8", newline="") as file:
        since = {row["hash"]: row["since"] for row in csv.DictReader(file)}
    return SuppressionList(read_secret(path.parents[1]), since)


def add_suppressions(
    data: Path, names: Iterable[tuple[Scope, str]], since: str, reason: str
) -> SuppressionList:
    """Adds names to the list of a data folder, in one step; the list that there is then."""
    secret = _make_secret(data)
    path = data / FORGOTTEN_FOLDER / LIST_FILE
    rows = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    hashes = {row["hash"] for row in rows}
    hasher = SuppressionList(secret)
    for scope, name in names:
        digest = hasher.hash(scope, name)
        if digest not in hashes:
            hashes.add(digest)
            rows.append({"hash": digest, "since": since, "reason": reason})
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["hash"]))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return read_suppressions(data)


def read_secret(data: Path) -> bytes:
    """The secret of an installation; empty where it has none."""
    try:
        return bytes.fromhex((data / FORGOTTEN_FOLDER / SECRET_FILE).read_text("ascii").strip())
    except FileNotFoundError:
        return b""


def _make_secret(data: Path) -> bytes:
    """The secret of an installation, made where it has none; only its owner may read it."""
    path = data / FORGOTTEN_FOLDER / SECRET_FILE
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return read_secret(data)
