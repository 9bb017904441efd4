"""Mapping of a validation result to the table column in which it can be fixed.

The path of a result leads to a property, which a column states about the focus node. A virtual
column has no cell: the columns that its templates name have.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.csvw_tables import TEMPLATE_SLOT, Column, Table, find_slots
from kg.namespaces import expand
from kg.shacl import paths
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.terms import Term, parse_term

STEP_PATTERN: Final = re.compile(r"(\^?)<([^<>]*)>")
LANGUAGE_TAG: Final = re.compile(r'"@([a-z]+)(?:-[\w-]+)?$')
INSTANT_PROPERTY_PREFIX: Final = "http://www.w3.org/2006/time#inXSD"
EDTF_PROPERTY: Final = expand("ess:edtf")
"""The property of an instant that is partial or doubtful."""
MAX_SHAPE_DEPTH: Final = 4


@dataclass(frozen=True)
class PathStep:
    """One property of a path, and whether it is walked backwards."""

    iri: str
    inverse: bool = False


class ResultColumns:
    """Index of the columns of one table by focus node and property."""

    def __init__(self, table: Table) -> None:
        self.table = table
        abouts: dict[str, list[str]] = {}
        for column in table.columns:
            abouts.setdefault(column.about or table.about, []).append(column.name)
        self._columns_by_pattern = [
            (_compile_template(about), names) for about, names in abouts.items()
        ]
        self._subject_pattern = _compile_template(table.about)
        self._cache: dict[tuple[object, ...], tuple[str, ...]] = {}

    def find_columns(
        self, focus: str, steps: tuple[PathStep, ...], language: str = ""
    ) -> tuple[str, ...]:
        """The columns in which a result on a node can be fixed, the likeliest first.

        Where the steps lead to no column, the one that names the node itself.
        """
        about = tuple(
            n
            for pattern, names in self._columns_by_pattern
            if pattern.fullmatch(focus)
            for n in names
        )
        key = (about, steps, language)
        if key not in self._cache:
            named = [self._find_step_column(step, about, language) for step in steps]
            columns = tuple(dict.fromkeys(filter(None, named)))
            self._cache[key] = columns or tuple(
                filter(None, [self._find_node_column(about, focus)])
            )
        return self._cache[key]

    def _find_step_column(self, step: PathStep, about: tuple[str, ...], language: str) -> str:
        candidates = [c for c in self.table.columns if _states_property(c, step.iri)]
        candidates = [c for c in candidates if step.inverse or c.name in about] or candidates
        if language:
            candidates = [c for c in candidates if c.lang in (None, language)] or candidates
        candidates = [c for c in candidates if not c.virtual] or candidates
        return _find_cell(self.table, candidates[0], step.inverse) if candidates else ""

    def _find_node_column(self, about: tuple[str, ...], focus: str) -> str:
        """The column that names a node: the key, or the column from which a fragment is made."""
        key = find_slots(self.table.about)
        if not about or self._subject_pattern.fullmatch(focus):
            return key[-1] if key else ""
        columns = [self.table.get_column(name) for name in about]
        real = [c.name for c in columns if not c.virtual]
        return real[0] if real else _find_cell(self.table, columns[0], inverse=False)


def _states_property(column: Column, iri: str) -> bool:
    if column.temporal == "instant":
        return iri.startswith(INSTANT_PROPERTY_PREFIX) or iri == EDTF_PROPERTY
    return bool(column.predicate) and expand(column.predicate or "") == iri


def _find_cell(table: Table, column: Column, inverse: bool) -> str:
    """The column with the cell: itself, or for a virtual one a column of its templates."""
    if not column.virtual:
        return column.name
    about, value = find_slots(column.about or table.about), find_slots(column.value or "")
    if inverse:
        wanted: tuple[str, ...] = about
    else:
        wanted = column.when or tuple(n for n in value if n not in about) or value or about
    return wanted[0] if wanted else ""


def _compile_template(template: str) -> re.Pattern[str]:
    texts = TEMPLATE_SLOT.split(expand(template))[
        ::3
    ]  # between them: the mark and the name of each slot
    return re.compile("[^#]+?".join(map(re.escape, texts)))


def parse_steps(path: str) -> tuple[PathStep, ...]:
    """The properties of a path written as an IRI or as a SPARQL path in full IRIs."""
    if "<" not in path:
        return (PathStep(path.removeprefix("^"), path.startswith("^")),) if path else ()
    return tuple(PathStep(iri, bool(mark)) for mark, iri in STEP_PATTERN.findall(path))


def parse_language(value: str | None) -> str:
    """The language of a literal, without its region; empty where it has none."""
    tag = LANGUAGE_TAG.search(value or "")
    return tag[1] if tag else ""


class ConstrainedPaths:
    """Index of the properties that shapes constrain, for results without a path."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._cache: dict[str, tuple[PathStep, ...]] = {}

    def get_steps(self, shape: str, path: str | None) -> tuple[PathStep, ...]:
        """The steps of a result's path, or where it has none those of the shapes inside."""
        if path:
            return parse_steps(path)
        if shape not in self._cache:
            inner = self._shapes.by_node.get(parse_term(shape))
            self._cache[shape] = self._list_constrained(inner) if inner else ()
        return self._cache[shape]

    def _list_constrained(self, shape: Shape) -> tuple[PathStep, ...]:
        """The properties of nested shapes; those under sh:not only where there are no others.

        Most shapes under sh:not are conditions: “not a SIREN, or nine digits”.
        """
        required = tuple(dict.fromkeys(self._iter_nested_steps(shape, 0)))
        return required or tuple(dict.fromkeys(self._iter_nested_steps(shape, 0, ("not",))))

    def _iter_nested_steps(
        self, shape: Shape, depth: int, also: tuple[str, ...] = ()
    ) -> Iterator[PathStep]:
        stated = shape.parameters.get("path", ())
        if stated and depth:
            yield from parse_steps(paths.format_declared_path(self._shapes.graph, stated[0]))
        if depth > MAX_SHAPE_DEPTH:
            return
        for node in self._iter_members(shape, depth, also):
            inner = self._shapes.by_node.get(node)
            if inner is not None:
                yield from self._iter_nested_steps(inner, depth + 1, also)

    def _iter_members(self, shape: Shape, depth: int, also: tuple[str, ...]) -> Iterator[Term]:
        for name in ("or", "xone", "and"):
            for head in shape.parameters.get(name, ()):
                yield from self._shapes.graph.items(head)
        # the properties of the shape itself have results of their own, with their paths
        own = ("property",) if depth else ()
        for name in ("node", "qualifiedValueShape", *own, *also):
            yield from shape.parameters.get(name, ())
