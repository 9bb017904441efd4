"""The depth of nesting of a JSON text: readers of JSON call themselves for each level."""

import re
from pathlib import Path
from typing import Final

from kg.errors import SourceError

DEEPEST: Final = 100
LOOKED_AT: Final = 32 << 20
"""Bytes of a file up to which it is looked at; a larger one is a list that streams."""
TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
OTHER: Final = bytes(sign for sign in range(256) if sign not in b"[]{}")
EMPTY: Final = re.compile(rb"\[\]|\{\}")


def hold_depth(path: Path, file: str) -> None:
    """Refuses a file that is nested deeper than anything means. Raises SourceError."""
    if path.stat().st_size > LOOKED_AT:
        return
    brackets = TEXT.sub(b"", path.read_bytes()).translate(None, OTHER)
    for _ in range(DEEPEST):
        inner = EMPTY.sub(b"", brackets)
        if len(inner) == len(brackets):
            # nothing is left, or what is left does not close: the reader tells where
            if len(inner) > DEEPEST:
                break
            return
        brackets = inner
    raise SourceError(
        f"{file} is nested more than {DEEPEST} levels deep: it is not read",
        f"{file} est imbriqué sur plus de {DEEPEST} niveaux : il n’est pas lu",
    )
