"""Full-text search inside a query: `FILTER(ess:matches(?thing, "words"))`.

The engine has no index of words, the catalogue has: before a query is put, each such filter is
replaced by the things that the words find (`VALUES`), with how well each answers where a variable
is given for it: `FILTER(ess:matches(?thing, "words", ?score))`. The words never become part of the
query; what is put in are IRIs and numbers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from kg.errors import QuerySyntaxError
from kg.namespaces import ONTOLOGY
from kg.store.query_text import TOKEN

FUNCTION: Final = f"{ONTOLOGY}#matches"
ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
PLAIN: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
SHAPE: Final = ("filter", "(", "matches", "(", "variable", ",", "string")

Search = Callable[[str], Sequence[tuple[str, float]]]
"""The things that some words find, the best first, each with its score."""
Token = re.Match[str]


def expand(text: str, search: Search) -> str:
    """The query with each of its searches done.

    Raises QuerySyntaxError where `ess:matches` stands anywhere but in a filter of its own.
    """
    if "matches" not in text:
        return text
    tokens = [token for token in TOKEN.finditer(text) if token.lastgroup != "comment"]
    prefixes = _prefixes(tokens)
    found, parts, done = 0, [], 0
    for place, token in enumerate(tokens):
        if not _is_function(token, prefixes):
            continue
        first, last, values = _search(text, tokens, place, search)
        parts += [text[done:first], values]
        done, found = last, found + 1
    return "".join([*parts, text[done:]]) if found else text


def _search(text: str, tokens: Sequence[Token], place: int, search: Search) -> tuple[int, int, str]:
    """Where one filter begins and ends, and what stands for it."""
    begin = place - 2
    shape = [_sort(token) for token in tokens[max(begin, 0) : begin + len(SHAPE)]]
    if begin < 0 or [*shape[:2], "matches", *shape[3:]] != list(SHAPE):
        raise _misplaced(text, tokens[place])
    thing, words = tokens[place + 2].group(), _unquoted(tokens[place + 4].group())
    rest = [_sort(token) for token in tokens[place + 5 : place + 9]]
    if rest[:2] == [")", ")"]:
        score, end = None, tokens[place + 6].end()
    elif rest == [",", "variable", ")", ")"]:
        score, end = tokens[place + 6].group(), tokens[place + 8].end()
    else:
        raise _misplaced(text, tokens[place])
    hits = search(words)
    if score is None:
        rows = " ".join(str(ox.NamedNode(iri)) for iri, _ in hits)
        values = f"VALUES {thing} {{ {rows} }}"
    else:
        rows = " ".join(f"({ox.NamedNode(iri)} {points:.3f})" for iri, points in hits)
        values = f"VALUES ({thing} {score}) {{ {rows} }}"
    return tokens[begin].start(), end, values


def _sort(token: Token) -> str:
    group = str(token.lastgroup)
    if group == "word":
        return token.group().lower()
    return token.group() if group == "other" else group


def _prefixes(tokens: Sequence[Token]) -> Mapping[str, str]:
    """The prefixes that a query declares."""
    return {
        tokens[place + 1].group(): tokens[place + 2].group()[1:-1]
        for place, token in enumerate(tokens[:-2])
        if token.group().upper() == "PREFIX" and tokens[place + 2].lastgroup == "iri"
    }


def _is_function(token: Token, prefixes: Mapping[str, str]) -> bool:
    if token.lastgroup == "iri":
        return token.group()[1:-1] == FUNCTION
    if token.lastgroup != "name":
        return False
    prefix, _, local = token.group().partition(":")
    return prefixes.get(f"{prefix}:", "") + local == FUNCTION


def _unquoted(literal: str) -> str:
    quotes = literal[:3] if literal[:3] in ('"""', "'''") else literal[0]
    inside = literal[len(quotes) : -len(quotes)]

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) > 1:
            try:
                return chr(int(code[1:], 16))
            except ValueError:
                return " "
        return PLAIN.get(code, code)

    return ESCAPE.sub(plain, inside)


def _misplaced(text: str, token: Token) -> QuerySyntaxError:
    line = text.count("\n", 0, token.start()) + 1
    column = token.start() - (text.rfind("\n", 0, token.start()) + 1) + 1
    return QuerySyntaxError(
        f"line {line}, column {column}: ess:matches stands in a filter of its own, with a variable "
        'and a text: FILTER(ess:matches(?thing, "words")) or FILTER(ess:matches(?thing, "words", '
        "?score))",
        line,
        column,
        f"ligne {line}, colonne {column} : ess:matches s'emploie dans un filtre à lui seul, avec "
        'une variable et un texte : FILTER(ess:matches(?chose, "mots")) ou '
        'FILTER(ess:matches(?chose, "mots", ?score))',
    )
