"""Which cell of a line a result speaks of: the column where a person can act.

A path leads to a property, and a column says that property of the node the result is about. A
virtual column has no cell: the columns that its templates name, or that bring it about, have.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.namespaces import expand
from kg.tables import SLOT, Column, Table, slots
from kg.validation import paths
from kg.validation.shapes import Shape, Shapes
from kg.validation.terms import Term, parse

STEP: Final = re.compile(r"(\^?)<([^<>]*)>")
LANGUAGE: Final = re.compile(r'"@(fr|en)(?:-\w+)?$')
TIMES: Final = "http://www.w3.org/2006/time#inXSD"
PARTIAL: Final = expand("ess:edtf")
"""The property of an instant that is partial or doubtful."""
DEPTH: Final = 4


@dataclass(frozen=True)
class Step:
    """One property of a path, and whether it is walked backwards."""

    iri: str
    inverse: bool = False


class Columns:
    """The columns of one table, as the results about its lines need them."""

    def __init__(self, table: Table) -> None:
        self.table = table
        abouts: dict[str, list[str]] = {}
        for column in table.columns:
            abouts.setdefault(column.about or table.about, []).append(column.name)
        self._abouts = [(_pattern(about), names) for about, names in abouts.items()]
        self._main = _pattern(table.about)
        self._known: dict[tuple[object, ...], tuple[str, ...]] = {}

    def where(self, focus: str, steps: tuple[Step, ...], language: str = "") -> tuple[str, ...]:
        """The columns where what is wrong with a node can be put right, the likeliest first.

        Where the steps lead to no column, the one that names the node itself.
        """
        about = tuple(
            n for pattern, names in self._abouts if pattern.fullmatch(focus) for n in names
        )
        key = (about, steps, language)
        if key not in self._known:
            found = [self._of_step(step, about, language) for step in steps]
            columns = tuple(dict.fromkeys(filter(None, found)))
            self._known[key] = columns or tuple(filter(None, [self._of_node(about, focus)]))
        return self._known[key]

    def _of_step(self, step: Step, about: tuple[str, ...], language: str) -> str:
        said = [c for c in self.table.columns if _says(c, step.iri)]
        said = [c for c in said if step.inverse or c.name in about] or said
        if language:
            said = [c for c in said if c.lang in (None, language)] or said
        said = [c for c in said if not c.virtual] or said
        return _cell(self.table, said[0], step.inverse) if said else ""

    def _of_node(self, about: tuple[str, ...], focus: str) -> str:
        """The column that names a node: the key, or what brings a node hanging on it about."""
        key = slots(self.table.about)
        if not about or self._main.fullmatch(focus):
            return key[-1] if key else ""
        columns = [self.table.column(name) for name in about]
        real = [c.name for c in columns if not c.virtual]
        return real[0] if real else _cell(self.table, columns[0], inverse=False)


def _says(column: Column, iri: str) -> bool:
    if column.temporal == "instant":
        return iri.startswith(TIMES) or iri == PARTIAL
    return bool(column.predicate) and expand(column.predicate or "") == iri


def _cell(table: Table, column: Column, inverse: bool) -> str:
    """The cell behind a column: itself, or for a virtual one the cell that brings it about."""
    if not column.virtual:
        return column.name
    about, value = slots(column.about or table.about), slots(column.value or "")
    if inverse:
        wanted: tuple[str, ...] = about
    else:
        wanted = column.when or tuple(n for n in value if n not in about) or value or about
    return wanted[0] if wanted else ""


def _pattern(template: str) -> re.Pattern[str]:
    texts = SLOT.split(expand(template))[::3]  # between them: the mark and the name of each slot
    return re.compile("[^#]+?".join(map(re.escape, texts)))


def steps_of(path: str) -> tuple[Step, ...]:
    """The properties of a path written as an IRI or as a SPARQL path in full IRIs."""
    if "<" not in path:
        return (Step(path.removeprefix("^"), path.startswith("^")),) if path else ()
    return tuple(Step(iri, bool(mark)) for mark, iri in STEP.findall(path))


def language_of(value: str | None) -> str:
    """The language of a literal, as far as columns are in one: `fr`, `en` or none."""
    found = LANGUAGE.search(value or "")
    return found[1] if found else ""


class Asked:
    """The properties that shapes ask something of, for results that name no path themselves."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._known: dict[str, tuple[Step, ...]] = {}

    def steps(self, shape: str, path: str | None) -> tuple[Step, ...]:
        """The steps of a result's path, or where it has none those of the shapes inside."""
        if path:
            return steps_of(path)
        if shape not in self._known:
            found = self._shapes.by_node.get(parse(shape))
            self._known[shape] = self._asked(found) if found else ()
        return self._known[shape]

    def _asked(self, shape: Shape) -> tuple[Step, ...]:
        """What the shapes inside ask; what they deny only where they ask nothing else.

        Most of what is denied is a condition: “not a SIREN, or nine digits”.
        """
        asked = tuple(dict.fromkeys(self._inside(shape, 0)))
        return asked or tuple(dict.fromkeys(self._inside(shape, 0, ("not",))))

    def _inside(self, shape: Shape, depth: int, also: tuple[str, ...] = ()) -> Iterator[Step]:
        stated = shape.parameters.get("path", ())
        if stated and depth:
            yield from steps_of(paths.written(self._shapes.graph, stated[0]))
        if depth > DEPTH:
            return
        for node in self._members(shape, depth, also):
            inner = self._shapes.by_node.get(node)
            if inner is not None:
                yield from self._inside(inner, depth + 1, also)

    def _members(self, shape: Shape, depth: int, also: tuple[str, ...]) -> Iterator[Term]:
        for name in ("or", "xone", "and"):
            for head in shape.parameters.get(name, ()):
                yield from self._shapes.graph.items(head)
        # the properties of the shape itself have results of their own, with their paths
        own = ("property",) if depth else ()
        for name in ("node", "qualifiedValueShape", *own, *also):
            yield from shape.parameters.get(name, ())
