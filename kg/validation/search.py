"""The search for suspects: one query for each shape, on one store."""

import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pyoxigraph as ox

from kg.validation.compiler import Compiled, Compiler
from kg.validation.lexical import kept, written
from kg.validation.shapes import Shapes, Targets
from kg.validation.terms import EVERY, Range, Term, bare, parse, statements
from kg.validation.vocabulary import RDF_TYPE, RDFS_SUBCLASS


@dataclass(frozen=True)
class Searched:
    """How one shape was searched: its suspects, in order, and the seconds it took."""

    shape: str
    node: Term
    suspects: tuple[Term, ...]
    """Empty once they are judged."""
    number: int
    seconds: float
    compiled: tuple[str, ...]
    judged: tuple[str, ...]
    """Constraints the search does not decide: they make suspects of all they apply to."""


def search(
    store: ox.Store,
    shapes: Shapes,
    *,
    focus: Collection[str] | None = None,
    own: Range = EVERY,
    among: Collection[str] | None = None,
    union: bool = False,
    workers: int = 1,
) -> Iterator[Searched]:
    """The suspects of each targeted shape, in the order of the shapes: those of a range.

    With `focus` only these nodes are looked at; with `among` the others are looked at and left out.

    A query and its answers stay in one thread: pyoxigraph aborts the process otherwise.
    """
    hierarchy = hierarchy_of(store, union)
    nodes = None if focus is None else Among(store, union, hierarchy, map(parse, focus))
    if nodes is None:
        plans = _plans(shapes, hierarchy)
    else:
        compiler = Compiler(shapes, hierarchy.named)
        plans = tuple(compiler.compile(s, nodes.targets(s.targets)) for s in shapes.targeted)

    def run(plan: Compiled) -> Searched:
        start = time.perf_counter()
        found = set(_answers(store, plan.within(own), union)) if plan.query else set()
        held = (term for term in found.union(plan.certain) if own.holds(term))
        wanted = (written(term) for term in held if among is None or bare(term) in among)
        suspects = tuple(sorted(wanted, key=bare))
        seconds = time.perf_counter() - start
        return Searched(
            plan.shape.name, plan.shape.node, suspects, len(suspects), seconds,
            plan.compiled, plan.judged,
        )  # fmt: skip

    if workers < 2:
        yield from map(run, plans)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(run, plans)


def _answers(store: ox.Store, query: str, union: bool) -> Iterator[Term]:
    solutions = store.query(query, use_default_graph_as_union=union)
    assert isinstance(solutions, ox.QuerySolutions)
    return (solution["this"] for solution in solutions)


@lru_cache(maxsize=4)
def _plans(shapes: Shapes, hierarchy: "Hierarchy") -> tuple[Compiled, ...]:
    """The queries of the shapes, the same for all stores with the same classes."""
    compiler = Compiler(shapes, hierarchy.named)
    return tuple(compiler.compile(shape) for shape in shapes.targeted)


def hierarchy_of(store: ox.Store, union: bool) -> "Hierarchy":
    """The classes of a store, by rdfs:subClassOf."""
    graph = None if union else ox.DefaultGraph()
    quads = store.quads_for_pattern(None, RDFS_SUBCLASS, None, graph)
    return Hierarchy(frozenset((below, above) for below, _, above in statements(quads)))


@dataclass(frozen=True)
class Hierarchy:
    """Classes, each with one above it."""

    pairs: frozenset[tuple[Term, Term]]

    @cached_property
    def _below(self) -> dict[Term, set[Term]]:
        below: dict[Term, set[Term]] = {}
        for name, above in self.pairs:
            below.setdefault(above, set()).add(name)
        return below

    @cached_property
    def _known(self) -> dict[Term, frozenset[Term]]:
        return {}

    def under(self, class_: Term) -> frozenset[Term]:
        """A class and all the classes under it."""
        if class_ not in self._known:
            found: set[Term] = set()
            waiting = [class_]
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found.add(name)
                    waiting.extend(self._below.get(name, ()))
            self._known[class_] = frozenset(found)
        return self._known[class_]

    def named(self, class_: ox.NamedNode) -> tuple[ox.NamedNode, ...] | None:
        """The same in order, or None where one is blank: no query can name it."""
        found = self.under(class_)
        named = [name for name in found if isinstance(name, ox.NamedNode)]
        return tuple(sorted(named, key=str)) if len(named) == len(found) else None


class Among:
    """Some nodes of a store, and which of them a shape targets."""

    def __init__(
        self, store: ox.Store, union: bool, hierarchy: Hierarchy, terms: Iterable[Term]
    ) -> None:
        self._store, self._graph = store, None if union else ox.DefaultGraph()
        self._hierarchy = hierarchy
        self._said = {term: self._says(term) for term in sorted(set(terms), key=bare)}

    def targets(self, targets: Targets) -> tuple[Term, ...]:
        """The nodes that are targets, in order."""
        nodes, predicates = set(targets.nodes), set(targets.subjects_of)
        classes = {c for class_ in targets.classes for c in self._hierarchy.under(class_)}
        return tuple(
            term
            for term, (types, said) in self._said.items()
            if term in nodes
            or not classes.isdisjoint(types)
            or not predicates.isdisjoint(said)
            or any(self._is_object(term, predicate) for predicate in targets.objects_of)
        )

    def _says(self, term: Term) -> tuple[frozenset[Term], frozenset[Term]]:
        """The classes and the properties of a node."""
        if isinstance(term, ox.Literal):
            return frozenset(), frozenset()
        quads = self._store.quads_for_pattern(term, None, None, self._graph)
        said = list(statements(quads))
        return frozenset(o for _, p, o in said if p == RDF_TYPE), frozenset(p for _, p, _ in said)

    def _is_object(self, term: Term, predicate: Term) -> bool:
        if not isinstance(predicate, ox.NamedNode):
            return False
        found = self._store.quads_for_pattern(None, predicate, kept(term), self._graph)
        return next(iter(found), None) is not None
