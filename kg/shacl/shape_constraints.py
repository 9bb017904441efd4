"""Constraints that refer to other shapes: not, and, or, xone, node, property."""

from collections.abc import Mapping
from typing import Final

from kg.shacl.sparql_conditions import UNKNOWN, TernaryCondition, conjoin, disjoin, exactly_one
from kg.shacl.term_constraints import Constraint, ConstraintCompiler


def compile_not(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:not"""
    return conjoin(
        constraint.context.compile_condition(shape, var).negation
        for shape in constraint.get_shapes()
    )


def compile_and(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:and"""
    return conjoin(conjoin(verdicts) for verdicts in _compile_lists(constraint, var))


def compile_or(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:or"""
    return conjoin(disjoin(verdicts) for verdicts in _compile_lists(constraint, var))


def compile_xone(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:xone"""
    return conjoin(exactly_one(verdicts) for verdicts in _compile_lists(constraint, var))


def _compile_lists(constraint: Constraint, var: str) -> list[list[TernaryCondition]]:
    scope = constraint.context
    lists = scope.shapes.get_shape_lists(constraint.values)
    return [[scope.compile_condition(shape, var) for shape in shapes] for shapes in lists]


def compile_node(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:node, which pyshacl wants to name node shapes"""
    return _compile_all(constraint, var, property_shapes=False)


def compile_property(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:property, which names property shapes"""
    return _compile_all(constraint, var, property_shapes=True)


def _compile_all(constraint: Constraint, var: str, property_shapes: bool) -> TernaryCondition:
    shapes = constraint.get_shapes()
    if any((shape.path is not None) is not property_shapes for shape in shapes):
        return UNKNOWN
    return conjoin(constraint.context.compile_condition(shape, var) for shape in shapes)


SHAPE_CONSTRAINTS: Final[Mapping[str, ConstraintCompiler]] = {
    "not": compile_not, "and": compile_and, "or": compile_or, "xone": compile_xone,
    "node": compile_node, "property": compile_property,
}  # fmt: skip
