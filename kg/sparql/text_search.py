"""Text search in queries: each `ess:matches` filter is rewritten as a VALUES of its results.

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
from kg.sparql.lexer import Token, tokenize

MATCHES_FUNCTION: Final = f"{ONTOLOGY}#matches"
MAX_SEARCHES: Final = 10
"""Searches of one query."""
MAX_SEARCH_LENGTH: Final = 200
"""Characters of the words of one search."""
STRING_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
SURROGATES: Final = range(0xD800, 0xE000)
"""Numbers that are no characters."""
ESCAPED_CHARACTERS: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}

SearchFunction = Callable[[str], Sequence[tuple[str, float]]]
"""The things that some words find, the best first, each with its score."""


def may_contain_search(text: str) -> bool:
    """Whether a query may have a search in it, as far as a glance tells."""
    return "matches" in text


def rewrite(text: str, search: SearchFunction) -> str:
    """The query with each of its searches done.

    Raises QuerySyntaxError where `ess:matches` is called anywhere but in a filter of its own,
    QueryRefused for too many searches, or too long ones. Without a call it is a term as any other.
    """
    if not may_contain_search(text):
        return text
    reader, parts, done, found = MatchesFilterReader(text), [], 0, 0
    for call in reader.iterate_calls():
        if found == MAX_SEARCHES:
            raise QueryRefused(
                f"a query may have {MAX_SEARCHES} searches (ess:matches), this one has more",
                f"une requête peut avoir {MAX_SEARCHES} recherches (ess:matches), celle-ci en a "
                "davantage",
            )
        first, (thing, words, score), last = reader.read_filter(call)
        wanted = _unquote(words)
        if len(wanted) > MAX_SEARCH_LENGTH:
            raise QueryRefused(
                f"the text of a search (ess:matches) may have {MAX_SEARCH_LENGTH} characters",
                f"le texte d'une recherche (ess:matches) peut avoir {MAX_SEARCH_LENGTH} caractères",
            )
        parts += [text[done:first], _format_values(thing, score, search(wanted))]
        done, found = last, found + 1
    return "".join([*parts, text[done:]]) if found else text


class MatchesFilterReader:
    """A query read once, from call to call of the function."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = (token for token in tokenize(text) if token.lastgroup != "comment")
        self._previous: tuple[Token | None, Token | None] = (None, None)
        self._prefixes: dict[str, str] = {}

    def iterate_calls(self) -> Iterator[Token]:
        """The names of the function that stand before a parenthesis, which is taken with them."""
        token = self._next_token()
        while token is not None:
            before = self._previous
            if token.lastgroup == "iri":
                word, prefix = before
                if word is not None and prefix is not None and word.group().upper() == "PREFIX":
                    self._prefixes[prefix.group()] = token.group()[1:-1]
            following = self._next_token()
            if following is not None and following.group() == "(" and self._is_function(token):
                self._previous = before
                yield token
                following = self._next_token()
            else:
                self._previous = (before[1], token)
            token = following

    def read_filter(self, call: Token) -> tuple[int, tuple[str, str, str | None], int]:
        """Where the filter of a call begins and ends; its variable, its words, its score.

        Raises QuerySyntaxError where it is no filter by itself.
        """
        word, opening = self._previous
        if word is None or opening is None or word.group().upper() != "FILTER":
            raise _build_misplaced_error(self._text, call)
        if opening.group() != "(":
            raise _build_misplaced_error(self._text, call)
        thing = self._expect(call, "variable")
        self._expect(call, ",")
        words = self._expect(call, "string")
        score, sign = None, self._next_token()
        if sign is not None and sign.group() == ",":
            score, sign = self._expect(call, "variable").group(), self._next_token()
        if sign is None or sign.group() != ")":
            raise _build_misplaced_error(self._text, call)
        end = self._expect(call, ")").end()
        self._previous = (None, None)
        return word.start(), (thing.group(), words.group(), score), end

    def _expect(self, call: Token, sort: str) -> Token:
        token = self._next_token()
        if token is None or sort not in (token.lastgroup, token.group()):
            raise _build_misplaced_error(self._text, call)
        return token

    def _next_token(self) -> Token | None:
        return next(self._tokens, None)

    def _is_function(self, token: Token) -> bool:
        if token.lastgroup == "iri":
            return token.group()[1:-1] == MATCHES_FUNCTION
        if token.lastgroup != "name":
            return False
        prefix, _, local = token.group().partition(":")
        return self._prefixes.get(f"{prefix}:", "") + local == MATCHES_FUNCTION


def _format_values(thing: str, score: str | None, hits: Sequence[tuple[str, float]]) -> str:
    """What stands for a filter."""
    if score is None:
        rows = " ".join(str(ox.NamedNode(iri)) for iri, _ in hits)
        return f"VALUES {thing} {{ {rows} }}"
    rows = " ".join(f"({ox.NamedNode(iri)} {points:.3f})" for iri, points in hits)
    return f"VALUES ({thing} {score}) {{ {rows} }}"


def _unquote(literal: str) -> str:
    quotes = literal[:3] if literal[:3] in ('"""', "'''") else literal[0]
    inside = literal[len(quotes) : -len(quotes)]

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] not in "uU" or len(code) == 1:
            return ESCAPED_CHARACTERS.get(code, code)
        number = int(code[1:], 16)
        return " " if number in SURROGATES or number > sys.maxunicode else chr(number)

    return STRING_ESCAPE.sub(plain, inside)


def _build_misplaced_error(text: str, token: Token) -> QuerySyntaxError:
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
