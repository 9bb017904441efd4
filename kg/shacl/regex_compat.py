"""Regular expressions with the same meaning in Python (pySHACL) and in pyoxigraph."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.shacl.literal_comparison import build_collapsed_condition, quote_string
from kg.shacl.sparql_conditions import UNKNOWN, TernaryCondition, any_of, not_

REGEX_TOKEN: Final = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)|\(\?.?.?|&&|~~|--|\[\^?\]?|.", re.DOTALL
)
PORTABLE_ESCAPES: Final = frozenset("dDwWsStnrf")
AFTER_QUANTIFIER: Final = frozenset("*+?}")
CHARACTER_CLASS_ESCAPE: Final = re.compile(r"\\[wWdD]")
BLANK_ESCAPE: Final = re.compile(r"\\[sS]")
PYTHON_ONLY_BLANKS: Final = "[\\u001C-\\u001F]"
"""Control characters that are white space to Python alone."""
UNFAMILIAR_CHARACTER: Final = "[^\\n\\t\\r\\u0020-\\u007E\\u00A0À-ÖØ-öø-ÿŒœŸ’‘“”«»–—…€·°\\u202F]"
"""Characters that the two engines may classify, or fold in case, differently."""


def compile_regex_match(var: str, pattern: str, flags: str) -> TernaryCondition:
    """Condition of sh:pattern on a term."""
    flags = "".join(flag for flag in "im" if flag in flags.lower())
    if not is_portable(pattern, flags):
        return UNKNOWN
    regex = (
        f"REGEX(STR({var}), {quote_string(pattern)}{f', {quote_string(flags)}' if flags else ''})"
    )
    match = f"COALESCE(!isBLANK({var}) && {regex}, false)"
    odd = [build_collapsed_condition(var)]
    if flags or CHARACTER_CLASS_ESCAPE.search(pattern):
        odd.append(f"COALESCE(REGEX(STR({var}), {quote_string(UNFAMILIAR_CHARACTER)}), false)")
    elif BLANK_ESCAPE.search(pattern):
        odd.append(f"COALESCE(REGEX(STR({var}), {quote_string(PYTHON_ONLY_BLANKS)}), false)")
    # `$` of Python also matches before a final line feed, that of pyoxigraph only at the end.
    ends = [f"COALESCE(CONTAINS(STR({var}), '\\n'), false)"] if "$" in pattern else []
    return TernaryCondition(any_of([not_(match), *odd]), any_of([match, *odd, *ends]))


@lru_cache(maxsize=1024)
def is_portable(pattern: str, flags: str) -> bool:
    """Whether both engines accept the expression, and agree on familiar characters."""
    if any(_iter_unportable(pattern)):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    query = f"SELECT (REGEX('', {quote_string(pattern)}, {quote_string(flags)}) AS ?read) {{}}"
    solutions = ox.Store().query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return all(row["read"] is not None for row in solutions)


def _iter_unportable(pattern: str) -> Iterator[bool]:
    """For each token of the expression, whether the two engines may read it differently."""
    inside, before = False, ""
    for piece in REGEX_TOKEN.findall(pattern):
        if piece.startswith("\\"):
            yield piece[1:2].isalnum() and piece[1] not in PORTABLE_ESCAPES and len(piece) == 2
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
