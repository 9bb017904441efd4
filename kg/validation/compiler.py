"""Shapes compiled into conservative SPARQL: every node that might violate a shape is found.

A verdict is built for each constraint, over-approximated both ways (it might fail, it might pass)
so that sh:not and sh:xone stay on the safe side too. What cannot be compiled gets the verdict that
says nothing, which makes every term that meets it a suspect.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, count
from typing import Final

import pyoxigraph as ox

from kg.validation import components, paths, queries
from kg.validation.boolean import (
    FALSE,
    NEVER_FAILS,
    TRUE,
    UNKNOWN,
    Verdict,
    all_of,
    any_of,
    both,
    either,
    exact,
    exactly_one,
    exists,
    filtered,
    not_,
)
from kg.validation.components import ON_A_TERM, Constraint, Subclasses
from kg.validation.graph import ShapesError
from kg.validation.literals import collapsed, surely_before
from kg.validation.paths import Path
from kg.validation.shapes import Shape, Shapes
from kg.validation.terms import Term
from kg.validation.vocabulary import RDF_TYPE, RDFS_SUBCLASS

COUNTED: Final = 8
"""Up to how many distinct values a condition counts; beyond, the judge does."""
LONGEST: Final = 400_000
"""Characters of a query beyond which its shape is left to the judge."""
QUALIFIED: Final = ("qualifiedMinCount", "qualifiedMaxCount")
NOT_ALONE: Final = ("flags", "ignoredProperties", "qualifiedValueShapesDisjoint", *QUALIFIED)
"""Parameters read with another one."""


@dataclass(frozen=True)
class Compiled:
    """A shape as a query for its suspects.

    `compiled` and `judged` name the constraints the query decides and those it leaves to the judge,
    as `component` or `shape component` for those of nested shapes.
    """

    shape: Shape
    query: str
    compiled: tuple[str, ...]
    judged: tuple[str, ...]


@dataclass
class Compiler:
    """Compiles the shapes of one shapes graph for one store."""

    shapes: Shapes
    subclasses: Subclasses = field(default=lambda name: (name,))
    _names: Iterator[int] = field(default_factory=count, repr=False)
    _open: list[Shape] = field(default_factory=list, repr=False)
    _done: list[tuple[Shape, str, bool]] = field(default_factory=list, repr=False)

    def compile(self, shape: Shape, among: str | None = None) -> Compiled:
        """The query for the suspects of a targeted shape, among the nodes a pattern binds to ?this."""
        self._done.clear()
        verdict = self.verdict(shape, "?this")
        condition = verdict.fails if len(verdict.fails) < LONGEST else TRUE
        body = f"{among or ''} {{ {self.targets(shape)} }} {filtered(condition)}"
        query = "" if condition == FALSE else f"SELECT DISTINCT ?this WHERE {{ {body} }}"
        found = {
            certain: tuple(sorted({_label(shape, s, name) for s, name, ok in self._done if ok is certain}))
            for certain in (True, False)
        }
        return Compiled(shape, query, found[True], found[False])

    def targets(self, shape: Shape) -> str:
        """A pattern that binds ?this to every target of a shape, except the blank ones it names."""
        targets = shape.targets
        named = " ".join(str(n) for n in targets.nodes if not isinstance(n, ox.BlankNode))
        ways = [f"VALUES ?this {{ {named} }}"] if named else []
        for class_iri in targets.classes:
            ways += self._instances(class_iri)
        ways += [f"?this {predicate} ?_o" for predicate in targets.subjects_of]
        ways += [f"?_s {predicate} ?this" for predicate in targets.objects_of]
        if len(ways) == 1:
            return ways[0]
        return " UNION ".join(f"{{ {way} }}" for way in ways) or "FILTER(false)"

    def _instances(self, class_iri: Term) -> list[str]:
        if not isinstance(class_iri, ox.NamedNode):
            return []
        classes = self.subclasses(class_iri)
        if classes is None:
            return [f"?this {RDF_TYPE}/{RDFS_SUBCLASS}* {class_iri}"]
        return [f"?this {RDF_TYPE} {name}" for name in classes]

    # --- verdicts

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
        values = []
        for name, given in sorted(shape.parameters.items()):
            constraint = Constraint(shape, given, self.shapes.graph, self.subclasses)
            if name in ON_A_TERM:
                values.append((name, constraint, ON_A_TERM[name]))
            elif name in LOGICAL:
                values.append((name, constraint, _bound(LOGICAL[name], self)))
            elif name in ON_VALUES:
                yield self._guarded(name, shape, lambda c=constraint, n=name: ON_VALUES[n](self, c, var))
            elif name in NOT_ALONE and not _companion(name, shape):
                yield self._guarded(name, shape, _unknown)
        if shape.custom:
            yield self._guarded("custom component", shape, _unknown)
        yield self._on_every_value(shape, values, var)

    def _on_every_value(
        self, shape: Shape, constraints: list[tuple[str, Constraint, "OnTerm"]], var: str
    ) -> Verdict:
        """Constraints every value node must meet: the term itself, or what the path leads to."""
        def on(value: str) -> Verdict:
            return both(
                self._guarded(name, shape, lambda f=make, c=given: f(c, value))
                for name, given, make in constraints
            )

        if shape.path is None:
            return on(var)
        if not constraints:
            return NEVER_FAILS
        value = self.fresh()
        verdict = on(value)
        own = on(var) if paths.nullable(shape.path) else NEVER_FAILS
        moving = paths.moving(shape.path)
        if moving is None:
            return own
        pattern = f"{var} {moving} {value}"
        reached = Verdict(
            exists(pattern, verdict.fails), not_(exists(pattern, not_(verdict.passes)))
        )
        return both([own, reached])

    def _guarded(self, name: str, shape: Shape, make: Callable[[], Verdict]) -> Verdict:
        """The verdict of a constraint; UNKNOWN if it is malformed or not compiled."""
        try:
            verdict = make()
        except (ValueError, LookupError, AttributeError, ShapesError) as error:
            verdict, name = UNKNOWN, f"{name} ({error})"
        self._done.append((shape, name, verdict != UNKNOWN))
        return verdict

    def fresh(self) -> str:
        """A variable used nowhere else."""
        return f"?n{next(self._names)}_"


OnTerm = Callable[[Constraint, str], Verdict]


def _bound(make: "Callable[[Compiler, Constraint, str], Verdict]", compiler: Compiler) -> OnTerm:
    return lambda constraint, var: make(compiler, constraint, var)


def _unknown() -> Verdict:
    return UNKNOWN


def _label(top: Shape, shape: Shape, name: str) -> str:
    return name if shape is top else f"{shape.name} {name}"


def _companion(name: str, shape: Shape) -> bool:
    """Whether the parameter this one is read with is there."""
    wanted = {"flags": "pattern", "ignoredProperties": "closed"}.get(name, "qualifiedValueShape")
    return wanted in shape.parameters or name in ("flags", "qualifiedValueShapesDisjoint")


# --- constraints that name other shapes, on a term


def _not(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    shapes = [compiler.shapes.shape(node) for node in constraint.values]
    return both(compiler.verdict(shape, var).contrary for shape in shapes)


def _and(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    lists = compiler.shapes.listed(constraint.values)
    return both(compiler.verdict(shape, var) for shapes in lists for shape in shapes)


def _or(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    lists = compiler.shapes.listed(constraint.values)
    return both(either(compiler.verdict(shape, var) for shape in shapes) for shapes in lists)


def _xone(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    lists = compiler.shapes.listed(constraint.values)
    return both(exactly_one(compiler.verdict(shape, var) for shape in shapes) for shapes in lists)


def _node(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    shapes = [compiler.shapes.shape(node) for node in constraint.values]
    if any(shape.path is not None for shape in shapes):
        return UNKNOWN
    return both(compiler.verdict(shape, var) for shape in shapes)


def _property(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    shapes = [compiler.shapes.shape(node) for node in constraint.values]
    if any(shape.path is None for shape in shapes):
        return UNKNOWN
    return both(compiler.verdict(shape, var) for shape in shapes)


# --- constraints on all the values of a path


def _at_least(
    compiler: Compiler, path: Path, var: str, least: int, wanted: Callable[[str], str]
) -> tuple[str, str]:
    """Whether a path has at least so many distinct values that are wanted: surely, and perhaps.

    `wanted` is exact for the caller: what is surely wanted, or what perhaps is. Distinct values in
    the order of their texts are surely distinct to the judge too, unless it rewrites them.
    """
    if least <= 0:
        return TRUE, TRUE
    moving, own = paths.moving(path), paths.nullable(path)
    if least == 1:
        value = compiler.fresh()
        reached = exists(f"{var} {moving} {value}", wanted(value)) if moving else FALSE
        itself = wanted(var) if own else FALSE
        return (any_of([itself, reached]),) * 2
    if moving is None:
        return FALSE, FALSE
    surely = _distinct(compiler, moving, var, least, wanted, "<") if least <= COUNTED else FALSE
    perhaps = TRUE
    if not own:
        perhaps = _distinct(compiler, moving, var, min(least, COUNTED), wanted, "<=")
    return surely, perhaps


def _distinct(
    compiler: Compiler, moving: str, var: str, number: int, wanted: Callable[[str], str], order: str
) -> str:
    names = [compiler.fresh() for _ in range(number)]
    pattern = " . ".join(f"{var} {moving} {name}" for name in names)
    if order == "<":
        apart = [f"COALESCE(STR({a}) < STR({b}), false)" for a, b in zip(names, names[1:], strict=False)]
        apart += [not_(collapsed(name)) for name in names]
    else:
        apart = [f"COALESCE(STR({a}) <= STR({b}), true)" for a, b in zip(names, names[1:], strict=False)]
        apart += [f"!sameTerm({a}, {b})" for a, b in combinations(names, 2)]
    return exists(pattern, all_of([*apart, *(wanted(name) for name in names)]))


def _any_value(_: str) -> str:
    return TRUE


def _min_count(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    path, least = _path(constraint), constraint.integer()
    surely, perhaps = _at_least(compiler, path, var, least, _any_value)
    return Verdict(not_(surely), perhaps)


def _max_count(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    path, most = _path(constraint), constraint.integer()
    surely, perhaps = _at_least(compiler, path, var, most + 1, _any_value)
    return Verdict(perhaps, not_(surely))


def _has_value(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    if constraint.shape.path is None:
        return components.has_value(constraint, var)
    return both(_has(compiler, constraint.shape.path, var, value) for value in constraint.values)


def _has(compiler: Compiler, path: Path, var: str, value: Term) -> Verdict:
    own = components.is_value(var, value) if paths.nullable(path) else exact(FALSE)
    moving = paths.moving(path)
    if moving is None:
        return own
    if isinstance(value, ox.NamedNode):
        return either([own, exact(exists(f"{var} {moving} {value}"))])
    name = compiler.fresh()
    found = components.is_value(name, value)
    pattern = f"{var} {moving} {name}"
    reached = Verdict(not_(exists(pattern, not_(found.fails))), exists(pattern, found.passes))
    return either([own, reached])


def _unique_lang(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    path = _path(constraint)
    if not constraint.truth():
        return NEVER_FAILS
    moving = paths.moving(path)
    if paths.nullable(path) or moving is None:
        return UNKNOWN
    first, second = compiler.fresh(), compiler.fresh()
    alike = (
        f"COALESCE(LANG({first}) != '' && LCASE(LANG({first})) = LCASE(LANG({second}))"
        f" && !sameTerm({first}, {second}), false)"
    )
    return exact(not_(exists(f"{var} {moving} {first} . {var} {moving} {second}", alike)))


def _equals(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    return both(_same_values(compiler, constraint, var, value) for value in constraint.values)


def _same_values(compiler: Compiler, constraint: Constraint, var: str, predicate: Term) -> Verdict:
    value = compiler.fresh()
    if constraint.shape.path is None:
        other = exists(f"{var} {predicate} {value}", f"!sameTerm({value}, {var})")
        return Verdict(any_of([f"NOT EXISTS {{ {var} {predicate} {var} }}", other]), TRUE)
    moving = paths.moving(constraint.shape.path)
    if moving is None or paths.nullable(constraint.shape.path):
        return UNKNOWN
    here, there = f"{var} {moving} {value}", f"{var} {predicate} {value}"
    missing = [exists(a, f"NOT EXISTS {{ {b} }}") for a, b in ((here, there), (there, here))]
    return Verdict(any_of(missing), TRUE)


def _disjoint(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    return both(_no_common(compiler, constraint, var, value) for value in constraint.values)


def _no_common(compiler: Compiler, constraint: Constraint, var: str, predicate: Term) -> Verdict:
    path = constraint.shape.path
    own = f"EXISTS {{ {var} {predicate} {var} }}" if path is None or paths.nullable(path) else FALSE
    moving = None if path is None else paths.moving(path)
    if moving is None:
        return Verdict(own, TRUE)
    value, other = compiler.fresh(), compiler.fresh()
    shared = exists(f"{var} {moving} {value} . {var} {predicate} {value}")
    rewritten = exists(
        f"{var} {predicate} {other} . {var} {moving} {value}",
        all_of([collapsed(value), collapsed(other)]),
    )
    return Verdict(any_of([own, shared, rewritten]), TRUE)


def _less_than(operator: str) -> "OnValues":
    def compare(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
        path = _path(constraint)
        moving = paths.moving(path)
        if moving is None or paths.nullable(path):
            return UNKNOWN
        first, second = compiler.fresh(), compiler.fresh()
        late = not_(surely_before(first, second, operator))
        late = any_of([late, f"isBLANK({first})", f"isBLANK({second})"])
        return Verdict(
            any_of(
                exists(f"{var} {moving} {first} . {var} {predicate} {second}", late)
                for predicate in constraint.values
            ),
            TRUE,
        )

    return compare


def _qualified(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    shape = constraint.shape
    if shape.path is None:
        return NEVER_FAILS  # pyshacl ignores the constraint on node shapes
    limits = [shape.parameters.get(name, ()) for name in QUALIFIED]
    verdicts = []
    for node in constraint.values:
        siblings = _siblings(compiler, shape, node)
        inner = compiler.shapes.shape(node)

        def counted(value: str, surely: bool, inner: Shape = inner, siblings: list[Shape] = siblings) -> str:
            alone = [compiler.verdict(sibling, value).contrary for sibling in siblings]
            verdict = both([compiler.verdict(inner, value), *alone])
            return not_(verdict.fails) if surely else verdict.passes

        verdicts += list(_limits(compiler, constraint, var, limits, counted))
    return both(verdicts) if any(limits) else UNKNOWN


def _limits(
    compiler: Compiler,
    constraint: Constraint,
    var: str,
    limits: list[tuple[Term, ...]],
    counted: Callable[[str, bool], str],
) -> Iterator[Verdict]:
    path = _path(constraint)
    for given, highest in zip(limits, (False, True), strict=True):
        if given:
            number = Constraint(constraint.shape, given, constraint.graph, constraint.subclasses).integer()
            least = number + 1 if highest else number
            surely, _ = _at_least(compiler, path, var, least, lambda v: counted(v, True))
            _, perhaps = _at_least(compiler, path, var, least, lambda v: counted(v, False))
            enough = Verdict(not_(surely), perhaps)
            yield enough.contrary if highest else enough


def _siblings(compiler: Compiler, shape: Shape, node: Term) -> list[Shape]:
    """The qualified value shapes beside this one, if they must be disjoint."""
    disjoint = shape.parameters.get("qualifiedValueShapesDisjoint", ())
    if not any(isinstance(v, ox.Literal) and v.value.lower() == "true" for v in disjoint):
        return []
    parents = compiler.shapes.parents(shape)
    beside = [compiler.shapes.shape(p) for s in parents for p in s.parameters["property"]]
    nodes = {n for s in beside for n in s.parameters.get("qualifiedValueShape", ()) if n != node}
    return [compiler.shapes.shape(n) for n in sorted(nodes, key=str)]


def _sparql(compiler: Compiler, constraint: Constraint, var: str) -> Verdict:
    return both(
        Verdict(queries.violation(compiler.shapes.graph, constraint.shape, node, var), TRUE)
        for node in constraint.values
    )


def _path(constraint: Constraint) -> Path:
    if constraint.shape.path is None:
        raise ValueError("on a node shape")
    return constraint.shape.path


OnValues = Callable[[Compiler, Constraint, str], Verdict]
LOGICAL: Final = {
    "not": _not, "and": _and, "or": _or, "xone": _xone, "node": _node, "property": _property,
}  # fmt: skip
ON_VALUES: Final[dict[str, OnValues]] = {
    "minCount": _min_count,
    "maxCount": _max_count,
    "hasValue": _has_value,
    "uniqueLang": _unique_lang,
    "equals": _equals,
    "disjoint": _disjoint,
    "lessThan": _less_than("<"),
    "lessThanOrEquals": _less_than("<="),
    "qualifiedValueShape": _qualified,
    "sparql": _sparql,
}
