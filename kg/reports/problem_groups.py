"""Problem groups: findings of the same problem, with their number and first examples."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.kinds import Text
from kg.shacl.results import Severity
from kg.validation.findings import Finding

MAX_EXAMPLES: Final = 5
SEVERITY_RANK: Final = {severity: number for number, severity in enumerate(Severity)}


@dataclass(frozen=True)
class ProblemGroup:
    """One problem of one column of one table, on as many records as have it."""

    source: str
    table: str
    column: str
    heading: str
    letter: str
    severity: Severity
    refused: bool
    omitted: bool
    """Whether it costs the cell, and not the record."""
    message: Text
    advice: Text
    shape: str
    component: str
    count: int
    """Number of findings, and of rows where one is of all rows of a file: several for a cell with
    several values."""
    records: int
    """Number of records."""
    values: tuple[tuple[str, int], ...]
    """The most frequent values, with their counts."""
    examples: tuple[Finding, ...]

    @property
    def is_whole_file(self) -> bool:
        """Whether it is a problem of whole files: an unknown column."""
        return not any(example.record or example.row for example in self.examples)

    @property
    def is_of_all_rows(self) -> bool:
        """Whether it is one that every row of its files has."""
        return any(example.whole_file for example in self.examples)

    @property
    def more(self) -> int:
        """The number of findings beyond the examples."""
        return 0 if self.is_of_all_rows else self.count - len(self.examples)


def group_problems(findings: Iterable[Finding]) -> tuple[ProblemGroup, ...]:
    """Findings as problems, the gravest and most frequent first."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_get_group_key(finding), []).append(finding)
    problems = [_make_group(group) for group in groups.values()]
    return tuple(sorted(problems, key=_get_sort_key))


def _get_group_key(f: Finding) -> tuple[object, ...]:
    # a shape may fill its message with the value of each row: results are grouped by shape instead
    message = f.message if f.result is None or f.is_discrepancy else None
    column = f.column or f.heading
    return (
        f.source,
        f.table,
        column,
        f.severity,
        f.refused,
        f.omitted,
        f.shape,
        f.component,
        message,
        f.whole_file is not None,
    )


def _count_rows(finding: Finding) -> int:
    return finding.whole_file.rows if finding.whole_file else 1


def _make_group(group: list[Finding]) -> ProblemGroup:
    first = group[0]
    values = Counter(f.value for f in group if f.value)
    return ProblemGroup(
        source=first.source,
        table=first.table,
        column=first.column,
        heading=first.heading,
        letter=first.letter,
        severity=first.severity,
        refused=first.refused,
        omitted=first.omitted,
        message=first.message,
        advice=_merge_advice(group),
        shape=first.shape,
        component=first.component,
        count=sum(map(_count_rows, group)),
        records=(
            sum(map(_count_rows, group))
            if first.whole_file
            else len({f.record or (f.file, f.row, f.heading) for f in group})
        ),
        values=tuple(values.most_common(MAX_EXAMPLES)),
        examples=tuple(group[:MAX_EXAMPLES]),
    )


def _merge_advice(group: list[Finding]) -> Text:
    """The advice for a problem; where it differs by record, that of the first examples."""
    advice = list(dict.fromkeys(finding.advice for finding in group[:MAX_EXAMPLES]))
    return Text(" ".join(each.fr for each in advice), " ".join(each.en for each in advice))


def _get_sort_key(p: ProblemGroup) -> tuple[object, ...]:
    place = (p.source, p.table, p.column, p.heading)
    return (
        not p.refused,
        not p.omitted,
        SEVERITY_RANK[p.severity],
        -p.count,
        *place,
        p.shape,
        p.component,
        p.message.en,
    )
