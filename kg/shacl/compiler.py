"""SHACL-to-SPARQL compiler: conservative queries that select each node that may violate a shape.

Each constraint becomes a pair of conditions, over-approximated both ways (it might fail, it might
pass), so that sh:not and sh:xone stay on the safe side too. A constraint that cannot be compiled
gets `UNKNOWN`, which makes every term it applies to a candidate.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeGuard

import pyoxigraph as ox

from kg.shacl import paths, shape_constraints, term_constraints, value_constraints
from kg.shacl.lexical_forms import protect
from kg.shacl.literal_comparison import quote_string
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.sparql_conditions import (
    FALSE,
    NEVER_FAILS,
    TRUE,
    UNKNOWN,
    Conjunction,
    Exists,
    JoinableExists,
    TernaryCondition,
    all_of,
    any_of,
    conjoin,
    exists,
    format_filter,
    not_,
    split_disjuncts,
)
from kg.shacl.term_constraints import (
    Constraint,
    ConstraintCompiler,
    SubclassLookup,
    make_value_variable,
)
from kg.shacl.terms import ALL_TERMS, Term, TermRange, can_be_named_in_a_query
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS

MAX_CONDITION_LENGTH: Final = 400_000
"""Characters of a condition beyond which all targets of its shape are candidates."""
MIN_COUNT: Final = "minCount"
STATED_VALUES: Final = re.compile(
    r"\?this (?P<property><[^<>]+>) (?P<value>\?\w+|<[^<>]+>)"
    r"( \. \?this (?P<second><[^<>]+>) (?P<other>\?\w+))?"
)
"""Pattern of the values of one property of a node, or of these beside those of a second one."""
FIRST_PROPERTY: Final = re.compile(r"\{\s*\?this\s+(<[^<>]+>)\s")
"""Beginning of a group whose first pattern is of the values of one property of a node."""
ONE: Final = ox.Literal(1)
CONSTRAINTS_ON_TERM: Final = {
    **term_constraints.TERM_CONSTRAINTS,
    **shape_constraints.SHAPE_CONSTRAINTS,
}
REQUIRED_PARAMETERS: Final = {
    "ignoredProperties": "closed",
    "qualifiedMinCount": "qualifiedValueShape",
    "qualifiedMaxCount": "qualifiedValueShape",
}
"""Parameters that are wrong without another one: pyshacl stops there."""


@dataclass(frozen=True)
class RequiredValue:
    """A property shape with `sh:minCount 1`, and the exact condition of having no value."""

    shape: Shape
    missing: str


@dataclass(frozen=True)
class CompiledShape:
    """Queries for the candidates of a shape; empty where it can have none.

    `decided` and `undecided` name the constraints that the queries decide and those they leave to
    the reference validator, as `component`, or `shape component` for those of nested shapes.
    """

    shape: Shape
    targets: str
    condition: str
    """Condition of being a candidate, whatever `required` says."""
    required: tuple[RequiredValue, ...]
    """Values that every target must have, decided by a query of their own."""
    certain_candidates: tuple[Term, ...]
    """Targets that are always candidates because no query can name them: blank nodes, mostly."""
    decided: tuple[str, ...]
    undecided: tuple[str, ...]

    def build_queries(self, own: TermRange, scanned: Collection[str] = ()) -> tuple[str, str]:
        """The query for the candidates of a range of IRIs and for all literals and blank nodes,
        and the query for nodes that are candidates where they are targets.

        Each is empty where there can be none. The second one looks conditions up among all values
        of a property of `scanned`, written as in a query: that is faster than to look at those of
        each target, where most are of targets.
        """
        if not self.targets or self.condition == FALSE:
            return "", ""
        nodes = self._build_target_selection(own)
        rest, joined, scans = [], [], []
        for part in split_disjuncts(self.condition):
            if scan := _build_scan(part, scanned):
                scans.append(scan)
            elif _is_joinable(part):
                # An EXISTS runs once for each node, which is slow where its pattern leads far: such
                # a pattern is joined with the targets instead.
                joined.append(f"{nodes} {part.pattern[1:-1]}")
            else:
                rest.append(part)
        filtered = [f"{nodes} {format_filter(any_of(rest))}"] if rest else []
        return _select_nodes([*filtered, *joined]), _select_nodes(scans)

    def build_missing_query(self, own: TermRange) -> str:
        """The query for the targets without a required value: `?this`, and `?missing0`, … as
        booleans in the order of `required`."""
        if not self.targets or not self.required:
            return ""
        names = [f"?missing{rank}" for rank in range(len(self.required))]
        bound = " ".join(
            f"BIND({required.missing} AS {name})"
            for name, required in zip(names, self.required, strict=True)
        )
        nodes = self._build_target_selection(own)
        return f"SELECT ?this {' '.join(names)} {{ {nodes} {bound} FILTER({' || '.join(names)}) }}"

    def _build_target_selection(self, own: TermRange) -> str:
        # A subquery, because the store would otherwise evaluate the condition before the range.
        return (
            f"{{ SELECT DISTINCT ?this {{ {{ {self.targets} }} "
            f"{format_filter(_build_range_condition(own))}}} }}"
        )


def _select_nodes(ways: Sequence[str]) -> str:
    return f"SELECT DISTINCT ?this WHERE {{ {_unite(ways)} }}" if ways else ""


def _unite(ways: Sequence[str]) -> str:
    return ways[0] if len(ways) == 1 else " UNION ".join(f"{{ {way} }}" for way in ways)


def _build_scan(condition: str, scanned: Collection[str]) -> str:
    """The pattern of a condition that nodes without some properties do not meet; else empty.

    Whoever has two values of a property is found by counting them: the store compares no pairs.
    """
    if _is_joinable(condition):
        first = FIRST_PROPERTY.match(condition.pattern)
        return condition.pattern[1:-1] if first and first[1] in scanned else ""
    parts = condition.parts if isinstance(condition, Conjunction) else (condition,)
    for part in parts:
        stated = STATED_VALUES.fullmatch(part.pattern) if isinstance(part, Exists) else None
        if stated is None or stated["property"] not in scanned:
            continue
        assert isinstance(part, Exists)
        different = f"!sameTerm({stated['value']}, {stated['other']})"
        rest = all_of(other for other in parts if other is not part)
        if (part.condition, stated["property"]) == (different, stated["second"]) and rest == TRUE:
            counted = f"?this {stated['property']} {stated['value']}"
            return f"SELECT ?this {{ {counted} }} GROUP BY ?this HAVING(COUNT(*) > 1)"
        found = f"{part.pattern} {format_filter(part.condition)}"
        if rest == TRUE:
            return found
        # the other conditions name their values in the same way, and must not see these
        return f"{{ SELECT DISTINCT ?this {{ {found} }} }} {format_filter(rest)}"
    return ""


def _is_joinable(condition: str) -> TypeGuard[JoinableExists]:
    return isinstance(condition, JoinableExists) and bool(condition.pattern)


def _build_range_condition(own: TermRange) -> str:
    if own == ALL_TERMS:
        return TRUE
    limits = [f"STR(?this) >= {quote_string(own.start)}"]
    if own.end is not None:
        limits.append(f"STR(?this) < {quote_string(own.end)}")
    return any_of(["!isIRI(?this)", all_of(limits)])


def _has_minimum_of_one(shape: Shape) -> bool:
    """Whether a shape requires one value, and states all that a result of pyshacl tells of it."""
    counts = shape.parameters.get(MIN_COUNT, ())
    messages = shape.parameters.get("message", ())
    severities = shape.parameters.get("severity", ())
    return (
        not shape.deactivated
        and shape.problem is None
        and counts == (ONE,)
        and len(shape.parameters.get("path", ())) == 1
        and bool(messages)
        and all(isinstance(message, ox.Literal) for message in messages)
        and len(severities) < 2
        and all(isinstance(severity, ox.NamedNode) for severity in severities)
    )


def _remove_parameter(shape: Shape, name: str) -> Shape:
    return replace(shape, parameters={n: v for n, v in shape.parameters.items() if n != name})


def get_class_only(name: ox.NamedNode) -> tuple[ox.NamedNode, ...]:
    """The classes under a class where the data is not known: itself."""
    return (name,)


def _build_values_clause(nodes: Iterable[Term]) -> str:
    """A pattern that binds ?this to the nodes a query can name; empty where there is none."""
    named = " ".join(str(protect(node)) for node in nodes if can_be_named_in_a_query(node))
    return f"VALUES ?this {{ {named} }}" if named else ""


@dataclass
class Compiler:
    """Compiles the shapes of one shapes graph for one store."""

    shapes: Shapes
    subclasses: SubclassLookup = get_class_only
    absent: Collection[ox.NamedNode] = ()
    """Predicates that no triple of the store has."""
    _open_shapes: list[Shape] = field(default_factory=list, repr=False)
    _decisions: list[tuple[Shape, str, bool]] = field(default_factory=list, repr=False)

    def compile(self, shape: Shape, among: tuple[Term, ...] | None = None) -> CompiledShape:
        """The query for the candidates of a targeted shape, or for those among given targets."""
        self._decisions.clear()
        required = tuple(self._iter_required_values(shape))
        verdict = self._compile_others(shape, [each.shape for each in required])
        condition = verdict.fails if len(verdict.fails) < MAX_CONDITION_LENGTH else TRUE
        nodes = shape.targets.nodes if among is None else among
        unspeakable = tuple(node for node in nodes if not can_be_named_in_a_query(node))
        targets = self.build_target_pattern(shape) if among is None else _build_values_clause(among)
        labels = [self._list_decisions(shape, decided) for decided in (True, False)]
        return CompiledShape(shape, targets, condition, required, unspeakable, labels[0], labels[1])

    def _iter_required_values(self, shape: Shape) -> Iterator[RequiredValue]:
        """The values that a shape, or a property shape of it, requires: one at least."""
        nodes = shape.parameters.get("property", ()) if shape.path is None else (shape.node,)
        for own in filter(None, map(self.shapes.by_node.get, nodes)):
            if not shape.problem and _has_minimum_of_one(own):
                constraint = Constraint(own, own.parameters[MIN_COUNT], self)
                make = value_constraints.VALUE_CONSTRAINTS[MIN_COUNT]
                yield RequiredValue(
                    own, self._compile_constraint(MIN_COUNT, constraint, make, "?this").fails
                )

    def _compile_others(self, shape: Shape, required: list[Shape]) -> TernaryCondition:
        """Condition of conforming to a shape, without the minimum counts of some shapes."""
        if shape in required:
            return self.compile_condition(_remove_parameter(shape, MIN_COUNT), "?this")
        nodes = {each.node for each in required}
        given = shape.parameters.get("property", ())
        kept = tuple(node for node in given if node not in nodes)
        own = replace(shape, parameters={**shape.parameters, "property": kept}) if nodes else shape
        rest = [own, *(_remove_parameter(each, MIN_COUNT) for each in required)]
        return conjoin(self.compile_condition(each, "?this") for each in rest)

    def _list_decisions(self, top: Shape, decided: bool) -> tuple[str, ...]:
        decisions = {
            n if shape.node == top.node else f"{shape.name} {n}"
            for shape, n, certain in self._decisions
            if certain is decided
        }
        return tuple(sorted(decisions))

    def build_target_pattern(self, shape: Shape) -> str:
        """A pattern that binds ?this to every target of a shape, except those no query can name."""
        targets = shape.targets
        listed = _build_values_clause(targets.nodes)
        ways = [listed] if listed else []
        ways += [
            way for class_iri in targets.classes for way in self._build_instance_patterns(class_iri)
        ]
        ways += [f"?this {p} ?_o" for p in targets.subjects_of if p not in self.absent]
        ways += [f"?_s {p} ?this" for p in targets.objects_of if p not in self.absent]
        return _unite(list(dict.fromkeys(ways)))

    def _build_instance_patterns(self, class_iri: Term) -> list[str]:
        if not isinstance(class_iri, ox.NamedNode):
            return []
        classes = self.subclasses(class_iri)
        if classes is None:
            return [f"?this {RDF_TYPE}/{RDFS_SUBCLASS}* {class_iri}"]
        return [f"?this {RDF_TYPE} {name}" for name in classes]

    def compile_condition(self, shape: Shape, var: str) -> TernaryCondition:
        """Condition of conforming to a shape, for the term a variable is bound to."""
        if shape.deactivated:
            return NEVER_FAILS
        if shape.problem or any(shape.node == each.node for each in self._open_shapes):
            self._decisions.append((shape, shape.problem or "recursion", False))
            return UNKNOWN
        self._open_shapes.append(shape)
        try:
            return conjoin(self._iter_conditions(shape, var))
        finally:
            self._open_shapes.pop()

    def _iter_conditions(self, shape: Shape, var: str) -> Iterator[TernaryCondition]:
        on_each: list[tuple[str, Constraint]] = []
        for name, given in sorted(shape.parameters.items()):
            constraint = Constraint(shape, given, self)
            if name in CONSTRAINTS_ON_TERM:
                on_each.append((name, constraint))
            elif name in value_constraints.VALUE_CONSTRAINTS:
                yield self._compile_constraint(
                    name, constraint, value_constraints.VALUE_CONSTRAINTS[name], var
                )
            elif name in REQUIRED_PARAMETERS and REQUIRED_PARAMETERS[name] not in shape.parameters:
                yield self._leave_undecided(name, shape)
        for component in shape.custom_components:
            yield self._leave_undecided(str(component), shape)
        yield self._compile_for_each_value(shape, on_each, var)

    def _compile_for_each_value(
        self, shape: Shape, constraints: list[tuple[str, Constraint]], var: str
    ) -> TernaryCondition:
        """Constraints that each value node must meet: the term itself, or where the path leads."""

        def on(value: str) -> TernaryCondition:
            return conjoin(
                self._compile_constraint(name, c, CONSTRAINTS_ON_TERM[name], value)
                for name, c in constraints
            )

        if shape.path is None or not constraints:
            return on(var)
        own = on(var) if paths.is_nullable(shape.path) else NEVER_FAILS
        moving = paths.format_non_empty_path(shape.path, self.absent)
        if moving is None:
            return own
        value = make_value_variable(var)
        verdict = on(value)
        pattern = f"{var} {moving} {value}"
        unfit = not_(exists(pattern, not_(verdict.passes)))
        return conjoin([own, TernaryCondition(exists(pattern, verdict.fails), unfit)])

    def _compile_constraint(
        self, name: str, constraint: Constraint, make: ConstraintCompiler, var: str
    ) -> TernaryCondition:
        """The conditions of a constraint; UNKNOWN where it is malformed."""
        try:
            verdict = make(constraint, var)
        except (ValueError, LookupError, AttributeError, ShapesError) as error:
            return self._leave_undecided(f"{name} ({error})", constraint.shape)
        self._decisions.append((constraint.shape, name, verdict != UNKNOWN))
        return verdict

    def _leave_undecided(self, name: str, shape: Shape) -> TernaryCondition:
        self._decisions.append((shape, name, False))
        return UNKNOWN
