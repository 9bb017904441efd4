"""Full-text search inside a query: `FILTER(ess:matches(?thing, "words"))`.

The engine has no index of words, the catalogue has: before a query is put, each such filter is
replaced by the things that the words find (`VALUES`), with how well each answers where a variable
is given for it: `FILTER(ess:matches(?thing, "words", ?score))`. The words never become part of the
query; what is put in are IRIs and numbers.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from kg.errors import QueryRefused, QuerySyntaxError
from kg.namespaces import ONTOLOGY
from kg.sparql.lexer import Token, tokens

FUNCTION: Final = f"{ONTOLOGY}#matches"
MOST: Final = 10
"""Searches of one query."""
LONGEST: Final = 200
"""Characters of the words of one search."""
ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
SURROGATES: Final = range(0xD800, 0xE000)
"""Numbers that are no characters."""
PLAIN: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}

Search = Callable[[str], Sequence[tuple[str, float]]]
"""The things that some words find, the best first, each with its score."""


def may_search(text: str) -> bool:
    """Whether a query may have a search in it, as far as a glance tells."""
    return "matches" in text


def rewrite(text: str, search: Search) -> str:
    """The query with each of its searches done.

    Raises QuerySyntaxError where `ess:matches` is called anywhere but in a filter of its own,
    QueryRefused for too many searches, or too long ones. Without a call it is a term as any other.
    """
    if not may_search(text):
        return text
    reader, parts, done, found = Reader(text), [], 0, 0
    for call in reader.calls():
        if found == MOST:
            raise QueryRefused(
                f"a query may have {MOST} searches (ess:matches), this one has more",
                f"une requête peut avoir {MOST} recherches (ess:matches), celle-ci en a davantage",
            )
        first, (thing, words, score), last = reader.filter_of(call)
        wanted = _unquoted(words)
        if len(wanted) > LONGEST:
            raise QueryRefused(
                f"the text of a search (ess:matches) may have {LONGEST} characters",
                f"le texte d'une recherche (ess:matches) peut avoir {LONGEST} caractères",
            )
        parts += [text[done:first], _values(thing, score, search(wanted))]
        done, found = last, found + 1
    return "".join([*parts, text[done:]]) if found else text


class Reader:
    """A query read once, from call to call of the function."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stream = (token for token in tokens(text) if token.lastgroup != "comment")
        self._before: tuple[Token | None, Token | None] = (None, None)
        self._prefixes: dict[str, str] = {}

    def calls(self) -> Iterator[Token]:
        """The names of the function that stand before a parenthesis, which is taken with them."""
        token = self._next()
        while token is not None:
            before = self._before
            if token.lastgroup == "iri":
                word, prefix = before
                if word is not None and prefix is not None and word.group().upper() == "PREFIX":
                    self._prefixes[prefix.group()] = token.group()[1:-1]
            following = self._next()
            if following is not None and following.group() == "(" and self._is_function(token):
                self._before = before
                yield token
                following = self._next()
            else:
                self._before = (before[1], token)
            token = following

    def filter_of(self, call: Token) -> tuple[int, tuple[str, str, str | None], int]:
        """Where the filter of a call begins and ends; its variable, its words, its score.

        Raises QuerySyntaxError where it is no filter by itself.
        """
        word, opening = self._before
        if word is None or opening is None or word.group().upper() != "FILTER":
            raise _misplaced(self._text, call)
        if opening.group() != "(":
            raise _misplaced(self._text, call)
        thing = self._expected(call, "variable")
        self._expected(call, ",")
        words = self._expected(call, "string")
        score, sign = None, self._next()
        if sign is not None and sign.group() == ",":
            score, sign = self._expected(call, "variable").group(), self._next()
        if sign is None or sign.group() != ")":
            raise _misplaced(self._text, call)
        end = self._expected(call, ")").end()
        self._before = (None, None)
        return word.start(), (thing.group(), words.group(), score), end

    def _expected(self, call: Token, sort: str) -> Token:
        token = self._next()
        if token is None or sort not in (token.lastgroup, token.group()):
            raise _misplaced(self._text, call)
        return token

    def _next(self) -> Token | None:
        return next(self._stream, None)

    def _is_function(self, token: Token) -> bool:
        if token.lastgroup == "iri":
            return token.group()[1:-1] == FUNCTION
        if token.lastgroup != "name":
            return False
        prefix, _, local = token.group().partition(":")
        return self._prefixes.get(f"{prefix}:", "") + local == FUNCTION


def _values(thing: str, score: str | None, hits: Sequence[tuple[str, float]]) -> str:
    """What stands for a filter."""
    if score is None:
        rows = " ".join(str(ox.NamedNode(iri)) for iri, _ in hits)
        return f"VALUES {thing} {{ {rows} }}"
    rows = " ".join(f"({ox.NamedNode(iri)} {points:.3f})" for iri, points in hits)
    return f"VALUES ({thing} {score}) {{ {rows} }}"


def _unquoted(literal: str) -> str:
    quotes = literal[:3] if literal[:3] in ('"""', "'''") else literal[0]
    inside = literal[len(quotes) : -len(quotes)]

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] not in "uU" or len(code) == 1:
            return PLAIN.get(code, code)
        number = int(code[1:], 16)
        return " " if number in SURROGATES or number > sys.maxunicode else chr(number)

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
