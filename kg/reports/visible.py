"""Values made safe to look at: what a reader cannot see is named, what is long is cut."""

import unicodedata
from typing import Final

LONGEST: Final = 160
KEPT: Final = "\u202f\u00ad\u200d"
"""Of the signs without a shape, those that ordinary texts have."""
HIDDEN: Final = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def visible(text: str, longest: int = LONGEST) -> str:
    """A text whose control signs, bidirectional ones too, are written as ⟨U+202E⟩.

    They would otherwise turn the line around, or act on a terminal; and a sign that nobody sees is
    often just what is wrong with a value.
    """
    cut = text if len(text) <= longest else text[:longest] + "…"
    if cut.isprintable() and cut == cut.strip():
        return cut
    shown = "".join(_named(sign) if _hidden(sign) else sign for sign in cut)
    return _edges(shown)


def _hidden(sign: str) -> bool:
    return sign not in KEPT and unicodedata.category(sign) in HIDDEN


def _named(sign: str) -> str:
    return f"⟨U+{ord(sign):04X}⟩"


def _edges(text: str) -> str:
    """Blanks before and after, which nobody sees, shown."""
    inner = text.strip(" \u00a0")
    if inner == text or not inner:
        return text
    before, after = text.partition(inner)[0], text[text.index(inner) + len(inner) :]
    return "␣" * len(before) + inner + "␣" * len(after)
