"""JSON serializer of a report: counts, and problems with their first examples."""

from typing import Any

from kg.kinds import Text
from kg.reports.problem_groups import ProblemGroup
from kg.reports.report_model import Report
from kg.reports.row_counts import RowCounts
from kg.reports.texts import OPTIONAL_COUNTS
from kg.validation.findings import Finding


def render_json(reported: Report) -> dict[str, Any]:
    """The report under the names of docs/reports.md, ready for any JSON encoder."""
    data: dict[str, Any] = {
        "title": _render_text(reported.title),
        "shapes_version": reported.shapes_version,
        "counts": render_counts(reported.counts),
        "notes": [_render_text(note) for note in reported.notes],
        "files": [
            {"source": each.source, "file": each.file, **render_counts(each.counts)}
            for each in reported.files
        ],
        "problems": [_render_problem(problem) for problem in reported.problems],
    }
    if reported.release:
        data |= {"release": reported.release, "created": reported.created}
    if reported.quality:
        data["quality"] = reported.quality.to_json()
    return data


def render_counts(counted: RowCounts) -> dict[str, int]:
    """Lines read, accepted, refused, warned, not judged; accepted, refused and not judged make
    read. Those with discrepancies, and likely duplicates, are accepted; others than the warned may
    be among them.
    """
    names = ("read", "accepted", "refused", "warned", "suggested", *OPTIONAL_COUNTS)
    return {name: vars(counted)[name] for name in names}


def _render_problem(problem: ProblemGroup) -> dict[str, Any]:
    return {
        "severity": problem.severity.value,
        "refused": problem.refused,
        "omitted": problem.omitted,
        "message": _render_text(problem.message),
        "advice": _render_text(problem.advice),
        "source": problem.source,
        "table": problem.table,
        "column": problem.column,
        "heading": problem.heading,
        "letter": problem.letter,
        "shape": problem.shape,
        "component": problem.component,
        "count": problem.count,
        "records": problem.records,
        "values": [{"value": value, "count": count} for value, count in problem.values],
        "examples": [_render_example(example) for example in problem.examples],
    }


def _render_example(example: Finding) -> dict[str, Any]:
    return {
        "file": example.file,
        "row": example.row,
        "heading": example.heading,
        "letter": example.letter,
        "value": example.value,
        "elsewhere": example.other_values,
        "other_rows": [{"file": file, "row": row} for file, row in example.other_rows],
        "label": example.label,
        "focus": example.focus,
    }


def _render_text(text: Text) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}
