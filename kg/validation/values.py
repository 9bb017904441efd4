"""Constraints on all the values of a path: how many, which, and against another property."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

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
    exists,
    not_,
)
from kg.validation.components import Constraint, OnTerm, value_of
from kg.validation.literals import collapsed, surely_before
from kg.validation.shapes import Shape
from kg.validation.terms import Term

COUNTED: Final = 8
"""Up to how many distinct values a condition counts; beyond, the judge does."""
QUALIFIED: Final = ("qualifiedMinCount", "qualifiedMaxCount")
Wanted: TypeAlias = Callable[[str], str]
"""The condition that a value counts."""


def min_count(constraint: Constraint, var: str) -> Verdict:
    """sh:minCount"""
    return _at_least(constraint, var, constraint.integer(), _any, _any)


def max_count(constraint: Constraint, var: str) -> Verdict:
    """sh:maxCount"""
    return _at_least(constraint, var, constraint.integer() + 1, _any, _any).contrary


def _any(_: str) -> str:
    return TRUE


def _at_least(
    constraint: Constraint, var: str, least: int, surely: Wanted, perhaps: Wanted
) -> Verdict:
    """The verdict of having at least so many distinct values that count, surely and perhaps."""
    moving, own = paths.moving(constraint.path), paths.nullable(constraint.path)
    if least <= 0:
        return NEVER_FAILS
    if least == 1:
        found = [_some(var, moving, own, wanted) for wanted in (surely, perhaps)]
        return Verdict(not_(found[0]), found[1])
    if moving is None:
        return exact(FALSE)
    enough, maybe = FALSE, TRUE
    if least <= COUNTED:
        enough = _distinct(var, moving, least, surely)
    if not own:
        maybe = _perhaps_distinct(var, moving, min(least, COUNTED), perhaps)
    return Verdict(not_(enough), maybe)


def _some(var: str, moving: str | None, own: bool, wanted: Wanted) -> str:
    value = value_of(var)
    reached = exists(f"{var} {moving} {value}", wanted(value)) if moving else FALSE
    return any_of([wanted(var) if own else FALSE, reached])


def _distinct(var: str, moving: str, number: int, wanted: Wanted) -> str:
    """Whether so many values are surely distinct: their texts differ, and nobody rewrites them."""

    def after(names: list[str], name: str) -> str:
        return f"COALESCE(STR({names[-1]}) < STR({name}), false)" if names else TRUE

    def kept(names: list[str], name: str) -> str:
        return all_of([wanted(name), after(names, name), not_(collapsed(name))])

    return _one_after_another(var, moving, number, kept)


def _perhaps_distinct(var: str, moving: str, number: int, wanted: Wanted) -> str:
    """Whether so many values are distinct for the store; their order only spares repetitions."""

    if number == 2:
        first, second = value_of(var), value_of(var, 1)
        apart = all_of([f"!sameTerm({first}, {second})", wanted(first), wanted(second)])
        return exists(f"{var} {moving} {first} . {var} {moving} {second}", apart)

    def kept(names: list[str], name: str) -> str:
        order = f"COALESCE(STR({names[-1]}) <= STR({name}), true)" if names else TRUE
        return all_of([wanted(name), order, *(f"!sameTerm({name}, {other})" for other in names)])

    return _one_after_another(var, moving, number, kept)


def _one_after_another(
    var: str, moving: str, number: int, kept: Callable[[list[str], str], str]
) -> str:
    """Whether values can be taken one after another, each kept beside those taken before.

    Each is looked for inside the search for the one before: written side by side, the store would
    join them all before it compares any.
    """
    names: list[str] = []
    conditions: list[str] = []
    for rank in range(number):
        name = value_of(var, rank)
        conditions.append(kept(names, name))
        names.append(name)
    found = TRUE
    for name, condition in zip(reversed(names), reversed(conditions), strict=True):
        found = exists(f"{var} {moving} {name}", _then(condition, found))
    return found


def _then(condition: str, search: str) -> str:
    """Both, the search only where the condition holds: a store may search first."""
    return (
        search
        if condition == TRUE
        else condition
        if search == TRUE
        else (f"IF({condition}, {search}, false)")
    )


def has_value(constraint: Constraint, var: str) -> Verdict:
    """sh:hasValue"""
    if constraint.shape.path is None:
        return components.has_value(constraint, var)
    return both(_has(constraint, var, value) for value in constraint.values)


def _has(constraint: Constraint, var: str, value: Term) -> Verdict:
    own = components.is_value(var, value) if paths.nullable(constraint.path) else exact(FALSE)
    moving = paths.moving(constraint.path)
    if moving is None:
        return own
    if isinstance(value, ox.NamedNode):
        return either([own, exact(exists(f"{var} {moving} {value}"))])
    name = value_of(var)
    found = components.is_value(name, value)
    pattern = f"{var} {moving} {name}"
    reached = Verdict(not_(exists(pattern, not_(found.fails))), exists(pattern, found.passes))
    return either([own, reached])


def unique_lang(constraint: Constraint, var: str) -> Verdict:
    """sh:uniqueLang"""
    moving = _steps(constraint)
    if not constraint.truth():
        return NEVER_FAILS
    if moving is None:
        return UNKNOWN
    first, second = value_of(var), value_of(var, 1)
    alike = (
        f"COALESCE(LANG({first}) != '' && LCASE(LANG({first})) = LCASE(LANG({second}))"
        f" && !sameTerm({first}, {second}), false)"
    )
    return exact(not_(exists(f"{var} {moving} {first} . {var} {moving} {second}", alike)))


def _steps(constraint: Constraint) -> str | None:
    """The path in SPARQL where each way along it takes a step."""
    return None if paths.nullable(constraint.path) else paths.moving(constraint.path)


def equals(constraint: Constraint, var: str) -> Verdict:
    """sh:equals"""
    return both(_same_values(constraint, var, value) for value in constraint.values)


def _same_values(constraint: Constraint, var: str, predicate: Term) -> Verdict:
    value = value_of(var)
    if constraint.shape.path is None:
        other = exists(f"{var} {predicate} {value}", f"!sameTerm({value}, {var})")
        return Verdict(any_of([not_(exists(f"{var} {predicate} {var}")), other]), TRUE)
    if (moving := _steps(constraint)) is None:
        return UNKNOWN
    here, there = f"{var} {moving} {value}", f"{var} {predicate} {value}"
    missing = [exists(a, not_(exists(b))) for a, b in ((here, there), (there, here))]
    return Verdict(any_of(missing), TRUE)


def disjoint(constraint: Constraint, var: str) -> Verdict:
    """sh:disjoint"""
    return both(_no_common(constraint, var, value) for value in constraint.values)


def _no_common(constraint: Constraint, var: str, predicate: Term) -> Verdict:
    path = constraint.shape.path
    own = exists(f"{var} {predicate} {var}") if path is None or paths.nullable(path) else FALSE
    moving = None if path is None else paths.moving(path)
    if moving is None:
        return Verdict(own, TRUE)
    value, other = value_of(var), value_of(var, 1)
    shared = exists(f"{var} {moving} {value} . {var} {predicate} {value}")
    rewritten = exists(
        f"{var} {predicate} {other} . {var} {moving} {value}",
        all_of([collapsed(value), collapsed(other)]),
    )
    return Verdict(any_of([own, shared, rewritten]), TRUE)


def _less_than(operator: str) -> OnTerm:
    def compare(constraint: Constraint, var: str) -> Verdict:
        """sh:lessThan, sh:lessThanOrEquals"""
        if (moving := _steps(constraint)) is None:
            return UNKNOWN
        first, second = value_of(var), value_of(var, 1)
        late = not_(surely_before(first, second, operator))
        return Verdict(
            any_of(
                exists(f"{var} {moving} {first} . {var} {predicate} {second}", late)
                for predicate in constraint.values
            ),
            TRUE,
        )

    return compare


def qualified(constraint: Constraint, var: str) -> Verdict:
    """sh:qualifiedValueShape with its counts; pyshacl ignores it on node shapes"""
    if constraint.shape.path is None:
        return NEVER_FAILS
    verdicts = [v for shape in constraint.shapes() for v in _limits(constraint, var, shape)]
    return both(verdicts) if verdicts else UNKNOWN


def _limits(constraint: Constraint, var: str, shape: Shape) -> Iterator[Verdict]:
    scope, siblings = constraint.scope, _siblings(constraint, shape)

    def counted(value: str) -> Verdict:
        others = [scope.verdict(sibling, value).contrary for sibling in siblings]
        return both([scope.verdict(shape, value), *others])

    def surely(value: str) -> str:
        return not_(counted(value).fails)

    def perhaps(value: str) -> str:
        return counted(value).passes

    if least := constraint.beside(QUALIFIED[0]):
        yield _at_least(constraint, var, least.integer(), surely, perhaps)
    if most := constraint.beside(QUALIFIED[1]):
        yield _at_least(constraint, var, most.integer() + 1, surely, perhaps).contrary


def _siblings(constraint: Constraint, shape: Shape) -> list[Shape]:
    """The qualified value shapes beside this one, if they must be disjoint."""
    disjoint_too = constraint.beside("qualifiedValueShapesDisjoint")
    if disjoint_too is None or not disjoint_too.truth():
        return []
    shapes = constraint.scope.shapes
    beside = [
        shapes.shape(node)
        for parent in shapes.parents(constraint.shape)
        for node in parent.parameters["property"]
    ]
    nodes = {n for s in beside for n in s.parameters.get("qualifiedValueShape", ())}
    return [shapes.shape(n) for n in sorted(nodes - {shape.node}, key=str)]


def sparql(constraint: Constraint, var: str) -> Verdict:
    """sh:sparql"""
    graph, shape = constraint.graph, constraint.shape
    conditions = [queries.violation(graph, shape, node, var) for node in constraint.values]
    return Verdict(any_of(conditions), TRUE)


ON_VALUES: Final[Mapping[str, OnTerm]] = {
    "minCount": min_count,
    "maxCount": max_count,
    "hasValue": has_value,
    "uniqueLang": unique_lang,
    "equals": equals,
    "disjoint": disjoint,
    "lessThan": _less_than("<"),
    "lessThanOrEquals": _less_than("<="),
    "qualifiedValueShape": qualified,
    "sparql": sparql,
}
