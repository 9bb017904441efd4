"""A report as plain lines for a terminal; whatever signs the values have, none acts on it."""

from collections.abc import Iterator

from kg.reports.problems import Problem
from kg.reports.reported import Reported
from kg.reports.visible import visible
from kg.reports.words import SOMETIMES, WORDS, beside, gravity, how_many, mark, number, of_lines
from kg.validation.findings import Finding


def text(reported: Reported, language: str) -> str:
    """The report: a line of counts for each file, then each problem with its first lines."""
    return "\n".join(_lines(reported, language)) + "\n"


def _lines(reported: Reported, language: str) -> Iterator[str]:
    for each in reported.files:
        counted = vars(each.counts)
        told = ", ".join(
            f"{number(counted[name], language)} {of_lines(name, counted[name], language)}"
            for name in ("read", "accepted", "refused", "warned", *SOMETIMES)
            if counted[name] or name not in SOMETIMES
        )
        yield f"{visible(each.file)}{WORDS['colon'][language]} {told}"
    yield from (f"  {visible(note[language], 1000)}" for note in reported.notes)
    if not reported.problems:
        yield WORDS["nothing"][language]
    for problem in reported.problems:
        yield ""
        yield from _problem(problem, language)


def _problem(problem: Problem, language: str) -> Iterator[str]:
    parts = [
        gravity(problem, language).upper(),
        how_many(problem, language),
        problem.table,
        column(problem, language),
    ]
    yield " · ".join(filter(None, parts))
    yield f"  {visible(problem.message[language], 1000)}"
    if problem.advice[language]:
        yield f"  → {problem.advice[language]}"
    for example in problem.examples:
        yield "    " + _example(example, language)
    if (more := problem.count - len(problem.examples)) > 0:
        yield "    " + WORDS["and_more"][language].format(number(more, language))
    if problem.shape:
        yield f"  ({problem.shape})"


def column(problem: Problem | Finding, language: str) -> str:
    """A column as the file calls it, with its letter and our name where it is another."""
    if not problem.heading:
        return ""
    letter = f"{problem.letter} " if problem.letter else ""
    ours = problem.column if problem.column != problem.heading else ""
    quoted = WORDS["open"][language] + visible(problem.heading) + WORDS["close"][language]
    name = f"{WORDS['column'][language].lower()} {letter}{quoted}"
    return f"{name} ({ours})" if ours else name


def _example(example: Finding, language: str) -> str:
    row = f"{WORDS['row'][language].lower()} {example.row}" if example.row else ""
    if not (example.row or example.record):
        return visible(example.file)
    value = visible(example.value, 80) or WORDS["empty"][language]
    told = beside(example, language)
    other = f"{mark(example)} {visible(told)}" if told else ""
    parts = (visible(example.file), row, value, other, visible(example.label, 60))
    return " | ".join(filter(None, parts))
