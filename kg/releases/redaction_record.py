"""Redaction record: the signed gap that a release shows where something of it was forgotten.

It says when, on what ground, and the digests of each file before and after; nothing of what was
removed. Its signature is an HMAC-SHA256 with the secret of the installation, over the record as
JSON with sorted keys; each record signs the signature of the one before.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kg.suppression_list import compute_hmac

REDACTIONS_KEY: Final = "redactions"
"""In the manifest of a release: its redaction records, oldest first."""


class Reason(StrEnum):
    """The grounds on which something is forgotten; a free text could name the person."""

    ERASURE = "erasure"
    OBJECTION = "objection"
    NON_DISCLOSURE = "non-disclosure"
    ERROR = "error"
    LEGAL = "legal"


@dataclass(frozen=True)
class RedactionAct:
    """When something is forgotten, on what ground, and whether all of a record or a field."""

    on: str
    reason: Reason
    scope: str


def build_record(
    manifest: Mapping[str, Any], act: RedactionAct, after: Mapping[str, str], secret: bytes
) -> dict[str, Any]:
    """The record of a redaction of a release, from its manifest and its files as they are now.

    `after` gives the SHA-256 of every file by name.
    """
    before = {name: stated["sha256"] for name, stated in manifest.get("files", {}).items()}
    earlier = manifest.get(REDACTIONS_KEY) or []
    record = {
        "on": act.on,
        "reason": act.reason.value,
        "scope": act.scope,
        "files": {
            name: {"before": before.get(name), "after": after.get(name)}
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        },
        "previous": earlier[-1]["signature"] if earlier else None,
    }
    return {**record, "signature": _sign(manifest["id"], record, secret)}


def _sign(release: str, record: Mapping[str, Any], secret: bytes) -> str:
    signed = {"release": release, **{k: v for k, v in record.items() if k != "signature"}}
    return compute_hmac(secret, json.dumps(signed, sort_keys=True).encode())


def find_record_problems(manifest: Mapping[str, Any], secret: bytes) -> Iterator[str]:
    """What does not hold together of the redaction records of a release, one sentence each.

    Where the secret is not at hand (a copy elsewhere), signatures are not judged.
    """
    records: Sequence[Mapping[str, Any]] = manifest.get(REDACTIONS_KEY) or []
    files: Mapping[str, Mapping[str, Any]] = manifest.get("files", {})
    last: dict[str, str | None] = {}
    previous = None
    for number, record in enumerate(records, 1):
        if record.get("previous") != previous:
            yield f"redaction {number} does not follow the one before it"
        if secret and record.get("signature") != _sign(manifest["id"], record, secret):
            yield f"redaction {number} does not have the signature of this installation"
        previous = record.get("signature")
        for name, digests in record.get("files", {}).items():
            if name in last and last[name] != digests["before"]:
                yield f"redaction {number} does not follow from what {name} was"
            last[name] = digests["after"]
    for name, digest in last.items():
        if files.get(name, {}).get("sha256") != digest:
            yield f"{name} is not what its last redaction left"
