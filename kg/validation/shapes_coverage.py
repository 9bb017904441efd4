"""Coverage of a shapes graph: which shapes are judged and which are not, before any data is.

SHACL Core and SPARQL-based constraints and components are judged. The advanced features, those of
SHACL-JS and of later drafts are not, nor is a shape that is named and nowhere described.
https://www.w3.org/TR/shacl/
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import pyoxigraph as ox

from kg.validation.graph import JudgeStopped, ShapesError, ShapesGraph
from kg.validation.judge import judge, prepare
from kg.validation.paths import Step
from kg.validation.shapes import (
    SHAPE_VALUED,
    SHAPES_LISTED,
    TARGETS,
    Shape,
    Shapes,
    shapes_of,
)
from kg.validation.terms import Statement, Term, bare
from kg.validation.vocabulary import SH

JUDGED: Final = frozenset(
    (
        *TARGETS, *SHAPE_VALUED, *SHAPES_LISTED,
        "class", "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive",
        "maxExclusive", "maxInclusive", "minLength", "maxLength", "pattern", "flags", "languageIn",
        "uniqueLang", "equals", "disjoint", "lessThan", "lessThanOrEquals", "qualifiedMinCount",
        "qualifiedMaxCount", "qualifiedValueShapesDisjoint", "closed", "ignoredProperties",
        "hasValue", "in", "sparql",
    )
)  # fmt: skip
"""The parameters of the constraints and targets that are judged."""
SAYING: Final = frozenset(
    (
        "path", "deactivated", "severity", "message", "name", "description", "order", "group",
        "defaultValue", "declare", "prefixes", "select", "ask", "parameter", "validator",
        "nodeValidator", "propertyValidator", "labelTemplate", "optional", "shapesGraph",
        "suggestedShapesGraph", "namespace", "prefix", "agentInstruction", "intent",
        "codeIdentifier",
    )
)  # fmt: skip
"""What a shape says besides, which makes no result or belongs to what is judged."""
ANYWHERE: Final = ("entailment", "expression", "js", "jsLibrary", "rule", "target", "targetWhere")
"""What makes demands wherever it stands: alone, it does not make a shape of its subject."""
PROBE: Final = ox.NamedNode("urn:ess-kg:probe")


class Why(Enum):
    """Why something of a shapes graph is not judged."""

    UNKNOWN = "unknown"
    """A constraint, target or rule of SHACL that is none of Core and SPARQL."""
    UNDESCRIBED = "undescribed"
    """A property shape that is named and has no path."""
    RECURSIVE = "recursive"
    """A shape that leads to itself: judged, and SHACL does not define with what outcome."""


@dataclass(frozen=True)
class Unjudged:
    """One thing of a shapes graph that is not judged."""

    shape: str
    what: str
    """The property of SHACL, or the shape that is not described."""
    why: Why


def judgeable(shapes: Shapes) -> tuple[Shapes, tuple[Unjudged, ...]]:
    """The shapes without references to what is not described, and all that is not judged.

    Raises ShapesError, naming them, where shapes are ill-formed.
    """
    told = [*_unknown(shapes), *_recursive(shapes)]
    gone = set(_undescribed(shapes))
    if gone:
        told += (Unjudged(owner.name, bare(node), Why.UNDESCRIBED) for owner, node in gone)
        missing = {(owner.node, node) for owner, node in gone}
        kept = (
            t for t in shapes.graph.triples if t[1] != SH("property") or (t[0], t[2]) not in missing
        )
        shapes = shapes_of(ShapesGraph(tuple(kept)))
    _hold_well_formed(shapes)
    return shapes, tuple(sorted(told, key=lambda t: (t.shape, t.what)))


def _unknown(shapes: Shapes) -> Iterator[Unjudged]:
    for shape in shapes.by_node.values():
        if not shape.deactivated:
            for name in sorted(shape.parameters):
                if name not in JUDGED and name not in SAYING and name not in ANYWHERE:
                    yield Unjudged(shape.name, f"sh:{name}", Why.UNKNOWN)
    silent = {shape.node for shape in shapes.by_node.values() if shape.deactivated}
    for name in ANYWHERE:
        for subject in set(shapes.graph.subjects(SH(name))) - silent:
            yield Unjudged(bare(subject), f"sh:{name}", Why.UNKNOWN)
    for component in shapes.graph.instances(SH("ConstraintComponent")):
        if not any(
            shapes.graph.values(validator, SH(query))
            for name in ("validator", "nodeValidator", "propertyValidator")
            for validator in shapes.graph.values(component, SH(name))
            for query in ("select", "ask")
        ):
            yield Unjudged(bare(component), "sh:ConstraintComponent", Why.UNKNOWN)


def _undescribed(shapes: Shapes) -> Iterator[tuple[Shape, Term]]:
    for shape in shapes.by_node.values():
        for node in shape.parameters.get("property", ()):
            if node not in shapes.graph.by_subject:
                yield shape, node


def _recursive(shapes: Shapes) -> Iterator[Unjudged]:
    """The shapes that lead to themselves."""
    leads = {node: tuple(_named(shapes, shape)) for node, shape in shapes.by_node.items()}
    for node in leads:
        reached, waiting = set[Term](), list(leads[node])
        while waiting:
            other = waiting.pop()
            if other not in reached:
                reached.add(other)
                waiting += leads.get(other, ())
        if node in reached and isinstance(node, ox.NamedNode):
            yield Unjudged(node.value, "", Why.RECURSIVE)


def _named(shapes: Shapes, shape: Shape) -> Iterator[Term]:
    """The shapes that a shape names."""
    if shape.deactivated:
        return
    for name in SHAPE_VALUED:
        yield from shape.parameters.get(name, ())
    for name in SHAPES_LISTED:
        for head in shape.parameters.get(name, ()):
            yield from shapes.graph.items(head)


def _hold_well_formed(shapes: Shapes) -> None:
    """Raises ShapesError where pyshacl cannot judge some shape at all, whatever the data."""
    active = [shape for shape in shapes.by_node.values() if not shape.deactivated]
    faults = _faults(shapes, active)
    if faults:
        told = "; ".join(f"{name}: {problem}" for name, problem in sorted(faults.items()))
        names = ", ".join(sorted(faults))
        raise ShapesError(
            f"these shapes are ill-formed, or ask for what cannot be judged: {told}",
            f"ces formes sont mal formées, ou demandent ce qui ne peut être jugé : {names} "
            f"({'; '.join(dict.fromkeys(faults.values()))})",
        )


def _faults(shapes: Shapes, active: Sequence[Shape]) -> Mapping[str, str]:
    """What pyshacl says of each shape that it cannot judge on a node of which little is said."""
    bench, data = prepare(shapes), _probed(active)
    found: dict[str, str] = {}
    waiting = [list(active)]
    while waiting:
        some = waiting.pop()
        try:
            judge(bench, data, _aimed(some))
        except JudgeStopped as error:
            if len(some) == 1:
                found[some[0].name] = str(error).removeprefix("pyshacl cannot judge: ")
                continue
            half = len(some) // 2
            waiting += [some[half:], some[:half]]
    return _named_ones(found)


def _probed(active: Iterable[Shape]) -> list[Statement]:
    """A value for each path of a component of the shapes graph: it is asked of values only."""
    steps = {s.path for s in active if s.custom and isinstance(s.path, Step) and not s.path.inverse}
    return [(PROBE, step.predicate, ox.Literal("")) for step in sorted(steps, key=str)]


def _aimed(some: Iterable[Shape]) -> Mapping[Term, list[Term]]:
    return {shape.node: [PROBE] for shape in some}


def _named_ones(found: Mapping[str, str]) -> Mapping[str, str]:
    """Without the anonymous shapes, where a shape that has a name fails with them."""
    named = {name: problem for name, problem in found.items() if not name.startswith("_:")}
    return named or found
