"""The check of the work database in batches: bounded memory, every core, the same results.

See docs/decisions/0009-batches.md.
"""

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg.progress import Track, silent
from kg.validation.beyond import describe
from kg.validation.check import Report, in_order
from kg.validation.judge import prepare
from kg.validation.needs import needs
from kg.validation.partition import Partition, cuts
from kg.validation.pool import Pool
from kg.validation.search import Searched
from kg.validation.shapes import Shapes
from kg.validation.terms import Range, parse
from kg.validation.worker import Batch, check_batch


@dataclass(frozen=True)
class Work:
    """How a check runs; none of it changes the results."""

    processes: int = len(os.sched_getaffinity(0))
    batch: int = 5000
    """Entities in a batch, about."""


DEFAULT: Final = Work()


def check_quads(
    db: duckdb.DuckDBPyConnection,
    shapes: Shapes,
    *,
    reference: Path | None = None,
    work: Work = DEFAULT,
    track: Track = silent,
) -> Report:
    """Holds the quads of a work database to shapes, batch by batch.

    The results are those of one check of everything. With `reference`, the folder of the store of a
    release, only the nodes that the quads describe (those with a type) are checked, beside what the
    release says of the others. Raises ShapesError where the shapes cannot be used, BuildError where
    a process of the check dies, ReleaseDamaged where the release cannot be read.
    """
    with tempfile.TemporaryDirectory() as name, _partition(db, Path(name), work) as partition:
        number = len(partition.ranges)
        if number == 1 or work.processes == 1:
            bench = prepare(shapes)
            batches = _batches(db, partition, shapes, reference)
            found = (check_batch(batch, bench) for batch in batches)
            return _together(track(found, "Checking", number), shapes)
        with Pool(shapes, min(work.processes, number)) as pool:
            batches = _batches(db, partition, shapes, reference)
            answers = (report for _, report in pool.check(batches))
            return _together(track(answers, "Checking", number), shapes)


@contextmanager
def _partition(db: duckdb.DuckDBPyConnection, folder: Path, work: Work) -> Iterator[Partition]:
    partition = Partition(db, folder, cuts(db, work.batch))
    try:
        yield partition
    finally:
        partition.close()


def _batches(
    db: duckdb.DuckDBPyConnection, partition: Partition, shapes: Shapes, reference: Path | None
) -> Iterator[Batch]:
    found = needs(shapes)
    described = describe(db, found, reference) if reference else None
    partition.fill(found)
    for number, own in enumerate(partition.ranges):
        files = (partition.write(number), partition.everywhere)
        yield Batch(number, files, own, partition.blank, _inside(described, own))


def _inside(described: Collection[str] | None, own: Range) -> frozenset[str] | None:
    if described is None:
        return None
    return frozenset(text for text in described if own.holds(parse(text)))


def _together(reports: Iterable[Report], shapes: Shapes) -> Report:
    """The reports of all batches as one."""
    found = list(reports)
    searches = (_summed(all_) for all_ in zip(*(r.searches for r in found), strict=True))
    return Report(
        results=in_order(result for report in found for result in report.results),
        searches=tuple(searches),
        seconds_searching=sum(r.seconds_searching for r in found),
        seconds_judging=sum(r.seconds_judging for r in found),
        version=shapes.version,
        batches=len(found),
    )


def _summed(searches: tuple[Searched, ...]) -> Searched:
    number, seconds = sum(s.number for s in searches), sum(s.seconds for s in searches)
    return replace(searches[0], number=number, seconds=seconds)
