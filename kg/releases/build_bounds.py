"""Bounds of a build: too few records, too many rejections or too great a loss stop it.

The bounds of `source.toml` are those that a source states. Beside them, a source that the release
in service has must still be there, with at least half of the records it had.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb

from kg import sql
from kg.errors import OutOfBounds, RecordsRefused
from kg.mapping.moved_keys import WITHDRAWN_FILE
from kg.release_layout import Release
from kg.releases.freeze import write_reports
from kg.releases.line_positions import LINE_POSITIONS_FILE
from kg.sources import Source
from kg.work_tables import RECORDS, REFUSED

MAX_LOST_SHARE: Final = 0.5
"""The share of its records that a source may lose from one release to the next."""
ACCEPT_LOSS_OPTION: Final = "--accept-loss"


class SourceCounts(Protocol):
    """How many lines of a source were read, accepted and refused."""

    @property
    def source(self) -> str: ...
    @property
    def read(self) -> int: ...
    @property
    def accepted(self) -> int: ...
    @property
    def refused(self) -> int: ...


class RejectionDetails(Protocol):
    """What tells why lines were refused."""

    def describe_first_rejections(self, source: str = ...) -> str: ...


def check_bounds(
    sources: Sequence[Source],
    lines: Sequence[SourceCounts],
    rejections: RejectionDetails,
    strict: bool,
) -> None:
    """Raises Refused or OutOfBounds where a source gives less than it is to give."""
    refused = sum(line.refused for line in lines)
    if strict and refused:
        raise RecordsRefused(
            f"{refused} records are refused, and the build is strict: "
            f"{rejections.describe_first_rejections()}"
        )
    for source, line in zip(sources, lines, strict=True):
        bounds = source.bounds
        if line.accepted < bounds.records_min:
            raise OutOfBounds(
                f"source {source.name} gives {line.accepted} records, fewer than the "
                f"{bounds.records_min} it expects: "
                f"{rejections.describe_first_rejections(source.name)}"
            )
        if bounds.records_max and line.accepted > bounds.records_max:
            raise OutOfBounds(
                f"source {source.name} gives {line.accepted} records, more than the "
                f"{bounds.records_max} it expects"
            )
        if line.refused > bounds.refused_share_max * line.read:
            raise OutOfBounds(
                f"source {source.name}: {line.refused} of {line.read} records are refused, more "
                f"than the share of {bounds.refused_share_max:g} it allows: "
                f"{rejections.describe_first_rejections(source.name)}"
            )


@contextmanager
def keep_report_if_stopped(reports: Mapping[str, bytes | Path], folder: Path) -> Iterator[None]:
    """Keeps the report of a build that its bounds stop, until one goes through."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    except (RecordsRefused, OutOfBounds) as error:
        write_reports(reports, folder)
        page = folder / "index.en.html"
        raise type(error)(f"{str(error).rstrip('.')}. The report is in {page}") from error


def check_sources(
    sources: Sequence[Source], served: Mapping[str, Any], accepted: Collection[str]
) -> None:
    """Raises OutOfBounds where a source of the release in service is not there any more.

    `served` is the manifest of that release, `accepted` the names of the sources that may go; one
    of them that is none is an error.
    """
    names = {source.name for source in sources}
    valid_names = {*names, *(entry["name"] for entry in served.get("sources", ())), WITHDRAWN_FILE}
    if unknown := sorted(set(accepted) - valid_names):
        raise OutOfBounds(
            f"{ACCEPT_LOSS_OPTION} {unknown[0]}: there is no such source, now or in the release "
            "in service "
            f"({', '.join(sorted(valid_names))})"
        )
    for entry in served.get("sources", ()):
        name = entry["name"]
        if name not in names and name not in accepted:
            raise OutOfBounds(
                f"source {name}, of which the release in service has {entry.get('accepted', 0)} "
                "records, is not there any more; if that is meant, build with "
                f"{ACCEPT_LOSS_OPTION} {name}"
            )


def check_record_losses(
    lines: Sequence[SourceCounts], served: Mapping[str, Any], accepted: Collection[str]
) -> None:
    """Raises OutOfBounds where a source has lost more than half of the records in service."""
    before = {entry["name"]: entry.get("accepted", 0) for entry in served.get("sources", ())}
    for line in lines:
        had = before.get(line.source, 0)
        if line.accepted < MAX_LOST_SHARE * had and line.source not in accepted:
            raise OutOfBounds(
                f"source {line.source} gives {line.accepted} records, fewer than half of the {had} "
                f"of the release in service; if that is meant, build with {ACCEPT_LOSS_OPTION} "
                f"{line.source}"
            )


def check_removed_shares(
    db: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    served: Release | None,
    accepted: Collection[str],
) -> None:
    """Raises OutOfBounds where more records of a source are missing than it states.

    By their addresses: as many records with other keys are a loss too.
    """
    bounded = [
        source
        for source in sources
        if source.bounds.removed_share_max < 1 and source.name not in accepted
    ]
    positions = served.folder / LINE_POSITIONS_FILE if served else None
    if not bounded or positions is None or not positions.is_file():
        return
    for source in bounded:
        name = sql.literal(source.name)
        row = db.execute(
            f"""WITH old AS (SELECT DISTINCT split_part(subject, '#', 1) AS iri
                FROM read_parquet({sql.literal(str(positions))}) WHERE source = {name}),
            fresh AS (SELECT DISTINCT split_part(subject, '#', 1) AS iri FROM {RECORDS}
                ANTI JOIN {REFUSED} USING (record) WHERE source = {name})
            SELECT (SELECT count(*) FROM old),
                (SELECT count(*) FROM old ANTI JOIN fresh USING (iri))"""
        ).fetchone()
        had, lost = row or (0, 0)
        if lost > source.bounds.removed_share_max * had:
            raise OutOfBounds(
                f"source {source.name} has lost {lost} of its {had} records, more than "
                f"removed_share_max = {source.bounds.removed_share_max:g} allows; see ess-kg diff "
                f"{source.name}, and if that is meant, build with {ACCEPT_LOSS_OPTION} "
                f"{source.name}"
            )
