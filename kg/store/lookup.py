"""Lookups: questions that are answered where they are asked, because they cannot take long.

To hand a question to a process and its answer back takes longer than to look a thing up: two
processes that take turns on a core find its caches cold each time. So a query of which the *text*
says that its work is bounded is not handed on:

- one triple pattern, its variables all different: each row is found by the next step through an
  index, so that what is found is written, and more than `MOST` bytes are not;
- a star, that is values of up to `PATTERNS` known properties of one known thing, where they
  have few combinations (`COMBINATIONS`, looked up first);

with nothing else in it but prefixes, projection and LIMIT: no filter, order, path or function, no
literal and no comment. Whatever is longer, wrong or doubtful is left to the processes that can be
killed, which begin anew. The text is read by a grammar that is a small part of SPARQL's, in which
nothing can be read in two ways.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
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
PATTERNS: Final = 4
COMBINATIONS: Final = 1000
LOOKUP: Final = re.compile(
    r"""(?P<prologue>(?:\s*PREFIX\s+[a-z][\w-]*:\s*<[^<>"{}|^`\\\s]*>)*+)\s*
        (?:SELECT(?:\s*\*\s*|(?:\s+\?\w+)+\s*)(?:WHERE\s*)?|ASK\s*(?:WHERE\s*)?)
        \{(?P<body>[^{}]+)\}(?:\s*LIMIT\s+\d{1,9})?\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
PREFIX: Final = re.compile(r"([a-z][\w-]*):\s*<([^>]*)>", re.IGNORECASE | re.ASCII)
TERM: Final = re.compile(
    r"""\s*+(?: <(?P<iri>[a-z][a-z\d+.-]*:[^<>"{}|^`\\\s]*)>
           | (?P<prefix>[a-z][\w-]*):(?P<local>[a-z_][\w-]*)(?![\w:.%\\-])
           | \?(?P<variable>\w+)
           | (?P<type>a)(?=[\s<?])
           | (?P<mark>[;.]) )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

Term = re.Match[str]
Values = tuple[ox.NamedNode, ox.NamedNode]
"""A known thing and one of its properties, of which values are asked."""


def looked_up(store: ox.Store, question: Question, limits: Limits) -> Answer | None:
    """The answer to a question that is a lookup, None where it is another or is not answered."""
    if question.default_graphs or question.named_graphs or question.format in GRAPH_FORMATS:
        return None
    star = read(question.text)
    if star is None or _combinations(store, star) > COMBINATIONS:
        return None
    syntax = question.format or answers.default_format("solutions")
    parts: list[bytes] = []
    try:
        results = store.query(question.text, base_iri=question.base)
        most = min(MOST, limits.bytes)
        rows = answers.write(results, syntax, parts.append, limits.rows, most)
    except (QueryTooLarge, SyntaxError, ValueError, OSError):
        return None  # what is wrong with it is told by the process that is asked next
    return Answer(answers.kind_of(results), syntax, b"".join(parts), rows=rows)


def _combinations(store: ox.Store, star: Sequence[Values]) -> int:
    """How many rows a star has at most, as far as they are counted."""
    found = 1
    for thing, property_ in star:
        values = store.quads_for_pattern(thing, property_, None, ox.DefaultGraph())
        found *= sum(1 for _ in islice(values, COMBINATIONS + 1))
    return found


def read(text: str) -> Sequence[Values] | None:
    """The values that the star of a lookup asks for, none for one pattern; None for no lookup."""
    query = LOOKUP.fullmatch(text) if len(text) <= LONGEST else None
    patterns = _patterns(query["body"]) if query else None
    if query is None or patterns is None:
        return None
    if len(patterns) == 1:
        variables = [term["variable"] for term in patterns[0] if term["variable"]]
        return () if len(set(variables)) == len(variables) else None
    prefixes = dict(PREFIX.findall(query["prologue"]))
    star = [(_node(s, prefixes), _node(p, prefixes)) for s, p, _ in patterns]
    known = [(s, p) for s, p in star if s is not None and p is not None]
    return known if len(known) == len(star) and len({s for s, _ in known}) == 1 else None


def _patterns(body: str) -> list[Sequence[Term]] | None:
    """The triple patterns of a body, None where it holds anything else, or too many."""
    found: list[Sequence[Term]] = []
    terms: list[Term] = []
    place, end = 0, len(body.rstrip())
    while place < end:
        term = TERM.match(body, place)
        if term is None or len(found) == PATTERNS:
            return None
        place = term.end()
        if not term["mark"]:
            terms.append(term)
            if len(terms) == 3 and place < end:
                continue
        if len(terms) > 3:
            return None
        if len(terms) == 3:
            found.append(tuple(terms))
            terms = terms[:1] if term["mark"] == ";" else []
        elif term["mark"] or place == end:
            return None
    return found if not terms else None


def _node(term: Term, prefixes: Mapping[str, str]) -> ox.NamedNode | None:
    """The node that a term names, None for a variable or what cannot be named."""
    if term["type"]:
        return TYPE
    iri = term["iri"] or (prefixes.get(term["prefix"], "") + term["local"] if term["local"] else "")
    try:
        return ox.NamedNode(iri)
    except ValueError:
        return None
