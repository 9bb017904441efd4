"""Lookups: questions that are answered where they are asked, because they cannot take long.

To hand a question to a process and its answer back takes longer than to look a thing up: two
processes that take turns on a core find its caches cold each time. So a query of which the *text*
says that its work is bounded is not handed on:

- one triple pattern, its variables all different: each row is found by the next step through an
  index, so that what is found is written, and more than `MOST` bytes are not;
- a star, that is the values of known properties of known things, where nothing in the release can
  have more than `COMBINATIONS` combinations of them;

with nothing else in it but prefixes, projection and LIMIT: no filter, order, path or function, no
literal and no comment. Whatever is longer, wrong or doubtful is left to the processes that can be
killed, which begin anew. The text is read by a grammar that is a small part of SPARQL's, in which
nothing can be read in two ways.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.errors import QueryTooLarge
from kg.formats import GRAPH_FORMATS
from kg.store import answers
from kg.store.endpoint import Answer, Limits, Question

LONGEST: Final = 4096
"""Characters of a query that is looked at."""
MOST: Final = 32 * 1024
"""Bytes of an answer, which take less than a millisecond to find and to write."""
COMBINATIONS: Final = 1000
TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_FLAGS: Final = re.VERBOSE | re.IGNORECASE | re.ASCII
_NODE: Final = r"""(?:<[a-z][a-z\d+.-]*:[^<>"{}|^`\\\s]*>|[a-z][\w-]*:[a-z_][\w-]*(?![\w:.%\\-]))"""
_PROPERTY: Final = rf"(?:{_NODE}|a(?=[\s<?]))"
_TERM: Final = rf"(?:{_PROPERTY}|\?\w+)"
LOOKUP: Final = re.compile(
    r"""(?P<prologue>(?:\s*PREFIX\s+[a-z][\w-]*:\s*<[^<>"{}|^`\\\s]*>)*+)\s*
        (?:SELECT(?:\s*\*\s*|(?:\s+\?\w+)+\s*)(?:WHERE\s*)?|ASK\s*(?:WHERE\s*)?)
        \{(?P<body>[^{}]+)\}(?:\s*LIMIT\s+\d{1,9})?\s*""",
    _FLAGS,
)
PREFIX: Final = re.compile(r"([a-z][\w-]*):\s*<([^>]*)>", _FLAGS)
PATTERN: Final = re.compile(rf"\s*({_TERM})\s*({_TERM})\s*({_TERM})\s*\.?\s*", _FLAGS)
STAR: Final = re.compile(
    rf"""\s*{_NODE}\s*{_PROPERTY}\s*{_TERM}
         (?:\s*;\s*{_PROPERTY}\s*{_TERM}|\s*\.\s*{_NODE}\s*{_PROPERTY}\s*{_TERM})*\s*\.?\s*""",
    _FLAGS,
)
TOKEN: Final = re.compile(rf"{_TERM}|[;.]", _FLAGS)


@dataclass(frozen=True)
class Lookups:
    """The store of a release, open in this process for lookups."""

    store: ox.Store
    limits: Limits
    most_values: Mapping[str, int] | None
    """How many values one thing has at most, by property; without it, stars are not looked up."""

    def answer(self, question: Question) -> Answer | None:
        """The answer to a lookup, None where a question is none or is not answered here."""
        if question.default_graphs or question.named_graphs or question.format in GRAPH_FORMATS:
            return None
        star = read(question.text)
        if star is None or not self._has_few_rows(star):
            return None
        syntax = question.format or answers.default_format("solutions")
        parts: list[bytes] = []
        try:
            results = self.store.query(question.text, base_iri=question.base)
            most = min(MOST, self.limits.bytes)
            rows = answers.write(results, syntax, parts.append, self.limits.rows, most)
        except (QueryTooLarge, SyntaxError, ValueError, OSError):
            return None  # what is wrong with it is told by the process that is asked next
        return Answer(answers.kind_of(results), syntax, b"".join(parts), rows=rows)

    def _has_few_rows(self, star: Sequence[str]) -> bool:
        rows = 1
        for property_ in star:
            # one that is not there may be another for the engine, by a relative prefix or dots
            rows *= (self.most_values or {}).get(property_, COMBINATIONS + 1)
        return rows <= COMBINATIONS


@lru_cache(maxsize=16)
def read(text: str) -> Sequence[str] | None:
    """The properties of the star of a lookup, none for one pattern; None for no lookup."""
    query = LOOKUP.fullmatch(text) if len(text) <= LONGEST else None
    if query is None:
        return None
    if pattern := PATTERN.fullmatch(query["body"]):
        variables = [term for term in pattern.groups() if term[0] == "?"]
        return () if len(set(variables)) == len(variables) else None
    if STAR.fullmatch(query["body"]):
        return _properties(query["body"], dict(PREFIX.findall(query["prologue"])))
    return None


def _properties(star: str, prefixes: Mapping[str, str]) -> Sequence[str]:
    """The IRI of each property of a star, in its order."""
    found = []
    place = 0
    for token in TOKEN.findall(star):
        if place == 1:
            prefix, _, local = token.partition(":")
            named = token[1:-1] if token[0] == "<" else prefixes.get(prefix, "") + local
            found.append(named if ":" in token else TYPE)
        place = {";": 1, ".": 0}.get(token, place + 1)
    return found
