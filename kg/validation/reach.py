"""What a SPARQL query needs of the data to be answered for one node: no more, and nothing less.

The triple patterns of the query are followed from the variables whose terms are known. A pattern
that nothing known leads to is needed whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import pyoxigraph as ox
from rdflib import BNode, Literal, URIRef, Variable
from rdflib import paths as rdfpaths
from rdflib.plugins.sparql.parserutils import CompValue

from kg.validation import paths
from kg.validation.graph import ShapesError
from kg.validation.judge import parsed
from kg.validation.terms import XSD, Node, Statement, Term

Known: TypeAlias = dict[str, set[Term]]
Fetch: TypeAlias = Callable[[Node | None, ox.NamedNode | None, Term | None], Iterable[Statement]]
"""The triples that match a pattern; whoever gives it keeps them."""


@dataclass(frozen=True)
class Pattern:
    """A triple pattern: variables by name, terms as they are, a path where there is a predicate."""

    subject: str | Term
    path: str | paths.Path
    object: str | Term


@dataclass(frozen=True)
class Group:
    """Patterns that hold together, and the groups that may add to them."""

    patterns: tuple[Pattern, ...] = ()
    inner: tuple["Group", ...] = field(default=())
    apart: bool = False
    """A query within the query: only what SHACL binds beforehand is known in it."""


def read(query: str, prefixes: Mapping[str, str]) -> Group:
    """The patterns of a query; raises ShapesError if it does not parse."""
    try:
        algebra = parsed(query, prefixes).algebra
    except Exception as error:
        raise ShapesError(f"a sh:select does not parse: {error}") from error
    if algebra.get("datasetClause"):
        raise ShapesError("a sh:select names the graphs to read: FROM is refused")
    return _group(algebra)


def _group(part: Any) -> Group:
    """The mandatory patterns of a part of the algebra, everything else as inner groups."""
    if not isinstance(part, CompValue):
        return Group()
    inner = [_group(found) for found in _expressions(part)]
    match part.name:
        case "BGP":
            return Group(tuple(_pattern(*triple) for triple in part.triples))
        case "Join":
            return _together([_group(part.p1), _group(part.p2)], inner)
        case "LeftJoin" | "Minus":
            return _together([_group(part.p1)], [*inner, _group(part.p2)])
        case "Union":
            return Group((), (_group(part.p1), _group(part.p2), *inner))
        case "ToMultiSet":
            found = _group(part.get("p"))
            return Group((), (Group(found.patterns, found.inner, apart=True),))
        case _:
            return _together([_group(part.get("p"))], inner)


def _together(groups: Iterable[Group], inner: Iterable[Group]) -> Group:
    found = list(groups)
    return Group(
        tuple(p for group in found for p in group.patterns),
        (*(g for group in found for g in group.inner), *inner),
    )


def _expressions(part: CompValue) -> Iterator[CompValue]:
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


def _pattern(subject: Any, predicate: Any, value: Any) -> Pattern:
    path = _path(predicate)
    return Pattern(_end(subject), path, _end(value))


def _end(term: Any) -> str | Term:
    if isinstance(term, (Variable, BNode)):
        return str(term)
    return _term(term)


def _term(term: Any) -> Term:
    if isinstance(term, URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, Literal):
        if term.language:
            return ox.Literal(str(term), language=term.language)
        return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype or XSD + "string")))
    raise ShapesError(f"a query speaks of {term!r}")


ANY: Final = "*"


def _path(predicate: Any) -> str | paths.Path:
    match predicate:
        case URIRef():
            return paths.Step(ox.NamedNode(str(predicate)))
        case rdfpaths.InvPath():
            return _inverted(_path(predicate.arg))
        case rdfpaths.SequencePath():
            return paths.Sequence(tuple(_known(_path(arg)) for arg in predicate.args))
        case rdfpaths.AlternativePath():
            return paths.Alternative(tuple(_known(_path(arg)) for arg in predicate.args))
        case rdfpaths.MulPath():
            return paths.Repeat(_known(_path(predicate.path)), predicate.mod)
    return ANY


def _known(path: str | paths.Path) -> paths.Path:
    if isinstance(path, str):
        raise ShapesError("a query has a path of any property")
    return path


def _inverted(path: str | paths.Path) -> paths.Path:
    match path:
        case paths.Step(predicate, inverse):
            return paths.Step(predicate, not inverse)
        case paths.Sequence(parts):
            return paths.Sequence(tuple(_inverted(part) for part in reversed(parts)))
        case paths.Alternative(parts):
            return paths.Alternative(tuple(_inverted(part) for part in parts))
        case paths.Repeat(part, times):
            return paths.Repeat(_inverted(part), times)
    raise ShapesError("a query has a path of any property")


def gather(group: Group, bound: Known, fetch: Fetch, outer: Known | None = None) -> None:
    """Fetches everything the patterns may match, given the terms some variables are bound to."""
    known = dict(bound if outer is None or group.apart else outer)
    waiting = list(group.patterns)
    while waiting:
        ready = [p for p in waiting if p.subject in known or p.object in known]
        if not ready:
            # Nothing known leads there: from a constant if there is one, else all of it.
            ready = [min(waiting, key=_unbound)]
        for pattern in ready:
            waiting.remove(pattern)
            _match(pattern, known, fetch)
    for inner in group.inner:
        gather(inner, bound, fetch, known)


def _unbound(pattern: Pattern) -> int:
    return isinstance(pattern.subject, str) + isinstance(pattern.object, str)


def _match(pattern: Pattern, known: Known, fetch: Fetch) -> None:
    subjects, objects = (_candidates(end, known) for end in (pattern.subject, pattern.object))
    pairs: list[tuple[Term, Term]] = []
    if subjects is not None:
        # Forwards even where the object is known: a class, a code may have a crowd of subjects.
        pairs = [(s, o) for s in subjects for o in _ends(pattern.path, s, fetch)]
    elif objects is not None:
        backwards = pattern.path if isinstance(pattern.path, str) else _inverted(pattern.path)
        pairs = [(s, o) for o in objects for s in _ends(backwards, o, fetch, inverse=True)]
    else:
        pairs = _all(pattern.path, fetch)
    if isinstance(pattern.subject, str):
        known.setdefault(pattern.subject, {s for s, _ in pairs})
    if isinstance(pattern.object, str):
        known.setdefault(pattern.object, {o for _, o in pairs})


def _candidates(end: str | Term, known: Known) -> set[Term] | None:
    return known.get(end) if isinstance(end, str) else {end}


def _ends(path: str | paths.Path, start: Term, fetch: Fetch, inverse: bool = False) -> set[Term]:
    if isinstance(path, str):
        if inverse:
            return {s for s, _, _ in fetch(None, None, start)}
        return {o for _, _, o in _from(start, None, fetch)}

    def step(term: Term, predicate: ox.NamedNode, backwards: bool) -> set[Term]:
        if backwards:
            return {s for s, _, _ in fetch(None, predicate, term)}
        return {o for _, _, o in _from(term, predicate, fetch)}

    return paths.follow(path, start, step)


def _from(start: Term, predicate: ox.NamedNode | None, fetch: Fetch) -> Iterable[Statement]:
    return () if isinstance(start, ox.Literal) else fetch(start, predicate, None)


def _all(path: str | paths.Path, fetch: Fetch) -> list[tuple[Term, Term]]:
    """Every pair a path may join: all the triples of its properties."""
    if isinstance(path, str):
        return [(s, o) for s, _, o in fetch(None, None, None)]
    found = [t for predicate in _predicates(path) for t in fetch(None, predicate, None)]
    ends: set[Term] = {end for s, _, o in found for end in (s, o)}

    def step(term: Term, predicate: ox.NamedNode, backwards: bool) -> set[Term]:
        if backwards:
            return {s for s, p, o in found if p == predicate and o == term}
        return {o for s, p, o in found if p == predicate and s == term}

    if isinstance(path, paths.Step):
        return [(o, s) if path.inverse else (s, o) for s, _, o in found]
    return [(start, end) for start in ends for end in paths.follow(path, start, step)]


def _predicates(path: paths.Path) -> set[ox.NamedNode]:
    match path:
        case paths.Step(predicate):
            return {predicate}
        case paths.Sequence(parts) | paths.Alternative(parts):
            return {p for part in parts for p in _predicates(part)}
        case paths.Repeat(part):
            return _predicates(part)
