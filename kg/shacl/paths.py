"""SHACL property paths: parser, SPARQL serialisation and evaluation on a store.

https://www.w3.org/TR/shacl/#property-paths. The parser pushes an inversion to the steps: the
inverse of a sequence is the sequence of the inverses from its end. pySHACL keeps the order of the
steps, so it is given paths whose inversions are pushed (`push_inversions`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyoxigraph as ox

from kg.errors import EssKgError
from kg.shacl.shapes_graph import ShapesGraph
from kg.shacl.terms import Node, Statement, Term
from kg.shacl.vocabulary import RDF_FIRST, RDF_NIL, RDF_REST, SH

StepFetcher: TypeAlias = "Callable[[Term, ox.NamedNode, bool], Iterable[Term]]"
"""The terms one step away from a term along a predicate; with True, against its direction."""


class PathError(EssKgError):
    """The value of a sh:path is not a property path."""


@dataclass(frozen=True)
class PredicatePath:
    """One property, forwards or backwards."""

    predicate: ox.NamedNode
    inverse: bool = False


@dataclass(frozen=True)
class SequencePath:
    """One path after another."""

    parts: tuple["Path", ...]


@dataclass(frozen=True)
class AlternativePath:
    """One path or another."""

    parts: tuple["Path", ...]


@dataclass(frozen=True)
class RepeatedPath:
    """A path taken `?` at most once, `*` any number of times, `+` at least once."""

    part: "Path"
    times: Literal["?", "*", "+"]


Path: TypeAlias = PredicatePath | SequencePath | AlternativePath | RepeatedPath

_REPETITIONS: tuple[tuple[str, Literal["?", "*", "+"]], ...] = (
    ("zeroOrMorePath", "*"),
    ("oneOrMorePath", "+"),
    ("zeroOrOnePath", "?"),
)


def parse_path(graph: ShapesGraph, node: Term, inverse: bool = False, depth: int = 0) -> Path:
    """The path a node of the shapes graph stands for; raises PathError."""
    if isinstance(node, ox.NamedNode):
        return PredicatePath(node, inverse)
    if not isinstance(node, ox.BlankNode) or depth > 10:
        raise PathError(f"{node} is not a property path")
    if graph.values(node, RDF_FIRST):
        return _parse_sequence(graph, node, inverse, depth)
    if inner := graph.values(node, SH("inversePath")):
        return parse_path(graph, inner[0], not inverse, depth + 1)
    if inner := graph.values(node, SH("alternativePath")):
        items = graph.items(inner[0])
        return AlternativePath(tuple(parse_path(graph, item, inverse, depth + 1) for item in items))
    for name, times in _REPETITIONS:
        if inner := graph.values(node, SH(name)):
            return RepeatedPath(parse_path(graph, inner[0], inverse, depth + 1), times)
    raise PathError(f"{node} is not a property path")


def _parse_sequence(graph: ShapesGraph, node: Term, inverse: bool, depth: int) -> Path:
    parts: list[Path] = []
    while node != RDF_NIL:
        first = graph.values(node, RDF_FIRST)
        parts.extend(parse_path(graph, item, inverse, depth + 1) for item in first)
        rest = graph.values(node, RDF_REST)
        if len(parts) > 20 or len(rest) != 1:
            raise PathError("a sequence of paths is not a well-formed list")
        node = rest[0]
    return SequencePath(tuple(reversed(parts) if inverse else parts))


def push_inversions(graph: ShapesGraph, triples: Iterable[Statement]) -> Iterator[Statement]:
    """Triples of a shapes graph in which no sequence is under `sh:inversePath`.

    A path that had one is written anew with the inversion at its steps, under the same node. A path
    that cannot be parsed is left as it is.
    """
    for triple in triples:
        node, predicate, _ = triple
        path = _parse_inverted_sequence(graph, node) if predicate == SH("inversePath") else None
        if path is None:
            yield triple
        else:
            yield from _write_path(path, node)


def _parse_inverted_sequence(graph: ShapesGraph, node: Node) -> Path | None:
    try:
        path = parse_path(graph, node)
    except PathError:
        return None
    return path if _has_sequence(path) else None


def _has_sequence(path: Path) -> bool:
    match path:
        case PredicatePath():
            return False
        case SequencePath():
            return True
        case AlternativePath(parts):
            return any(map(_has_sequence, parts))
        case RepeatedPath(part):
            return _has_sequence(part)


def _write_path(path: Path, node: Node) -> Iterator[Statement]:
    """The triples of a path that a node stands for."""
    match path:
        case PredicatePath(predicate):
            yield node, SH("inversePath"), predicate
        case SequencePath(parts):
            yield from _write_list(parts, node)
        case AlternativePath(parts):
            members = ox.BlankNode()
            yield node, SH("alternativePath"), members
            yield from _write_list(parts, members)
        case RepeatedPath(part, times):
            name = next(name for name, sign in _REPETITIONS if sign == times)
            yield from _write_part(part, node, SH(name))


def _write_list(parts: Sequence[Path], node: Node) -> Iterator[Statement]:
    """The triples of a list of paths that begins at a node."""
    last = len(parts) - 1
    for number, part in enumerate(parts):
        yield from _write_part(part, node, RDF_FIRST)
        rest = RDF_NIL if number == last else ox.BlankNode()
        yield node, RDF_REST, rest
        node = rest


def _write_part(part: Path, node: Node, predicate: ox.NamedNode) -> Iterator[Statement]:
    """The triples of a part of a path, and the one that leads to it."""
    if isinstance(part, PredicatePath) and not part.inverse:
        yield node, predicate, part.predicate
        return
    own = ox.BlankNode()
    yield node, predicate, own
    yield from _write_path(part, own)


def format_declared_path(graph: ShapesGraph, node: Term, depth: int = 0) -> str:
    """The path a node stands for, in SPARQL, as `$PATH` and a result path give it.

    Unlike `format_sparql_path(parse_path(...))` it leaves an inversion where it is stated.
    """
    if isinstance(node, ox.NamedNode):
        return str(node)
    if depth > 10:
        raise PathError(f"{node} is not a property path")
    if graph.values(node, RDF_FIRST):
        return (
            "("
            + "/".join(format_declared_path(graph, item, depth + 1) for item in graph.items(node))
            + ")"
        )
    if inner := graph.values(node, SH("inversePath")):
        return "^" + format_declared_path(graph, inner[0], depth + 1)
    if inner := graph.values(node, SH("alternativePath")):
        items = graph.items(inner[0])
        return "(" + "|".join(format_declared_path(graph, item, depth + 1) for item in items) + ")"
    for name, times in _REPETITIONS:
        if inner := graph.values(node, SH(name)):
            return f"({format_declared_path(graph, inner[0], depth + 1)}){times}"
    raise PathError(f"{node} is not a property path")


def is_nullable(path: Path) -> bool:
    """Whether the path may lead from a term to itself without taking a step."""
    match path:
        case PredicatePath():
            return False
        case SequencePath(parts):
            return all(is_nullable(part) for part in parts)
        case AlternativePath(parts):
            return any(is_nullable(part) for part in parts)
        case RepeatedPath(part, times):
            return times != "+" or is_nullable(part)


def format_sparql_path(path: Path) -> str:
    """The path as SPARQL writes it, in full IRIs."""
    match path:
        case PredicatePath(predicate, inverse):
            return f"^{predicate}" if inverse else str(predicate)
        case SequencePath(parts):
            return "(" + "/".join(format_sparql_path(part) for part in parts) + ")"
        case AlternativePath(parts):
            return "(" + "|".join(format_sparql_path(part) for part in parts) + ")"
        case RepeatedPath(part, times):
            return f"({format_sparql_path(part)}){times}"


def list_predicates(path: Path) -> frozenset[ox.NamedNode]:
    """The predicates that the path names."""
    match path:
        case PredicatePath(predicate):
            return frozenset([predicate])
        case RepeatedPath(part):
            return list_predicates(part)
        case SequencePath(parts) | AlternativePath(parts):
            return frozenset[ox.NamedNode]().union(*map(list_predicates, parts))


def format_non_empty_path(path: Path, absent: Collection[ox.NamedNode] = ()) -> str | None:
    """The path as SPARQL, without the ways that take no step; None if there is no other way.

    No way leads along a predicate that is `absent` from the data. pyoxigraph finds no zero-length
    path from a term that is in no triple, where SHACL does: those ways are checked on the term
    itself instead.
    """
    match path:
        case PredicatePath(predicate):
            return None if predicate in absent else format_sparql_path(path)
        case AlternativePath(parts):
            return _format_alternatives([format_non_empty_path(part, absent) for part in parts])
        case RepeatedPath(part, times):
            inner = format_non_empty_path(part, absent)
            return inner if inner is None or times == "?" else f"({inner})+"
        case SequencePath(parts):
            return _format_non_empty_sequence(parts, absent)


def _format_non_empty_sequence(
    parts: tuple[Path, ...], absent: Collection[ox.NamedNode]
) -> str | None:
    if not parts:
        return None
    head, tail = parts[0], parts[1:]
    first, rest = format_non_empty_path(head, absent), _format_non_empty_sequence(tail, absent)
    ways = [f"{first}/{rest}" if first and rest else None]
    if all(is_nullable(part) for part in tail):
        ways.append(first)
    if is_nullable(head):
        ways.append(rest)
    return _format_alternatives(ways)


def _format_alternatives(ways: list[str | None]) -> str | None:
    taken = [way for way in ways if way]
    return f"({'|'.join(taken)})" if len(taken) > 1 else (taken[0] if taken else None)


def follow_path(path: Path, start: Term, fetch: StepFetcher) -> set[Term]:
    """The terms the path leads to from a term."""
    match path:
        case PredicatePath(predicate, inverse):
            return set(fetch(start, predicate, inverse))
        case SequencePath(parts):
            reached = {start}
            for part in parts:
                reached = {end for term in reached for end in follow_path(part, term, fetch)}
            return reached
        case AlternativePath(parts):
            return {end for part in parts for end in follow_path(part, start, fetch)}
        case RepeatedPath(part, times):
            return _follow_repeated(part, times, start, fetch)


def _follow_repeated(part: Path, times: str, start: Term, fetch: StepFetcher) -> set[Term]:
    waiting = follow_path(part, start, fetch)
    if times == "?":
        return waiting | {start}
    reached: set[Term] = set() if times == "+" else {start}
    while waiting:
        term = waiting.pop()
        if term not in reached:
            reached.add(term)
            waiting |= follow_path(part, term, fetch)
    return reached
