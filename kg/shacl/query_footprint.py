"""Data footprint of a SPARQL query: triples it can read when evaluated for one node.

The triple patterns of the query are followed from the variables that are bound. A pattern that no
bound variable leads to is needed whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import pyoxigraph as ox
from rdflib import BNode, URIRef, Variable
from rdflib import paths as rdfpaths
from rdflib.plugins.sparql.parserutils import CompValue

from kg.shacl import paths, sparql_constraints
from kg.shacl.pyshacl_adapter import from_rdflib_term, parse_constraint_query
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.terms import Node, Statement, Term

Bindings: TypeAlias = dict[str, set[Term]]
TripleFetcher: TypeAlias = Callable[
    [Node | None, ox.NamedNode | None, Term | None], Iterable[Statement]
]
"""Returns the triples that match a pattern, and may record them."""


@dataclass(frozen=True)
class PathPattern:
    """Triple pattern: variables by name, terms as they are, a path for the predicate."""

    subject: str | Term
    path: str | paths.Path
    object: str | Term


@dataclass(frozen=True)
class PatternGroup:
    """Patterns that must all match, and the groups that may add solutions."""

    patterns: tuple[PathPattern, ...] = ()
    inner: tuple["PatternGroup", ...] = field(default=())
    is_subquery: bool = False
    """Whether it is a subquery: only the variables that SHACL pre-binds are bound in it."""


def parse_query_patterns(query: str, prefixes: Mapping[str, str]) -> PatternGroup:
    """The patterns of a query; raises ShapesError if it does not parse."""
    try:
        algebra = parse_constraint_query(shorten_expressions(query, prefixes), prefixes).algebra
    except Exception as error:
        raise ShapesError(f"a sh:select does not parse: {error}") from error
    if algebra.get("datasetClause"):
        raise ShapesError("a sh:select names the graphs to read: FROM is refused")
    return _parse_group(algebra)


def shorten_expressions(query: str, prefixes: Mapping[str, str]) -> str:
    """The query with constants for the expressions of FILTER and BIND that no EXISTS is in.

    They read nothing, and rdflib takes nine tenths of its time to parse them. A query that
    pyoxigraph does not parse is left as it is: rdflib is to say what is wrong with it.
    """
    stated = "".join(f"PREFIX {prefix}: <{iri}> " for prefix, iri in prefixes.items())
    try:
        ox.Store().query(stated + query)
    except SyntaxError:
        return query
    tokens = list(sparql_constraints.tokenize(query))
    texts, i = list[str](), 0
    while i < len(tokens):
        texts.append(tokens[i].text)
        word = tokens[i].text.upper() if tokens[i].kind == "word" else ""
        i += 1
        if word not in ("FILTER", "BIND"):
            continue
        opening = sparql_constraints.skip_spaces(tokens, i)
        if tokens[opening].text != "(":
            continue
        last, closing = sparql_constraints.find_closing(tokens, opening)
        inner = tokens[opening:closing]
        if not any(sparql_constraints.is_keyword(token, "EXISTS") for token in inner):
            texts.append("(true)" if word == "FILTER" else f"(true AS {last.text})")
            i = closing + 1
    return "".join(texts)


def _parse_group(part: Any) -> PatternGroup:
    """The mandatory patterns of a part of the algebra, everything else as inner groups."""
    if not isinstance(part, CompValue):
        return PatternGroup()
    inner = [_parse_group(pattern) for pattern in _iter_exists_patterns(part)]
    match part.name:
        case "BGP":
            return PatternGroup(tuple(_parse_pattern(*triple) for triple in part.triples))
        case "Join":
            return _merge_groups([_parse_group(part.p1), _parse_group(part.p2)], inner)
        case "LeftJoin" | "Minus":
            return _merge_groups([_parse_group(part.p1)], [*inner, _parse_group(part.p2)])
        case "Union":
            return PatternGroup((), (_parse_group(part.p1), _parse_group(part.p2), *inner))
        case "ToMultiSet":
            subquery = _parse_group(part.get("p"))
            return PatternGroup(
                (), (PatternGroup(subquery.patterns, subquery.inner, is_subquery=True),)
            )
        case _:
            return _merge_groups([_parse_group(part.get("p"))], inner)


def _merge_groups(groups: Iterable[PatternGroup], inner: Iterable[PatternGroup]) -> PatternGroup:
    merged = list(groups)
    return PatternGroup(
        tuple(p for group in merged for p in group.patterns),
        (*(g for group in merged for g in group.inner), *inner),
    )


def _iter_exists_patterns(part: CompValue) -> Iterator[CompValue]:
    """The patterns of EXISTS in the expressions of a part of the algebra."""
    waiting = [part[key] for key in ("expr", "E", "A") if key in part]
    while waiting:
        value = waiting.pop()
        if isinstance(value, CompValue):
            if value.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
                yield value.graph
            else:
                waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)


def _parse_pattern(subject: Any, predicate: Any, value: Any) -> PathPattern:
    path = _parse_path(predicate)
    return PathPattern(_parse_end(subject), path, _parse_end(value))


def _parse_end(term: Any) -> str | Term:
    if isinstance(term, (Variable, BNode)):
        return str(term)
    try:
        return from_rdflib_term(term)
    except ValueError as error:
        raise ShapesError(f"a query names what is no RDF term: {error}") from error


ANY_PROPERTY: Final = "*"


def _parse_path(predicate: Any) -> str | paths.Path:
    match predicate:
        case URIRef():
            return paths.PredicatePath(ox.NamedNode(str(predicate)))
        case rdfpaths.InvPath():
            return _invert_path(_parse_path(predicate.arg))
        case rdfpaths.SequencePath():
            return paths.SequencePath(
                tuple(_require_path(_parse_path(arg)) for arg in predicate.args)
            )
        case rdfpaths.AlternativePath():
            return paths.AlternativePath(
                tuple(_require_path(_parse_path(arg)) for arg in predicate.args)
            )
        case rdfpaths.MulPath():
            return paths.RepeatedPath(_require_path(_parse_path(predicate.path)), predicate.mod)
    return ANY_PROPERTY


def _require_path(path: str | paths.Path) -> paths.Path:
    if isinstance(path, str):
        raise ShapesError("a query has a path of any property")
    return path


def _invert_path(path: str | paths.Path) -> paths.Path:
    match path:
        case paths.PredicatePath(predicate, inverse):
            return paths.PredicatePath(predicate, not inverse)
        case paths.SequencePath(parts):
            return paths.SequencePath(tuple(_invert_path(part) for part in reversed(parts)))
        case paths.AlternativePath(parts):
            return paths.AlternativePath(tuple(_invert_path(part) for part in parts))
        case paths.RepeatedPath(part, times):
            return paths.RepeatedPath(_invert_path(part), times)
    raise ShapesError("a query has a path of any property")


def fetch_matches(
    group: PatternGroup, bound: Bindings, fetch: TripleFetcher, outer: Bindings | None = None
) -> None:
    """Fetches everything the patterns may match, given the terms some variables are bound to."""
    terms = dict(bound if outer is None or group.is_subquery else outer)
    waiting = list(group.patterns)
    while waiting:
        ready = [p for p in waiting if p.subject in terms or p.object in terms]
        if not ready:
            # No bound variable leads there: start from a constant if there is one, else read all.
            ready = [min(waiting, key=_count_unbound)]
        for pattern in ready:
            waiting.remove(pattern)
            _match_pattern(pattern, terms, fetch)
    for inner in group.inner:
        fetch_matches(inner, bound, fetch, terms)


def _count_unbound(pattern: PathPattern) -> int:
    return isinstance(pattern.subject, str) + isinstance(pattern.object, str)


def _match_pattern(pattern: PathPattern, terms: Bindings, fetch: TripleFetcher) -> None:
    subjects, objects = (_get_bound_terms(end, terms) for end in (pattern.subject, pattern.object))
    pairs: list[tuple[Term, Term]] = []
    if subjects is not None:
        # Forwards even where the object is bound: a class or a code may have very many subjects.
        pairs = [(s, o) for s in subjects for o in _follow_from(pattern.path, s, fetch)]
    elif objects is not None:
        backwards = pattern.path if isinstance(pattern.path, str) else _invert_path(pattern.path)
        pairs = [(s, o) for o in objects for s in _follow_from(backwards, o, fetch, inverse=True)]
    else:
        pairs = _fetch_all_pairs(pattern.path, fetch)
    if isinstance(pattern.subject, str):
        terms.setdefault(pattern.subject, {s for s, _ in pairs})
    if isinstance(pattern.object, str):
        terms.setdefault(pattern.object, {o for _, o in pairs})


def _get_bound_terms(end: str | Term, terms: Bindings) -> set[Term] | None:
    return terms.get(end) if isinstance(end, str) else {end}


def _follow_from(
    path: str | paths.Path, start: Term, fetch: TripleFetcher, inverse: bool = False
) -> set[Term]:
    if isinstance(path, str):
        if inverse:
            return {s for s, _, _ in fetch(None, None, start)}
        return {o for _, _, o in _fetch_from(start, None, fetch)}

    def step(term: Term, predicate: ox.NamedNode, backwards: bool) -> set[Term]:
        if backwards:
            return {s for s, _, _ in fetch(None, predicate, term)}
        return {o for _, _, o in _fetch_from(term, predicate, fetch)}

    return paths.follow_path(path, start, step)


def _fetch_from(
    start: Term, predicate: ox.NamedNode | None, fetch: TripleFetcher
) -> Iterable[Statement]:
    return () if isinstance(start, ox.Literal) else fetch(start, predicate, None)


def _fetch_all_pairs(path: str | paths.Path, fetch: TripleFetcher) -> list[tuple[Term, Term]]:
    """Every pair a path may join: all the triples of its properties."""
    if isinstance(path, str):
        return [(s, o) for s, _, o in fetch(None, None, None)]
    triples = [t for predicate in _list_predicates(path) for t in fetch(None, predicate, None)]
    ends: set[Term] = {end for s, _, o in triples for end in (s, o)}

    def step(term: Term, predicate: ox.NamedNode, backwards: bool) -> set[Term]:
        if backwards:
            return {s for s, p, o in triples if p == predicate and o == term}
        return {o for s, p, o in triples if p == predicate and s == term}

    if isinstance(path, paths.PredicatePath):
        return [(o, s) if path.inverse else (s, o) for s, _, o in triples]
    return [(start, end) for start in ends for end in paths.follow_path(path, start, step)]


def _list_predicates(path: paths.Path) -> set[ox.NamedNode]:
    match path:
        case paths.PredicatePath(predicate):
            return {predicate}
        case paths.SequencePath(parts) | paths.AlternativePath(parts):
            return {p for part in parts for p in _list_predicates(part)}
        case paths.RepeatedPath(part):
            return _list_predicates(part)
