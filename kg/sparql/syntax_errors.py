"""Syntax errors of the engine, explained with the line and the position in the query."""

import re
from typing import Any, Final

from kg.errors import QuerySyntaxError

ERROR_POSITION: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
MAX_EXPECTED_TOKENS: Final = 5
UNSUPPORTED_KEYWORDS: Final = frozenset({"SERVICE", "LATERAL"})
"""What this endpoint does not take, and what is no SPARQL 1.1: no help to who forgot a word."""
CONTEXT_CHARACTERS: Final = 60
"""Characters of a long line shown on either side of the place."""


def explain_syntax_error(message: str, text: str) -> dict[str, Any]:
    """The engine's complaint about a query, as it crosses to the parent process."""
    found = ERROR_POSITION.fullmatch(message)
    if found is None:
        return {"error": QuerySyntaxError.__name__, "message": message}
    line, column = int(found[1]), int(found[2])
    expected = _parse_expected(found[3])
    shown = _format_excerpt(text, line, column)
    return {
        "error": QuerySyntaxError.__name__,
        "message": (
            f"line {line}, column {column}: {_format_english(expected, text, line, column)}{shown}"
        ),
        "french": f"ligne {line}, colonne {column} : "
        f"{_format_french(expected, text, line, column)}{shown}",
        "line": line,
        "column": column,
    }


def _format_english(expected: str, text: str, line: int, column: int) -> str:
    if _is_sentence(expected):
        return expected
    found = _read_word(text, line, column)
    start = f"{found!r} cannot stand here" if found else "the mistake is at the end or before it"
    return f"{start}; the engine expected, for one, {expected}" if expected else start


def _format_french(expected: str, text: str, line: int, column: int) -> str:
    if _is_sentence(expected):
        return f"le moteur dit : {expected}"
    found = _read_word(text, line, column)
    start = f"{found!r} ne peut pas être ici" if found else "la faute est à la fin ou avant"
    named = expected.replace(" or ", " ou ")
    return f"{start} ; le moteur attendait, par exemple, {named}" if expected else start


def _is_sentence(expected: str) -> bool:
    """Whether the engine says more than the names of what it would have taken."""
    return any(part.strip().count(" ") > 1 for part in expected.replace(" or ", ";").split(";"))


def _parse_expected(expected: str) -> str:
    """The engine's list of what it would have taken, without its character classes."""
    without_classes = re.sub(r"\[(?:'.'|[^\[\]])*+\]", "", expected.replace("\n", " "))
    names = [part.strip(" ,|") for part in without_classes.removeprefix("expected").split(", ")]
    cleaned = (name.removeprefix("one of").strip() for name in names)
    named = [
        " or ".join(w for w in name.split(" or ") if w not in UNSUPPORTED_KEYWORDS)
        for name in cleaned
    ]
    sentences = [name for name in named if name.count(" ") > 1]
    some = [name for name in named if name][:MAX_EXPECTED_TOKENS]
    return "; ".join(sentences) or " or ".join(some)


def _read_line(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1].rstrip("\r") if line <= len(lines) else ""


def _read_word(text: str, line: int, column: int) -> str:
    """What stands at a place of the query."""
    rest = "\n".join([_read_line(text, line)[column - 1 :], *text.split("\n")[line:]]).lstrip()
    found = re.match(r"[\w?$:@-]+|.", rest)
    return found[0] if found else ""


def _format_excerpt(text: str, line: int, column: int) -> str:
    """The line, or the part of it around the place, with a mark under the place."""
    whole = _read_line(text, line).replace("\t", " ")
    start = max(column - 1 - CONTEXT_CHARACTERS, 0)
    return f"\n{whole[start : column - 1 + CONTEXT_CHARACTERS]}\n{' ' * (column - 1 - start)}^"
