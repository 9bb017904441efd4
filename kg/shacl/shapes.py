"""Shapes parser: targets, paths and constraint parameters from Turtle or any RDF syntax."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path as File
from typing import Final

import pyoxigraph as ox

from kg.namespaces import BASE
from kg.shacl import paths
from kg.shacl.shapes_graph import ShapesError, ShapesGraph, build_shapes_graph
from kg.shacl.terms import Statement, Term, iter_statements, parse_rdf_file
from kg.shacl.vocabulary import (
    OWL,
    OWL_CLASS,
    RDF_TYPE,
    RDFS_CLASS,
    RDFS_SUBCLASS,
    SH,
    SHACL,
)

TARGET_PARAMETERS: Final = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")
SHAPE_PARAMETERS: Final = ("property", "node", "not", "qualifiedValueShape")
SHAPE_LIST_PARAMETERS: Final = ("and", "or", "xone")


@dataclass(frozen=True)
class Targets:
    """Targets of a shape: nodes, instances of classes, subjects and objects of predicates."""

    nodes: tuple[Term, ...] = ()
    classes: tuple[Term, ...] = ()
    subjects_of: tuple[Term, ...] = ()
    objects_of: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)


@dataclass(frozen=True, eq=False)
class Shape:
    """One node shape (no path) or property shape, with its parameters under their SHACL names.

    `problem` is the reason for which pyshacl will refuse the shape, or None; `custom_components`
    are the constraint components of the shapes graph itself that apply to it.
    """

    node: Term
    path: paths.Path | None
    targets: Targets
    deactivated: bool
    parameters: Mapping[str, tuple[Term, ...]]
    custom_components: tuple[Term, ...] = ()
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.node.value if isinstance(self.node, ox.NamedNode) else str(self.node)


@dataclass(frozen=True, eq=False)
class Shapes:
    """A shapes graph and the shapes in it."""

    graph: ShapesGraph
    by_node: Mapping[Term, Shape]
    whole: "Shapes | None" = None
    """Of which these are a part (`select_targeted`)."""
    selected: frozenset[Term] | None = None
    """The nodes of the shapes whose targets are validated; None for all."""

    @cached_property
    def targeted(self) -> tuple[Shape, ...]:
        """The active shapes that have targets, in the order of their names."""
        active = (
            s
            for s in self.by_node.values()
            if s.targets
            and not s.deactivated
            and (self.selected is None or s.node in self.selected)
        )
        return tuple(sorted(active, key=lambda shape: shape.name))

    def select_targeted(self, nodes: Iterable[Term]) -> "Shapes":
        """These shapes, of which only those are validated whose results may be about some nodes."""
        selected: set[Term] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in selected:
                selected.add(node)
                if shape := self.by_node.get(node):
                    waiting += [parent.node for parent in self.find_parents(shape)]
        return Shapes(self.graph, self.by_node, self.whole or self, frozenset(selected))

    @cached_property
    def predicates(self) -> frozenset[ox.NamedNode]:
        """The predicates that paths and targets name."""
        along = (paths.list_predicates(s.path) for s in self.by_node.values() if s.path)
        aimed = (
            p
            for s in self.by_node.values()
            for p in (*s.targets.subjects_of, *s.targets.objects_of)
            if isinstance(p, ox.NamedNode)
        )
        return frozenset(aimed).union(*along)

    @cached_property
    def version(self) -> str:
        """The owl:versionInfo of the shapes graph if it has one, else the start of its digest."""
        stated = sorted(
            value.value
            for value in self.graph.objects(ox.NamedNode(OWL + "versionInfo"))
            if isinstance(value, ox.Literal)
        )
        return stated[0] if stated else self.digest[:16]

    @property
    def digest(self) -> str:
        """The SHA-256 of the shapes graph, whatever the order or layout of its files."""
        return self.graph.digest

    def get_shape(self, node: Term) -> Shape:
        """The shape of a node; raises ShapesError if there is none."""
        try:
            return self.by_node[node]
        except KeyError:
            raise ShapesError(f"{node} is used as a shape and is none") from None

    def find_parents(self, shape: Shape) -> tuple[Shape, ...]:
        """The shapes that have this one as sh:property."""
        candidates = self.by_node.values()
        return tuple(s for s in candidates if shape.node in s.parameters.get("property", ()))

    def get_shape_lists(self, heads: Iterable[Term]) -> tuple[tuple[Shape, ...], ...]:
        """The shapes of each list, as sh:and, sh:or and sh:xone give them."""
        return tuple(
            tuple(self.get_shape(item) for item in self.graph.items(head)) for head in heads
        )


def load_shapes(files: Iterable[File]) -> Shapes:
    """The shapes of files and folders; raises ShapesError with file and line of the mistake.

    Files with the same names and content give the same object, so that its queries are reused.
    """
    return _load_contents(tuple((file, _read_content(file)) for file in _list_files(files)))


@lru_cache(maxsize=2)
def _load_contents(files: tuple[tuple[File, bytes], ...]) -> Shapes:
    return parse_shapes(
        triple for file, content in files for triple in _read_triples(file, content)
    )


def parse_shapes(triples: Iterable[Statement] | str) -> Shapes:
    """The shapes in triples, or in a Turtle text."""
    if isinstance(triples, str):
        triples = iter_statements(ox.parse(triples, format=ox.RdfFormat.TURTLE))
    return build_shapes(build_shapes_graph(triples))


def build_shapes(graph: ShapesGraph) -> Shapes:
    """The shapes of a graph whose blank nodes have stable names."""
    custom = _list_custom_components(graph)
    nodes = sorted(_find_shape_nodes(graph), key=str)
    return Shapes(graph, {node: _parse_shape(graph, node, custom) for node in nodes})


def _list_files(files: Iterable[File]) -> Iterator[File]:
    for file in files:
        yield from sorted(file.glob("**/*.ttl")) if file.is_dir() else [file]


def _read_content(file: File) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ShapesError(f"{file}: {error}") from error


def _read_triples(file: File, content: bytes) -> list[Statement]:
    try:
        return parse_rdf_file(file, content, BASE)
    except (SyntaxError, ValueError) as error:
        raise ShapesError(f"{file}: {error}") from error


def _find_shape_nodes(graph: ShapesGraph) -> set[Term]:
    """The nodes that are shapes, by the rules of https://www.w3.org/TR/shacl/#shapes."""
    nodes: set[Term] = set()
    for kind in ("NodeShape", "PropertyShape"):
        nodes |= set(graph.instances(SH(kind)))
    for name in (*TARGET_PARAMETERS, "property", "node"):
        nodes |= set(graph.subjects(SH(name)))
    for name in SHAPE_PARAMETERS:
        nodes |= set(graph.objects(SH(name)))
    for name in SHAPE_LIST_PARAMETERS:
        for head in graph.objects(SH(name)):
            nodes |= set(graph.items(head))
    return nodes


def _parse_shape(graph: ShapesGraph, node: Term, custom: Mapping[Term, Sequence[Term]]) -> Shape:
    about = graph.by_subject.get(node, {})
    parameters = {
        predicate.value.removeprefix(SHACL): values
        for predicate, values in about.items()
        if predicate.value.startswith(SHACL)
    }
    path, problem = None, None
    try:
        if stated := parameters.get("path"):
            path = paths.parse_path(graph, stated[0])
    except (paths.PathError, ShapesError) as error:
        path, problem = paths.AlternativePath(()), str(error)
    return Shape(
        node, path, _parse_targets(graph, node, parameters),
        _is_true(parameters.get("deactivated", ())),
        parameters, tuple(_find_custom_components(graph, node, custom)), problem,
    )  # fmt: skip


def _parse_targets(
    graph: ShapesGraph, node: Term, parameters: Mapping[str, tuple[Term, ...]]
) -> Targets:
    classes = parameters.get("targetClass", ())
    if not find_class_types(graph).isdisjoint(graph.values(node, RDF_TYPE)):
        classes = (*classes, node)
    return Targets(
        parameters.get("targetNode", ()), tuple(dict.fromkeys(classes)),
        parameters.get("targetSubjectsOf", ()), parameters.get("targetObjectsOf", ()),
    )  # fmt: skip


def find_class_types(graph: ShapesGraph) -> set[Term]:
    """Types that make a shape a class too, as pyshacl has it: one step of rdfs:subClassOf."""
    above = RDFS_SUBCLASS
    return {RDFS_CLASS, OWL_CLASS} | {
        s for s in graph.subjects(above) if RDFS_CLASS in graph.values(s, above)
    }


def _is_true(values: Iterable[Term]) -> bool:
    return any(isinstance(v, ox.Literal) and v.value.lower() == "true" for v in values)


def _list_custom_components(graph: ShapesGraph) -> dict[Term, Sequence[Term]]:
    """The constraint components declared in a shapes graph, with their required parameters."""
    kinds = [SH("ConstraintComponent")]
    kinds += [
        s for s in graph.subjects(RDFS_SUBCLASS)
        if isinstance(s, ox.NamedNode) and kinds[0] in graph.values(s, RDFS_SUBCLASS)
    ]  # fmt: skip
    return {
        component: [
            path
            for parameter in graph.values(component, SH("parameter"))
            if not _is_true(graph.values(parameter, SH("optional")))
            for path in graph.values(parameter, SH("path"))
        ]
        for component in sorted({c for kind in kinds for c in graph.instances(kind)}, key=str)
    }


def _find_custom_components(
    graph: ShapesGraph, node: Term, components: Mapping[Term, Sequence[Term]]
) -> Iterator[Term]:
    """The constraint components whose required parameters a node has."""
    for component, wanted in components.items():
        if all(isinstance(p, ox.NamedNode) and graph.values(node, p) for p in wanted):
            yield component
