"""The same problem on many records, told once: how many, where, and the first of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.kinds import Text
from kg.validation.findings import Finding
from kg.validation.results import Severity

EXAMPLES: Final = 5
RANK: Final = {severity: number for number, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Problem:
    """One problem of one column of one table, on as many records as have it."""

    source: str
    table: str
    column: str
    heading: str
    letter: str
    severity: Severity
    refused: bool
    message: Text
    advice: Text
    shape: str
    component: str
    count: int
    """How many times it is found: several where a cell has several values."""
    records: int
    """On how many records."""
    values: tuple[tuple[str, int], ...]
    """The values met most often, with how many times."""
    examples: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether it is a problem of files, not of lines: a column that is not known."""
        return not any(example.record or example.row for example in self.examples)


def problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """Findings as problems, the gravest and most frequent first."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_kind(finding), []).append(finding)
    found = [_problem(group) for group in groups.values()]
    return tuple(sorted(found, key=_gravest_first))


def _kind(f: Finding) -> tuple[object, ...]:
    # a shape may fill its message with the value, line by line: the shape tells the problem then
    told = f.message if f.result is None or f.discrepancy else None
    column = f.column or f.heading
    return (f.source, f.table, column, f.severity, f.refused, f.shape, f.component, told)


def _problem(group: list[Finding]) -> Problem:
    first = group[0]
    values = Counter(f.value for f in group if f.value)
    return Problem(
        source=first.source,
        table=first.table,
        column=first.column,
        heading=first.heading,
        letter=first.letter,
        severity=first.severity,
        refused=first.refused,
        message=first.message,
        advice=_advice(group),
        shape=first.shape,
        component=first.component,
        count=len(group),
        records=len({f.record or (f.file, f.row, f.heading) for f in group}),
        values=tuple(values.most_common(EXAMPLES)),
        examples=tuple(group[:EXAMPLES]),
    )


def _advice(group: list[Finding]) -> Text:
    """What to do about a problem; where it is another thing for each record, about the first."""
    told = list(dict.fromkeys(finding.advice for finding in group[:EXAMPLES]))
    return Text(" ".join(each.fr for each in told), " ".join(each.en for each in told))


def _gravest_first(p: Problem) -> tuple[object, ...]:
    place = (p.source, p.table, p.column, p.heading)
    return (not p.refused, RANK[p.severity], -p.count, *place, p.shape, p.component, p.message.en)
