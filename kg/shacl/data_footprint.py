"""Data footprint of shapes: triples around a node that its validation can read, found statically.

The walk is that of `FocusSubgraph`, from a placeholder for any focus node, over data in which every
triple exists: any triple of real data that the reference validator can be given lies along it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.shacl.focus_subgraph import FocusSubgraph
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.terms import Node, Statement, Term
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS

MAX_DEPTH: Final = 7
"""Steps from a focus node with a level of their own; the last level stands for all further ones."""
PLACEHOLDER_PREFIX: Final = "urn:any:"
FOCUS_PLACEHOLDER: Final = ox.NamedNode(PLACEHOLDER_PREFIX + "0")
ANY_NODE: Final = ox.NamedNode(PLACEHOLDER_PREFIX + "where")
ANY_PREDICATE: Final = ox.NamedNode(PLACEHOLDER_PREFIX + "thing")

TriplePattern = tuple[Node | None, ox.NamedNode | None, Node | None]
"""Triples by subject, predicate and object, None for any."""


@dataclass(frozen=True)
class PropertySet:
    """Set of properties, as bare IRIs, or every property."""

    iris: frozenset[str] = frozenset()
    any_property: bool = False

    def __bool__(self) -> bool:
        return self.any_property or bool(self.iris)


@dataclass(frozen=True)
class FootprintLevel:
    """Properties read on nodes a given number of steps from a focus node.

    `forward` and `inverse` are read from the node and to it; those of `onward` and `backward`
    among them lead to nodes of the next level.
    """

    forward: PropertySet
    inverse: PropertySet
    onward: PropertySet
    backward: PropertySet

    def __bool__(self) -> bool:
        return bool(self.forward or self.inverse)


@dataclass(frozen=True)
class DataFootprint:
    """Triples read around focus nodes, level by level, and triples read wherever they are.

    The last level stands for all that follow: it is walked until no new node is met.
    """

    levels: tuple[FootprintLevel, ...]
    everywhere: frozenset[TriplePattern]
    target_predicates: frozenset[str]
    """Predicates of sh:targetObjectsOf, whose objects are focus nodes."""

    @property
    def needs_whole_data(self) -> bool:
        """Whether validating any node needs the whole data."""
        return (None, None, None) in self.everywhere


@lru_cache(maxsize=8)
def compute_footprint(shapes: Shapes) -> DataFootprint:
    """Footprint of all targeted shapes: what they read, at most."""
    return _compute_footprint(shapes, shapes.targeted)


def compute_shape_footprint(shapes: Shapes, shape: Shape) -> DataFootprint:
    """Footprint of one shape."""
    return _compute_footprint(shapes, (shape,))


def _compute_footprint(shapes: Shapes, walked: Sequence[Shape]) -> DataFootprint:
    walk = _FootprintWalk(ox.Store(), shapes)
    for shape in walked:
        walk.add(FOCUS_PLACEHOLDER, shape)
    # Targets and sh:class follow rdfs:subClassOf from any class, so every batch gets all of it.
    walk.everywhere.add((None, RDFS_SUBCLASS, None))
    aims = {p for shape in walked for p in shape.targets.objects_of}
    return DataFootprint(
        levels=tuple(_make_level(walk, depth) for depth in range(MAX_DEPTH + 1)),
        everywhere=frozenset(walk.everywhere),
        target_predicates=frozenset(p.value for p in aims if isinstance(p, ox.NamedNode)),
    )


DirectedPredicate = tuple[str | None, bool]
"""A predicate (None for any) and whether it is followed against its direction."""


@dataclass
class _FootprintWalk(FocusSubgraph):
    """Focus subgraph over data in which every triple exists; records each read."""

    reads: dict[Term, set[DirectedPredicate]] = field(default_factory=dict)
    everywhere: set[TriplePattern] = field(default_factory=set)

    def _match(
        self, subject: Node | None, predicate: ox.NamedNode | None, value: Term | None
    ) -> list[Statement]:
        label = predicate or ANY_PREDICATE
        if subject is not None and _is_placeholder(subject):
            return [(subject, label, self._record_read(subject, predicate, inverse=False))]
        if value is not None and _is_placeholder(value):
            return [(self._record_read(value, predicate, inverse=True), label, value)]
        if ANY_NODE in (subject, value):
            self.everywhere.add((None, predicate, None))
        else:
            # a literal has several lexical forms: a read of one counts as a read of all
            named = None if isinstance(value, ox.Literal) else value
            self.everywhere.add((subject, predicate, named))
        return [(subject or ANY_NODE, label, value or ANY_NODE)]

    def _record_read(
        self, term: Term, predicate: ox.NamedNode | None, inverse: bool
    ) -> ox.NamedNode:
        name = predicate.value if predicate else None
        self.reads.setdefault(term, set()).add((name, inverse))
        return _make_next_placeholder(_get_depth(term), (name, inverse))

    def _add_classes(self, value: Term) -> None:
        # every class above any class is everywhere already
        self._fetch(value, RDF_TYPE, None)


def _is_placeholder(term: Term) -> bool:
    named = isinstance(term, ox.NamedNode) and term.value.startswith(PLACEHOLDER_PREFIX)
    return named and term not in (ANY_NODE, ANY_PREDICATE)


def _get_depth(term: Term) -> int:
    return int(term.value.removeprefix(PLACEHOLDER_PREFIX).partition("/")[0])


def _make_next_placeholder(depth: int, step: DirectedPredicate) -> ox.NamedNode:
    """Placeholder for the nodes that a step leads to, from a given depth."""
    return ox.NamedNode(f"{PLACEHOLDER_PREFIX}{min(depth + 1, MAX_DEPTH)}/{step[1]}/{step[0]}")


def _make_level(walk: _FootprintWalk, depth: int) -> FootprintLevel:
    reads = {
        step for term, all_ in walk.reads.items() if _get_depth(term) == depth for step in all_
    }
    leading = {step for step in reads if _make_next_placeholder(depth, step) in walk.reads}

    def steps(among: Iterable[DirectedPredicate], inverse: bool) -> PropertySet:
        names = {name for name, back in among if back is inverse}
        return PropertySet(frozenset(name for name in names if name is not None), None in names)

    return FootprintLevel(
        forward=steps(reads, False),
        inverse=steps(reads, True),
        onward=steps(leading, False),
        backward=steps(leading, True),
    )
