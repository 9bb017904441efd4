"""Whether a regular expression means the same to Python, where pyshacl runs, and to pyoxigraph."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.validation.boolean import UNKNOWN, Verdict, any_of, not_
from kg.validation.literals import collapsed, text

PIECE: Final = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)|\(\?.?.?|&&|~~|--|\[\^?\]?|.", re.DOTALL
)
SHARED_ESCAPES: Final = frozenset("dDwWsStnrf")
AFTER_QUANTIFIER: Final = frozenset("*+?}")
CLASSES: Final = re.compile(r"\\[wWdD]")
BLANKS: Final = re.compile(r"\\[sS]")
SEPARATORS: Final = "[\\u001C-\\u001F]"
"""Control characters that are blanks to Python alone."""
FAMILIAR: Final = "[^\\n\\t\\r\\u0020-\\u007E\\u00A0À-ÖØ-öø-ÿŒœŸ’‘“”«»–—…€·°\\u202F]"
"""Characters outside the ones both surely classify and fold alike."""


def matching(var: str, pattern: str, flags: str) -> Verdict:
    """The verdict of sh:pattern on a term."""
    flags = "".join(flag for flag in "im" if flag in flags.lower())
    if not agreed(pattern, flags):
        return UNKNOWN
    regex = f"REGEX(STR({var}), {text(pattern)}{f', {text(flags)}' if flags else ''})"
    match = f"COALESCE(!isBLANK({var}) && {regex}, false)"
    odd = [collapsed(var)]
    if flags or CLASSES.search(pattern):
        odd.append(f"COALESCE(REGEX(STR({var}), {text(FAMILIAR)}), false)")
    elif BLANKS.search(pattern):
        odd.append(f"COALESCE(REGEX(STR({var}), {text(SEPARATORS)}), false)")
    # Python's $ also matches before a last line feed.
    ends = [f"COALESCE(CONTAINS(STR({var}), '\\n'), false)"] if "$" in pattern else []
    return Verdict(any_of([not_(match), *odd]), any_of([match, *odd, *ends]))


@lru_cache(maxsize=1024)
def agreed(pattern: str, flags: str) -> bool:
    """Whether both read the expression, and read it alike on familiar characters."""
    if any(_foreign(pattern)):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    query = f"SELECT (REGEX('', {text(pattern)}, {text(flags)}) AS ?read) {{}}"
    solutions = ox.Store().query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return all(row["read"] is not None for row in solutions)


def _foreign(pattern: str) -> Iterator[bool]:
    """For each piece of the expression, whether one of the two may read it otherwise."""
    inside, before = False, ""
    for piece in PIECE.findall(pattern):
        if piece.startswith("\\"):
            yield piece[1:2].isalnum() and piece[1] not in SHARED_ESCAPES and len(piece) == 2
            yield piece[1:] in ("<", ">", "")
        elif inside:
            yield piece[0] == "[" or piece in ("&&", "~~", "--")
            inside = piece != "]"
        elif piece[0] == "[":
            yield piece.endswith("]")
            inside = True
        elif piece.startswith("(?"):
            yield piece[2:3] != ":" and piece != "(?P<"
        else:
            yield piece == "+" and before in AFTER_QUANTIFIER
            yield piece == "," and before == "{"
        before = piece
