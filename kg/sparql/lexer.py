"""SPARQL lexer: the tokens of a query text, read once in linear time.

Every reader of query texts stands on this one. Its time grows with the length of the text and with
nothing else, whatever the text: what begins like a string or a name and is none is remembered, and
not tried again at each of its characters.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

Token = re.Match[str]
"""A token: its `lastgroup` is `comment`, `iri`, `string`, `variable`, `tag`, `name`, `word`,
`quote` (one that opens no string), `sign` (a character that begins nothing here) or `other` (one
that never does); its `group()` the text of it."""

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
"""What may stand in a string, by what opens and closes it."""
MAX_RESCAN_CHARACTERS: Final = 64
"""Characters that are looked through again for each quote among them."""
NAME_RUN: Final = re.compile(r"(?P<word>\w++)|(?P<sign>[.-])")
"""What there is in a run of the characters of names that is none."""


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of a text, white space left out."""
    place = 0
    unclosed: dict[str, int] = {}
    while True:
        end = min(unclosed.values(), default=len(text) + 1)
        for token in _compile_grammar(frozenset(unclosed)).finditer(text, place):
            kind, place = token.lastgroup, token.start()
            if place >= end:
                break
            if kind == "run":
                yield from NAME_RUN.finditer(text, place, token.end())
                continue
            if kind == "quote" and (opened := token.group()) not in unclosed:
                last = token.end("rest")
                if last - place > MAX_RESCAN_CHARACTERS or len(opened) == 3:
                    unclosed[opened] = last  # no such quote opens a string up to there
                    break
            yield token
        else:
            return
        unclosed = {quote: last for quote, last in unclosed.items() if last > place}


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
