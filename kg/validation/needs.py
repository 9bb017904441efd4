"""What the checks of a node look at beyond the node itself, read from the shapes alone.

The walk is that of `Surroundings`, from a node that stands for any focus node, over data that
answers yes to everything: whatever the judge may be handed of real data lies along it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.validation.shapes import Shape, Shapes
from kg.validation.surroundings import Surroundings
from kg.validation.terms import Node, Statement, Term
from kg.validation.vocabulary import RDF_TYPE, RDFS_SUBCLASS

DEEPEST: Final = 7
"""Steps from a focus node told apart; whatever lies further is looked at like the last of them."""
STANDS_FOR: Final = "urn:any:"
START: Final = ox.NamedNode(STANDS_FOR + "0")
ANYWHERE: Final = ox.NamedNode(STANDS_FOR + "where")
ANYTHING: Final = ox.NamedNode(STANDS_FOR + "thing")

Wanted = tuple[Node | None, ox.NamedNode | None, Node | None]
"""Triples by subject, predicate and object, None for any."""


@dataclass(frozen=True)
class Steps:
    """Properties to look along, as bare IRIs, or every property there is."""

    named: frozenset[str] = frozenset()
    every: bool = False

    def __bool__(self) -> bool:
        return self.every or bool(self.named)


@dataclass(frozen=True)
class Level:
    """What is looked at on nodes so many steps away.

    `forward` and `inverse` are the triples looked at, from the node and to it; those of `onward`
    and `backward` among them lead to nodes that something is looked at on in turn.
    """

    forward: Steps
    inverse: Steps
    onward: Steps
    backward: Steps

    def __bool__(self) -> bool:
        return bool(self.forward or self.inverse)


@dataclass(frozen=True)
class Needs:
    """What is looked at around focus nodes: level by level, and triples needed wherever they are.

    The last level stands for all that follow: it is walked until nothing new is met.
    """

    levels: tuple[Level, ...]
    everywhere: frozenset[Wanted]
    aimed: frozenset[str]
    """Predicates of the triples that make their object a focus node."""

    @property
    def everything(self) -> bool:
        """Whether the whole data is needed to check any node."""
        return (None, None, None) in self.everywhere


@lru_cache(maxsize=2)
def needs(shapes: Shapes) -> Needs:
    """What the shapes of a graph look at, at most."""
    return _needs(shapes, shapes.targeted)


def looked_at(shapes: Shapes, shape: Shape) -> Needs:
    """What one shape looks at, at most."""
    return _needs(shapes, (shape,))


def _needs(shapes: Shapes, walked: Sequence[Shape]) -> Needs:
    walk = _Walk(ox.Store(), shapes)
    for shape in walked:
        walk.add(START, shape)
    walk.everywhere.add((None, RDFS_SUBCLASS, None))
    aims = {p for shape in walked for p in shape.targets.objects_of}
    return Needs(
        levels=tuple(_level(walk, depth) for depth in range(DEEPEST + 1)),
        everywhere=frozenset(walk.everywhere),
        aimed=frozenset(p.value for p in aims if isinstance(p, ox.NamedNode)),
    )


Looked = tuple[str | None, bool]
"""A predicate (None for any) and whether it is followed against its direction."""


@dataclass
class _Walk(Surroundings):
    """Surroundings in data where every triple may be, which notes what it asks for."""

    looked: dict[Term, set[Looked]] = field(default_factory=dict)
    everywhere: set[Wanted] = field(default_factory=set)

    def _matching(
        self, subject: Node | None, predicate: ox.NamedNode | None, value: Term | None
    ) -> list[Statement]:
        label = predicate or ANYTHING
        if subject is not None and _stands_for(subject):
            return [(subject, label, self._look(subject, predicate, inverse=False))]
        if value is not None and _stands_for(value):
            return [(self._look(value, predicate, inverse=True), label, value)]
        if ANYWHERE in (subject, value):
            self.everywhere.add((None, predicate, None))
        else:
            # a literal has several texts: whoever looks for one looks at all
            named = None if isinstance(value, ox.Literal) else value
            self.everywhere.add((subject, predicate, named))
        return [(subject or ANYWHERE, label, value or ANYWHERE)]

    def _look(self, term: Term, predicate: ox.NamedNode | None, inverse: bool) -> ox.NamedNode:
        name = predicate.value if predicate else None
        self.looked.setdefault(term, set()).add((name, inverse))
        return _reached(_depth(term), (name, inverse))

    def _classes(self, value: Term) -> None:
        # every class above any class is everywhere already
        self._keep(value, RDF_TYPE, None)


def _stands_for(term: Term) -> bool:
    named = isinstance(term, ox.NamedNode) and term.value.startswith(STANDS_FOR)
    return named and term not in (ANYWHERE, ANYTHING)


def _depth(term: Term) -> int:
    return int(term.value.removeprefix(STANDS_FOR).partition("/")[0])


def _reached(depth: int, looked: Looked) -> ox.NamedNode:
    """What stands for the nodes a step leads to, from so many steps away."""
    return ox.NamedNode(f"{STANDS_FOR}{min(depth + 1, DEEPEST)}/{looked[1]}/{looked[0]}")


def _level(walk: _Walk, depth: int) -> Level:
    looked = {
        found for term, all_ in walk.looked.items() if _depth(term) == depth for found in all_
    }
    leading = {found for found in looked if _reached(depth, found) in walk.looked}

    def steps(among: Iterable[Looked], inverse: bool) -> Steps:
        names = {name for name, back in among if back is inverse}
        return Steps(frozenset(name for name in names if name is not None), None in names)

    return Level(
        forward=steps(looked, False),
        inverse=steps(looked, True),
        onward=steps(leading, False),
        backward=steps(leading, True),
    )
