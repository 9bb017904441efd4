"""Focus subgraph: the part of a store that decides whether given nodes conform.

The walk follows the shapes as pySHACL will, from each candidate along their paths, and keeps every
triple it meets: values, their types and superclasses, the values of nested shapes, all triples of a
closed node, the triples a SPARQL constraint can match, and blank nodes with all their triples (a
message spells them out).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kg.shacl import paths, query_footprint, sparql_constraints
from kg.shacl.lexical_forms import protect, unprotect
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.terms import Node, Statement, Term, iter_statements
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS, SH

COMPARISON_PARAMETERS: Final = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
VALUE_SHAPE_PARAMETERS: Final = ("property", "node", "not", "qualifiedValueShape")
VALUE_SHAPE_LIST_PARAMETERS: Final = ("and", "or", "xone")
VALIDATOR_PREDICATES: Final = ("validator", "nodeValidator", "propertyValidator")


@dataclass
class FocusSubgraph:
    """Collects the triples around focus nodes."""

    store: ox.Store
    shapes: Shapes
    union: bool = False
    """Whether the data is in all the graphs of the store, or in its default graph."""
    triples: set[Statement] = field(default_factory=set)
    _seen: set[tuple[Term, Term]] = field(default_factory=set, repr=False)
    _expanded: set[Term] = field(default_factory=set, repr=False)
    _waiting: list[tuple[Term, Shape]] = field(default_factory=list, repr=False)
    _query_patterns: dict[str, query_footprint.PatternGroup] = field(
        default_factory=dict, repr=False
    )

    def add(self, focus: Term, shape: Shape) -> None:
        """Adds the triples that decide whether a node conforms to a shape."""
        self._waiting.append((focus, shape))
        while self._waiting:
            node, queued_shape = self._waiting.pop()
            if (node, queued_shape.node) not in self._seen and not queued_shape.deactivated:
                self._seen.add((node, queued_shape.node))
                self._expand_blank_node(node)
                self._visit(node, queued_shape)

    def _visit(self, focus: Term, shape: Shape) -> None:
        values = (
            {focus}
            if shape.path is None
            else paths.follow_path(shape.path, focus, self._follow_step)
        )
        for name in COMPARISON_PARAMETERS:
            for predicate in shape.parameters.get(name, ()):
                self._fetch(focus, predicate, None)
        for inner in self._iter_inner_shapes(shape):
            self._waiting.extend((value, inner) for value in values)
        for value in values:
            if "class" in shape.parameters:
                self._add_classes(value)
            if "closed" in shape.parameters:
                self._fetch(value, None, None)
        for constraint in shape.parameters.get("sparql", ()):
            self._add_query(focus, shape, constraint)
        for component in shape.custom_components:
            self._add_component(focus, values, shape, component)

    def _iter_inner_shapes(self, shape: Shape) -> Iterator[Shape]:
        """The shapes that validate the values, or count them."""
        for name in VALUE_SHAPE_PARAMETERS:
            for node in shape.parameters.get(name, ()):
                yield self.shapes.get_shape(node)
        for name in VALUE_SHAPE_LIST_PARAMETERS:
            for members in self.shapes.get_shape_lists(shape.parameters.get(name, ())):
                yield from members
        if "qualifiedValueShapesDisjoint" in shape.parameters:
            for parent in self.shapes.find_parents(shape):
                for node in parent.parameters["property"]:
                    parameters = self.shapes.get_shape(node).parameters
                    for sibling in parameters.get("qualifiedValueShape", ()):
                        yield self.shapes.get_shape(sibling)

    # --- fetching

    def _fetch(
        self, subject: Term | None, predicate: Term | None, value: Term | None
    ) -> list[Statement]:
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal | ox.BlankNode):
            return []
        statements = self._match(subject, predicate, value)
        self.triples.update(statements)
        for start, _, end in statements:
            for term in (start, end):
                if isinstance(term, ox.BlankNode):
                    self._expand_blank_node(term)
        return statements

    def _match(
        self, subject: Node | None, predicate: ox.NamedNode | None, value: Term | None
    ) -> list[Statement]:
        graph = None if self.union else ox.DefaultGraph()
        wanted = None if value is None else protect(value)
        quads = self.store.quads_for_pattern(subject, predicate, wanted, graph)
        return [(s, p, unprotect(o)) for s, p, o in iter_statements(quads)]

    def _expand_blank_node(self, term: Term) -> None:
        """Adds all triples of a blank node, and of the blank nodes it leads to.

        For one without triples, adds a triple that names it: pyshacl wants to find it somewhere.
        """
        waiting = [term]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ox.BlankNode) and node not in self._expanded:
                self._expanded.add(node)
                statements = self._match(node, None, None)
                self.triples.update(statements or self._match(None, None, node)[:1])
                waiting.extend(o for _, _, o in statements)

    def _follow_step(self, start: Term, predicate: ox.NamedNode, inverse: bool) -> Iterable[Term]:
        if inverse:
            return [s for s, _, _ in self._fetch(None, predicate, start)]
        return [o for _, _, o in self._fetch(start, predicate, None)]

    def _add_classes(self, value: Term) -> None:
        """Adds the types of a value and all their superclasses."""
        for _, _, name in self._fetch(value, RDF_TYPE, None):
            paths.follow_path(SUPERCLASSES, name, self._follow_step)

    # --- constraints in SPARQL

    def _add_query(self, focus: Term, shape: Shape, constraint: Term) -> None:
        graph = self.shapes.graph
        if sparql_constraints.get_if_active(graph, constraint) is not None:
            text = sparql_constraints.read_query(graph, shape, constraint)
            self._add_query_matches(text, constraint, {"this": {focus}})

    def _add_component(self, focus: Term, values: set[Term], shape: Shape, component: Term) -> None:
        graph = self.shapes.graph
        bound: query_footprint.Bindings = {"this": {focus}, "value": values}
        for parameter in graph.values(component, SH("parameter")):
            for path in graph.values(parameter, SH("path")):
                if isinstance(path, ox.NamedNode):
                    name = path.value.replace("#", "/").rpartition("/")[2]
                    bound[name] = set(graph.values(shape.node, path))
        for kind in VALIDATOR_PREDICATES:
            for validator in graph.values(component, SH(kind)):
                for form in ("select", "ask"):
                    for text in graph.values(validator, SH(form)):
                        written = sparql_constraints.substitute_path(graph, shape, text.value)
                        self._add_query_matches(written, validator, bound)

    def _add_query_matches(
        self, text: str, constraint: Term, bound: query_footprint.Bindings
    ) -> None:
        key = f"{constraint} {text}"
        if key not in self._query_patterns:
            prefixes = sparql_constraints.read_prefixes(self.shapes.graph, constraint)
            self._query_patterns[key] = query_footprint.parse_query_patterns(text, prefixes)
        query_footprint.fetch_matches(self._query_patterns[key], bound, self._fetch)


SUPERCLASSES: Final = paths.RepeatedPath(paths.PredicatePath(RDFS_SUBCLASS), "*")
