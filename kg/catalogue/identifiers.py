"""Identifiers as people write them, looked up as they are: never compared, never put right."""

import re
import sqlite3
from typing import Final

from kg.catalogue.records import Item
from kg.catalogue.words import fold
from kg.kinds import BY_NAME
from kg.namespaces import ID

SHORTEST: Final = 5
"""Characters of the shortest identifier that means anything by itself."""
LONGEST: Final = 40
OWN: Final = ("code", "former_codes")
"""Columns whose values name their record, however short they are."""
SHARED: Final = ("post_code", "post_codes")
"""Columns of codes that many records have: they name none."""
ROR: Final = re.compile(r"0[a-hjkmnp-tv-z0-9]{6}\d{2}")  # https://ror.readme.io/docs/identifier


def code_of(text: str, short: bool = False) -> str:
    """An identifier as the index has it, empty where a text is none.

    Half its characters at least are digits and it has no words; `short` lets any length pass.
    """
    last = text.strip().rstrip("/").rpartition("/")[2]
    code = "".join(char for char in fold(last) if char.isalnum())
    if not code.isascii() or not (1 if short else SHORTEST) <= len(code) <= LONGEST:
        return ""
    if ROR.fullmatch(code):
        return code
    digits = sum(char.isdigit() for char in code)
    worded = any(word.isalpha() for word in last.split())
    return code if digits and digits * 2 >= len(code) and not worded else ""


def has(item: Item, code: str) -> bool:
    """Whether a code under which the index has a record is one that names it."""
    if code in _codes(item, OWN):
        return True
    return len(code) >= SHORTEST and code not in _codes(item, SHARED)


def numbered(file: sqlite3.Connection, text: str) -> int | None:
    """The number of the record whose IRI, or `kind/key`, a text is."""
    kind, _, key = text.strip().removeprefix(ID).partition("/")
    if kind not in BY_NAME or not key:
        return None
    row = file.execute("SELECT id FROM entity WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return int(row[0]) if row else None


def _codes(item: Item, columns: tuple[str, ...]) -> set[str]:
    cells = (cell for column in columns for cell in item.cells.get(column, ()))
    return {"".join(char for char in fold(cell) if char.isalnum()) for cell in cells}
