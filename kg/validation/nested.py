"""Constraints that hold a term to other shapes: not, and, or, xone, node, property."""

from collections.abc import Mapping
from typing import Final

from kg.validation.boolean import UNKNOWN, Verdict, both, either, exactly_one
from kg.validation.components import Constraint, OnTerm


def not_(constraint: Constraint, var: str) -> Verdict:
    """sh:not"""
    return both(constraint.scope.verdict(shape, var).contrary for shape in constraint.shapes())


def and_(constraint: Constraint, var: str) -> Verdict:
    """sh:and"""
    return both(both(verdicts) for verdicts in _listed(constraint, var))


def or_(constraint: Constraint, var: str) -> Verdict:
    """sh:or"""
    return both(either(verdicts) for verdicts in _listed(constraint, var))


def xone(constraint: Constraint, var: str) -> Verdict:
    """sh:xone"""
    return both(exactly_one(verdicts) for verdicts in _listed(constraint, var))


def _listed(constraint: Constraint, var: str) -> list[list[Verdict]]:
    scope = constraint.scope
    lists = scope.shapes.listed(constraint.values)
    return [[scope.verdict(shape, var) for shape in shapes] for shapes in lists]


def node(constraint: Constraint, var: str) -> Verdict:
    """sh:node, which the judge wants to name node shapes"""
    return _all(constraint, var, property_shapes=False)


def property_(constraint: Constraint, var: str) -> Verdict:
    """sh:property, which names property shapes"""
    return _all(constraint, var, property_shapes=True)


def _all(constraint: Constraint, var: str, property_shapes: bool) -> Verdict:
    shapes = constraint.shapes()
    if any((shape.path is not None) is not property_shapes for shape in shapes):
        return UNKNOWN
    return both(constraint.scope.verdict(shape, var) for shape in shapes)


ON_A_TERM: Final[Mapping[str, OnTerm]] = {
    "not": not_, "and": and_, "or": or_, "xone": xone, "node": node, "property": property_,
}  # fmt: skip
