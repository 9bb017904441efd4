"""Identifier lookup: records by SIREN, RNA, ROR, INSEE code or IRI, in any notation."""

import re
import sqlite3
from typing import Final

from kg.catalogue.records import Item
from kg.catalogue.text_analysis import fold
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID

MIN_IDENTIFIER_LENGTH: Final = 5
"""Minimum length of identifiers, except those of identifying columns."""
MAX_IDENTIFIER_LENGTH: Final = 40
IDENTIFYING_COLUMNS: Final = ("code", "former_codes")
"""Columns that identify a record, whatever the length of their values."""
SHARED_CODE_COLUMNS: Final = ("post_code", "post_codes")
"""Columns of codes that many records share, and that identify none."""
ROR_PATTERN: Final = re.compile(
    r"0[a-hjkmnp-tv-z0-9]{6}\d{2}"
)  # https://ror.readme.io/docs/identifier


def normalize_identifier(text: str, short: bool = False) -> str:
    """Normalize an identifier as in the index; empty where the text is not one.

    An identifier has no words, and at least half of it is digits; `short` allows any length.
    """
    last = text.strip().rstrip("/").rpartition("/")[2]
    code = "".join(char for char in fold(last) if char.isalnum())
    if (
        not code.isascii()
        or not (1 if short else MIN_IDENTIFIER_LENGTH) <= len(code) <= MAX_IDENTIFIER_LENGTH
    ):
        return ""
    if ROR_PATTERN.fullmatch(code):
        return code
    digits = sum(char.isdigit() for char in code)
    worded = any(word.isalpha() for word in last.split())
    return code if digits and digits * 2 >= len(code) and not worded else ""


def is_identified_by(item: Item, code: str) -> bool:
    """Tell whether a code of the index identifies the record."""
    if code in _read_codes(item, IDENTIFYING_COLUMNS):
        return True
    return len(code) >= MIN_IDENTIFIER_LENGTH and code not in _read_codes(item, SHARED_CODE_COLUMNS)


def find_record_number(file: sqlite3.Connection, text: str) -> int | None:
    """Find the number of a record by its IRI, or by `kind/key`."""
    kind, _, key = text.strip().removeprefix(ID).partition("/")
    if kind not in KIND_BY_NAME or not key:
        return None
    row = file.execute("SELECT id FROM entity WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return int(row[0]) if row else None


def _read_codes(item: Item, columns: tuple[str, ...]) -> set[str]:
    cells = (cell for column in columns for cell in item.cells.get(column, ()))
    return {"".join(char for char in fold(cell) if char.isalnum()) for cell in cells}
