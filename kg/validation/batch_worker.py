"""Batch worker: a process that validates batches, each in a store of its own.

It reads pickled messages from its input, writes one answer for each to its output, and ends when
its input ends: with the process that started it.
"""

import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox

from kg.errors import EssKgError
from kg.shacl.pyshacl_adapter import PreparedShapes, prepare_shapes
from kg.shacl.shapes import build_shapes
from kg.shacl.shapes_graph import ShapesGraph
from kg.shacl.terms import TermRange
from kg.shacl.validator import ValidationReport, validate_store


@dataclass(frozen=True)
class Batch:
    """Part of the data in files of N-Triples, and the terms in it that are validated."""

    number: int
    files: tuple[Path, ...]
    term_range: TermRange
    has_blank_nodes: bool
    """Whether there are blank nodes: a bulk load would change their names."""
    nodes: frozenset[str] | None = None
    """Nodes that are validated; None for all of the range."""


def validate_batch(batch: Batch, prepared: PreparedShapes) -> ValidationReport:
    """The report on the terms of a batch."""
    store = ox.Store()
    for file in batch.files:
        if batch.has_blank_nodes:
            store.bulk_extend(_read_quads(file))
        else:
            store.bulk_load(path=file, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    report = validate_store(
        store, prepared.shapes, own=batch.term_range, among=batch.nodes, prepared=prepared
    )
    return replace(
        report, searches=tuple(replace(s, candidates=(), missing=()) for s in report.searches)
    )


def _read_quads(file: Path) -> Iterator[ox.Quad]:
    yield from ox.parse(path=file, format=ox.RdfFormat.N_TRIPLES, lenient=True)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers each batch with its report, or with the error that stopped it, until the end."""
    graph: ShapesGraph = pickle.load(source)  # noqa: S301 - from the process that started this one
    prepared = prepare_shapes(build_shapes(graph))
    while True:
        try:
            batch: Batch = pickle.load(source)  # noqa: S301
        except EOFError:
            return
        answer: ValidationReport | EssKgError
        try:
            answer = validate_batch(batch, prepared)
        except EssKgError as error:
            answer = error
        pickle.dump(answer, sink, pickle.HIGHEST_PROTOCOL)
        sink.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
