"""Coverage of a shapes graph: shapes that are validated, and those that are not, with reasons.

SHACL Core and SPARQL-based constraints and components are validated. The advanced features, those
of SHACL-JS and of later drafts are not, nor is a shape that is named and nowhere described.
https://www.w3.org/TR/shacl/
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import pyoxigraph as ox

from kg.shacl.paths import PredicatePath
from kg.shacl.pyshacl_adapter import prepare_shapes, validate_nodes
from kg.shacl.shapes import (
    SHAPE_LIST_PARAMETERS,
    SHAPE_PARAMETERS,
    TARGET_PARAMETERS,
    Shape,
    Shapes,
    build_shapes,
)
from kg.shacl.shapes_graph import PyshaclError, ShapesError, ShapesGraph
from kg.shacl.terms import Statement, Term, format_bare
from kg.shacl.vocabulary import SH

SUPPORTED_PARAMETERS: Final = frozenset(
    (
        *TARGET_PARAMETERS, *SHAPE_PARAMETERS, *SHAPE_LIST_PARAMETERS,
        "class", "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive",
        "maxExclusive", "maxInclusive", "minLength", "maxLength", "pattern", "flags", "languageIn",
        "uniqueLang", "equals", "disjoint", "lessThan", "lessThanOrEquals", "qualifiedMinCount",
        "qualifiedMaxCount", "qualifiedValueShapesDisjoint", "closed", "ignoredProperties",
        "hasValue", "in", "sparql",
    )
)  # fmt: skip
"""Parameters of the constraints and targets that are validated."""
NON_VALIDATING_PARAMETERS: Final = frozenset(
    (
        "path", "deactivated", "severity", "message", "name", "description", "order", "group",
        "defaultValue", "declare", "prefixes", "select", "ask", "parameter", "validator",
        "nodeValidator", "propertyValidator", "labelTemplate", "optional", "shapesGraph",
        "suggestedShapesGraph", "namespace", "prefix", "agentInstruction", "intent",
        "codeIdentifier",
    )
)  # fmt: skip
"""Parameters that make no result by themselves, or belong to a constraint that is validated."""
UNSUPPORTED_ANYWHERE: Final = (
    "entailment",
    "expression",
    "js",
    "jsLibrary",
    "rule",
    "target",
    "targetWhere",
)
"""Properties of SHACL that demand something of any subject, and make no shape of it."""
PROBE_NODE: Final = ox.NamedNode("urn:ess-kg:probe")


class UnsupportedReason(Enum):
    """Reason for which a part of a shapes graph is not validated."""

    UNKNOWN = "unknown"
    """A constraint, target or rule of SHACL that is none of Core and SPARQL."""
    UNDESCRIBED = "undescribed"
    """A property shape that is named and has no path."""
    RECURSIVE = "recursive"
    """A shape that leads to itself: validated, though SHACL does not define the outcome."""


@dataclass(frozen=True)
class UnsupportedPart:
    """One part of a shapes graph that is not validated."""

    shape: str
    name: str
    """The property of SHACL, or the shape that is not described."""
    reason: UnsupportedReason


def remove_unsupported(shapes: Shapes) -> tuple[Shapes, tuple[UnsupportedPart, ...]]:
    """The shapes without references to undescribed shapes, and all parts that are not validated.

    Raises ShapesError, naming them, where shapes are ill-formed.
    """
    parts = [*_find_unknown(shapes), *_find_recursive(shapes)]
    undescribed = set(_find_undescribed(shapes))
    if undescribed:
        parts += (
            UnsupportedPart(owner.name, format_bare(node), UnsupportedReason.UNDESCRIBED)
            for owner, node in undescribed
        )
        missing = {(owner.node, node) for owner, node in undescribed}
        described = (
            t for t in shapes.graph.triples if t[1] != SH("property") or (t[0], t[2]) not in missing
        )
        shapes = build_shapes(ShapesGraph(tuple(described)))
    _require_well_formed(shapes)
    return shapes, tuple(sorted(parts, key=lambda t: (t.shape, t.name)))


def _find_unknown(shapes: Shapes) -> Iterator[UnsupportedPart]:
    for shape in shapes.by_node.values():
        if not shape.deactivated:
            for name in sorted(shape.parameters):
                if (
                    name not in SUPPORTED_PARAMETERS
                    and name not in NON_VALIDATING_PARAMETERS
                    and name not in UNSUPPORTED_ANYWHERE
                ):
                    yield UnsupportedPart(shape.name, f"sh:{name}", UnsupportedReason.UNKNOWN)
    silent = {shape.node for shape in shapes.by_node.values() if shape.deactivated}
    for name in UNSUPPORTED_ANYWHERE:
        for subject in set(shapes.graph.subjects(SH(name))) - silent:
            yield UnsupportedPart(format_bare(subject), f"sh:{name}", UnsupportedReason.UNKNOWN)
    for component in shapes.graph.instances(SH("ConstraintComponent")):
        if not any(
            shapes.graph.values(validator, SH(query))
            for name in ("validator", "nodeValidator", "propertyValidator")
            for validator in shapes.graph.values(component, SH(name))
            for query in ("select", "ask")
        ):
            yield UnsupportedPart(
                format_bare(component), "sh:ConstraintComponent", UnsupportedReason.UNKNOWN
            )


def _find_undescribed(shapes: Shapes) -> Iterator[tuple[Shape, Term]]:
    for shape in shapes.by_node.values():
        for node in shape.parameters.get("property", ()):
            if node not in shapes.graph.by_subject:
                yield shape, node


def _find_recursive(shapes: Shapes) -> Iterator[UnsupportedPart]:
    """The shapes that lead to themselves."""
    leads = {
        node: tuple(_iter_referenced_shapes(shapes, shape))
        for node, shape in shapes.by_node.items()
    }
    for node in leads:
        reached, waiting = set[Term](), list(leads[node])
        while waiting:
            other = waiting.pop()
            if other not in reached:
                reached.add(other)
                waiting += leads.get(other, ())
        if node in reached and isinstance(node, ox.NamedNode):
            yield UnsupportedPart(node.value, "", UnsupportedReason.RECURSIVE)


def _iter_referenced_shapes(shapes: Shapes, shape: Shape) -> Iterator[Term]:
    """The shapes that a shape names."""
    if shape.deactivated:
        return
    for name in SHAPE_PARAMETERS:
        yield from shape.parameters.get(name, ())
    for name in SHAPE_LIST_PARAMETERS:
        for head in shape.parameters.get(name, ()):
            yield from shapes.graph.items(head)


def _require_well_formed(shapes: Shapes) -> None:
    """Raises ShapesError where pyshacl cannot validate some shape at all, whatever the data."""
    active = [shape for shape in shapes.by_node.values() if not shape.deactivated]
    faults = _find_faults(shapes, active)
    if faults:
        details = "; ".join(f"{name}: {problem}" for name, problem in sorted(faults.items()))
        names = ", ".join(sorted(faults))
        raise ShapesError(
            f"these shapes are ill-formed, or ask for what cannot be judged: {details}",
            f"ces formes sont mal formées, ou demandent ce qui ne peut être jugé : {names} "
            f"({'; '.join(dict.fromkeys(faults.values()))})",
        )


def _find_faults(shapes: Shapes, active: Sequence[Shape]) -> Mapping[str, str]:
    """The error of pyshacl for each shape on which it stops with nearly empty data."""
    prepared, data = prepare_shapes(shapes), _make_probe_data(active)
    faults: dict[str, str] = {}
    waiting = [list(active)]
    while waiting:
        some = waiting.pop()
        try:
            validate_nodes(prepared, data, _target_probe(some))
        except PyshaclError as error:
            if len(some) == 1:
                faults[some[0].name] = str(error).removeprefix("pyshacl cannot judge: ")
                continue
            half = len(some) // 2
            waiting += [some[half:], some[:half]]
    return _prefer_named(faults)


def _make_probe_data(active: Iterable[Shape]) -> list[Statement]:
    """A value for each path with a component of the shapes graph: these validate values only."""
    steps = {
        s.path
        for s in active
        if s.custom_components and isinstance(s.path, PredicatePath) and not s.path.inverse
    }
    return [(PROBE_NODE, step.predicate, ox.Literal("")) for step in sorted(steps, key=str)]


def _target_probe(some: Iterable[Shape]) -> Mapping[Term, list[Term]]:
    return {shape.node: [PROBE_NODE] for shape in some}


def _prefer_named(faults: Mapping[str, str]) -> Mapping[str, str]:
    """The faults of named shapes; those of anonymous ones only where no named shape fails."""
    named = {name: problem for name, problem in faults.items() if not name.startswith("_:")}
    return named or faults
