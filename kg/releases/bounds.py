"""Bounds of a build: too few records, too many refusals or a loss of records stop it.

The bounds of `source.toml` are those that a source states. Beside them, a source that the release
in service has must still be there, with at least half of the records it had.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from kg.errors import OutOfBounds, Refused
from kg.mapping.moved_keys import GONE
from kg.sources import Source

LOSS: Final = 0.5
"""The share of its records that a source may lose from one release to the next."""
ACCEPT: Final = "--accept-loss"


class Counted(Protocol):
    """How many lines of a source were read, accepted and refused."""

    @property
    def source(self) -> str: ...
    @property
    def read(self) -> int: ...
    @property
    def accepted(self) -> int: ...
    @property
    def refused(self) -> int: ...


class Refusals(Protocol):
    """What tells why lines were refused."""

    def first_refusals(self, source: str = ...) -> str: ...


def hold_bounds(
    sources: Sequence[Source], lines: Sequence[Counted], found: Refusals, strict: bool
) -> None:
    """Raises Refused or OutOfBounds where a source gives less than it is to give."""
    refused = sum(line.refused for line in lines)
    if strict and refused:
        raise Refused(
            f"{refused} records are refused, and the build is strict: {found.first_refusals()}"
        )
    for source, line in zip(sources, lines, strict=True):
        bounds = source.expect
        if line.accepted < bounds.records_min:
            raise OutOfBounds(
                f"source {source.name} gives {line.accepted} records, fewer than the "
                f"{bounds.records_min} it expects: {found.first_refusals(source.name)}"
            )
        if line.refused > bounds.refused_share_max * line.read:
            raise OutOfBounds(
                f"source {source.name}: {line.refused} of {line.read} records are refused, more "
                f"than the share of {bounds.refused_share_max:g} it allows: "
                f"{found.first_refusals(source.name)}"
            )


def hold_sources(
    sources: Sequence[Source], served: Mapping[str, Any], accepted: Collection[str]
) -> None:
    """Raises OutOfBounds where a source of the release in service is not there any more.

    `served` is the manifest of that release, `accepted` the names of the sources that may go; one
    of them that is none is an error.
    """
    names = {source.name for source in sources}
    known = {*names, *(told["name"] for told in served.get("sources", ())), GONE}
    if unknown := sorted(set(accepted) - known):
        raise OutOfBounds(
            f"{ACCEPT} {unknown[0]}: there is no such source, now or in the release in service "
            f"({', '.join(sorted(known))})"
        )
    for told in served.get("sources", ()):
        name = told["name"]
        if name not in names and name not in accepted:
            raise OutOfBounds(
                f"source {name}, of which the release in service has {told.get('accepted', 0)} "
                f"records, is not there any more; if that is meant, build with {ACCEPT} {name}"
            )


def hold_records(
    lines: Sequence[Counted], served: Mapping[str, Any], accepted: Collection[str]
) -> None:
    """Raises OutOfBounds where a source has lost more than half of the records in service."""
    before = {told["name"]: told.get("accepted", 0) for told in served.get("sources", ())}
    for line in lines:
        had = before.get(line.source, 0)
        if line.accepted < LOSS * had and line.source not in accepted:
            raise OutOfBounds(
                f"source {line.source} gives {line.accepted} records, fewer than half of the {had} "
                f"of the release in service; if that is meant, build with {ACCEPT} {line.source}"
            )
