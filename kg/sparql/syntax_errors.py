"""Syntax errors of the engine, explained with the line and the position in the query."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyoxigraph as ox

from kg.errors import QuerySyntaxError
from kg.namespaces import PREFIXES
from kg.sparql.lexer import Token, tokenize

ERROR_POSITION: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
MAX_EXPECTED_TOKENS: Final = 5
UNSUPPORTED_KEYWORDS: Final = frozenset({"SERVICE", "LATERAL"})
"""Keywords left out of the list of expected ones: not available here, or no SPARQL 1.1."""
CONTEXT_CHARACTERS: Final = 60
"""Characters of a long line that are shown on either side of the error."""
MAX_WORD_CHARACTERS: Final = 40
UNKNOWN_PREFIX: Final = "Prefix not found"
"""What the engine says at the end of a name whose prefix is not declared."""
PREFIXED_NAME: Final = re.compile(r"([\w.-]*):[^\s:]*")
MAX_SUB_SELECTS: Final = 20
"""Sub-selects of a query that are looked at one by one."""
MAX_RESCANNED_CHARACTERS: Final = 20_000
"""Length of a query up to which its parts are looked at one by one."""
QUERY_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})


def explain_syntax_error(message: str, text: str) -> dict[str, Any]:
    """The engine's error message with its position, as JSON for the parent process."""
    match = ERROR_POSITION.fullmatch(message)
    if match is None:
        return {"error": QuerySyntaxError.__name__, "message": message}
    line, column = int(match[1]), int(match[2])
    expected = _parse_expected(match[3])
    if expected != UNKNOWN_PREFIX and not _is_sentence(expected):
        line, column, expected = _look_inside(text) or (line, column, expected)
    excerpt = _format_excerpt(text, line, column)
    english = _format_english(expected, text, line, column)
    french = _format_french(expected, text, line, column)
    return {
        "error": QuerySyntaxError.__name__,
        "message": f"line {line}, column {column}: {english}{excerpt}",
        "french": f"ligne {line}, colonne {column} : {french}{excerpt}",
        "line": line,
        "column": column,
    }


def _look_inside(text: str) -> tuple[int, int, str] | None:
    """Line, column and reason of what is wrong in a group, which the engine forgets.

    Its parser tries a group as something else where it cannot be read, and tells of that.
    """
    if len(text) > MAX_RESCANNED_CHARACTERS:
        return None
    tokens = [token for token in tokenize(text) if token.lastgroup != "comment"]
    for token in _list_undeclared_names(tokens):
        return (*_locate(text, token.end()), UNKNOWN_PREFIX)
    prologue = next((t.start() for t in tokens if t.group().upper() in QUERY_FORMS), 0)
    if any(token.group().upper() == "SERVICE" for token in tokens):
        return None
    for number, (start, end) in enumerate(_list_sub_selects(tokens)):
        if number == MAX_SUB_SELECTS:
            break
        reason = _read_sub_select(text, prologue, start, end)
        if reason is not None:
            return (*_locate(text, start), reason)
    return None


def _list_undeclared_names(tokens: Sequence[Token]) -> Iterator[Token]:
    """The names whose prefix the query does not declare."""
    declared = {"_"}
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.lastgroup == "name":
            prefix = token.group().partition(":")[0]
            if before is not None and before.group().upper() == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                yield token


def _list_sub_selects(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where each sub-select begins and ends, the innermost first."""
    starts = list[int | None]()
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        if token.group() == "{":
            is_select = after is not None and after.group().upper() == "SELECT"
            starts.append(after.start() if after is not None and is_select else None)
        elif token.group() == "}" and starts:
            start = starts.pop()
            if start is not None:
                yield start, token.start()


def _read_sub_select(text: str, prologue: int, start: int, end: int) -> str | None:
    """What the engine says in words of a sub-select alone, None where it says nothing."""
    # without rows to join it with, nothing is worked out where nothing is wrong with it
    alone = f"{text[:prologue]} {text[start:end]} VALUES () {{}}"
    try:
        ox.Store().query(alone)
    except SyntaxError as error:
        match = ERROR_POSITION.fullmatch(str(error))
        reason = _parse_expected(match[3]) if match else ""
        return reason if _is_sentence(reason) else None
    return None


def _locate(text: str, position: int) -> tuple[int, int]:
    """Line and column of a character."""
    before = text[:position].split("\n")
    return len(before), len(before[-1]) + 1


def _format_english(expected: str, text: str, line: int, column: int) -> str:
    prefix = _find_unknown_prefix(expected, text, line, column)
    if prefix is not None:
        return f"the prefix {prefix}: is not declared{_propose_declaration(prefix)}"
    if _is_sentence(expected):
        return expected
    word = _read_word(text, line, column)
    start = f"{word!r} cannot stand here" if word else "the mistake is at the end or before it"
    return f"{start}; the engine expected, for one, {expected}" if expected else start


def _format_french(expected: str, text: str, line: int, column: int) -> str:
    prefix = _find_unknown_prefix(expected, text, line, column)
    if prefix is not None:
        return f"le préfixe {prefix}: n'est pas déclaré{_propose_declaration(prefix)}"
    if _is_sentence(expected):
        return f"le moteur dit : {expected}"
    word = _read_word(text, line, column)
    start = f"{word!r} ne peut pas être ici" if word else "la faute est à la fin ou avant"
    french = expected.replace(" or ", " ou ")
    return f"{start} ; le moteur attendait, par exemple, {french}" if expected else start


def _find_unknown_prefix(expected: str, text: str, line: int, column: int) -> str | None:
    """The prefix that the engine does not know, which it does not name; None for other errors."""
    if expected != UNKNOWN_PREFIX:
        return None
    names = PREFIXED_NAME.findall(_read_line(text, line)[: column - 1])
    return names[-1] if names else None


def _propose_declaration(prefix: str) -> str:
    return f" (PREFIX {prefix}: <{PREFIXES[prefix]}>)" if prefix in PREFIXES else ""


def _is_sentence(expected: str) -> bool:
    """Whether the engine gives a sentence, not only names of expected tokens."""
    return any(part.strip().count(" ") > 1 for part in expected.replace(" or ", ";").split(";"))


def _parse_expected(expected: str) -> str:
    """The engine's list of expected tokens, without its character classes."""
    without_classes = re.sub(r"\[(?:'.'|[^\[\]])*+\]", "", expected.replace("\n", " "))
    names = [part.strip(" ,|") for part in without_classes.removeprefix("expected").split(", ")]
    cleaned = (name.removeprefix("one of").strip() for name in names)
    token_names = [
        " or ".join(w for w in name.split(" or ") if w not in UNSUPPORTED_KEYWORDS)
        for name in cleaned
    ]
    sentences = [name for name in token_names if name.count(" ") > 1]
    some = [name for name in token_names if name][:MAX_EXPECTED_TOKENS]
    return "; ".join(sentences) or " or ".join(some)


def _read_line(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1].rstrip("\r") if line <= len(lines) else ""


def _read_word(text: str, line: int, column: int) -> str:
    """The word at a position of the query."""
    rest = "\n".join([_read_line(text, line)[column - 1 :], *text.split("\n")[line:]]).lstrip()
    match = re.match(r"[\w?$:@-]+|.", rest)
    word = match[0] if match else ""
    return word if len(word) <= MAX_WORD_CHARACTERS else f"{word[:MAX_WORD_CHARACTERS]}…"


def _format_excerpt(text: str, line: int, column: int) -> str:
    """The line, or the part of it around the error, with a mark under the error."""
    whole = _read_line(text, line).replace("\t", " ")
    start = max(column - 1 - CONTEXT_CHARACTERS, 0)
    return f"\n{whole[start : column - 1 + CONTEXT_CHARACTERS]}\n{' ' * (column - 1 - start)}^"
