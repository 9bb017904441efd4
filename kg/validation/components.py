"""Each core constraint on a single term, as a verdict: https://www.w3.org/TR/shacl/#core-components.

The constraints that look at all the values of a path are in `kg.validation.values`, those that
name other shapes in `kg.validation.nested`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import pyoxigraph as ox

from kg.validation.boolean import (
    FALSE,
    NEVER_FAILS,
    TRUE,
    UNKNOWN,
    Verdict,
    all_of,
    any_of,
    both,
    exact,
    exists,
    not_,
)
from kg.validation.graph import ShapesGraph
from kg.validation.lexical import has_datatype
from kg.validation.literals import (
    COLLAPSED,
    collapsed,
    same_term,
    surely,
    surely_not,
    text,
    well_typed,
)
from kg.validation.paths import Path
from kg.validation.patterns import matching
from kg.validation.shapes import Shape, Shapes
from kg.validation.terms import Term
from kg.validation.vocabulary import RDF_TYPE, RDFS, RDFS_SUBCLASS, SHACL

Subclasses: TypeAlias = Callable[[ox.NamedNode], tuple[ox.NamedNode, ...] | None]
"""A class and all its subclasses in the data; None where they cannot be listed."""


class Scope(Protocol):
    """What a constraint may ask of the compiler it is compiled by."""

    @property
    def shapes(self) -> Shapes: ...

    @property
    def subclasses(self) -> Subclasses: ...

    def verdict(self, shape: Shape, var: str) -> Verdict:
        """What is known of a term as focus node of a shape."""


@dataclass(frozen=True, eq=False)
class Constraint:
    """A constraint component on one shape: its values, and what it is compiled by."""

    shape: Shape
    values: tuple[Term, ...]
    scope: Scope

    @property
    def graph(self) -> ShapesGraph:
        return self.scope.shapes.graph

    @property
    def path(self) -> Path:
        """The path of the shape; raises ValueError on a node shape."""
        if self.shape.path is None:
            raise ValueError("on a node shape")
        return self.shape.path

    def shapes(self) -> list[Shape]:
        """The shapes that are the values."""
        return [self.scope.shapes.shape(node) for node in self.values]

    def beside(self, name: str) -> "Constraint | None":
        """Another parameter of the same shape, if it is there."""
        values = self.shape.parameters.get(name)
        return Constraint(self.shape, values, self.scope) if values else None

    def integer(self) -> int:
        """The one whole number that is the value; raises ValueError."""
        (value,) = self.values
        if not isinstance(value, ox.Literal):
            raise ValueError(f"{value} is not a number")
        return int(value.value)

    def truth(self) -> bool:
        return any(v.value.lower() == "true" for v in self.values if isinstance(v, ox.Literal))


def class_(constraint: Constraint, var: str) -> Verdict:
    """sh:class"""
    return both(exact(_instance(constraint, var, value)) for value in constraint.values)


def _instance(constraint: Constraint, var: str, class_iri: Term) -> str:
    if not isinstance(class_iri, ox.NamedNode):
        return FALSE
    classes = constraint.scope.subclasses(class_iri)
    if classes is None or len(classes) > 50:
        return exists(f"{var} {RDF_TYPE}/{RDFS_SUBCLASS}* {class_iri}")
    return any_of(exists(f"{var} {RDF_TYPE} {name}") for name in classes)


def datatype(constraint: Constraint, var: str) -> Verdict:
    """sh:datatype"""
    (value,) = constraint.values
    if not isinstance(value, ox.NamedNode):
        return UNKNOWN
    if value.value == RDFS + "Literal":
        return exact(f"isLITERAL({var})")
    if value.value == RDFS + "Datatype":
        return Verdict(TRUE, f"isLITERAL({var})")
    return Verdict(
        not_(f"COALESCE({well_typed(var, value.value)}, false)"),
        f"COALESCE({has_datatype(var, value.value)}, false)",
    )


NODE_KINDS: Final = {
    "IRI": ("isIRI",),
    "BlankNode": ("isBLANK",),
    "Literal": ("isLITERAL",),
    "BlankNodeOrIRI": ("isBLANK", "isIRI"),
    "BlankNodeOrLiteral": ("isBLANK", "isLITERAL"),
    "IRIOrLiteral": ("isIRI", "isLITERAL"),
}


def node_kind(constraint: Constraint, var: str) -> Verdict:
    """sh:nodeKind"""
    (value,) = constraint.values
    name = value.value.removeprefix(SHACL) if isinstance(value, ox.NamedNode) else ""
    return exact(any_of(f"{test}({var})" for test in NODE_KINDS.get(name, ())))


def _range(operator: str) -> "OnTerm":
    def compare(constraint: Constraint, var: str) -> Verdict:
        return both(
            Verdict(not_(surely(var, operator, value)), not_(surely_not(var, operator, value)))
            for value in constraint.values
        )

    return compare


def min_length(constraint: Constraint, var: str) -> Verdict:
    """sh:minLength"""
    if (least := constraint.integer()) == 0:
        return NEVER_FAILS
    long_enough = f"COALESCE(!isBLANK({var}) && STRLEN(STR({var})) >= {least}, false)"
    return Verdict(any_of([not_(long_enough), collapsed(var)]), long_enough)


def max_length(constraint: Constraint, var: str) -> Verdict:
    """sh:maxLength"""
    most = constraint.integer()
    short_enough = f"COALESCE(!isBLANK({var}) && STRLEN(STR({var})) <= {most}, false)"
    return Verdict(not_(short_enough), any_of([short_enough, collapsed(var)]))


def pattern(constraint: Constraint, var: str) -> Verdict:
    """sh:pattern with sh:flags"""
    flags = constraint.shape.parameters.get("flags", ())
    if len(flags) > 1 or not all(isinstance(v, ox.Literal) for v in (*flags, *constraint.values)):
        return UNKNOWN
    return both(
        matching(var, str(value.value), flags[0].value if flags else "")
        for value in constraint.values
        if isinstance(value, ox.Literal)
    )


def language_in(constraint: Constraint, var: str) -> Verdict:
    """sh:languageIn: the judge takes a whole tag or its first part"""
    (head,) = constraint.values
    tags = {item.value.lower() for item in constraint.graph.items(head)}
    if "*" in tags:
        return exact(f"COALESCE(LANG({var}) != '', false)")
    listed = ", ".join(text(tag) for tag in sorted(tags) if tag) or "'-'"
    tag = f"LCASE(LANG({var}))"
    return exact(f"COALESCE({tag} IN ({listed}) || STRBEFORE({tag}, '-') IN ({listed}), false)")


def in_(constraint: Constraint, var: str) -> Verdict:
    """sh:in"""
    (head,) = constraint.values
    members = constraint.graph.items(head)
    names = [str(item) for item in members if isinstance(item, ox.NamedNode)]
    literals = [item for item in members if isinstance(item, ox.Literal)]
    listed = [f"COALESCE({var} IN ({', '.join(names)}), false)"] if names else []
    member = any_of([*listed, *(same_term(var, item) for item in literals)])
    odd = any(item.datatype.value in COLLAPSED for item in literals)
    return Verdict(not_(member), any_of([member, collapsed(var)]) if odd else member)


def has_value(constraint: Constraint, var: str) -> Verdict:
    """sh:hasValue on a node shape, where the only value is the term itself"""
    return both(is_value(var, value) for value in constraint.values)


def is_value(var: str, value: Term) -> Verdict:
    """Whether a term is a given one, as the judge compares them."""
    same = same_term(var, value)
    odd = isinstance(value, ox.Literal) and value.datatype.value in COLLAPSED
    return Verdict(not_(same), any_of([same, collapsed(var)]) if odd else same)


def closed(constraint: Constraint, var: str) -> Verdict:
    """sh:closed with sh:ignoredProperties"""
    if not constraint.truth():
        return NEVER_FAILS
    parameters, graph = constraint.shape.parameters, constraint.graph
    allowed = [i for head in parameters.get("ignoredProperties", ()) for i in graph.items(head)]
    for property_shape in parameters.get("property", ()):
        allowed += graph.values(property_shape, ox.NamedNode(SHACL + "path"))
    names = sorted({str(item) for item in allowed if isinstance(item, ox.NamedNode)})
    resource = f"{var}_p = {RDF_TYPE} && {var}_o = <{RDFS}Resource>"
    others = all_of([f"{var}_p NOT IN ({', '.join(names)})" if names else TRUE, f"!({resource})"])
    return exact(not_(exists(f"{var} {var}_p {var}_o", others)))


OnTerm: TypeAlias = Callable[[Constraint, str], Verdict]
"""Makes the verdict of a constraint on the term a variable is bound to."""


def value_of(var: str, number: int = 0) -> str:
    """The variable for a value of what another is bound to: named alike, searches can be merged."""
    return f"{var}v{number or ''}"


ON_A_TERM: Final[Mapping[str, OnTerm]] = {
    "class": class_,
    "datatype": datatype,
    "nodeKind": node_kind,
    "minExclusive": _range(">"),
    "minInclusive": _range(">="),
    "maxExclusive": _range("<"),
    "maxInclusive": _range("<="),
    "minLength": min_length,
    "maxLength": max_length,
    "pattern": pattern,
    "languageIn": language_in,
    "in": in_,
    "closed": closed,
}
