"""The part of a store that decides whether given nodes conform: what the judge is handed.

It walks the shapes as the judge will, from each suspect along their paths, keeping every triple it
meets: values, their types and the classes above, what nested shapes look at, all that is said of a
closed node, the triples a SPARQL constraint can match, and blank nodes with all they say (a message
spells them out).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kg.validation import paths, queries, reach
from kg.validation.lexical import kept, written
from kg.validation.shapes import Shape, Shapes
from kg.validation.terms import Node, Statement, Term, statements
from kg.validation.vocabulary import RDF_TYPE, RDFS_SUBCLASS, SH

COMPARED: Final = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
NAMED: Final = ("property", "node", "not", "qualifiedValueShape")
LISTED: Final = ("and", "or", "xone")
VALIDATORS: Final = ("validator", "nodeValidator", "propertyValidator")


@dataclass
class Surroundings:
    """Collects the triples around focus nodes."""

    store: ox.Store
    shapes: Shapes
    union: bool = False
    """Whether the data is in all the graphs of the store, or in its default graph."""
    triples: set[Statement] = field(default_factory=set)
    _seen: set[tuple[Term, Term]] = field(default_factory=set, repr=False)
    _spelt: set[Term] = field(default_factory=set, repr=False)
    _waiting: list[tuple[Term, Shape]] = field(default_factory=list, repr=False)
    _groups: dict[str, reach.Group] = field(default_factory=dict, repr=False)

    def add(self, focus: Term, shape: Shape) -> None:
        """Keeps what decides whether a node conforms to a shape."""
        self._waiting.append((focus, shape))
        while self._waiting:
            node, found = self._waiting.pop()
            if (node, found.node) not in self._seen and not found.deactivated:
                self._seen.add((node, found.node))
                self._spell(node)
                self._around(node, found)

    def _around(self, focus: Term, shape: Shape) -> None:
        values = {focus} if shape.path is None else paths.follow(shape.path, focus, self._step)
        for name in COMPARED:
            for predicate in shape.parameters.get(name, ()):
                self._keep(focus, predicate, None)
        for inner in self._inner(shape):
            self._waiting.extend((value, inner) for value in values)
        for value in values:
            if "class" in shape.parameters:
                self._classes(value)
            if "closed" in shape.parameters:
                self._keep(value, None, None)
        for constraint in shape.parameters.get("sparql", ()):
            self._query(focus, shape, constraint)
        for component in shape.custom:
            self._component(focus, values, shape, component)

    def _inner(self, shape: Shape) -> Iterator[Shape]:
        """The shapes that values are held to, or counted by."""
        for name in NAMED:
            for node in shape.parameters.get(name, ()):
                yield self.shapes.shape(node)
        for name in LISTED:
            for members in self.shapes.listed(shape.parameters.get(name, ())):
                yield from members
        if "qualifiedValueShapesDisjoint" in shape.parameters:
            for parent in self.shapes.parents(shape):
                for node in parent.parameters["property"]:
                    beside = self.shapes.shape(node).parameters
                    for sibling in beside.get("qualifiedValueShape", ()):
                        yield self.shapes.shape(sibling)

    # --- fetching

    def _keep(
        self, subject: Term | None, predicate: Term | None, value: Term | None
    ) -> list[Statement]:
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal | ox.BlankNode):
            return []
        found = self._matching(subject, predicate, value)
        self.triples.update(found)
        for start, _, end in found:
            for term in (start, end):
                if isinstance(term, ox.BlankNode):
                    self._spell(term)
        return found

    def _matching(
        self, subject: Node | None, predicate: ox.NamedNode | None, value: Term | None
    ) -> list[Statement]:
        graph = None if self.union else ox.DefaultGraph()
        wanted = None if value is None else kept(value)
        found = self.store.quads_for_pattern(subject, predicate, wanted, graph)
        return [(s, p, written(o)) for s, p, o in statements(found)]

    def _spell(self, term: Term) -> None:
        """Keeps all that a blank node says, and the blank nodes it names.

        Of one that says nothing keeps a triple that names it: pyshacl wants to find it somewhere.
        """
        waiting = [term]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ox.BlankNode) and node not in self._spelt:
                self._spelt.add(node)
                found = self._matching(node, None, None)
                self.triples.update(found or self._matching(None, None, node)[:1])
                waiting.extend(o for _, _, o in found)

    def _step(self, start: Term, predicate: ox.NamedNode, inverse: bool) -> Iterable[Term]:
        if inverse:
            return [s for s, _, _ in self._keep(None, predicate, start)]
        return [o for _, _, o in self._keep(start, predicate, None)]

    def _classes(self, value: Term) -> None:
        """The types of a value and every class above them."""
        for _, _, name in self._keep(value, RDF_TYPE, None):
            paths.follow(ABOVE, name, self._step)

    # --- constraints in SPARQL

    def _query(self, focus: Term, shape: Shape, constraint: Term) -> None:
        graph = self.shapes.graph
        if queries.active(graph, constraint) is not None:
            text = queries.select(graph, shape, constraint)
            self._gather(text, constraint, {"this": {focus}})

    def _component(self, focus: Term, values: set[Term], shape: Shape, component: Term) -> None:
        graph = self.shapes.graph
        bound: reach.Known = {"this": {focus}, "value": values}
        for parameter in graph.values(component, SH("parameter")):
            for path in graph.values(parameter, SH("path")):
                if isinstance(path, ox.NamedNode):
                    name = path.value.replace("#", "/").rpartition("/")[2]
                    bound[name] = set(graph.values(shape.node, path))
        for kind in VALIDATORS:
            for validator in graph.values(component, SH(kind)):
                for form in ("select", "ask"):
                    for text in graph.values(validator, SH(form)):
                        written = queries.with_path(graph, shape, text.value)
                        self._gather(written, validator, bound)

    def _gather(self, text: str, constraint: Term, bound: reach.Known) -> None:
        key = f"{constraint} {text}"
        if key not in self._groups:
            prefixes = queries.declared(self.shapes.graph, constraint)
            self._groups[key] = reach.read(text, prefixes)
        reach.gather(self._groups[key], bound, self._keep)


ABOVE: Final = paths.Repeat(paths.Step(RDFS_SUBCLASS), "*")
