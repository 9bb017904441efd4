"""Report model: counts, problems and quality, before serialisation."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb

from kg.kinds import Text
from kg.reports.problem_groups import ProblemGroup, group_problems
from kg.reports.quality_score import Quality
from kg.reports.row_counts import FileCounts, RowCounts, count_rows, sum_counts
from kg.validation.findings import Finding
from kg.validation.validate_build import ValidationOutcome


@dataclass(frozen=True)
class ReportLink:
    """Link to another format of a report."""

    label: Text
    address: str


@dataclass(frozen=True)
class Report:
    """Report of a validation of one source, or of some files."""

    title: Text
    name: str
    """The source; empty where the report is on several."""
    counts: RowCounts
    files: tuple[FileCounts, ...]
    problems: tuple[ProblemGroup, ...]
    findings: Sequence[Finding] = field(repr=False)
    shapes_version: str
    notes: tuple[Text, ...] = ()
    """Notes on how each file was read, a sentence each."""
    quality: Quality | None = None
    links: tuple[ReportLink, ...] = ()
    release: str = ""
    created: str = ""


def build_report(
    db: duckdb.DuckDBPyConnection,
    inspection: ValidationOutcome,
    title: Text,
    source: str | None = None,
) -> Report:
    """The report of a validation, of one source or of all."""
    files = count_rows(db, inspection.findings)
    whole = Report(
        title=title,
        name="",
        counts=sum_counts(files),
        files=files,
        problems=group_problems(inspection.findings),
        findings=inspection.findings,
        shapes_version=inspection.report.version,
    )
    return whole if source is None else select_source(whole, source, title)


def select_source(whole: Report, source: str, title: Text) -> Report:
    """The part of a report on one of its sources."""
    files = tuple(each for each in whole.files if each.source == source)
    return replace(
        whole,
        title=title,
        name=source,
        counts=sum_counts(files),
        files=files,
        problems=tuple(p for p in whole.problems if p.source == source),
        findings=[f for f in whole.findings if f.source == source],
    )
