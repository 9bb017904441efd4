"""Limit on the nesting depth of a JSON file, against stack overflow in recursive parsers."""

import re
from pathlib import Path
from typing import Final

from kg.errors import SourceError

MAX_DEPTH: Final = 100
MAX_CHECKED_BYTES: Final = 32 << 20
"""Size up to which a file is checked; a larger file can only be a list, which streams."""
STRING_PATTERN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
NON_BRACKETS: Final = bytes(sign for sign in range(256) if sign not in b"[]{}")
EMPTY_BRACKETS: Final = re.compile(rb"\[\]|\{\}")


def check_nesting_depth(path: Path, file: str) -> None:
    """Refuse a file nested deeper than `MAX_DEPTH`. Raises SourceError."""
    if path.stat().st_size > MAX_CHECKED_BYTES:
        return
    brackets = STRING_PATTERN.sub(b"", path.read_bytes()).translate(None, NON_BRACKETS)
    for _ in range(MAX_DEPTH):
        inner = EMPTY_BRACKETS.sub(b"", brackets)
        if len(inner) == len(brackets):
            # either all brackets match, or some do not and the JSON parser reports where
            if len(inner) > MAX_DEPTH:
                break
            return
        brackets = inner
    raise SourceError(
        f"{file} is nested more than {MAX_DEPTH} levels deep: it is not read",
        f"{file} est imbriqué sur plus de {MAX_DEPTH} niveaux : il n’est pas lu",
    )
