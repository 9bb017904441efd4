"""What a report says, before it has a form: counts, problems, quality."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb

from kg.kinds import Text
from kg.reports.counts import Counts, FileCounts, count, total
from kg.reports.problems import Problem, problems
from kg.reports.score import Quality
from kg.validation.findings import Finding
from kg.validation.inspect import Inspection


@dataclass(frozen=True)
class Link:
    """Another form of a report, beside it."""

    label: Text
    address: str


@dataclass(frozen=True)
class Reported:
    """What is told of a check of one source, or of some files."""

    title: Text
    name: str
    """The source, or nothing where the report is on several."""
    counts: Counts
    files: tuple[FileCounts, ...]
    problems: tuple[Problem, ...]
    findings: Sequence[Finding] = field(repr=False)
    shapes_version: str
    notes: tuple[Text, ...] = ()
    """How each file was read, a sentence each."""
    quality: Quality | None = None
    links: tuple[Link, ...] = ()
    release: str = ""
    created: str = ""


def report(
    db: duckdb.DuckDBPyConnection, inspection: Inspection, title: Text, source: str | None = None
) -> Reported:
    """What is to be told of an inspection, of one source or of all of them."""
    files = count(db, inspection.findings)
    whole = Reported(
        title=title,
        name="",
        counts=total(files),
        files=files,
        problems=problems(inspection.findings),
        findings=inspection.findings,
        shapes_version=inspection.report.version,
    )
    return whole if source is None else part(whole, source, title)


def part(whole: Reported, source: str, title: Text) -> Reported:
    """What a report says of one of its sources."""
    files = tuple(each for each in whole.files if each.source == source)
    return replace(
        whole,
        title=title,
        name=source,
        counts=total(files),
        files=files,
        problems=tuple(p for p in whole.problems if p.source == source),
        findings=[f for f in whole.findings if f.source == source],
    )
