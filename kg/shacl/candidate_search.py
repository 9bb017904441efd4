"""Candidate search: one query for each shape selects the nodes that may violate it."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import pyoxigraph as ox

from kg.shacl.compiler import CompiledShape, Compiler
from kg.shacl.lexical_forms import protect, unprotect
from kg.shacl.shapes import Shapes, Targets
from kg.shacl.terms import ALL_TERMS, Term, TermRange, format_bare, iter_statements, parse_term
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS

TRUE_LITERAL: Final = ox.Literal(True)
USES_FOR_EACH_TARGET: Final = 2
"""Uses of a property, for each target of a shape, up to which all its values are read: looking at
the values of one target takes a store two to six times as long as reading one value."""
COUNT_QUERY: Final = "SELECT ?it (COUNT(*) AS ?number) {{ {} }} GROUP BY ?it"


@dataclass(frozen=True)
class ShapeCandidates:
    """Candidates of one shape, in order, and the seconds of their search."""

    shape: str
    node: Term
    candidates: tuple[Term, ...]
    """Empty once they are validated."""
    missing: tuple[tuple[Term, tuple[Term, ...]], ...]
    """Nodes that only lack a required value, by the node of the property shape that requires it;
    empty once they are validated."""
    count: int
    seconds: float


def search_candidates(
    store: ox.Store,
    shapes: Shapes,
    *,
    focus: Collection[str] | None = None,
    own: TermRange = ALL_TERMS,
    among: Collection[str] | None = None,
    union: bool = False,
    workers: int = 1,
) -> Iterator[ShapeCandidates]:
    """Candidates of each targeted shape within a range of terms, in the order of the shapes.

    `focus` restricts the search to some nodes; `among` filters the candidates afterwards.
    """
    hierarchy = read_class_hierarchy(store, union)
    counts = None
    if focus is None:  # to count reads the whole store, which a search of some nodes does not
        counts = count_triples(store, union)
        absent = frozenset(p for p in shapes.predicates if str(p) not in counts.predicates)
        plans = _compile_plans(shapes, hierarchy, absent)
    else:
        absent = find_absent_predicates(store, union, shapes.predicates)
        compiler = Compiler(shapes, hierarchy.list_named_subclasses, absent)
        nodes = NodeTargets(store, union, hierarchy, map(parse_term, focus))
        plans = tuple(compiler.compile(s, nodes.find_targets(s.targets)) for s in shapes.targeted)
    search = _CandidateSearch(store, union, own, among, hierarchy, counts)
    if workers < 2:
        yield from map(search.run, plans)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(search.run, plans)


@dataclass(frozen=True)
class _CandidateSearch:
    """Searches a store for the candidates of one shape after another."""

    store: ox.Store
    union: bool
    own: TermRange
    among: Collection[str] | None
    hierarchy: "ClassHierarchy"
    counts: "TripleCounts | None"
    """Of the whole store; None where given nodes are searched alone."""

    def run(self, plan: CompiledShape) -> ShapeCandidates:
        start = time.perf_counter()
        scanned = (
            self.counts.list_scanned(plan.shape.targets, self.hierarchy) if self.counts else ()
        )
        query, scan = plan.build_queries(self.own, scanned)
        matches = self._find(query)
        matches.update(plan.certain_candidates, self._find_targets(plan, self._find(scan)))
        lacking: dict[Term, set[Term]] = {}
        for solution in _run_query(self.store, plan.build_missing_query(self.own), self.union):
            term = solution["this"]
            if not isinstance(term, ox.NamedNode):
                matches.add(term)
            elif term not in matches:
                for rank, required in enumerate(plan.required):
                    if solution[f"missing{rank}"] == TRUE_LITERAL:
                        lacking.setdefault(required.shape.node, set()).add(term)
        candidates = self._select(matches)
        missing = tuple((node, self._select(terms)) for node, terms in lacking.items())
        nodes = {*candidates, *(term for _, terms in missing for term in terms)}
        seconds = time.perf_counter() - start
        return ShapeCandidates(
            plan.shape.name, plan.shape.node, candidates, missing, len(nodes), seconds
        )

    def _find(self, query: str) -> set[Term]:
        # a query and its solutions stay in one thread: pyoxigraph aborts the process otherwise
        return {solution["this"] for solution in _run_query(self.store, query, self.union)}

    def _find_targets(self, plan: CompiledShape, found: Iterable[Term]) -> tuple[Term, ...]:
        near = filter(self.own.contains, found)
        nodes = NodeTargets(self.store, self.union, self.hierarchy, near)
        return nodes.find_targets(plan.shape.targets)

    def _select(self, terms: Iterable[Term]) -> tuple[Term, ...]:
        among = self.among
        in_range = (term for term in terms if self.own.contains(term))
        wanted = (
            unprotect(term) for term in in_range if among is None or format_bare(term) in among
        )
        return tuple(sorted(wanted, key=format_bare))


def _run_query(store: ox.Store, query: str, union: bool) -> Iterator[ox.QuerySolution]:
    if query:
        solutions = store.query(query, use_default_graph_as_union=union)
        assert isinstance(solutions, ox.QuerySolutions)
        yield from solutions


@lru_cache(maxsize=4)
def _compile_plans(
    shapes: Shapes, hierarchy: "ClassHierarchy", absent: frozenset[ox.NamedNode]
) -> tuple[CompiledShape, ...]:
    """The queries of the shapes: all stores with the same classes and predicates share them."""
    compiler = Compiler(shapes, hierarchy.list_named_subclasses, absent)
    return tuple(compiler.compile(shape) for shape in shapes.targeted)


def find_absent_predicates(
    store: ox.Store, union: bool, predicates: Iterable[ox.NamedNode]
) -> frozenset[ox.NamedNode]:
    """Those predicates that no triple has: most data lacks most of what shapes ask for."""
    graph = None if union else ox.DefaultGraph()
    return frozenset(
        predicate
        for predicate in predicates
        if next(iter(store.quads_for_pattern(None, predicate, None, graph)), None) is None
    )


def read_class_hierarchy(store: ox.Store, union: bool) -> "ClassHierarchy":
    """The classes of a store, by rdfs:subClassOf."""
    graph = None if union else ox.DefaultGraph()
    quads = store.quads_for_pattern(None, RDFS_SUBCLASS, None, graph)
    return ClassHierarchy(frozenset((below, above) for below, _, above in iter_statements(quads)))


@dataclass(frozen=True)
class ClassHierarchy:
    """Pairs of a class and a direct superclass."""

    pairs: frozenset[tuple[Term, Term]]

    @cached_property
    def _direct_subclasses(self) -> dict[Term, set[Term]]:
        below: dict[Term, set[Term]] = {}
        for name, above in self.pairs:
            below.setdefault(above, set()).add(name)
        return below

    @cached_property
    def _cached_subclasses(self) -> dict[Term, frozenset[Term]]:
        return {}

    def get_subclasses(self, class_: Term) -> frozenset[Term]:
        """A class and all its subclasses."""
        if class_ not in self._cached_subclasses:
            reached: set[Term] = set()
            waiting = [class_]
            while waiting:
                name = waiting.pop()
                if name not in reached:
                    reached.add(name)
                    waiting.extend(self._direct_subclasses.get(name, ()))
            self._cached_subclasses[class_] = frozenset(reached)
        return self._cached_subclasses[class_]

    def list_named_subclasses(self, class_: ox.NamedNode) -> tuple[ox.NamedNode, ...] | None:
        """A class and its subclasses in order; None where one is blank, as no query can name it."""
        reached = self.get_subclasses(class_)
        named = [name for name in reached if isinstance(name, ox.NamedNode)]
        return tuple(sorted(named, key=str)) if len(named) == len(reached) else None


@dataclass(frozen=True)
class TripleCounts:
    """How many triples of a store have a predicate, and how many a class as their type.

    Predicates and classes are written as in a query.
    """

    predicates: Mapping[str, int]
    classes: Mapping[str, int]

    def list_scanned(self, targets: Targets, hierarchy: ClassHierarchy) -> frozenset[str]:
        """The predicates that are not much more frequent than the targets of a shape."""
        most = USES_FOR_EACH_TARGET * self._count_targets(targets, hierarchy)
        return frozenset(name for name, uses in self.predicates.items() if uses <= most)

    def _count_targets(self, targets: Targets, hierarchy: ClassHierarchy) -> int:
        """How many targets there are at most: one in several ways counts for each."""
        classes = {name for above in targets.classes for name in hierarchy.get_subclasses(above)}
        linking = (*targets.subjects_of, *targets.objects_of)
        return (
            len(targets.nodes)
            + sum(self.classes.get(str(name), 0) for name in classes)
            + sum(self.predicates.get(str(name), 0) for name in linking)
        )


def count_triples(store: ox.Store, union: bool) -> TripleCounts:
    """Counts the triples of a store by predicate, and those of rdf:type by class."""
    predicates, classes = (
        {str(row["it"]): int(row["number"].value) for row in _run_query(store, query, union)}
        for query in map(COUNT_QUERY.format, ("?s ?it ?o", f"?s {RDF_TYPE} ?it"))
    )
    return TripleCounts(predicates, classes)


class NodeTargets:
    """Nodes of a store, and the selection of those that a shape targets."""

    def __init__(
        self, store: ox.Store, union: bool, hierarchy: ClassHierarchy, terms: Iterable[Term]
    ) -> None:
        self._store, self._graph = store, None if union else ox.DefaultGraph()
        self._hierarchy = hierarchy
        self._types_and_properties = {
            term: self._read_node(term) for term in sorted(set(terms), key=format_bare)
        }

    def find_targets(self, targets: Targets) -> tuple[Term, ...]:
        """The nodes that are targets of a shape, in order."""
        nodes, predicates = set(targets.nodes), set(targets.subjects_of)
        classes = {c for class_ in targets.classes for c in self._hierarchy.get_subclasses(class_)}
        return tuple(
            term
            for term, (types, properties) in self._types_and_properties.items()
            if term in nodes
            or not classes.isdisjoint(types)
            or not predicates.isdisjoint(properties)
            or any(self._is_object(term, predicate) for predicate in targets.objects_of)
        )

    def _read_node(self, term: Term) -> tuple[frozenset[Term], frozenset[Term]]:
        """The classes and the properties of a node."""
        if isinstance(term, ox.Literal):
            return frozenset(), frozenset()
        quads = self._store.quads_for_pattern(term, None, None, self._graph)
        properties = list(iter_statements(quads))
        return frozenset(o for _, p, o in properties if p == RDF_TYPE), frozenset(
            p for _, p, _ in properties
        )

    def _is_object(self, term: Term, predicate: Term) -> bool:
        if not isinstance(predicate, ox.NamedNode):
            return False
        quads = self._store.quads_for_pattern(None, predicate, protect(term), self._graph)
        return next(iter(quads), None) is not None
