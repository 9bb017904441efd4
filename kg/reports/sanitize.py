"""Sanitizing of values for display: invisible characters are named, long values truncated."""

import unicodedata
from typing import Final

MAX_DISPLAYED_LENGTH: Final = 160
ALLOWED_INVISIBLE: Final = "\u202f\u00ad\u200d"
"""Invisible characters that ordinary texts have."""
INVISIBLE_CATEGORIES: Final = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def sanitize(text: str, longest: int = MAX_DISPLAYED_LENGTH) -> str:
    """A text with invisible characters written as ⟨U+202E⟩, truncated.

    Control characters could otherwise reverse the line or act on a terminal; and an invisible
    character is often the very problem of a value.
    """
    cut = text if len(text) <= longest else text[:longest] + "…"
    if cut.isprintable() and cut == cut.strip():
        return cut
    visible = "".join(_format_code_point(sign) if _is_invisible(sign) else sign for sign in cut)
    return _show_outer_blanks(visible)


def _is_invisible(sign: str) -> bool:
    return sign not in ALLOWED_INVISIBLE and unicodedata.category(sign) in INVISIBLE_CATEGORIES


def _format_code_point(sign: str) -> str:
    return f"⟨U+{ord(sign):04X}⟩"


def _show_outer_blanks(text: str) -> str:
    """Makes blanks at both ends visible."""
    inner = text.strip(" \u00a0")
    if inner == text or not inner:
        return text
    before, after = text.partition(inner)[0], text[text.index(inner) + len(inner) :]
    return "␣" * len(before) + inner + "␣" * len(after)
