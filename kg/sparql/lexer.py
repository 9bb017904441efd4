"""SPARQL lexer: the tokens of a query text, read once in linear time.

All readers of query texts use it. Its time grows with the length of the text alone, whatever the
text: a quote that opens no string is remembered, and its string is not tried again at each of the
quotes after it. A leaf: it imports nothing of this project.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

Token = re.Match[str]
"""A token: `lastgroup` is its kind, `group()` its text. Kinds: `comment`, `iri`, `string`,
`variable`, `tag`, `name`, `word`, `quote` (one that opens no string), `sign` (a character that
begins no token here, though it may elsewhere) and `other` (a character that never does)."""

WHITE_SPACE: Final = r"[ \t\r\n]"
"""White space of SPARQL; other blanks are none (https://www.w3.org/TR/sparql11-query/#rWS)."""
CODEPOINT_ESCAPE: Final = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
IRI_PATTERN: Final = rf"""<(?:[^<>"{{}}|^`\\\x00-\x20]++|{CODEPOINT_ESCAPE})*+>"""
LONG_STRING_BODY: Final = r"(?:[^{0}\\]++|\\.|{0}{0}?+(?!{0}))*+"
SHORT_STRING_BODY: Final = r"(?:[^{0}\\\n\r]++|\\.)*+"
STRING_BODIES: Final = {
    '"""': LONG_STRING_BODY.format('"'),
    "'''": LONG_STRING_BODY.format("'"),
    '"': SHORT_STRING_BODY.format('"'),
    "'": SHORT_STRING_BODY.format("'"),
}
"""Patterns of the inside of strings, by their delimiter."""
MAX_RESCAN_CHARACTERS: Final = 64
"""Characters that may be read again for each quote among them, before quotes are remembered."""
NAME_RUN: Final = re.compile(r"(?P<word>\w++)|(?P<sign>[.-])")
"""Tokens in a run of name characters that is no name."""


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of a text, white space left out."""
    position = 0
    unclosed: dict[str, int] = {}
    while True:
        end = min(unclosed.values(), default=len(text) + 1)
        for token in _compile_grammar(frozenset(unclosed)).finditer(text, position):
            kind, position = token.lastgroup, token.start()
            if position >= end:
                break
            if kind == "run":
                yield from NAME_RUN.finditer(text, position, token.end())
                continue
            if kind == "quote" and (delimiter := token.group()) not in unclosed:
                last = token.end("rest")
                if last - position > MAX_RESCAN_CHARACTERS or len(delimiter) == 3:
                    unclosed[delimiter] = last  # up to there, no such quote opens a string
                    break
            yield token
        else:
            return
        unclosed = {quote: last for quote, last in unclosed.items() if last > position}


@lru_cache(maxsize=16)
def _compile_grammar(unclosed: frozenset[str]) -> re.Pattern[str]:
    """The grammar of tokens, where some quotes open no string."""
    bodies = {quote: body for quote, body in STRING_BODIES.items() if quote not in unclosed}
    not_long = "".join(f"(?!{quote})" for quote in bodies if len(quote) == 3)
    strings = [f"{'' if len(q) == 3 else not_long}{q}{body}{q}" for q, body in bodies.items()]
    rest = "|".join(f"(?<={quote}){body}" for quote, body in bodies.items())
    parts = {
        "other": r"""[^\s\w#<"'?$@:.-]""",
        "comment": r"\#[^\n\r]*+",
        "iri": IRI_PATTERN,
        "string": "|".join(strings),
        "quote": f"(?:{'|'.join(bodies)})(?=(?P<rest>{rest}))",
        "variable": r"[?$]\w++",
        "tag": r"@[a-zA-Z][\w-]*+",
        "name": r"[\w.-]*+:(?:[\w:.%-]++|\\.)*+",
        "word": r"\w++(?![.-])",
        "run": r"[\w.-]++",
        "sign": r"[^\s]",
    }
    if not bodies:
        del parts["string"], parts["quote"]
    grammar = "|".join(f"(?P<{name}>{part})" for name, part in parts.items())
    return re.compile(grammar, re.DOTALL)
