"""Summary of a build: for each source, how many lines were read, accepted and refused."""

from dataclasses import dataclass
from typing import Protocol

import duckdb

from kg.release_layout import Release
from kg.sources import Source
from kg.work_tables import RECORDS, REFUSED, UNJUDGED


@dataclass(frozen=True)
class SourceSummary:
    """One line of the summary of a build."""

    source: str
    read: int
    accepted: int
    refused: int
    warned: int
    triples: int
    seconds: float
    unjudged: int = 0
    discrepancies: int = 0
    """Accepted lines that say something which another source says otherwise."""
    duplicates: int = 0
    """Accepted lines that are likely those of another record."""


class FindingCounts(Protocol):
    """How many accepted lines of a source have a finding of some sort."""

    def count_warned(self, source: str) -> int: ...
    def count_discrepancies(self, source: str) -> int: ...
    def count_duplicates(self, source: str) -> int: ...


def summarize_source(
    db: duckdb.DuckDBPyConnection, source: Source, findings: FindingCounts, seconds: float
) -> SourceSummary:
    """The summary of a source whose lines are validated."""
    counts = db.execute(
        f"SELECT (SELECT count(*) FROM {RECORDS} WHERE source = $1), "
        f"(SELECT count(*) FROM {RECORDS} JOIN {REFUSED} USING (record) WHERE source = $1), "
        f"(SELECT count(*) FROM {RECORDS} JOIN {UNJUDGED} USING (record) WHERE source = $1)",
        [source.name],
    ).fetchone()
    read, refused, unjudged = counts if counts else (0, 0, 0)
    return SourceSummary(
        source=source.name,
        read=read,
        accepted=read - refused - unjudged,
        refused=refused,
        warned=findings.count_warned(source.name),
        triples=0,  # counted once the quads are deduplicated
        seconds=round(seconds, 3),
        unjudged=unjudged,
        discrepancies=findings.count_discrepancies(source.name),
        duplicates=findings.count_duplicates(source.name),
    )


def read_summaries(release: Release) -> list[SourceSummary]:
    """The summary of the build that made a release, from its manifest."""
    names = SourceSummary.__dataclass_fields__
    return [
        SourceSummary(**{"source": entry["name"], **{k: v for k, v in entry.items() if k in names}})
        for entry in release.read_manifest()["sources"]
    ]
