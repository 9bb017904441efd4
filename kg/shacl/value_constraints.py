"""Constraints on value sets of a path: cardinality, membership, comparison with a property."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

import pyoxigraph as ox

from kg.shacl import paths, sparql_constraints, term_constraints
from kg.shacl.literal_comparison import build_collapsed_condition, build_surely_before_condition
from kg.shacl.shapes import Shape
from kg.shacl.sparql_conditions import (
    FALSE,
    NEVER_FAILS,
    TRUE,
    UNKNOWN,
    TernaryCondition,
    all_of,
    any_of,
    conjoin,
    disjoin,
    exists,
    make_exact,
    not_,
)
from kg.shacl.term_constraints import Constraint, ConstraintCompiler, make_value_variable
from kg.shacl.terms import Term

MAX_COUNTED_VALUES: Final = 8
"""Distinct values that a condition counts, at most; pyshacl counts beyond."""
QUALIFIED_COUNTS: Final = ("qualifiedMinCount", "qualifiedMaxCount")
ValueCondition: TypeAlias = Callable[[str], str]
"""The condition that a value counts."""


def compile_min_count(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:minCount"""
    return _compile_at_least(constraint, var, constraint.parse_integer(), _accept_any, _accept_any)


def compile_max_count(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:maxCount"""
    return _compile_at_least(
        constraint, var, constraint.parse_integer() + 1, _accept_any, _accept_any
    ).negation


def _accept_any(_: str) -> str:
    return TRUE


def _compile_at_least(
    constraint: Constraint, var: str, least: int, surely: ValueCondition, perhaps: ValueCondition
) -> TernaryCondition:
    """Condition of having at least so many distinct values that count, surely and perhaps."""
    moving, own = constraint.format_steps(), paths.is_nullable(constraint.path)
    if least <= 0:
        return NEVER_FAILS
    if least == 1:
        some = [_build_some_condition(var, moving, own, wanted) for wanted in (surely, perhaps)]
        return TernaryCondition(not_(some[0]), some[1])
    if moving is None:
        return make_exact(FALSE)
    enough, maybe = FALSE, TRUE
    if least <= MAX_COUNTED_VALUES:
        enough = _build_distinct_condition(var, moving, least, surely)
    if not own:
        maybe = _build_maybe_distinct_condition(
            var, moving, min(least, MAX_COUNTED_VALUES), perhaps
        )
    return TernaryCondition(not_(enough), maybe)


def _build_some_condition(var: str, moving: str | None, own: bool, wanted: ValueCondition) -> str:
    value = make_value_variable(var)
    reached = exists(f"{var} {moving} {value}", wanted(value)) if moving else FALSE
    return any_of([wanted(var) if own else FALSE, reached])


def _build_distinct_condition(var: str, moving: str, number: int, wanted: ValueCondition) -> str:
    """Whether so many values are surely distinct: forms that differ, and that rdflib keeps."""

    def after(names: list[str], name: str) -> str:
        return f"COALESCE(STR({names[-1]}) < STR({name}), false)" if names else TRUE

    def is_next(names: list[str], name: str) -> str:
        return all_of([wanted(name), after(names, name), not_(build_collapsed_condition(name))])

    return _build_chained_search(var, moving, number, is_next)


def _build_maybe_distinct_condition(
    var: str, moving: str, number: int, wanted: ValueCondition
) -> str:
    """Whether so many values are distinct for the store; their order only spares repetitions."""

    if number == 2:
        first, second = make_value_variable(var), make_value_variable(var, 1)
        apart = all_of([f"!sameTerm({first}, {second})", wanted(first), wanted(second)])
        return exists(f"{var} {moving} {first} . {var} {moving} {second}", apart)

    def is_next(names: list[str], name: str) -> str:
        order = f"COALESCE(STR({names[-1]}) <= STR({name}), true)" if names else TRUE
        return all_of([wanted(name), order, *(f"!sameTerm({name}, {other})" for other in names)])

    return _build_chained_search(var, moving, number, is_next)


def _build_chained_search(
    var: str, moving: str, number: int, is_next: Callable[[list[str], str], str]
) -> str:
    """Whether values can be taken one after another, each accepted after those taken before."""
    # Each EXISTS stands inside the one before. Side by side, the store would join all values
    # before it compares any: eight values of a hub would cost the eighth power of their number.
    names: list[str] = []
    conditions: list[str] = []
    for rank in range(number):
        name = make_value_variable(var, rank)
        conditions.append(is_next(names, name))
        names.append(name)
    search = TRUE
    for name, condition in zip(reversed(names), reversed(conditions), strict=True):
        search = exists(f"{var} {moving} {name}", _build_conditional_search(condition, search))
    return search


def _build_conditional_search(condition: str, search: str) -> str:
    """Both, with the search evaluated only where the condition holds: a store may search first."""
    return (
        search
        if condition == TRUE
        else condition
        if search == TRUE
        else (f"IF({condition}, {search}, false)")
    )


def compile_has_value(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:hasValue"""
    if constraint.shape.path is None:
        return term_constraints.compile_has_value(constraint, var)
    return conjoin(_compile_has(constraint, var, value) for value in constraint.values)


def _compile_has(constraint: Constraint, var: str, value: Term) -> TernaryCondition:
    own = (
        term_constraints.compile_is_value(var, value)
        if paths.is_nullable(constraint.path)
        else make_exact(FALSE)
    )
    moving = constraint.format_steps()
    if moving is None:
        return own
    if isinstance(value, ox.NamedNode):
        return disjoin([own, make_exact(exists(f"{var} {moving} {value}"))])
    name = make_value_variable(var)
    same = term_constraints.compile_is_value(name, value)
    pattern = f"{var} {moving} {name}"
    reached = TernaryCondition(
        not_(exists(pattern, not_(same.fails))), exists(pattern, same.passes)
    )
    return disjoin([own, reached])


def compile_unique_lang(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:uniqueLang"""
    if not constraint.is_true():
        return NEVER_FAILS
    if paths.is_nullable(constraint.path):
        return UNKNOWN
    if (moving := constraint.format_steps()) is None:
        return NEVER_FAILS
    first, second = make_value_variable(var), make_value_variable(var, 1)
    alike = (
        f"COALESCE(LANG({first}) != '' && LCASE(LANG({first})) = LCASE(LANG({second}))"
        f" && !sameTerm({first}, {second}), false)"
    )
    return make_exact(not_(exists(f"{var} {moving} {first} . {var} {moving} {second}", alike)))


def compile_equals(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:equals"""
    return conjoin(_compile_same_values(constraint, var, value) for value in constraint.values)


def _compile_same_values(constraint: Constraint, var: str, predicate: Term) -> TernaryCondition:
    value = make_value_variable(var)
    if constraint.shape.path is None:
        other = exists(f"{var} {predicate} {value}", f"!sameTerm({value}, {var})")
        return TernaryCondition(any_of([not_(exists(f"{var} {predicate} {var}")), other]), TRUE)
    if paths.is_nullable(constraint.path):
        return UNKNOWN
    there = f"{var} {predicate} {value}"
    if (moving := constraint.format_steps()) is None:
        return TernaryCondition(exists(there), TRUE)
    here = f"{var} {moving} {value}"
    missing = [exists(a, not_(exists(b))) for a, b in ((here, there), (there, here))]
    return TernaryCondition(any_of(missing), TRUE)


def compile_disjoint(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:disjoint"""
    return conjoin(_compile_no_common(constraint, var, value) for value in constraint.values)


def _compile_no_common(constraint: Constraint, var: str, predicate: Term) -> TernaryCondition:
    path = constraint.shape.path
    own = exists(f"{var} {predicate} {var}") if path is None or paths.is_nullable(path) else FALSE
    if path is None or (moving := constraint.format_steps()) is None:
        return TernaryCondition(own, TRUE)
    value, other = make_value_variable(var), make_value_variable(var, 1)
    shared = exists(f"{var} {moving} {value} . {var} {predicate} {value}")
    rewritten = exists(
        f"{var} {predicate} {other} . {var} {moving} {value}",
        all_of([build_collapsed_condition(value), build_collapsed_condition(other)]),
    )
    return TernaryCondition(any_of([own, shared, rewritten]), TRUE)


def _make_less_than_compiler(operator: str) -> ConstraintCompiler:
    def compare(constraint: Constraint, var: str) -> TernaryCondition:
        """sh:lessThan, sh:lessThanOrEquals"""
        if paths.is_nullable(constraint.path):
            return UNKNOWN
        if (moving := constraint.format_steps()) is None:
            return NEVER_FAILS
        first, second = make_value_variable(var), make_value_variable(var, 1)
        late = not_(build_surely_before_condition(first, second, operator))
        return TernaryCondition(
            any_of(
                exists(f"{var} {moving} {first} . {var} {predicate} {second}", late)
                for predicate in constraint.values
            ),
            TRUE,
        )

    return compare


def compile_qualified(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:qualifiedValueShape with its counts; pyshacl ignores it on node shapes"""
    if constraint.shape.path is None:
        return NEVER_FAILS
    verdicts = [
        v for shape in constraint.get_shapes() for v in _iter_count_limits(constraint, var, shape)
    ]
    return conjoin(verdicts) if verdicts else UNKNOWN


def _iter_count_limits(
    constraint: Constraint, var: str, shape: Shape
) -> Iterator[TernaryCondition]:
    scope, siblings = constraint.context, _find_siblings(constraint, shape)

    def counted(value: str) -> TernaryCondition:
        others = [scope.compile_condition(sibling, value).negation for sibling in siblings]
        return conjoin([scope.compile_condition(shape, value), *others])

    def surely(value: str) -> str:
        return not_(counted(value).fails)

    def perhaps(value: str) -> str:
        return counted(value).passes

    if least := constraint.get_parameter(QUALIFIED_COUNTS[0]):
        yield _compile_at_least(constraint, var, least.parse_integer(), surely, perhaps)
    if most := constraint.get_parameter(QUALIFIED_COUNTS[1]):
        yield _compile_at_least(constraint, var, most.parse_integer() + 1, surely, perhaps).negation


def _find_siblings(constraint: Constraint, shape: Shape) -> list[Shape]:
    """The qualified value shapes beside this one, if they must be disjoint."""
    disjoint_too = constraint.get_parameter("qualifiedValueShapesDisjoint")
    if disjoint_too is None or not disjoint_too.is_true():
        return []
    shapes = constraint.context.shapes
    property_shapes = [
        shapes.get_shape(node)
        for parent in shapes.find_parents(constraint.shape)
        for node in parent.parameters["property"]
    ]
    nodes = {n for s in property_shapes for n in s.parameters.get("qualifiedValueShape", ())}
    return [shapes.get_shape(n) for n in sorted(nodes - {shape.node}, key=str)]


def compile_sparql(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:sparql"""
    graph, shape = constraint.graph, constraint.shape
    conditions = [
        sparql_constraints.build_violation_condition(graph, shape, node, var)
        for node in constraint.values
    ]
    return TernaryCondition(any_of(conditions), TRUE)


VALUE_CONSTRAINTS: Final[Mapping[str, ConstraintCompiler]] = {
    "minCount": compile_min_count,
    "maxCount": compile_max_count,
    "hasValue": compile_has_value,
    "uniqueLang": compile_unique_lang,
    "equals": compile_equals,
    "disjoint": compile_disjoint,
    "lessThan": _make_less_than_compiler("<"),
    "lessThanOrEquals": _make_less_than_compiler("<="),
    "qualifiedValueShape": compile_qualified,
    "sparql": compile_sparql,
}
