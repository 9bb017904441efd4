"""A check: suspects found by the store, judged in chunks with what surrounds them."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.namespaces import SHAPES
from kg.progress import Track, silent
from kg.validation.compiler import Compiled, Compiler
from kg.validation.graph import JudgeStopped
from kg.validation.judge import Bench, judge, prepare
from kg.validation.results import Result, Severity
from kg.validation.search import Searched, search
from kg.validation.shapes import Shape, Shapes
from kg.validation.surroundings import Surroundings
from kg.validation.terms import EVERY, Range, Term, bare

CHUNK: Final = 2000
"""Suspects handed to the judge at a time."""
STOPS: Final = 20
"""Suspects the judge may stop on before the shapes are held to be wrong."""
UNJUDGED: Final = SHAPES + "#Unjudged"
"""The component of the results for nodes on which pyshacl stops."""


@dataclass(frozen=True)
class Report:
    """What a check found, in an order that depends on nothing else, and how it went."""

    results: tuple[Result, ...]
    searches: tuple[Searched, ...]
    seconds_searching: float
    seconds_judging: float
    version: str
    """The version of the shapes."""
    batches: int = 1
    checked: int | None = None
    """How many entities were checked, where they were counted."""
    taken: int = 0
    """How many more have the results of an earlier check, since nothing changed about them."""

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, as sh:conforms says."""
        return not self.results

    @property
    def suspects(self) -> int:
        return sum(found.number for found in self.searches)

    def of(self, severity: Severity) -> tuple[Result, ...]:
        """The results of a severity."""
        return tuple(result for result in self.results if result.severity is severity)


def check(
    store: ox.Store,
    shapes: Shapes,
    *,
    focus: Collection[str] | None = None,
    own: Range = EVERY,
    among: Collection[str] | None = None,
    union: bool = False,
    chunk: int = CHUNK,
    workers: int = 1,
    bench: Bench | None = None,
    track: Track = silent,
) -> Report:
    """Holds the data of a store to shapes: the results are those pyshacl alone would give.

    With `focus` (bare IRIs, or `_:id`), only these nodes are held to the shapes that target them,
    and with `own` only those of a range, of which `among` may name some. The data is the default
    graph of the store, or with `union` all its graphs. `workers` threads search the store; neither
    they nor the size of a chunk change the results. `bench` is what `prepare` made of the shapes,
    if it did. Raises ShapesError where the shapes cannot be used.
    """
    start = time.perf_counter()
    found = list(
        track(
            search(store, shapes, focus=focus, own=own, among=among, union=union, workers=workers),
            "Searching",
            len(shapes.targeted),
        )
    )
    middle = time.perf_counter()
    results = list(_judged(store, bench or prepare(shapes), found, union, chunk, track))
    end = time.perf_counter()
    return Report(
        results=in_order(results),
        searches=tuple(found),
        seconds_searching=middle - start,
        seconds_judging=end - middle,
        version=shapes.version,
    )


def in_order(results: Iterable[Result]) -> tuple[Result, ...]:
    """Results in an order that depends on nothing else.

    Two may say the same: a shape that is reached in two ways gives its results twice.
    """
    return tuple(sorted(results, key=lambda result: result.key))


def explain(shapes: Shapes) -> tuple[Compiled, ...]:
    """How each targeted shape is searched: its query, what it decides and what it does not."""
    compiler = Compiler(shapes)
    return tuple(compiler.compile(shape) for shape in shapes.targeted)


def _judged(
    store: ox.Store,
    bench: Bench,
    searches: Sequence[Searched],
    union: bool,
    chunk: int,
    track: Track,
) -> Iterator[Result]:
    shapes = bench.shapes
    pairs = [(shapes.shape(found.node), node) for found in searches for node in found.suspects]
    if not pairs:
        return
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
