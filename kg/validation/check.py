"""A check: suspects found by the store, judged in chunks with what surrounds them."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.namespaces import SHAPES
from kg.progress import Track, silent
from kg.validation.compiler import Compiled, Compiler
from kg.validation.components import Subclasses
from kg.validation.graph import JudgeStopped
from kg.validation.judge import Bench, judge, prepare
from kg.validation.results import Result, Severity
from kg.validation.shapes import Shape, Shapes
from kg.validation.surroundings import Surroundings
from kg.validation.terms import Term, bare, parse, statements
from kg.validation.vocabulary import RDFS_SUBCLASS

CHUNK: Final = 2000
"""Suspects handed to the judge at a time."""
STOPS: Final = 20
"""Suspects the judge may stop on before the shapes are held to be wrong."""
UNJUDGED: Final = SHAPES + "#Unjudged"
"""The component of the results for nodes on which pyshacl stops."""


@dataclass(frozen=True)
class Searched:
    """How one shape was checked: its suspects and the seconds their search took."""

    shape: str
    suspects: int
    seconds: float
    compiled: tuple[str, ...]
    judged: tuple[str, ...]
    """Constraints the search does not decide: they make suspects of all they apply to."""


@dataclass(frozen=True)
class Report:
    """What a check found, in an order that depends on nothing else, and how it went."""

    results: tuple[Result, ...]
    searches: tuple[Searched, ...]
    seconds_searching: float
    seconds_judging: float
    version: str
    """The version of the shapes."""

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, as sh:conforms says."""
        return not self.results

    @property
    def suspects(self) -> int:
        return sum(search.suspects for search in self.searches)

    def of(self, severity: Severity) -> tuple[Result, ...]:
        """The results of a severity."""
        return tuple(result for result in self.results if result.severity is severity)


def check(
    store: ox.Store,
    shapes: Shapes,
    *,
    focus: Collection[str] | None = None,
    union: bool = False,
    chunk: int = CHUNK,
    track: Track = silent,
) -> Report:
    """Holds the data of a store to shapes: the results are those pyshacl alone would give.

    With `focus` (bare IRIs, or `_:id`), only these nodes are held to the shapes that target them.
    The data is the default graph of the store, or with `union` all its graphs. Raises ShapesError
    where the shapes cannot be used.
    """
    search = Search(store, shapes, union, None if focus is None else tuple(sorted(set(focus))))
    start = time.perf_counter()
    targeted = track(shapes.targeted, "Searching", len(shapes.targeted))
    found = [search.run(shape) for shape in targeted]
    middle = time.perf_counter()
    results = list(_judged(store, shapes, [f[1] for f in found], union, chunk, track))
    end = time.perf_counter()
    ordered = sorted({r.key: r for r in results}.items())
    return Report(
        tuple(result for _, result in ordered), tuple(f[0] for f in found),
        middle - start, end - middle, shapes.version,
    )  # fmt: skip


def explain(shapes: Shapes) -> tuple[Compiled, ...]:
    """How each targeted shape is searched: its query, what it decides and what it does not."""
    compiler = Compiler(shapes)
    return tuple(compiler.compile(shape) for shape in shapes.targeted)


class Search:
    """Finds the suspects of shapes in one store."""

    def __init__(
        self, store: ox.Store, shapes: Shapes, union: bool, focus: Sequence[str] | None
    ) -> None:
        self._store, self._union = store, union
        self._compiler = Compiler(shapes, _subclasses(store, union))
        terms = None if focus is None else [parse(text) for text in focus]
        self._blank = {t for t in terms or () if isinstance(t, ox.BlankNode)}
        self._focus = None if terms is None else set(terms)
        self._among = "" if terms is None else _values(terms)

    def run(self, shape: Shape) -> tuple[Searched, tuple[Shape, list[Term]]]:
        """How the search of a shape went, and its suspects in order."""
        start = time.perf_counter()
        compiled = self._compiler.compile(shape, self._among)
        suspects = set(self._answers(compiled.query)) if compiled.query else set()
        suspects |= {node for node in shape.targets.nodes if isinstance(node, ox.BlankNode)}
        if self._focus is not None:
            suspects &= self._focus
        ordered = sorted(suspects, key=bare)
        seconds = time.perf_counter() - start
        return (
            Searched(shape.name, len(ordered), seconds, compiled.compiled, compiled.judged),
            (shape, ordered),
        )

    def _answers(self, query: str) -> Iterator[Term]:
        solutions = self._store.query(query, use_default_graph_as_union=self._union)
        assert isinstance(solutions, ox.QuerySolutions)
        return (solution["this"] for solution in solutions)


def _values(terms: Sequence[Term]) -> str:
    """A pattern that binds ?this to given terms; empty where one is blank: no query can name it."""
    if any(isinstance(term, ox.BlankNode) for term in terms):
        return ""
    return f"VALUES ?this {{ {' '.join(map(str, terms))} }}"


def _subclasses(store: ox.Store, union: bool) -> Subclasses:
    """The classes under each class of a store, itself included."""
    below: dict[Term, set[Term]] = {}
    graph = None if union else ox.DefaultGraph()
    for subject, _, above in statements(store.quads_for_pattern(None, RDFS_SUBCLASS, None, graph)):
        below.setdefault(above, set()).add(subject)

    def under(class_iri: ox.NamedNode) -> tuple[ox.NamedNode, ...] | None:
        found: set[Term] = set()
        waiting: list[Term] = [class_iri]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(below.get(name, ()))
        named = [name for name in found if isinstance(name, ox.NamedNode)]
        return tuple(sorted(named, key=str)) if len(named) == len(found) else None

    return under


def _judged(
    store: ox.Store,
    shapes: Shapes,
    suspects: Sequence[tuple[Shape, list[Term]]],
    union: bool,
    chunk: int,
    track: Track,
) -> Iterator[Result]:
    pairs = [(shape, node) for shape, nodes in suspects for node in nodes]
    if not pairs:
        return
    bench = prepare(shapes)
    pairs.sort(key=lambda pair: (bare(pair[1]), pair[0].name))
    remaining = iter(pairs)
    chunks = iter(lambda: list(islice(remaining, chunk)), [])
    for part in track(chunks, "Judging", -(-len(pairs) // chunk)):
        yield from judge_part(store, bench, part, union)


def judge_part(
    store: ox.Store, bench: Bench, part: Sequence[tuple[Shape, Term]], union: bool
) -> list[Result]:
    """The results of some suspects, each with its shape.

    Where pyshacl stops (it does on a blank node under sh:lessThan, and where shapes nest too deep)
    the part is halved until what it stops on is alone: that one is refused, the others are judged.
    Raises ShapesError where it stops again and again: the shapes are at fault.
    """
    waiting, results, stopped = [part], list[Result](), 0
    while waiting:
        some = waiting.pop()
        try:
            results += _judged_at_once(store, bench, some, union)
        except JudgeStopped:
            if len(some) > 1:
                half = len(some) // 2
                waiting += [some[half:], some[:half]]
                continue
            stopped += 1
            if stopped > STOPS:
                raise
            results.append(_unjudged(*some[0]))
    return results


def _unjudged(shape: Shape, node: Term) -> Result:
    messages = {
        "en": "This record could not be checked: it holds values that cannot be compared, or leads "
        "through too many shapes.",
        "fr": "Cette fiche n'a pas pu être contrôlée : elle a des valeurs qui ne se comparent pas, "
        "ou mène à travers trop de formes.",
    }
    return Result(bare(node), None, None, UNJUDGED, shape.name, Severity.VIOLATION, messages)


def _judged_at_once(
    store: ox.Store, bench: Bench, part: Sequence[tuple[Shape, Term]], union: bool
) -> list[Result]:
    surroundings = Surroundings(store, bench.shapes, union)
    by_shape: dict[Term, list[Term]] = {}
    for shape, node in part:
        surroundings.add(node, shape)
        by_shape.setdefault(shape.node, []).append(node)
    return judge(bench, surroundings.triples, by_shape)
