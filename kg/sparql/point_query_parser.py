"""Parser of point queries: recognises one triple pattern, or a star, in a query text.

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
from uuid import uuid4

import pyoxigraph as ox

from kg.namespaces import RDF_TYPE
from kg.sparql.lexer import WHITE_SPACE

MAX_QUERY_LENGTH: Final = 4096
"""Characters of a query that is looked at."""
MAX_PATTERNS: Final = 16
"""Patterns of a star: what an engine needs to plan one grows with the third power of them."""

_FLAGS: Final = re.VERBOSE | re.IGNORECASE | re.ASCII
_SPACE: Final = WHITE_SPACE
_ABSOLUTE_IRI: Final = r"""[a-z][a-z\d+.-]*+:[^<>"{}|^`\\\s]*+"""
_IRI: Final = rf"<{_ABSOLUTE_IRI}>"
_NODE: Final = rf"(?:{_IRI}|[a-z][\w-]*+:[a-z_][\w-]*+(?![\w:.%\\-]))"
_PROPERTY: Final = rf"(?:{_NODE}|a(?={_SPACE}|[<?]))"
_TERM: Final = rf"(?:{_PROPERTY}|\?\w++)"
POINT_QUERY_PATTERN: Final = re.compile(
    rf"""(?P<prologue>(?:{_SPACE}*+PREFIX{_SPACE}++[a-z][\w-]*+:{_SPACE}*+<[^<>"{{}}|^`\\\s]*+>)*+){_SPACE}*+
        (?:(?P<select>SELECT)(?P<shown>{_SPACE}*+\*{_SPACE}*+|(?:{_SPACE}++\?\w++)++{_SPACE}*+)(?:WHERE{_SPACE}*+)?
          |(?P<ask>ASK){_SPACE}*+(?:WHERE{_SPACE}*+)?)
        \{{(?P<body>[^{{}}]++)\}}(?:{_SPACE}*+LIMIT{_SPACE}++(?P<limit>\d{{1,9}}))?{_SPACE}*+""",
    _FLAGS,
)
"""Possessive throughout: what cannot be read in one way cannot be read in another."""
PREFIX_PATTERN: Final = re.compile(rf"([a-z][\w-]*+):{_SPACE}*+<([^>]*+)>", _FLAGS)
TRIPLE_PATTERN: Final = re.compile(
    rf"{_SPACE}*+({_TERM}){_SPACE}*+({_TERM}){_SPACE}*+({_TERM}){_SPACE}*+\.?{_SPACE}*+", _FLAGS
)
STAR_PATTERN: Final = re.compile(
    rf"""{_SPACE}*+{_NODE}{_SPACE}*+{_PROPERTY}{_SPACE}*+{_TERM}
         (?:{_SPACE}*+;{_SPACE}*+{_PROPERTY}{_SPACE}*+{_TERM}
          |{_SPACE}*+\.{_SPACE}*+{_NODE}{_SPACE}*+{_PROPERTY}{_SPACE}*+{_TERM})*+{_SPACE}*+\.?{_SPACE}*+""",
    _FLAGS,
)
STAR_TOKEN: Final = re.compile(rf"{_TERM}|[;.]", _FLAGS)
IRI_PATTERN: Final = re.compile(_ABSOLUTE_IRI, _FLAGS)
PLACEHOLDER: Final = uuid4().urn
"""An IRI that no query has: nobody can guess it."""
ABSOLUTE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z\d+.-]*:")

TriplePattern = tuple[str, str, str]
"""A triple pattern: each term a variable as it is written (`?x`), or an IRI."""


@dataclass(frozen=True)
class PointQuery:
    """What a lookup asks for."""

    patterns: Sequence[TriplePattern]
    projection: Sequence[str] | None
    """The variables of the answer, in its order; None where that is yes or no."""
    limit: int | None
    form: Literal["SELECT", "ASK"]
    begins: int
    """Where its form stands in the text, after the prologue."""
    needs_no_engine: bool
    """Whether this is all there is to it: every IRI is one, as it stands, and what is shown is
    found. Otherwise an engine has to tell what the answer is, or what is wrong."""


def parse(text: str) -> PointQuery | None:
    """The point query that a text is, None where it is none.

    Clients ask the same query of many entities: a query is parsed once for all the IRIs that stand
    at the place of its first.
    """
    if len(text) > MAX_QUERY_LENGTH:
        return None
    start = text.find("<", text.find("{"))
    end = text.find(">", start)
    if start < 0 or end < 0:
        return _parse_text(text)
    template = _parse_template(text[: start + 1], text[end:])
    iri = text[start + 1 : end]
    # in this grammar `<` opens an IRI wherever it stands
    if template is None or not IRI_PATTERN.fullmatch(iri):
        return None
    patterns = [
        (
            iri if s == PLACEHOLDER else s,
            iri if p == PLACEHOLDER else p,
            iri if o == PLACEHOLDER else o,
        )
        for s, p, o in template.patterns
    ]
    return PointQuery(
        patterns,
        template.projection,
        template.limit,
        template.form,
        template.begins,
        template.needs_no_engine and _is_canonical_iri(iri),
    )


@lru_cache(maxsize=256)
def _parse_template(before: str, after: str) -> PointQuery | None:
    """A query with a placeholder for the IRI between two parts of a text."""
    return _parse_text(f"{before}{PLACEHOLDER}{after}")


def _parse_text(text: str) -> PointQuery | None:
    query = POINT_QUERY_PATTERN.fullmatch(text)
    if query is None:
        return None
    body, prefixes = query["body"], _parse_prefixes(query["prologue"])
    if one := TRIPLE_PATTERN.fullmatch(body):
        tokens: Sequence[Sequence[str]] = [one.groups()]
        variables = [term for term in one.groups() if term[0] == "?"]
        if len(set(variables)) < len(variables):
            return None
    elif STAR_PATTERN.fullmatch(body):
        tokens = _parse_star(body)
        if len(tokens) > MAX_PATTERNS:
            return None
        variables = [term for pattern in tokens for term in pattern if term[0] == "?"]
    else:
        return None
    patterns = [
        (_resolve_term(s, prefixes), _resolve_term(p, prefixes), _resolve_term(o, prefixes))
        for s, p, o in tokens
    ]
    projection = _parse_projection(query["shown"], variables)
    limit = int(query["limit"]) if query["limit"] else None
    plain = (
        prefixes is not _UNUSABLE_PREFIXES
        and len(set(variables)) == len(variables)
        and (
            _is_projection_bound(projection, variables) if projection is not None else limit is None
        )
        and all(_has_valid_type_keyword(pattern) for pattern in tokens)
        and all(
            term[0] == "?" or _is_canonical_iri(term) for pattern in patterns for term in pattern
        )
    )
    form: Literal["SELECT", "ASK"] = "ASK" if projection is None else "SELECT"
    return PointQuery(patterns, projection, limit, form, query.start(form.lower()), plain)


_UNUSABLE_PREFIXES: Final[Mapping[str, str]] = {}
"""The prefixes of a prologue that only an engine understands."""


@lru_cache(maxsize=256)
def _parse_prefixes(prologue: str) -> Mapping[str, str]:
    declarations = PREFIX_PATTERN.findall(prologue)
    return (
        dict(declarations)
        if all(_is_canonical_iri(iri) for _, iri in declarations)
        else _UNUSABLE_PREFIXES
    )


def _parse_projection(text: str | None, variables: Sequence[str]) -> Sequence[str] | None:
    if text is None:
        return None
    # of a star, as `kg.sparql.projection` has it
    return list(dict.fromkeys(variables)) if text.strip() == "*" else text.split()


def _has_valid_type_keyword(pattern: Sequence[str]) -> bool:
    """Whether `a` is a property, and in small letters."""
    subject, property_, value = pattern
    return property_ != "A" and not {"a", "A"} & {subject, value}


def _is_projection_bound(projection: Sequence[str], variables: Sequence[str]) -> bool:
    """Whether there is something to show, each once, and the patterns find all of it."""
    return 0 < len(projection) == len(set(projection) & set(variables))


def _resolve_term(token: str, prefixes: Mapping[str, str]) -> str:
    """The IRI that a token stands for; a variable as it is."""
    if token[0] == "?":
        return token
    if token[0] == "<":
        return token[1:-1]
    prefix, colon, local = token.partition(":")
    return prefixes.get(prefix, "") + local if colon else RDF_TYPE


@lru_cache(maxsize=1024)
def _is_canonical_iri(iri: str) -> bool:
    """Whether an engine reads an IRI letter by letter: it is whole, valid, and has no `/../`."""
    if not ABSOLUTE_IRI.match(iri) or "/." in iri:
        return False
    try:
        ox.NamedNode(iri)
    except ValueError:
        return False
    return True


def _parse_star(body: str) -> list[Sequence[str]]:
    """The patterns of a star, in its order."""
    patterns: list[Sequence[str]] = []
    subject, rest = "", list[str]()
    for token in [*STAR_TOKEN.findall(body), "."]:
        if token not in (";", "."):
            rest.append(token)
            continue
        if len(rest) == 3:
            subject, *rest = rest
        if rest:
            patterns.append((subject, *rest))
        rest = []
    return patterns
