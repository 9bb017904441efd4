"""The display of a sheet, beside its values: months, errors, links, merged and hidden cells.

Readers of workbooks give the value of a cell: 1 May 2026 where it shows “mai 2026”, nothing where a
formula failed. What is shown is looked for beside them.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from kg.kinds import Text

Place = tuple[int, int]
"""Row and column of a cell, from 0."""
YEAR, MONTH, MONTH_ONLY, MOMENT = "year", "month", "month-only", "moment"
QUOTED: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
TOLD: Final = 8
"""Places told of each kind; the others are counted."""


@dataclass
class Shown:
    """What one sheet shows beside its values."""

    digits: dict[Place, int] = field(default_factory=dict)
    """Numbers shown with zeros before them, with how many digits."""
    dates: dict[Place, str] = field(default_factory=dict)
    """Days shown as a year, a month or a moment."""
    errors: dict[Place, str] = field(default_factory=dict)
    """What a formula that failed shows."""
    links: dict[Place, str] = field(default_factory=dict)
    """The addresses that cells lead to."""
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    """As the spreadsheet numbers them."""
    hidden_columns: list[str] = field(default_factory=list)
    hidden: bool = False
    rows: int = 0
    """The last row and the last column that have a cell, counted from 1; 0 where not counted."""
    columns: int = 0


def form_of(code: str) -> str:
    """What a number format shows of a date: `year`, `month`, `moment`…; empty for a whole day."""
    plain = QUOTED.sub("", code.partition(";")[0]).lower()
    if any(sign in plain for sign in "hs"):
        return MOMENT if "y" in plain or "d" in plain else ""
    has = {sign: sign in plain for sign in "ymd"}
    if has["d"]:
        return ""
    if has["y"]:
        return MONTH if has["m"] else YEAR
    return MONTH_ONLY if has["m"] else ""


def date_shown(value: date | datetime, form: str) -> str:
    """A date as a cell of that form shows it, in ISO 8601 or EDTF."""
    if form == YEAR:
        return f"{value.year:04}"
    if form == MONTH:
        return f"{value.year:04}-{value.month:02}"
    if form == MONTH_ONLY:
        return f"XXXX-{value.month:02}"
    if form == MOMENT and not isinstance(value, datetime):
        value = datetime.combine(value, time(0))
    return value.isoformat()


def notes_of(shown: Shown, sheet: str) -> tuple[Text, ...]:
    """What is told of a sheet that shows other than it holds."""
    notes = []
    if shown.hidden:
        notes.append(
            Text(
                f"La feuille « {sheet} » est masquée : elle est lue tout de même.",
                f"The sheet “{sheet}” is hidden: it is read all the same.",
            )
        )
    if shown.hidden_rows:
        told = _some([str(row) for row in shown.hidden_rows])
        notes.append(
            Text(
                f"Lignes masquées, lues tout de même : {told}.",
                f"Hidden rows, read all the same: {told}.",
            )
        )
    if shown.hidden_columns:
        told = _some(shown.hidden_columns)
        notes.append(
            Text(
                f"Colonnes masquées, lues tout de même : {told}.",
                f"Hidden columns, read all the same: {told}.",
            )
        )
    if shown.merged:
        told = _some(shown.merged)
        notes.append(
            Text(
                f"Cellules fusionnées : {told}. Seule la première a une valeur, les autres sont "
                "vides : répétez la valeur sur chaque ligne.",
                f"Merged cells: {told}. Only the first has a value, the others are empty: repeat "
                "the value on each row.",
            )
        )
    if shown.errors:
        told = _some([f"{place(*at)} {error}" for at, error in sorted(shown.errors.items())])
        notes.append(Text(f"Formules en erreur : {told}.", f"Formulas that fail: {told}."))
    return tuple(notes)


def _some(names: list[str]) -> str:
    more = f" … (+{len(names) - TOLD})" if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more


def place(row: int, column: int) -> str:
    """A cell as a spreadsheet names it: (1, 0) is A2."""
    return f"{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """A column by its letters: 0 is A."""
    text, rest = "", column
    while rest >= 0:
        text, rest = chr(ord("A") + rest % 26) + text, rest // 26 - 1
    return text


def number(column: bytes | str) -> int:
    """The position of a column by its letters: A is 0."""
    found = 0
    for letter in column.encode() if isinstance(column, str) else column:
        found = 26 * found + letter - 64
    return found - 1
