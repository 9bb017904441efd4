"""SHACL validator: SPARQL finds candidate focus nodes, pySHACL validates them in chunks.

A node that only lacks a required value needs no pySHACL: the search knows its results.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.namespaces import SHAPES
from kg.progress import ProgressCallback, report_nothing
from kg.shacl.candidate_search import ShapeCandidates, search_candidates
from kg.shacl.compiler import CompiledShape, Compiler
from kg.shacl.focus_subgraph import FocusSubgraph
from kg.shacl.pyshacl_adapter import (
    PreparedShapes,
    build_missing_result,
    prepare_shapes,
    validate_nodes,
)
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.shapes_graph import PyshaclError
from kg.shacl.terms import ALL_TERMS, Term, TermRange, format_bare

VALIDATION_CHUNK_SIZE: Final = 2000
"""Candidates that one call of pyshacl validates."""
MAX_ENGINE_FAILURES: Final = 20
"""Candidates on which pyshacl may stop before the shapes count as wrong."""
UNVALIDATED_COMPONENT: Final = SHAPES + "#Unjudged"
"""The component of the results for nodes on which pyshacl stops."""


@dataclass(frozen=True)
class ValidationReport:
    """Results of a validation in a stable order, and how it ran."""

    results: tuple[ValidationResult, ...]
    searches: tuple[ShapeCandidates, ...]
    seconds_searching: float
    seconds_validating: float
    version: str
    """The version of the shapes."""
    batches: int = 1
    checked_entities: int | None = None
    """Entities that were validated, where they were counted."""
    reused_entities: int = 0
    """Entities whose results are those of an earlier run: nothing about them has changed."""

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, as sh:conforms says."""
        return not self.results

    @property
    def candidate_count(self) -> int:
        return sum(search.count for search in self.searches)

    def filter_by_severity(self, severity: Severity) -> tuple[ValidationResult, ...]:
        """The results of a severity."""
        return tuple(result for result in self.results if result.severity is severity)


def validate_store(
    store: ox.Store,
    shapes: Shapes,
    *,
    focus: Collection[str] | None = None,
    own: TermRange = ALL_TERMS,
    among: Collection[str] | None = None,
    union: bool = False,
    chunk: int = VALIDATION_CHUNK_SIZE,
    workers: int = 1,
    prepared: PreparedShapes | None = None,
    track: ProgressCallback = report_nothing,
) -> ValidationReport:
    """Validates the data of a store; the results are those of pyshacl alone.

    `focus` (bare IRIs, or `_:id`) restricts the focus nodes; so does `own` to a range of terms, and
    `among` to some terms of it. The data is the default graph of the store, or with `union` all its
    graphs. `workers` threads search the store; neither they nor the size of a chunk change the
    results. `prepared` is the outcome of `prepare_shapes`, if there is one already. Raises
    ShapesError where the shapes cannot be used.
    """
    start = time.perf_counter()
    searches = list(
        track(
            search_candidates(
                store, shapes, focus=focus, own=own, among=among, union=union, workers=workers
            ),
            "Searching",
            len(shapes.targeted),
        )
    )
    middle = time.perf_counter()
    results = list(
        _validate_candidates(
            store, prepared or prepare_shapes(shapes), searches, union, chunk, track
        )
    )
    end = time.perf_counter()
    return ValidationReport(
        results=sort_results(results),
        searches=tuple(searches),
        seconds_searching=middle - start,
        seconds_validating=end - middle,
        version=shapes.version,
    )


def sort_results(results: Iterable[ValidationResult]) -> tuple[ValidationResult, ...]:
    """Results in the order of their keys.

    Two may be equal: a shape that is reached in two ways gives its results twice.
    """
    return tuple(sorted(results, key=lambda result: result.key))


@lru_cache(maxsize=2)
def explain_searches(shapes: Shapes) -> tuple[CompiledShape, ...]:
    """The compiled query of each targeted shape, with the constraints it decides and leaves."""
    compiler = Compiler(shapes)
    return tuple(compiler.compile(shape) for shape in shapes.targeted)


def _validate_candidates(
    store: ox.Store,
    prepared: PreparedShapes,
    searches: Sequence[ShapeCandidates],
    union: bool,
    chunk: int,
    track: ProgressCallback,
) -> Iterator[ValidationResult]:
    shapes = prepared.shapes
    for search in searches:
        for node, lacking in search.missing:
            shape = shapes.get_shape(node)
            yield from (build_missing_result(shapes, shape, focus) for focus in lacking)
    pairs = [
        (shapes.get_shape(search.node), node) for search in searches for node in search.candidates
    ]
    if not pairs:
        return
    pairs.sort(key=lambda pair: (format_bare(pair[1]), pair[0].name))
    remaining = iter(pairs)
    chunks = iter(lambda: list(islice(remaining, chunk)), [])
    for part in track(chunks, "Validating", -(-len(pairs) // chunk)):
        yield from validate_chunk(store, prepared, part, union)


def validate_chunk(
    store: ox.Store, prepared: PreparedShapes, part: Sequence[tuple[Shape, Term]], union: bool
) -> list[ValidationResult]:
    """The results of some candidates, each with its shape.

    Where pyshacl stops (on a blank node under sh:lessThan, or where shapes nest too deep) the chunk
    is halved until the candidate it stops on is alone: that one gets a violation, the others are
    validated. Raises ShapesError where it stops again and again: the shapes are at fault.
    """
    waiting, results, stopped = [part], list[ValidationResult](), 0
    while waiting:
        some = waiting.pop()
        try:
            results += _validate_together(store, prepared, some, union)
        except PyshaclError:
            if len(some) > 1:
                half = len(some) // 2
                waiting += [some[half:], some[:half]]
                continue
            stopped += 1
            if stopped > MAX_ENGINE_FAILURES:
                raise
            results.append(_make_unvalidated_result(*some[0]))
    return results


def _make_unvalidated_result(shape: Shape, node: Term) -> ValidationResult:
    messages = {
        "en": "This record could not be checked: it holds values that cannot be compared, or leads "
        "through too many shapes.",
        "fr": "Cette fiche n'a pas pu être contrôlée : elle a des valeurs qui ne se comparent pas, "
        "ou mène à travers trop de formes.",
    }
    return ValidationResult(
        format_bare(node),
        None,
        None,
        UNVALIDATED_COMPONENT,
        shape.name,
        Severity.VIOLATION,
        messages,
    )


def _validate_together(
    store: ox.Store, prepared: PreparedShapes, part: Sequence[tuple[Shape, Term]], union: bool
) -> list[ValidationResult]:
    subgraph = FocusSubgraph(store, prepared.shapes, union)
    by_shape: dict[Term, list[Term]] = {}
    for shape, node in part:
        subgraph.add(node, shape)
        by_shape.setdefault(shape.node, []).append(node)
    return validate_nodes(prepared, subgraph.triples, by_shape)
