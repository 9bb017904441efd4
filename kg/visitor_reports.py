"""Reports of visitors: what they say is wrong, kept in `data/visitor_reports.csv` for a curator.

Each report is a row: which record, or which row about one, which column, what is wrong, what it
should be, how one knows.
It is `new` until a curator has applied, refused or answered it. An address to answer to is
optional, is shown to curators alone, and is removed with the decision.
"""

import csv
import fcntl
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

from kg.errors import BadRequest, JobOverload, SourceError

FILE_NAME: Final = "visitor_reports.csv"
MAX_WAITING: Final = 2_000
"""Reports that may wait for a curator; no more are taken until some are decided."""
MAX_LENGTHS: Final = {
    "record": 1_000,
    "column": 90,
    "problem": 2_000,
    "proposed": 1_000,
    "evidence": 500,
    "contact": 200,
}
"""Characters of each field that a visitor fills in."""
PROPOSED_SOURCE: Final = "source"
"""What stands in place of a record where somebody proposes a source."""
PROPOSAL_FIELDS: Final = {"name": 200, "address": 1_000, "content": 1_500, "licence": 400}
"""Characters of each field of a proposed source, beside `contact`."""
ADDRESS_PATTERN: Final = re.compile(r"https?://[^\s/.]+\.[^\s]+")
NEW, APPLIED, REFUSED, ANSWERED = STATES = ("new", "applied", "refused", "answered")
FORMULA: Final = re.compile(r"[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would compute; such a text is kept behind an apostrophe."""
CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
"""Also ends of lines: a report is one line, as those who remove lines from files expect."""
CONTACT_PATTERN: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class VisitorReport:
    """One report."""

    number: int
    received: str
    """Time, ISO 8601, UTC."""
    release: str
    """Id of the release in which it was seen."""
    record: str
    """`kind/key`, or the address of a row about it (`person/x#membership-inocrea-54`), whose table
    then stands before the column; empty where the report is about the site, `source` where one is
    proposed."""
    column: str
    """Its name (`label_fr`), of a row after that of its table (`memberships.role`)."""
    problem: str
    proposed: str
    evidence: str
    contact: str
    state: str = NEW
    answer: str = ""
    decided: str = ""
    by: str = ""


COLUMNS: Final = tuple(each.name for each in fields(VisitorReport))


class WrongField(BadRequest):
    """A field of a form that cannot be kept as it is; the text says why, without its name."""

    def __init__(self, field: str, message: str, french: str) -> None:
        super().__init__(message, french)
        self.field = field


def clean_report(**given: str) -> dict[str, str]:
    """The fields of a report as they are kept. Raises WrongField for a wrong or too long one."""
    cleaned = _clean_texts(given, MAX_LENGTHS)
    if not cleaned["problem"]:
        raise WrongField("problem", "say what is wrong", "dites ce qui ne va pas")
    if cleaned["contact"] and not CONTACT_PATTERN.fullmatch(cleaned["contact"]):
        raise WrongField(
            "contact",
            f"{cleaned['contact']!r} is no e-mail address; leave it empty if you want no answer",
            f"{cleaned['contact']!r} n'est pas une adresse électronique ; laissez vide si vous ne "
            "voulez pas de réponse",
        )
    return cleaned


def _clean_texts(given: Mapping[str, str], lengths: Mapping[str, int]) -> dict[str, str]:
    """The texts of some fields, none longer than its length. Raises WrongField."""
    texts = {name: CONTROL_CHARACTERS.sub(" ", given.get(name, "")).strip() for name in lengths}
    for name, most in lengths.items():
        if len(texts[name]) > most:
            raise WrongField(
                name,
                f"{len(texts[name])} characters; at most {most} are kept",
                f"{len(texts[name])} caractères ; on en garde {most} au plus",
            )
    return texts


def clean_proposal(**given: str) -> dict[str, str]:
    """A proposed source as the fields of a report. Raises WrongField."""
    texts = _clean_texts(given, PROPOSAL_FIELDS)
    if not texts["name"]:
        raise WrongField(
            "name", "say what the source is called", "dites comment la source s'appelle"
        )
    if not ADDRESS_PATTERN.fullmatch(texts["address"]):
        raise WrongField(
            "address",
            f"{texts['address']!r} is no address of the web (https://…)",
            f"{texts['address']!r} n'est pas une adresse du web (https://…)",
        )
    return clean_report(
        record=PROPOSED_SOURCE,
        problem=" – ".join(filter(None, (texts["name"], texts["content"]))),
        proposed=texts["address"],
        evidence=texts["licence"],
        contact=given.get("contact", ""),
    )


def add_report(path: Path, received: str, release: str, cleaned: dict[str, str]) -> int:
    """Keeps a report, and gives its number. Raises JobOverload when too many wait."""
    with lock_reports(path):
        reports = read_reports(path)
        if sum(each.state == NEW for each in reports) >= MAX_WAITING:
            raise JobOverload(
                "too many reports wait to be read; try again another day, or write to the operator",
                "trop de signalements attendent d'être lus ; réessayez un autre jour, ou écrivez à "
                "l'exploitant",
            )
        number = max((each.number for each in reports), default=0) + 1
        _write(path, [*reports, VisitorReport(number, received, release, **cleaned)])
    return number


def read_reports(path: Path) -> list[VisitorReport]:
    """All reports, in the order in which they came. Raises SourceError for a wrong file."""
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise SourceError(
                    f"{path}: its first row must be {','.join(COLUMNS)}",
                    f"{path} : sa première ligne doit être {','.join(COLUMNS)}",
                )
            return [_parse(path, line, row) for line, row in enumerate(rows, 2)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"{path} is no CSV in UTF-8 ({error})", f"{path} n'est pas un CSV en UTF-8 ({error})"
        ) from error


def decide(
    path: Path, number: int, state: str, answer: str, decided: str, by: str
) -> VisitorReport:
    """Notes what a curator decided, and forgets the address. Raises SourceError."""
    with lock_reports(path):
        reports = read_reports(path)
        place = next((p for p, each in enumerate(reports) if each.number == number), None)
        if place is None:
            raise SourceError(
                f"there is no report {number}: ess-kg feedback list",
                f"il n'y a pas de signalement {number} : ess-kg feedback list",
            )
        if reports[place].state != NEW:
            raise SourceError(
                f"report {number} is decided already ({reports[place].state})",
                f"le signalement {number} est déjà traité ({reports[place].state})",
            )
        reports[place] = replace(
            reports[place], state=state, answer=answer, decided=decided, by=by, contact=""
        )
        _write(path, reports)
        return reports[place]


def _parse(path: Path, line: int, row: dict[str, str]) -> VisitorReport:
    uneven = None in row or None in row.values()
    if uneven or not row["number"].isdecimal() or row["state"] not in STATES:
        raise SourceError(
            f"{path}, row {line}: it must have {len(COLUMNS)} cells, `number` a number and "
            f"`state` one of {', '.join(STATES)}",
            f"{path}, ligne {line} : il faut {len(COLUMNS)} cellules, un nombre dans "
            f"`number` et dans `state` l'un de {', '.join(STATES)}",
        )
    cells = {name: text[1:] if text.startswith("'") else text for name, text in row.items()}
    return VisitorReport(**{**cells, "number": int(cells["number"])})  # type: ignore[arg-type]


def _write(path: Path, reports: Sequence[VisitorReport]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for each in reports:
        cells = {name: str(value) for name, value in asdict(each).items()}
        writer.writerow(
            {n: f"'{t}" if FORMULA.match(t) or t[:1] == "'" else t for n, t in cells.items()}
        )
    fresh = path.with_name(f".{path.name}")
    # it may hold addresses of people: for the operator alone
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text.getvalue().encode())
    fresh.replace(path)


@contextmanager
def lock_reports(path: Path) -> Iterator[None]:
    """Locks the file against other processes, waiting for the lock."""
    held = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
