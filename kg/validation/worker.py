"""A process that checks batches: each is loaded in a store of its own, searched and judged.

It reads pickled messages on its input and writes one answer for each on its output, and ends when
its input does: with the process that started it.
"""

import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox

from kg.errors import EssKgError
from kg.validation.check import Report, check
from kg.validation.graph import ShapesGraph
from kg.validation.judge import Bench, prepare
from kg.validation.shapes import shapes_of
from kg.validation.terms import Range


@dataclass(frozen=True)
class Batch:
    """A part of the data in files of N-Triples, and the terms in it that are to be checked."""

    number: int
    files: tuple[Path, ...]
    own: Range
    blank: bool
    """Whether there are blank nodes, whose names a bulk load would change."""
    among: frozenset[str] | None = None
    """The nodes to check where it is not all of them."""


def check_batch(batch: Batch, bench: Bench) -> Report:
    """What a check finds on the terms of a batch."""
    store = ox.Store()
    for file in batch.files:
        if batch.blank:
            store.bulk_extend(_quads(file))
        else:
            store.bulk_load(path=file, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    report = check(store, bench.shapes, own=batch.own, among=batch.among, bench=bench)
    return replace(report, searches=tuple(replace(s, suspects=()) for s in report.searches))


def _quads(file: Path) -> Iterator[ox.Quad]:
    yield from ox.parse(path=file, format=ox.RdfFormat.N_TRIPLES, lenient=True)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers each batch with its report, or with the error that stopped it, until the end."""
    graph: ShapesGraph = pickle.load(source)  # noqa: S301 - from the process that started this one
    bench = prepare(shapes_of(graph))
    while True:
        try:
            batch: Batch = pickle.load(source)  # noqa: S301
        except EOFError:
            return
        answer: Report | EssKgError
        try:
            answer = check_batch(batch, bench)
        except EssKgError as error:
            answer = error
        pickle.dump(answer, sink, pickle.HIGHEST_PROTOCOL)
        sink.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
