"""Check report for the terminal, by file, with each problem once."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text as Line

from kg.dry_run import CheckedFile, DryRunResult
from kg.dry_run.file_findings import COLUMN_UNKNOWN
from kg.dry_run.result import UNRECOGNISED_COMPONENTS
from kg.kinds import Text
from kg.reports import ProblemGroup, Report
from kg.reports.as_text import format_column
from kg.reports.problem_groups import group_problems
from kg.reports.sanitize import sanitize
from kg.reports.texts import (
    OPTIONAL_COUNTS,
    SEVERITY_NAMES,
    SINGULAR_TEXTS,
    TEXTS,
    format_extent,
    format_number,
    format_others,
    format_severity,
    get_relation_sign,
)
from kg.shacl.results import Severity

SEVERITY_COLOURS: Final = {
    Severity.VIOLATION: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "dim",
}
COUNT_WORDS: Final = {
    "read": (Text("ligne lue", "row read"), Text("lignes lues", "rows read")),
    "accepted": (Text("acceptée", "accepted"), Text("acceptées", "accepted")),
    "warned": (Text("avertie", "warned"), Text("averties", "warned")),
    "refused": (Text("refusée", "refused"), Text("refusées", "refused")),
    "unjudged": (Text("non jugée", "not judged"), Text("non jugées", "not judged")),
    "discrepancies": (
        Text("en désaccord avec une autre source", "differs from another source"),
        Text("en désaccord avec une autre source", "differ from another source"),
    ),
    "duplicates": (SINGULAR_TEXTS["duplicates"], TEXTS["duplicates"]),
}
"""Labels of the counts, singular and plural."""
OF_WHICH: Final = Text("dont {count} {word}", "{count} of them {word}")
UNREADABLE: Final = Text("ILLISIBLE : ", "UNREADABLE: ")
UNRESOLVED_REFERENCES: Final = (
    Text(
        "{} fiche nommée dans ces fichiers n'y est pas. Faute de version publiée ici, nul ne dit "
        "si elle existe : les liens vers elle ne sont pas jugés.",
        "{} record named in these files is not in them. There is no release here to look it up: "
        "links to it are not judged.",
    ),
    Text(
        "{} fiches nommées dans ces fichiers n'y sont pas. Faute de version publiée ici, nul ne "
        "dit si elles existent : les liens vers elles ne sont pas jugés.",
        "{} records named in these files are not in them. There is no release here to look them "
        "up: links to them are not judged.",
    ),
)
REFERENCES_RESOLVED: Final = Text(
    "Les références sont cherchées dans les fichiers et dans la version {release}.",
    "References are looked up in the files and in the release {release}.",
)
UNJUDGED_OUTCOME: Final = -1
"""Outcome of a check without rejections, in which some records were not judged."""
OUTCOMES: Final = {
    0: Text("Rien n'est refusé (code 0).", "Nothing is refused (exit code 0)."),
    1: Text(
        "Des lignes ou des cellules sont refusées ou laissées de côté : corrigez-les et contrôlez "
        "de nouveau (code 1).",
        "Some rows or cells are refused or left out: correct them and check again (exit code 1).",
    ),
    UNJUDGED_OUTCOME: Text(
        "Rien n'est refusé, mais tout n'a pas été jugé : voyez ci-dessus (code 1).",
        "Nothing is refused, but not all was judged: see above (exit code 1).",
    ),
    2: Text(
        "Au moins un fichier ne se lit pas (code 2).", "At least one file cannot be read (exit "
        "code 2).",
    ),
}  # fmt: skip
UNKNOWN_COLUMN: Final = Text(
    " · 1 colonne n'est pas de la table et ne serait pas importée",
    " · 1 column is not of the table and would not be imported",
)
UNKNOWN_COLUMNS: Final = Text(
    " · {count} colonnes ne sont pas de la table et ne seraient pas importées",
    " · {count} columns are not of the table and would not be imported",
)
MAX_NOTE: Final = 4000
MAX_DETAILED_PROBLEMS: Final = 12
"""Number of problems per file shown with examples; the others take a line each."""


def print_check_report(
    console: Console, checked: DryRunResult, reported: Report, language: str
) -> None:
    """Print a check report: files with counts and problems, then the outcome."""
    for file in checked.files:
        _print_file(console, file, _find_problems(reported, file), language)
    if checked.external_count:
        count = format_number(checked.external_count, language)
        _print(
            console, Line(UNRESOLVED_REFERENCES[checked.external_count > 1][language].format(count))
        )
    elif checked.release:
        _print(
            console,
            Line(REFERENCES_RESOLVED[language].format(release=checked.release), style="dim"),
        )
    style = "green" if checked.exit_code == 0 else "bold red"
    end = (
        UNJUDGED_OUTCOME
        if checked.exit_code == 1 and _has_only_unjudged(checked)
        else checked.exit_code
    )
    _print(console, Line(OUTCOMES[end][language], style=style))


def _has_only_unjudged(checked: DryRunResult) -> bool:
    """Tell whether all problems are records without a shape, which need no correction."""
    findings = checked.inspection.findings
    return not any(
        finding.refused or finding.omitted or finding.component in UNRECOGNISED_COMPONENTS
        for finding in findings
    )


def _find_problems(reported: Report, file: CheckedFile) -> tuple[ProblemGroup, ...]:
    of_file = [finding for finding in reported.findings if finding.file == file.name]
    return group_problems(of_file)


def _print_file(
    console: Console, file: CheckedFile, problems: tuple[ProblemGroup, ...], language: str
) -> None:
    _print(console, Line(sanitize(file.name), style="bold"))
    if file.error:
        line = Line(UNREADABLE[language], style="bold red")
        _print(
            console,
            line.append(sanitize(file.error.message_in(language), 1000), style="not bold"),
            2,
        )
        console.print()
        return
    if file.counts.read or file.notes:  # shapes have no rows
        _print(console, Line(_format_counts(file, language)), 2)
    for note in file.notes:
        _print(console, Line(sanitize(note[language], MAX_NOTE), style="dim"), 2)
    console.print()
    strange = [p for p in problems if p.component == COLUMN_UNKNOWN and not p.advice[language]]
    for place, problem in enumerate(p for p in problems if p not in strange):
        _print_problem(console, problem, language, examples=place < MAX_DETAILED_PROBLEMS)
    if strange:
        _print_unknown_columns(console, strange, language)
    if not problems:
        _print(console, Line(TEXTS["nothing"][language], style="green"), 2)
        console.print()


def _format_counts(file: CheckedFile, language: str) -> str:
    phrases = {}
    for name, (one, several) in COUNT_WORDS.items():
        amount = vars(file.counts)[name]
        plural = several if amount > 1 or (amount == 0 and language == "en") else one
        count, word = format_number(amount, language), plural[language]
        phrases[name] = f"{count} {word}"
        if name == "warned" and amount:
            phrases["accepted"] += f" ({OF_WHICH[language].format(count=count, word=word)})"
    names = [
        "read",
        "accepted",
        "refused",
        *(name for name in OPTIONAL_COUNTS if vars(file.counts)[name]),
    ]
    return ", ".join(phrases[name] for name in names)


def _print_problem(
    console: Console, problem: ProblemGroup, language: str, *, examples: bool
) -> None:
    head = Line(format_severity(problem, language), style=SEVERITY_COLOURS[problem.severity])
    head.append(_format_location(problem, language), style="not bold")
    _print(console, head, 2)
    _print(console, Line(sanitize(problem.message[language], 1000)), 4)
    if problem.advice[language]:
        _print(console, Line(f"→ {problem.advice[language]}", style="cyan"), 4)
    for line in _format_examples(problem, language) if examples else ():
        _print(console, Line(line, style="dim"), 6)
    console.print()


def _print_unknown_columns(console: Console, columns: list[ProblemGroup], language: str) -> None:
    """Print the unknown columns that resemble none of the table, in one paragraph."""
    severity = columns[0].severity
    head = Line(SEVERITY_NAMES[severity][language], style=SEVERITY_COLOURS[severity])
    count = format_number(len(columns), language)
    told = UNKNOWN_COLUMN if len(columns) == 1 else UNKNOWN_COLUMNS
    _print(console, head.append(told[language].format(count=count), style="not bold"), 2)
    _print(console, Line(", ".join(sanitize(each.heading) for each in columns)), 4)
    console.print()


def _format_location(problem: ProblemGroup, language: str) -> str:
    lines = ""
    if problem.is_of_all_rows:
        lines = format_extent(problem, language)
    elif any(example.row for example in problem.examples):
        word = "line" if problem.records == 1 else "lines"
        lines = f"{format_number(problem.records, language)} {TEXTS[word][language]}"
    parts = [part for part in (lines, format_column(problem, language)) if part]
    return " · " + " · ".join(parts) if parts else ""


def _format_examples(problem: ProblemGroup, language: str) -> Iterator[str]:
    rows = [example for example in problem.examples if example.row]
    for example in rows:
        where = f"{TEXTS['row'][language].lower()} {example.row}"
        value = sanitize(example.value, 80)
        other_values = format_others(example, language)
        other = (
            f"{get_relation_sign(example)} {sanitize(other_values, 120)}" if other_values else ""
        )
        yield " | ".join(filter(None, (where, value, other, sanitize(example.label, 60))))
    more = problem.more
    if rows and more > 0:
        yield TEXTS["and_more"][language].format(format_number(more, language))


def _print(console: Console, line: Line, indent: int = 0) -> None:
    """Print a line, wrapped in a terminal, unwrapped in a file or pipe."""
    if console.is_terminal:
        console.print(Padding(line, (0, 0, 0, indent)))
    else:
        console.print(Line(" " * indent).append_text(line), soft_wrap=True)
