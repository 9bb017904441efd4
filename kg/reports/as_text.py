"""Plain text serializer of a report, safe for terminals."""

from collections.abc import Iterator

from kg.reports.problem_groups import ProblemGroup
from kg.reports.report_model import Report
from kg.reports.sanitize import sanitize
from kg.reports.texts import (
    OPTIONAL_COUNTS,
    TEXTS,
    format_extent,
    format_number,
    format_others,
    format_severity,
    get_count_label,
    get_relation_sign,
)
from kg.validation.findings import Finding


def render_text(reported: Report, language: str) -> str:
    """The report: a line of counts for each file, then each problem with its first lines."""
    return "\n".join(_iter_lines(reported, language)) + "\n"


def _iter_lines(reported: Report, language: str) -> Iterator[str]:
    for each in reported.files:
        counted = vars(each.counts)
        counts = ", ".join(
            f"{format_number(counted[name], language)} "
            f"{get_count_label(name, counted[name], language)}"
            for name in ("read", "accepted", "refused", "warned", *OPTIONAL_COUNTS)
            if counted[name] or name not in OPTIONAL_COUNTS
        )
        yield f"{sanitize(each.file)}{TEXTS['colon'][language]} {counts}"
    yield from (f"  {sanitize(note[language], 1000)}" for note in reported.notes)
    if not reported.problems:
        yield TEXTS["nothing"][language]
    for problem in reported.problems:
        yield ""
        yield from _iter_problem_lines(problem, language)


def _iter_problem_lines(problem: ProblemGroup, language: str) -> Iterator[str]:
    parts = [
        format_severity(problem, language).upper(),
        format_extent(problem, language),
        problem.table,
        format_column(problem, language),
    ]
    yield " · ".join(filter(None, parts))
    yield f"  {sanitize(problem.message[language], 1000)}"
    if problem.advice[language]:
        yield f"  → {problem.advice[language]}"
    for example in problem.examples:
        yield "    " + _format_example(example, language)
    if (more := problem.more) > 0:
        yield "    " + TEXTS["and_more"][language].format(format_number(more, language))
    if problem.shape:
        yield f"  ({problem.shape})"


def format_column(problem: ProblemGroup | Finding, language: str) -> str:
    """A column by its heading, with its letter, and its canonical name where it differs."""
    if not problem.heading:
        return ""
    letter = f"{problem.letter} " if problem.letter else ""
    ours = problem.column if problem.column != problem.heading else ""
    quoted = TEXTS["open"][language] + sanitize(problem.heading) + TEXTS["close"][language]
    name = f"{TEXTS['column'][language].lower()} {letter}{quoted}"
    return f"{name} ({ours})" if ours else name


def _format_example(example: Finding, language: str) -> str:
    row = f"{TEXTS['row'][language].lower()} {example.row}" if example.row else ""
    if not (example.row or example.record):
        return sanitize(example.file)
    value = sanitize(example.value, 80) or TEXTS["empty"][language]
    others = format_others(example, language)
    other = f"{get_relation_sign(example)} {sanitize(others)}" if others else ""
    parts = (sanitize(example.file), row, value, other, sanitize(example.label, 60))
    return " | ".join(filter(None, parts))
