"""Header row detection, and unique column names from the cells of that row."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_high
from typing import Final

from kg.kinds import Text

HEADER_SEARCH_ROWS: Final = 30
"""Number of rows searched for the heading."""
RESERVED_COLUMNS: Final = ("_file", "_row")


@dataclass(frozen=True)
class Headings:
    """Unique column names of a table, with notes on changes that made them unique."""

    row: int
    """Row number of the heading, as a spreadsheet counts."""
    names: tuple[str, ...]
    unnamed: tuple[bool, ...]
    notes: tuple[Text, ...] = ()


def fold_heading(heading: str) -> str:
    """Fold a heading: no case, accents, blanks or punctuation, which people vary."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return re.sub(r"[^0-9a-z]", "", plain)


def find_header_row(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the heading: the first row at least half as full as the usual row.

    Rows above it are titles. In a table of two columns, titles cannot be told from headings.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:HEADER_SEARCH_ROWS]]
    usual = median_high([count for count in filled if count] or [0])
    least = usual / 2 if usual > 2 else 0
    return next((n for n, count in enumerate(filled) if count > least), None)


def make_headings(cells: Sequence[str], row: int) -> Headings:
    """Return the columns of a heading row; `row` counts from 1."""
    names: list[str] = []
    taken = {name.casefold() for name in RESERVED_COLUMNS}
    repeated: dict[str, None] = {}
    for position, cell in enumerate(cells, 1):
        stated = " ".join(cell.split())
        name = stated or f"column_{position}"
        if name.casefold() in taken:
            repeated[name] = None
        names.append(_make_unique(name, taken))
        taken.add(names[-1].casefold())
    unnamed = tuple(not cell.strip() for cell in cells)
    return Headings(row, tuple(names), unnamed, tuple(_write_notes(row, list(repeated))))


def _make_unique(name: str, taken: set[str]) -> str:
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"


def _write_notes(row: int, repeated: list[str]) -> list[Text]:
    notes = []
    if row > 1:
        notes.append(
            Text(
                f"l’en-tête est à la ligne {row} ; les lignes au-dessus ne sont pas lues",
                f"the heading is in row {row}; the rows above it are not read",
            )
        )
    if repeated:
        repeated_names = ", ".join(repeated)
        notes.append(
            Text(
                f"plusieurs colonnes ont le même en-tête : {repeated_names} ; les suivantes sont "
                "numérotées",
                f"several columns have the same heading: {repeated_names}; the later ones are "
                "numbered",
            )
        )
    return notes
