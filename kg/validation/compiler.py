"""Shapes compiled into conservative SPARQL: every node that might violate a shape is found.

A verdict is built for each constraint, over-approximated both ways (it might fail, it might pass)
so that sh:not and sh:xone stay on the safe side too. What cannot be compiled gets the verdict that
says nothing, which makes every term that meets it a suspect.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeGuard

import pyoxigraph as ox

from kg.validation import components, nested, paths, values
from kg.validation.boolean import (
    FALSE,
    NEVER_FAILS,
    TRUE,
    UNKNOWN,
    Joinable,
    Verdict,
    all_of,
    any_of,
    both,
    exists,
    filtered,
    not_,
    parts_of,
)
from kg.validation.components import Constraint, OnTerm, Subclasses, value_of
from kg.validation.graph import ShapesError
from kg.validation.lexical import kept
from kg.validation.literals import text
from kg.validation.shapes import Shape, Shapes
from kg.validation.terms import EVERY, Range, Term, speakable
from kg.validation.vocabulary import RDF_TYPE, RDFS_SUBCLASS

LONGEST: Final = 400_000
"""Characters of a condition beyond which its shape is left to the judge."""
ON_A_TERM: Final = {**components.ON_A_TERM, **nested.ON_A_TERM}
WITH_ANOTHER: Final = {
    "ignoredProperties": "closed",
    "qualifiedMinCount": "qualifiedValueShape",
    "qualifiedMaxCount": "qualifiedValueShape",
}
"""Parameters that are wrong without another one: pyshacl stops there."""


@dataclass(frozen=True)
class Compiled:
    """A shape as a query for its suspects, empty where it can have none.

    `compiled` and `judged` name the constraints the query decides and those it leaves to the judge,
    as `component` or `shape component` for those of nested shapes.
    """

    shape: Shape
    targets: str
    condition: str
    certain: tuple[Term, ...]
    """Targets that are suspects because no query can name them: blank nodes, mostly."""
    compiled: tuple[str, ...]
    judged: tuple[str, ...]

    @property
    def query(self) -> str:
        """The query for the suspects; empty where there can be none."""
        return self.within(EVERY)

    def within(self, own: Range) -> str:
        """The query for the suspects of a range, and for literals and blank nodes of any."""
        if not self.targets or self.condition == FALSE:
            return ""
        # A query within the query: else the store looks at the condition before the range.
        nodes = f"{{ SELECT DISTINCT ?this {{ {{ {self.targets} }} {filtered(_inside(own))}}} }}"
        patterns = [part.pattern for part in parts_of(self.condition) if _joinable(part)]
        rest = any_of(part for part in parts_of(self.condition) if not _joinable(part))
        # One condition for each node is slow where its pattern leads far: that is a join.
        ways = [f"{nodes} {pattern[1:-1]}" for pattern in patterns]
        if rest != FALSE:
            ways.insert(0, f"{nodes} {filtered(rest)}")
        body = ways[0] if len(ways) == 1 else " UNION ".join(f"{{ {way} }}" for way in ways)
        return f"SELECT DISTINCT ?this WHERE {{ {body} }}"


def _joinable(condition: str) -> TypeGuard[Joinable]:
    return isinstance(condition, Joinable) and bool(condition.pattern)


def _inside(own: Range) -> str:
    if own == EVERY:
        return TRUE
    limits = [f"STR(?this) >= {text(own.start)}"]
    if own.end is not None:
        limits.append(f"STR(?this) < {text(own.end)}")
    return any_of(["!isIRI(?this)", all_of(limits)])


def alone(name: ox.NamedNode) -> tuple[ox.NamedNode, ...]:
    """The classes under a class where the data is not known: itself."""
    return (name,)


def _listed(nodes: Iterable[Term]) -> str:
    """A pattern that binds ?this to the nodes a query can name; empty where there is none."""
    named = " ".join(str(kept(node)) for node in nodes if speakable(node))
    return f"VALUES ?this {{ {named} }}" if named else ""


@dataclass
class Compiler:
    """Compiles the shapes of one shapes graph for one store."""

    shapes: Shapes
    subclasses: Subclasses = alone
    _open: list[Shape] = field(default_factory=list, repr=False)
    _done: list[tuple[Shape, str, bool]] = field(default_factory=list, repr=False)

    def compile(self, shape: Shape, among: tuple[Term, ...] | None = None) -> Compiled:
        """The query for the suspects of a targeted shape, or for those among given targets."""
        self._done.clear()
        verdict = self.verdict(shape, "?this")
        condition = verdict.fails if len(verdict.fails) < LONGEST else TRUE
        nodes = shape.targets.nodes if among is None else among
        unspeakable = tuple(node for node in nodes if not speakable(node))
        targets = self.targets(shape) if among is None else _listed(among)
        labels = [self._labels(shape, decided) for decided in (True, False)]
        return Compiled(shape, targets, condition, unspeakable, labels[0], labels[1])

    def _labels(self, top: Shape, decided: bool) -> tuple[str, ...]:
        found = {(shape, name) for shape, name, certain in self._done if certain is decided}
        return tuple(sorted(n if s is top else f"{s.name} {n}" for s, n in found))

    def targets(self, shape: Shape) -> str:
        """A pattern that binds ?this to every target of a shape, except those no query can name."""
        targets = shape.targets
        listed = _listed(targets.nodes)
        ways = [listed] if listed else []
        ways += [way for class_iri in targets.classes for way in self._instances(class_iri)]
        ways += [f"?this {predicate} ?_o" for predicate in targets.subjects_of]
        ways += [f"?_s {predicate} ?this" for predicate in targets.objects_of]
        ways = list(dict.fromkeys(ways))
        if len(ways) == 1:
            return ways[0]
        return " UNION ".join(f"{{ {way} }}" for way in ways)

    def _instances(self, class_iri: Term) -> list[str]:
        if not isinstance(class_iri, ox.NamedNode):
            return []
        classes = self.subclasses(class_iri)
        if classes is None:
            return [f"?this {RDF_TYPE}/{RDFS_SUBCLASS}* {class_iri}"]
        return [f"?this {RDF_TYPE} {name}" for name in classes]

    def verdict(self, shape: Shape, var: str) -> Verdict:
        """What is known of a term as focus node of a shape."""
        if shape.deactivated:
            return NEVER_FAILS
        if shape in self._open or shape.problem:
            self._done.append((shape, shape.problem or "recursion", False))
            return UNKNOWN
        self._open.append(shape)
        try:
            return both(self._constraints(shape, var))
        finally:
            self._open.pop()

    def _constraints(self, shape: Shape, var: str) -> Iterator[Verdict]:
        on_each: list[tuple[str, Constraint]] = []
        for name, given in sorted(shape.parameters.items()):
            constraint = Constraint(shape, given, self)
            if name in ON_A_TERM:
                on_each.append((name, constraint))
            elif name in values.ON_VALUES:
                yield self._made(name, constraint, values.ON_VALUES[name], var)
            elif name in WITH_ANOTHER and WITH_ANOTHER[name] not in shape.parameters:
                yield self._left(name, shape)
        for component in shape.custom:
            yield self._left(str(component), shape)
        yield self._on_each_value(shape, on_each, var)

    def _on_each_value(
        self, shape: Shape, constraints: list[tuple[str, Constraint]], var: str
    ) -> Verdict:
        """Constraints that each value node must meet: the term itself, or where the path leads."""

        def on(value: str) -> Verdict:
            return both(self._made(name, c, ON_A_TERM[name], value) for name, c in constraints)

        if shape.path is None or not constraints:
            return on(var)
        own = on(var) if paths.nullable(shape.path) else NEVER_FAILS
        moving = paths.moving(shape.path)
        if moving is None:
            return own
        value = value_of(var)
        verdict = on(value)
        pattern = f"{var} {moving} {value}"
        unfit = not_(exists(pattern, not_(verdict.passes)))
        return both([own, Verdict(exists(pattern, verdict.fails), unfit)])

    def _made(self, name: str, constraint: Constraint, make: OnTerm, var: str) -> Verdict:
        """The verdict of a constraint; one that is malformed is left to the judge."""
        try:
            verdict = make(constraint, var)
        except (ValueError, LookupError, AttributeError, ShapesError) as error:
            return self._left(f"{name} ({error})", constraint.shape)
        self._done.append((constraint.shape, name, verdict != UNKNOWN))
        return verdict

    def _left(self, name: str, shape: Shape) -> Verdict:
        self._done.append((shape, name, False))
        return UNKNOWN
