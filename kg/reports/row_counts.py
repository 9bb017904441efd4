"""Row counts by source and file: read, accepted, rejected, with warnings, not validated."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from kg.shacl.results import Severity
from kg.validation.findings import Finding
from kg.work_tables import RECORDS, REFUSED, UNJUDGED, UNUSABLE


@dataclass(frozen=True)
class RowCounts:
    """Row counts of one or several files: every row is accepted, rejected or not validated."""

    read: int = 0
    accepted: int = 0
    refused: int = 0
    warned: int = 0
    """Accepted, with at least one warning."""
    suggested: int = 0
    """Accepted, with at least one suggestion: something recommended is missing."""
    clean: int = 0
    """Accepted, with no warning."""
    unjudged: int = 0
    """Entities outside the namespace that no shape targets: neither accepted nor rejected."""
    discrepancies: int = 0
    """Accepted, with a value that differs in another source."""
    duplicates: int = 0
    """Accepted, and likely the same as another record."""

    def __add__(self, other: "RowCounts") -> "RowCounts":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return RowCounts(*(mine + theirs for mine, theirs in pairs))


@dataclass(frozen=True)
class FileCounts:
    """The counts of one file of a source."""

    source: str
    file: str
    counts: RowCounts


def count_rows(
    db: duckdb.DuckDBPyConnection, findings: Iterable[Finding]
) -> tuple[FileCounts, ...]:
    """The counts of every file of the work database, by source and file."""
    refused = {record for (record,) in db.execute(f"SELECT record FROM {REFUSED}").fetchall()}
    findings = list(findings)
    problems = [finding for finding in findings if not finding.is_discrepancy]
    warned = _group_records(problems, Severity.WARNING, refused)
    suggested = _group_records(problems, Severity.INFO, refused)
    for place, records in _list_noted_records(db, problems):
        suggested.setdefault(place, set()).update(records - refused)
    comparisons = [finding for finding in findings if finding.is_discrepancy]
    disputed = _group_records((f for f in comparisons if not f.duplicate), Severity.INFO, refused)
    doubled = _group_records((f for f in comparisons if f.duplicate), Severity.INFO, refused)
    rows = db.execute(
        f"SELECT source, file, count(*), count({REFUSED}.record), count({UNJUDGED}.record) FROM "
        f"{RECORDS} "
        f"LEFT JOIN {REFUSED} USING (record) LEFT JOIN {UNJUDGED} USING (record) "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return tuple(
        FileCounts(source, file, _make_counts(read, rejected, unjudged, *sizes))
        for source, file, read, rejected, unjudged in rows
        for sizes in [
            [len(of.get((source, file), ())) for of in (warned, suggested, disputed, doubled)]
        ]
    )


def _make_counts(
    read: int, refused: int, unjudged: int, warned: int, suggested: int, disputed: int, doubled: int
) -> RowCounts:
    accepted = read - refused - unjudged
    clean = accepted - warned
    return RowCounts(read, accepted, refused, warned, suggested, clean, unjudged, disputed, doubled)


def _group_records(
    findings: Iterable[Finding], severity: Severity, refused: set[int]
) -> dict[tuple[str, str], set[int]]:
    """The accepted records that have a finding of a severity, by source and file."""
    records: dict[tuple[str, str], set[int]] = {}
    for finding in findings:
        if finding.severity is severity and finding.record and finding.record not in refused:
            records.setdefault((finding.source, finding.file), set()).add(finding.record)
    return records


def _list_noted_records(
    db: duckdb.DuckDBPyConnection, findings: Iterable[Finding]
) -> Iterator[tuple[tuple[str, str], set[int]]]:
    """The usable records of the tables of files that a finding is about as a whole."""
    noted = {(f.source, f.table, f.file) for f in findings if f.whole_file}
    for source, table, file in sorted(noted):
        rows = db.execute(
            f"SELECT record FROM {RECORDS} WHERE source = ? AND tbl = ? AND file = ? "
            f"AND record NOT IN (SELECT record FROM {UNUSABLE})",
            [source, table, file],
        ).fetchall()
        yield (source, file), {record for (record,) in rows}


def sum_counts(counts: Iterable[FileCounts]) -> RowCounts:
    """The sum of the counts of files."""
    return sum((each.counts for each in counts), RowCounts())
