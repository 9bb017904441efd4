"""Identifier lookup: records by SIREN, RNA, ROR, INSEE code or IRI as people write them."""

import re
import sqlite3
from typing import Final

from kg.catalogue.records import Item
from kg.catalogue.text_analysis import fold
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID

MIN_IDENTIFIER_LENGTH: Final = 5
"""Characters of the shortest identifier that means anything by itself."""
MAX_IDENTIFIER_LENGTH: Final = 40
IDENTIFYING_COLUMNS: Final = ("code", "former_codes")
"""Columns whose values name their record, however short they are."""
SHARED_CODE_COLUMNS: Final = ("post_code", "post_codes")
"""Columns of codes that many records have: they name none."""
ROR_PATTERN: Final = re.compile(
    r"0[a-hjkmnp-tv-z0-9]{6}\d{2}"
)  # https://ror.readme.io/docs/identifier


def normalize_identifier(text: str, short: bool = False) -> str:
    """An identifier as the index has it, empty where a text is none.

    Half its characters at least are digits and it has no words; `short` lets any length pass.
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
    """Whether a code under which the index has a record is one that names it."""
    if code in _read_codes(item, IDENTIFYING_COLUMNS):
        return True
    return len(code) >= MIN_IDENTIFIER_LENGTH and code not in _read_codes(item, SHARED_CODE_COLUMNS)


def find_record_number(file: sqlite3.Connection, text: str) -> int | None:
    """The number of the record whose IRI, or `kind/key`, a text is."""
    kind, _, key = text.strip().removeprefix(ID).partition("/")
    if kind not in KIND_BY_NAME or not key:
        return None
    row = file.execute("SELECT id FROM entity WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return int(row[0]) if row else None


def _read_codes(item: Item, columns: tuple[str, ...]) -> set[str]:
    cells = (cell for column in columns for cell in item.cells.get(column, ()))
    return {"".join(char for char in fold(cell) if char.isalnum()) for cell in cells}
