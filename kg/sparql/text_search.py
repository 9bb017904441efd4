"""Text search in queries: each `ess:matches` filter is rewritten as a VALUES of its results.

The engine has no text index, the catalogue has one: before a query runs, each such filter is
replaced by the entities that match the words (`VALUES`), with their scores where the filter names a
variable for them: `FILTER(ess:matches(?entity, "words", ?score))`. The words never become part of
the query; only IRIs and numbers do.
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
"""Code points that are no characters."""
ESCAPED_CHARACTERS: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}

SearchFunction = Callable[[str], Sequence[tuple[str, float]]]
"""From words to the IRIs of entities and their scores, best first."""


def may_contain_search(text: str) -> bool:
    """Whether a query may contain a search; a cheap test before the lexer."""
    return "matches" in text


def rewrite_searches(text: str, search: SearchFunction) -> str:
    """The query with each search replaced by its results.

    Raises QuerySyntaxError where `ess:matches` is called anywhere but in a filter of its own,
    QueryRefused for too many searches or too long words.
    """
    if not may_contain_search(text):
        return text
    reader, parts, done, count = MatchesFilterReader(text), [], 0, 0
    for call in reader.iterate_calls():
        if count == MAX_SEARCHES:
            raise QueryRefused(
                f"a query may have {MAX_SEARCHES} searches (ess:matches), this one has more",
                f"une requête peut avoir {MAX_SEARCHES} recherches (ess:matches), celle-ci en a "
                "davantage",
            )
        first, (variable, literal, score), last = reader.read_filter(call)
        words = _unquote(literal)
        if len(words) > MAX_SEARCH_LENGTH:
            raise QueryRefused(
                f"the text of a search (ess:matches) may have {MAX_SEARCH_LENGTH} characters",
                f"le texte d'une recherche (ess:matches) peut avoir {MAX_SEARCH_LENGTH} caractères",
            )
        parts += [text[done:first], _format_values(variable, score, search(words))]
        done, count = last, count + 1
    return "".join([*parts, text[done:]]) if count else text


class MatchesFilterReader:
    """Reader of a query's tokens, from one call of the function to the next."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = (token for token in tokenize(text) if token.lastgroup != "comment")
        self._previous: tuple[Token | None, Token | None] = (None, None)
        self._prefixes: dict[str, str] = {}

    def iterate_calls(self) -> Iterator[Token]:
        """The name tokens of each call; the parenthesis after a name is consumed with it."""
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
        """Start and end of the filter of a call; its variable, its words, its score variable.

        Raises QuerySyntaxError where the call is not a filter of its own.
        """
        word, opening = self._previous
        if word is None or opening is None or word.group().upper() != "FILTER":
            raise _build_misplaced_error(self._text, call)
        if opening.group() != "(":
            raise _build_misplaced_error(self._text, call)
        variable = self._expect(call, "variable")
        self._expect(call, ",")
        words = self._expect(call, "string")
        score, sign = None, self._next_token()
        if sign is not None and sign.group() == ",":
            score, sign = self._expect(call, "variable").group(), self._next_token()
        if sign is None or sign.group() != ")":
            raise _build_misplaced_error(self._text, call)
        end = self._expect(call, ")").end()
        self._previous = (None, None)
        return word.start(), (variable.group(), words.group(), score), end

    def _expect(self, call: Token, kind: str) -> Token:
        token = self._next_token()
        if token is None or kind not in (token.lastgroup, token.group()):
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


def _format_values(variable: str, score: str | None, hits: Sequence[tuple[str, float]]) -> str:
    """The VALUES clause that replaces a filter."""
    if score is None:
        rows = " ".join(str(ox.NamedNode(iri)) for iri, _ in hits)
        return f"VALUES {variable} {{ {rows} }}"
    rows = " ".join(f"({ox.NamedNode(iri)} {points:.3f})" for iri, points in hits)
    return f"VALUES ({variable} {score}) {{ {rows} }}"


def _unquote(literal: str) -> str:
    quotes = literal[:3] if literal[:3] in ('"""', "'''") else literal[0]
    inside = literal[len(quotes) : -len(quotes)]

    def decode(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] not in "uU" or len(code) == 1:
            return ESCAPED_CHARACTERS.get(code, code)
        number = int(code[1:], 16)
        return " " if number in SURROGATES or number > sys.maxunicode else chr(number)

    return STRING_ESCAPE.sub(decode, inside)


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
