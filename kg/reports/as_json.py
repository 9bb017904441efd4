"""A report as JSON: counts, and problems with their first examples."""

from typing import Any

from kg.kinds import Text
from kg.reports.counts import Counts
from kg.reports.problems import Problem
from kg.reports.reported import Reported
from kg.reports.words import SOMETIMES
from kg.validation.findings import Finding


def json(reported: Reported) -> dict[str, Any]:
    """The report under the names of docs/reports.md, ready for any JSON encoder."""
    data: dict[str, Any] = {
        "title": _text(reported.title),
        "shapes_version": reported.shapes_version,
        "counts": counts(reported.counts),
        "notes": [_text(note) for note in reported.notes],
        "files": [
            {"source": each.source, "file": each.file, **counts(each.counts)}
            for each in reported.files
        ],
        "problems": [_problem(problem) for problem in reported.problems],
    }
    if reported.release:
        data |= {"release": reported.release, "created": reported.created}
    if reported.quality:
        data["quality"] = reported.quality.data()
    return data


def counts(counted: Counts) -> dict[str, int]:
    """Lines read, accepted, refused, warned, not judged; accepted, refused and not judged make
    read. Those with discrepancies, and likely duplicates, are accepted; others than the warned may
    be among them.
    """
    names = ("read", "accepted", "refused", "warned", "suggested", *SOMETIMES)
    return {name: vars(counted)[name] for name in names}


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity.value,
        "refused": problem.refused,
        "message": _text(problem.message),
        "advice": _text(problem.advice),
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
        "examples": [_example(example) for example in problem.examples],
    }


def _example(example: Finding) -> dict[str, Any]:
    return {
        "file": example.file,
        "row": example.row,
        "heading": example.heading,
        "letter": example.letter,
        "value": example.value,
        "elsewhere": example.elsewhere,
        "other_rows": [{"file": file, "row": row} for file, row in example.other_rows],
        "label": example.label,
        "focus": example.focus,
    }


def _text(text: Text) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}
