"""Sheet display: partial dates, errors, links, merged and hidden cells.

Workbook readers return cell values only: 1 May 2026 for a cell that displays “mai 2026”, nothing
for a formula that failed. Readers of the display supply the difference.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from kg.kinds import Text

CellPosition = tuple[int, int]
"""Row and column of a cell, from 0."""
YEAR, MONTH, MONTH_ONLY, MOMENT = "year", "month", "month-only", "moment"
QUOTED_PART: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
MAX_LISTED_CELLS: Final = 8
"""Number of cells that a note lists; it counts the others."""


@dataclass
class SheetDisplay:
    """Display of one sheet, as far as it differs from the cell values."""

    padded_widths: dict[CellPosition, int] = field(default_factory=dict)
    """Number of digits of zero-padded numbers."""
    date_precisions: dict[CellPosition, str] = field(default_factory=dict)
    """Precision of dates displayed as a year, a month or a moment."""
    errors: dict[CellPosition, str] = field(default_factory=dict)
    """Error text of formulas that failed."""
    links: dict[CellPosition, str] = field(default_factory=dict)
    """Target address of hyperlinks."""
    merged: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    """Row numbers as the spreadsheet shows them."""
    hidden_columns: list[str] = field(default_factory=list)
    is_hidden: bool = False
    last_row: int = 0
    """Last row and last column with a cell, counted from 1; 0 where unknown."""
    last_column: int = 0


def find_date_precision(code: str) -> str:
    """Return the date precision of a number format: `year`, `month`…; empty for a whole day."""
    plain = QUOTED_PART.sub("", code.partition(";")[0]).lower()
    if any(sign in plain for sign in "hs"):
        return MOMENT if "y" in plain or "d" in plain else ""
    has = {sign: sign in plain for sign in "ymd"}
    if has["d"]:
        return ""
    if has["y"]:
        return MONTH if has["m"] else YEAR
    return MONTH_ONLY if has["m"] else ""


def format_partial_date(value: date | datetime, form: str) -> str:
    """Format a date with the given precision, in ISO 8601 or EDTF."""
    if form == YEAR:
        return f"{value.year:04}"
    if form == MONTH:
        return f"{value.year:04}-{value.month:02}"
    if form == MONTH_ONLY:
        return f"XXXX-{value.month:02}"
    if form == MOMENT and not isinstance(value, datetime):
        value = datetime.combine(value, time(0))
    return value.isoformat()


def write_display_notes(shown: SheetDisplay, sheet: str) -> tuple[Text, ...]:
    """Return the notes on a sheet whose display differs from its values."""
    notes = []
    if shown.is_hidden:
        notes.append(
            Text(
                f"La feuille « {sheet} » est masquée : elle est lue tout de même.",
                f"The sheet “{sheet}” is hidden: it is read all the same.",
            )
        )
    if shown.hidden_rows:
        listing = _join_first([str(row) for row in shown.hidden_rows])
        notes.append(
            Text(
                f"Lignes masquées, lues tout de même : {listing}.",
                f"Hidden rows, read all the same: {listing}.",
            )
        )
    if shown.hidden_columns:
        listing = _join_first(shown.hidden_columns)
        notes.append(
            Text(
                f"Colonnes masquées, lues tout de même : {listing}.",
                f"Hidden columns, read all the same: {listing}.",
            )
        )
    if shown.merged:
        listing = _join_first(shown.merged)
        notes.append(
            Text(
                f"Cellules fusionnées : {listing}. Seule la première a une valeur, les autres sont "
                "vides : répétez la valeur sur chaque ligne.",
                f"Merged cells: {listing}. Only the first has a value, the others are empty: "
                "repeat "
                "the value on each row.",
            )
        )
    if shown.errors:
        listing = _join_first(
            [f"{format_cell_reference(*at)} {error}" for at, error in sorted(shown.errors.items())]
        )
        notes.append(Text(f"Formules en erreur : {listing}.", f"Formulas that fail: {listing}."))
    return tuple(notes)


def _join_first(names: list[str]) -> str:
    more = f" … (+{len(names) - MAX_LISTED_CELLS})" if len(names) > MAX_LISTED_CELLS else ""
    return ", ".join(names[:MAX_LISTED_CELLS]) + more


def format_cell_reference(row: int, column: int) -> str:
    """Format a cell reference: (1, 0) is A2."""
    return f"{format_column_letters(column)}{row + 1}"


def format_column_letters(column: int) -> str:
    """Format a column index as letters: 0 is A."""
    text, rest = "", column
    while rest >= 0:
        text, rest = chr(ord("A") + rest % 26) + text, rest // 26 - 1
    return text


def parse_column_letters(column: bytes | str) -> int:
    """Parse column letters: A is 0."""
    number = 0
    for letter in column.encode() if isinstance(column, str) else column:
        number = 26 * number + letter - 64
    return number - 1
