"""SHACL property paths: read from a shapes graph, written in SPARQL, followed in a store.

https://www.w3.org/TR/shacl/#property-paths. The meaning is the judge's: under `sh:inversePath`
pyshacl inverts every step of a sequence but keeps their order, so we push the inversion to the
steps in the same way.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyoxigraph as ox

from kg.errors import EssKgError
from kg.validation.graph import ShapesGraph
from kg.validation.terms import Term
from kg.validation.vocabulary import RDF_FIRST, RDF_NIL, RDF_REST, SH

Fetch: TypeAlias = "Callable[[Term, ox.NamedNode, bool], Iterable[Term]]"
"""The terms one step away from a term along a predicate, against its direction if told so."""


class PathError(EssKgError):
    """The value of a sh:path is not a property path."""


@dataclass(frozen=True)
class Step:
    """One property, forwards or backwards."""

    predicate: ox.NamedNode
    inverse: bool = False


@dataclass(frozen=True)
class Sequence:
    """One path after another."""

    parts: tuple["Path", ...]


@dataclass(frozen=True)
class Alternative:
    """One path or another."""

    parts: tuple["Path", ...]


@dataclass(frozen=True)
class Repeat:
    """A path taken `?` at most once, `*` any number of times, `+` at least once."""

    part: "Path"
    times: Literal["?", "*", "+"]


Path: TypeAlias = Step | Sequence | Alternative | Repeat

_REPEATS: tuple[tuple[str, Literal["?", "*", "+"]], ...] = (
    ("zeroOrMorePath", "*"),
    ("oneOrMorePath", "+"),
    ("zeroOrOnePath", "?"),
)


def read(graph: ShapesGraph, node: Term, inverse: bool = False, depth: int = 0) -> Path:
    """The path a node of the shapes graph stands for; raises PathError."""
    if isinstance(node, ox.NamedNode):
        return Step(node, inverse)
    if not isinstance(node, ox.BlankNode) or depth > 10:
        raise PathError(f"{node} is not a property path")
    if graph.values(node, RDF_FIRST):
        return _sequence(graph, node, inverse, depth)
    if inner := graph.values(node, SH("inversePath")):
        return read(graph, inner[0], not inverse, depth + 1)
    if inner := graph.values(node, SH("alternativePath")):
        items = graph.items(inner[0])
        return Alternative(tuple(read(graph, item, inverse, depth + 1) for item in items))
    for name, times in _REPEATS:
        if inner := graph.values(node, SH(name)):
            return Repeat(read(graph, inner[0], inverse, depth + 1), times)
    raise PathError(f"{node} is not a property path")


def _sequence(graph: ShapesGraph, node: Term, inverse: bool, depth: int) -> Path:
    parts: list[Path] = []
    while node != RDF_NIL:
        first = graph.values(node, RDF_FIRST)
        parts.extend(read(graph, item, inverse, depth + 1) for item in first)
        rest = graph.values(node, RDF_REST)
        if len(parts) > 20 or len(rest) != 1:
            raise PathError("a sequence of paths is not a well-formed list")
        node = rest[0]
    return Sequence(tuple(parts))


def written(graph: ShapesGraph, node: Term, depth: int = 0) -> str:
    """The path a node stands for, as SPARQL writes it: what `$PATH` and a result path say.

    Unlike `sparql(read(...))` it inverts a sequence as a whole, as SPARQL and SHACL mean it.
    """
    if isinstance(node, ox.NamedNode):
        return str(node)
    if depth > 10:
        raise PathError(f"{node} is not a property path")
    if graph.values(node, RDF_FIRST):
        return "(" + "/".join(written(graph, item, depth + 1) for item in graph.items(node)) + ")"
    if inner := graph.values(node, SH("inversePath")):
        return "^" + written(graph, inner[0], depth + 1)
    if inner := graph.values(node, SH("alternativePath")):
        items = graph.items(inner[0])
        return "(" + "|".join(written(graph, item, depth + 1) for item in items) + ")"
    for name, times in _REPEATS:
        if inner := graph.values(node, SH(name)):
            return f"({written(graph, inner[0], depth + 1)}){times}"
    raise PathError(f"{node} is not a property path")


def nullable(path: Path) -> bool:
    """Whether the path may lead from a term to itself without taking a step."""
    match path:
        case Step():
            return False
        case Sequence(parts):
            return all(nullable(part) for part in parts)
        case Alternative(parts):
            return any(nullable(part) for part in parts)
        case Repeat(part, times):
            return times != "+" or nullable(part)


def sparql(path: Path) -> str:
    """The path as SPARQL writes it, in full IRIs."""
    match path:
        case Step(predicate, inverse):
            return f"^{predicate}" if inverse else str(predicate)
        case Sequence(parts):
            return "(" + "/".join(sparql(part) for part in parts) + ")"
        case Alternative(parts):
            return "(" + "|".join(sparql(part) for part in parts) + ")"
        case Repeat(part, times):
            return f"({sparql(part)}){times}"


def moving(path: Path) -> str | None:
    """The path as SPARQL, without the ways that take no step; None if there is no other way.

    pyoxigraph finds no zero-length path from a term that is in no triple, where SHACL does: those
    ways are checked on the term itself instead.
    """
    match path:
        case Step():
            return sparql(path)
        case Alternative(parts):
            return _either([moving(part) for part in parts])
        case Repeat(part, times):
            inner = moving(part)
            return inner if inner is None or times == "?" else f"({inner})+"
        case Sequence(parts):
            return _in_sequence(parts)


def _in_sequence(parts: tuple[Path, ...]) -> str | None:
    if not parts:
        return None
    head, tail = parts[0], parts[1:]
    first, rest = moving(head), _in_sequence(tail)
    ways = [f"{first}/{rest}" if first and rest else None]
    if all(nullable(part) for part in tail):
        ways.append(first)
    if nullable(head):
        ways.append(rest)
    return _either(ways)


def _either(ways: list[str | None]) -> str | None:
    found = [way for way in ways if way]
    return f"({'|'.join(found)})" if len(found) > 1 else (found[0] if found else None)


def follow(path: Path, start: Term, fetch: Fetch) -> set[Term]:
    """The terms the path leads to from a term."""
    match path:
        case Step(predicate, inverse):
            return set(fetch(start, predicate, inverse))
        case Sequence(parts):
            reached = {start}
            for part in parts:
                reached = {end for term in reached for end in follow(part, term, fetch)}
            return reached
        case Alternative(parts):
            return {end for part in parts for end in follow(part, start, fetch)}
        case Repeat(part, times):
            return _repeated(part, times, start, fetch)


def _repeated(part: Path, times: str, start: Term, fetch: Fetch) -> set[Term]:
    waiting = follow(part, start, fetch)
    if times == "?":
        return waiting | {start}
    reached: set[Term] = set() if times == "+" else {start}
    while waiting:
        term = waiting.pop()
        if term not in reached:
            reached.add(term)
            waiting |= follow(part, term, fetch)
    return reached
