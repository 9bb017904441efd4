"""A dry run as a person reads it in the terminal: file by file, each problem once."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text as Line

from kg.checking import Checked, CheckedFile
from kg.checking.checked import LEFT_OUT
from kg.checking.telling import COLUMN_UNKNOWN
from kg.kinds import Text
from kg.reports import Problem, Reported
from kg.reports.as_text import column
from kg.reports.problems import problems
from kg.reports.visible import visible
from kg.reports.words import GRAVITY, ONE, SOMETIMES, WORDS, beside, gravity, mark, number
from kg.validation.results import Severity

COLOURS: Final = {
    Severity.VIOLATION: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "dim",
}
COUNTED: Final = {
    "read": (Text("ligne lue", "row read"), Text("lignes lues", "rows read")),
    "accepted": (Text("acceptée", "accepted"), Text("acceptées", "accepted")),
    "warned": (Text("avertie", "warned"), Text("averties", "warned")),
    "refused": (Text("refusée", "refused"), Text("refusées", "refused")),
    "unjudged": (Text("non jugée", "not judged"), Text("non jugées", "not judged")),
    "discrepancies": (
        Text("en désaccord avec une autre source", "differs from another source"),
        Text("en désaccord avec une autre source", "differ from another source"),
    ),
    "duplicates": (ONE["duplicates"], WORDS["duplicates"]),
}
"""What is counted, of one and of several."""
OF_WHICH: Final = Text("dont {}", "{} of them")
UNREADABLE: Final = Text("ILLISIBLE", "UNREADABLE")
OUTSIDE: Final = (
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
RESOLVED: Final = Text(
    "Les références sont cherchées dans les fichiers et dans la version {release}.",
    "References are looked up in the files and in the release {release}.",
)
UNJUDGED: Final = -1
"""The end of a check in which nothing is refused, and something was not judged."""
ENDS: Final = {
    0: Text("Rien n'est refusé (code 0).", "Nothing is refused (exit code 0)."),
    1: Text(
        "Des lignes sont refusées ou laissées de côté : corrigez-les et contrôlez de nouveau "
        "(code 1).",
        "Some rows are refused or left out: correct them and check again (exit code 1).",
    ),
    UNJUDGED: Text(
        "Rien n'est refusé, mais tout n'a pas été jugé : voyez ci-dessus (code 1).",
        "Nothing is refused, but not all was judged: see above (exit code 1).",
    ),
    2: Text(
        "Au moins un fichier ne se lit pas (code 2).", "At least one file cannot be read (exit "
        "code 2).",
    ),
}  # fmt: skip
STRANGE: Final = Text(
    " · {count} colonnes ne sont pas de la table et ne seraient pas importées",
    " · {count} columns are not of the table and would not be imported",
)
MANY: Final = 12
"""Problems of one file shown with their examples; the others have a line each."""


def tell(console: Console, checked: Checked, reported: Reported, language: str) -> None:
    """Prints a check: its files with their counts and problems, then how it ended."""
    for file in checked.files:
        _file(console, file, _of_file(reported, file), language)
    if checked.outside:
        count = number(checked.outside, language)
        _print(console, Line(OUTSIDE[checked.outside > 1][language].format(count)))
    elif checked.release:
        _print(console, Line(RESOLVED[language].format(release=checked.release), style="dim"))
    style = "green" if checked.exit_code == 0 else "bold red"
    end = UNJUDGED if checked.exit_code == 1 and _only_unjudged(checked) else checked.exit_code
    _print(console, Line(ENDS[end][language], style=style))


def _only_unjudged(checked: Checked) -> bool:
    """Whether nothing is to be corrected in the files: it is the rules that do not reach them."""
    found = checked.inspection.findings
    return not any(finding.refused or finding.component in LEFT_OUT for finding in found)


def _of_file(reported: Reported, file: CheckedFile) -> tuple[Problem, ...]:
    of_file = [finding for finding in reported.findings if finding.file == file.name]
    return problems(of_file)


def _file(console: Console, file: CheckedFile, found: tuple[Problem, ...], language: str) -> None:
    _print(console, Line(visible(file.name), style="bold"))
    if file.error:
        line = Line(f"{UNREADABLE[language]} : ", style="bold red")
        _print(console, line.append(visible(file.error.told(language), 1000), style="not bold"), 2)
        console.print()
        return
    if file.counts.read or file.notes:  # a file of shapes has no rows
        _print(console, Line(_counts(file, language)), 2)
    for note in file.notes:
        _print(console, Line(visible(note[language], 1000), style="dim"), 2)
    console.print()
    strange = [p for p in found if p.component == COLUMN_UNKNOWN and not p.advice[language]]
    for place, problem in enumerate(p for p in found if p not in strange):
        _problem(console, problem, language, examples=place < MANY)
    if strange:
        _strange(console, strange, language)
    if not found:
        _print(console, Line(WORDS["nothing"][language], style="green"), 2)
        console.print()


def _counts(file: CheckedFile, language: str) -> str:
    told = {}
    for name, (one, several) in COUNTED.items():
        amount = vars(file.counts)[name]
        plural = several if amount > 1 or (amount == 0 and language == "en") else one
        told[name] = f"{number(amount, language)} {plural[language]}"
    if file.counts.warned:
        told["accepted"] += f" ({OF_WHICH[language].format(told['warned'])})"
    names = [
        "read",
        "accepted",
        "refused",
        *(name for name in SOMETIMES if vars(file.counts)[name]),
    ]
    return ", ".join(told[name] for name in names)


def _problem(console: Console, problem: Problem, language: str, *, examples: bool) -> None:
    head = Line(gravity(problem, language), style=COLOURS[problem.severity])
    head.append(_where(problem, language), style="not bold")
    _print(console, head, 2)
    _print(console, Line(visible(problem.message[language], 1000)), 4)
    if problem.advice[language]:
        _print(console, Line(f"→ {problem.advice[language]}", style="cyan"), 4)
    for line in _examples(problem, language) if examples else ():
        _print(console, Line(line, style="dim"), 6)
    console.print()


def _strange(console: Console, columns: list[Problem], language: str) -> None:
    """The columns that are not of the table and look like none of its own, in one paragraph."""
    severity = columns[0].severity
    head = Line(GRAVITY[severity][language], style=COLOURS[severity])
    count = number(len(columns), language)
    _print(console, head.append(STRANGE[language].format(count=count), style="not bold"), 2)
    _print(console, Line(", ".join(visible(each.heading) for each in columns)), 4)
    console.print()


def _where(problem: Problem, language: str) -> str:
    lines = ""
    if any(example.row for example in problem.examples):
        word = "line" if problem.records == 1 else "lines"
        lines = f"{number(problem.records, language)} {WORDS[word][language]}"
    parts = [part for part in (lines, column(problem, language)) if part]
    return " · " + " · ".join(parts) if parts else ""


def _examples(problem: Problem, language: str) -> Iterator[str]:
    rows = [example for example in problem.examples if example.row]
    for example in rows:
        where = f"{WORDS['row'][language].lower()} {example.row}"
        value = visible(example.value, 80)
        told = beside(example, language)
        other = f"{mark(example)} {visible(told, 120)}" if told else ""
        yield " | ".join(filter(None, (where, value, other, visible(example.label, 60))))
    more = problem.count - len(problem.examples)
    if rows and more > 0:
        yield WORDS["and_more"][language].format(number(more, language))


def _print(console: Console, line: Line, indent: int = 0) -> None:
    """A line folded to the width of a terminal; in a file or a pipe it stays one line."""
    if console.is_terminal:
        console.print(Padding(line, (0, 0, 0, indent)))
    else:
        console.print(Line(" " * indent).append_text(line), soft_wrap=True)
