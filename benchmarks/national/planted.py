"""The errors planted among good rows: which cells they spoil, and what must be found of each.

`errors.csv` lists them. A cell is filled from the good row (`{row[id]}`), from the good row before
it (`{before[id]}`), from its number, or with a record that is refused (`{refused}`); `also` says
what is found elsewhere: `both` for the row before, `identifier:` for the organisation's SIREN.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from national import names

ERRORS: Final = Path(__file__).with_name("errors.csv")
SHAPES: Final = "https://w3id.org/ess-kg/shapes#"
VIOLATION: Final = "Violation"
IDENTIFIER: Final = "identifier: "


@dataclass(frozen=True)
class Found:
    """What must be found of a row: in which column, by which shape and component, how grave."""

    column: str
    shape: str
    component: str
    severity: str


HANGING: Final = Found("subject", "", "hangs-on-refused", VIOLATION)
"""What is found of the identifier of an organisation that is refused."""


@dataclass(frozen=True)
class Error:
    """A kind of error in the rows of a table."""

    table: str
    cells: Mapping[str, str]
    found: Found
    also: str

    @property
    def refuses(self) -> bool:
        """Whether the row is refused."""
        return self.found.severity == VIOLATION

    @property
    def both(self) -> bool:
        """Whether the row before is found too."""
        return self.also == "both"

    @property
    def without_identifier(self) -> bool:
        """Whether the organisation has no key that an identifier could name."""
        return self.also == IDENTIFIER + "none"

    @property
    def of_identifier(self) -> Found | None:
        """What is found of the identifier of the organisation."""
        if self.also.startswith(IDENTIFIER):
            shape, component, severity, column = (*self.also.split()[1:], "")[:4]
            return _found(column, shape, component, severity)
        return HANGING if self.refuses else None

    def spoil(
        self, row: Mapping[str, str], before: Mapping[str, str], number: int, refused: str
    ) -> dict[str, str]:
        """The row with its error."""
        siren = names.siren(number)
        wrong = siren[:8] + str((int(siren[8]) + 1) % 10)
        said = {
            "row": row, "before": before, "number": number, "refused": refused, "wrong": wrong,
            "short": siren[:8], "wrong_siret": siren + "0001" + _wrong_digit(siren + "0001"),
            "long": _Long(),
        }  # fmt: skip
        return {**row, **{name: text.format(**said) for name, text in self.cells.items()}}


class _Long:
    def __getitem__(self, length: int) -> str:
        return ("Maison " + "de tous " * (length // 8))[: length - 1].rstrip().ljust(length, "s")


def _wrong_digit(body: str) -> str:
    return str((int(names.check_digit(body)) + 1) % 10)


def _found(column: str, shape: str, component: str, severity: str) -> Found:
    if not shape:
        return Found(column, "", component, severity)
    return Found(column, SHAPES + shape, f"sh:{component}ConstraintComponent", severity)


def errors() -> Iterator[Error]:
    """Every kind of error, in the order of `errors.csv`."""
    with ERRORS.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            cells = (cell.split("=", 1) for cell in line["cells"].split("; "))
            found = _found(line["column"], line["shape"], line["component"], line["severity"])
            yield Error(line["table"], dict(cells), found, line["also"])


class Plan:
    """Where the errors are: an even row, never the first, so that the row before is good."""

    def __init__(self, organisations: int, share: float, random: Random) -> None:
        """Plants a share of errors, and each kind at least once, unless the share is nothing."""
        self._random = random
        kinds = list(errors()) if share > 0 else []
        total = max(len(kinds), round(organisations * share))
        self._of: dict[str, list[Error]] = {}
        for number in range(total if kinds else 0):
            error = kinds[number % len(kinds)]
            self._of.setdefault(_rows_of(error), []).append(error)
        self.at: dict[str, dict[int, Error]] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each table are spoilt; an identifier's error is its organisation's."""
        return {table: len(errors) for table, errors in self._of.items()}

    def place(self, sizes: Mapping[str, int]) -> None:
        """Draws the rows of each table."""
        for table, planted in self._of.items():
            rows = self._random.sample(range(1, (sizes[table] + 1) // 2), len(planted))
            self.at[table] = {2 * row: error for row, error in zip(rows, planted, strict=True)}

    def clean(self, table: str, number: int) -> int:
        """A row at this number or just before it, that has no error."""
        return number - 1 if number in self.at.get(table, ()) else number


def _rows_of(error: Error) -> str:
    return "organisations" if error.table == "identifiers" else error.table
