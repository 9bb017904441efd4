"""Constraint components on a single term (https://www.w3.org/TR/shacl/#core-components).

The constraints that look at all the values of a path are in `kg.shacl.value_constraints`, those
that name other shapes in `kg.shacl.shape_constraints`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import pyoxigraph as ox

from kg.shacl.lexical_forms import build_datatype_condition
from kg.shacl.literal_comparison import (
    COLLAPSED_DATATYPES,
    build_collapsed_condition,
    build_same_term_condition,
    build_surely_condition,
    build_surely_not_condition,
    is_well_typed,
    quote_string,
)
from kg.shacl.paths import Path, format_non_empty_path
from kg.shacl.regex_compat import compile_regex_match
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.shapes_graph import ShapesGraph
from kg.shacl.sparql_conditions import (
    FALSE,
    NEVER_FAILS,
    TRUE,
    UNKNOWN,
    TernaryCondition,
    all_of,
    any_of,
    conjoin,
    exists,
    make_exact,
    not_,
)
from kg.shacl.terms import Term
from kg.shacl.vocabulary import RDF_TYPE, RDFS, RDFS_SUBCLASS, SHACL

SubclassLookup: TypeAlias = Callable[[ox.NamedNode], tuple[ox.NamedNode, ...] | None]
"""A class and all its subclasses in the data; None where they cannot be listed."""


class ConstraintContext(Protocol):
    """Interface of the compiler for the constraints it compiles."""

    @property
    def shapes(self) -> Shapes: ...

    @property
    def subclasses(self) -> SubclassLookup: ...

    @property
    def absent(self) -> Collection[ox.NamedNode]: ...

    def compile_condition(self, shape: Shape, var: str) -> TernaryCondition:
        """Condition of conforming to a shape, for the term a variable is bound to."""


@dataclass(frozen=True, eq=False)
class Constraint:
    """A constraint component on one shape: its values, and what it is compiled by."""

    shape: Shape
    values: tuple[Term, ...]
    context: ConstraintContext

    @property
    def graph(self) -> ShapesGraph:
        return self.context.shapes.graph

    @property
    def path(self) -> Path:
        """The path of the shape; raises ValueError on a node shape."""
        if self.shape.path is None:
            raise ValueError("on a node shape")
        return self.shape.path

    def format_steps(self) -> str | None:
        """The ways along the path that take a step, in SPARQL; None where no term can have one."""
        return format_non_empty_path(self.path, self.context.absent)

    def get_shapes(self) -> list[Shape]:
        """The shapes that are the values."""
        return [self.context.shapes.get_shape(node) for node in self.values]

    def get_parameter(self, name: str) -> "Constraint | None":
        """Another parameter of the same shape, if it is there."""
        values = self.shape.parameters.get(name)
        return Constraint(self.shape, values, self.context) if values else None

    def parse_integer(self) -> int:
        """The one whole number that is the value; raises ValueError."""
        (value,) = self.values
        if not isinstance(value, ox.Literal):
            raise ValueError(f"{value} is not a number")
        return int(value.value)

    def is_true(self) -> bool:
        return any(v.value.lower() == "true" for v in self.values if isinstance(v, ox.Literal))


def compile_class(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:class"""
    return conjoin(
        make_exact(_build_instance_condition(constraint, var, value)) for value in constraint.values
    )


def _build_instance_condition(constraint: Constraint, var: str, class_iri: Term) -> str:
    if not isinstance(class_iri, ox.NamedNode):
        return FALSE
    classes = constraint.context.subclasses(class_iri)
    if classes is None or len(classes) > 50:
        return exists(f"{var} {RDF_TYPE}/{RDFS_SUBCLASS}* {class_iri}")
    return any_of(exists(f"{var} {RDF_TYPE} {name}") for name in classes)


def compile_datatype(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:datatype"""
    (value,) = constraint.values
    if not isinstance(value, ox.NamedNode):
        return UNKNOWN
    if value.value == RDFS + "Literal":
        return make_exact(f"isLITERAL({var})")
    if value.value == RDFS + "Datatype":
        return TernaryCondition(TRUE, f"isLITERAL({var})")
    return TernaryCondition(
        not_(f"COALESCE({is_well_typed(var, value.value)}, false)"),
        f"COALESCE({build_datatype_condition(var, value.value)}, false)",
    )


NODE_KIND_TESTS: Final = {
    "IRI": ("isIRI",),
    "BlankNode": ("isBLANK",),
    "Literal": ("isLITERAL",),
    "BlankNodeOrIRI": ("isBLANK", "isIRI"),
    "BlankNodeOrLiteral": ("isBLANK", "isLITERAL"),
    "IRIOrLiteral": ("isIRI", "isLITERAL"),
}


def compile_node_kind(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:nodeKind"""
    (value,) = constraint.values
    name = value.value.removeprefix(SHACL) if isinstance(value, ox.NamedNode) else ""
    return make_exact(any_of(f"{test}({var})" for test in NODE_KIND_TESTS.get(name, ())))


def _make_range_compiler(operator: str) -> "ConstraintCompiler":
    def compare(constraint: Constraint, var: str) -> TernaryCondition:
        return conjoin(
            TernaryCondition(
                not_(build_surely_condition(var, operator, value)),
                not_(build_surely_not_condition(var, operator, value)),
            )
            for value in constraint.values
        )

    return compare


def compile_min_length(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:minLength"""
    if (least := constraint.parse_integer()) == 0:
        return NEVER_FAILS
    long_enough = f"COALESCE(!isBLANK({var}) && STRLEN(STR({var})) >= {least}, false)"
    return TernaryCondition(
        any_of([not_(long_enough), build_collapsed_condition(var)]), long_enough
    )


def compile_max_length(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:maxLength"""
    most = constraint.parse_integer()
    short_enough = f"COALESCE(!isBLANK({var}) && STRLEN(STR({var})) <= {most}, false)"
    return TernaryCondition(
        not_(short_enough), any_of([short_enough, build_collapsed_condition(var)])
    )


def compile_pattern(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:pattern with sh:flags"""
    flags = constraint.shape.parameters.get("flags", ())
    if len(flags) > 1 or not all(isinstance(v, ox.Literal) for v in (*flags, *constraint.values)):
        return UNKNOWN
    return conjoin(
        compile_regex_match(var, str(value.value), flags[0].value if flags else "")
        for value in constraint.values
        if isinstance(value, ox.Literal)
    )


def compile_language_in(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:languageIn: pyshacl takes a whole tag or its first part"""
    (head,) = constraint.values
    tags = {item.value.lower() for item in constraint.graph.items(head)}
    if "*" in tags:
        return make_exact(f"COALESCE(LANG({var}) != '', false)")
    listed = ", ".join(quote_string(tag) for tag in sorted(tags) if tag) or "'-'"
    tag = f"LCASE(LANG({var}))"
    return make_exact(
        f"COALESCE({tag} IN ({listed}) || STRBEFORE({tag}, '-') IN ({listed}), false)"
    )


def compile_in(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:in"""
    (head,) = constraint.values
    members = constraint.graph.items(head)
    names = [str(item) for item in members if isinstance(item, ox.NamedNode)]
    literals = [item for item in members if isinstance(item, ox.Literal)]
    listed = [f"COALESCE({var} IN ({', '.join(names)}), false)"] if names else []
    member = any_of([*listed, *(build_same_term_condition(var, item) for item in literals)])
    odd = any(item.datatype.value in COLLAPSED_DATATYPES for item in literals)
    return TernaryCondition(
        not_(member), any_of([member, build_collapsed_condition(var)]) if odd else member
    )


def compile_has_value(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:hasValue on a node shape, where the only value is the term itself"""
    return conjoin(compile_is_value(var, value) for value in constraint.values)


def compile_is_value(var: str, value: Term) -> TernaryCondition:
    """Whether a term is a given one, as pyshacl compares them."""
    same = build_same_term_condition(var, value)
    odd = isinstance(value, ox.Literal) and value.datatype.value in COLLAPSED_DATATYPES
    return TernaryCondition(
        not_(same), any_of([same, build_collapsed_condition(var)]) if odd else same
    )


def compile_closed(constraint: Constraint, var: str) -> TernaryCondition:
    """sh:closed with sh:ignoredProperties"""
    if not constraint.is_true():
        return NEVER_FAILS
    parameters, graph = constraint.shape.parameters, constraint.graph
    allowed = [i for head in parameters.get("ignoredProperties", ()) for i in graph.items(head)]
    for property_shape in parameters.get("property", ()):
        allowed += graph.values(property_shape, ox.NamedNode(SHACL + "path"))
    names = sorted({str(item) for item in allowed if isinstance(item, ox.NamedNode)})
    resource = f"{var}_p = {RDF_TYPE} && {var}_o = <{RDFS}Resource>"
    others = all_of([f"{var}_p NOT IN ({', '.join(names)})" if names else TRUE, f"!({resource})"])
    return make_exact(not_(exists(f"{var} {var}_p {var}_o", others)))


ConstraintCompiler: TypeAlias = Callable[[Constraint, str], TernaryCondition]
"""Compiles a constraint on the term a variable is bound to."""


def make_value_variable(var: str, number: int = 0) -> str:
    """The variable for a value of what another is bound to: named alike, searches can be merged."""
    return f"{var}v{number or ''}"


TERM_CONSTRAINTS: Final[Mapping[str, ConstraintCompiler]] = {
    "class": compile_class,
    "datatype": compile_datatype,
    "nodeKind": compile_node_kind,
    "minExclusive": _make_range_compiler(">"),
    "minInclusive": _make_range_compiler(">="),
    "maxExclusive": _make_range_compiler("<"),
    "maxInclusive": _make_range_compiler("<="),
    "minLength": compile_min_length,
    "maxLength": compile_max_length,
    "pattern": compile_pattern,
    "languageIn": compile_language_in,
    "in": compile_in,
    "closed": compile_closed,
}
