"""Which queries are lookups, told from their text.

The text is read by a grammar that is a small part of SPARQL's, in which nothing can be read in two
ways: prefixes, a projection, IRIs, names, variables and LIMIT, and

- one triple pattern, its variables all different, or
- a star: the values of known properties of known things;

no filter, order, path or function, no literal and no comment.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import pyoxigraph as ox

from kg.sparql.lexer import SPACE

LONGEST: Final = 4096
"""Characters of a query that is looked at."""
MOST_PATTERNS: Final = 16
"""Patterns of a star: what an engine needs to plan one grows with the third power of them."""
TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_FLAGS: Final = re.VERBOSE | re.IGNORECASE | re.ASCII
_S: Final = SPACE
_IRI: Final = r"""<[a-z][a-z\d+.-]*+:[^<>"{}|^`\\\s]*+>"""
_NODE: Final = rf"(?:{_IRI}|[a-z][\w-]*+:[a-z_][\w-]*+(?![\w:.%\\-]))"
_PROPERTY: Final = rf"(?:{_NODE}|a(?={_S}|[<?]))"
_TERM: Final = rf"(?:{_PROPERTY}|\?\w++)"
LOOKUP: Final = re.compile(
    rf"""(?P<prologue>(?:{_S}*+PREFIX{_S}++[a-z][\w-]*+:{_S}*+<[^<>"{{}}|^`\\\s]*+>)*+){_S}*+
        (?:(?P<select>SELECT)(?P<shown>{_S}*+\*{_S}*+|(?:{_S}++\?\w++)++{_S}*+)(?:WHERE{_S}*+)?
          |(?P<ask>ASK){_S}*+(?:WHERE{_S}*+)?)
        \{{(?P<body>[^{{}}]++)\}}(?:{_S}*+LIMIT{_S}++(?P<limit>\d{{1,9}}))?{_S}*+""",
    _FLAGS,
)
"""Possessive throughout: what cannot be read in one way cannot be read in another."""
PREFIX: Final = re.compile(rf"([a-z][\w-]*+):{_S}*+<([^>]*+)>", _FLAGS)
PATTERN: Final = re.compile(
    rf"{_S}*+({_TERM}){_S}*+({_TERM}){_S}*+({_TERM}){_S}*+\.?{_S}*+", _FLAGS
)
STAR: Final = re.compile(
    rf"""{_S}*+{_NODE}{_S}*+{_PROPERTY}{_S}*+{_TERM}
         (?:{_S}*+;{_S}*+{_PROPERTY}{_S}*+{_TERM}
          |{_S}*+\.{_S}*+{_NODE}{_S}*+{_PROPERTY}{_S}*+{_TERM})*+{_S}*+\.?{_S}*+""",
    _FLAGS,
)
TOKEN: Final = re.compile(rf"{_TERM}|[;.]", _FLAGS)
ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z\d+.-]*:")

Pattern = tuple[str, str, str]
"""A triple pattern: each term a variable as it is written (`?x`), or an IRI."""


@dataclass(frozen=True)
class PointQuery:
    """What a lookup asks for."""

    patterns: Sequence[Pattern]
    shown: Sequence[str] | None
    """The variables of the answer, in its order; None where that is yes or no."""
    limit: int | None
    form: Literal["SELECT", "ASK"]
    begins: int
    """Where its form stands in the text, after the prologue."""
    plain: bool
    """Whether this is all there is to it: every IRI is one, as it stands, and what is shown is
    found. Otherwise an engine has to tell what the answer is, or what is wrong."""


def parse(text: str) -> PointQuery | None:
    """The lookup that a text is, None where it is none."""
    query = LOOKUP.fullmatch(text) if len(text) <= LONGEST else None
    if query is None:
        return None
    body, prefixes = query["body"], _prefixes(query["prologue"])
    if one := PATTERN.fullmatch(body):
        tokens: Sequence[Sequence[str]] = [one.groups()]
        variables = [term for term in one.groups() if term[0] == "?"]
        if len(set(variables)) < len(variables):
            return None
    elif STAR.fullmatch(body):
        tokens = _star(body)
        if len(tokens) > MOST_PATTERNS:
            return None
        variables = [term for pattern in tokens for term in pattern if term[0] == "?"]
    else:
        return None
    patterns = [(_iri(s, prefixes), _iri(p, prefixes), _iri(o, prefixes)) for s, p, o in tokens]
    shown = _shown(query["shown"], variables)
    limit = int(query["limit"]) if query["limit"] else None
    plain = (
        prefixes is not _DOUBTFUL
        and len(set(variables)) == len(variables)
        and (_is_found(shown, variables) if shown is not None else limit is None)
        and all(_stands_where_it_may(pattern) for pattern in tokens)
        and all(term[0] == "?" or _is_plain(term) for pattern in patterns for term in pattern)
    )
    form: Literal["SELECT", "ASK"] = "ASK" if shown is None else "SELECT"
    return PointQuery(patterns, shown, limit, form, query.start(form.lower()), plain)


_DOUBTFUL: Final[Mapping[str, str]] = {}
"""The prefixes of a prologue that only an engine understands."""


@lru_cache(maxsize=256)
def _prefixes(prologue: str) -> Mapping[str, str]:
    found = PREFIX.findall(prologue)
    return dict(found) if all(_is_plain(iri) for _, iri in found) else _DOUBTFUL


def _shown(text: str | None, variables: Sequence[str]) -> Sequence[str] | None:
    if text is None:
        return None
    # the order of the engine
    return sorted(set(variables)) if text.strip() == "*" else text.split()


def _stands_where_it_may(pattern: Sequence[str]) -> bool:
    """Whether `a` is a property, and in small letters."""
    subject, property_, value = pattern
    return property_ != "A" and not {"a", "A"} & {subject, value}


def _is_found(shown: Sequence[str], variables: Sequence[str]) -> bool:
    """Whether there is something to show, each once, and the patterns find all of it."""
    return 0 < len(shown) == len(set(shown) & set(variables))


def _iri(token: str, prefixes: Mapping[str, str]) -> str:
    """The IRI that a token stands for; a variable as it is."""
    if token[0] == "?":
        return token
    if token[0] == "<":
        return token[1:-1]
    prefix, colon, local = token.partition(":")
    return prefixes.get(prefix, "") + local if colon else TYPE


@lru_cache(maxsize=1024)
def _is_plain(iri: str) -> bool:
    """Whether an engine reads an IRI letter by letter: it is whole, valid, and has no `/../`."""
    if not ABSOLUTE.match(iri) or "/." in iri:
        return False
    try:
        ox.NamedNode(iri)
    except ValueError:
        return False
    return True


def _star(body: str) -> list[Sequence[str]]:
    """The patterns of a star, in its order."""
    found: list[Sequence[str]] = []
    subject, rest = "", list[str]()
    for token in [*TOKEN.findall(body), "."]:
        if token not in (";", "."):
            rest.append(token)
            continue
        if len(rest) == 3:
            subject, *rest = rest
        if rest:
            found.append((subject, *rest))
        rest = []
    return found
