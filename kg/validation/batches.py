"""The check of the work database in batches: bounded memory, every core, the same results.

See docs/decisions/0009-batches.md.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg.progress import Track, silent
from kg.validation.check import Report, in_order
from kg.validation.judge import prepare
from kg.validation.needs import needs
from kg.validation.partition import Partition, cuts
from kg.validation.pool import Pool
from kg.validation.search import Searched
from kg.validation.shapes import Shapes
from kg.validation.worker import Batch, check_batch


@dataclass(frozen=True)
class Work:
    """How a check runs; none of it changes the results."""

    processes: int = len(os.sched_getaffinity(0))
    batch: int = 5000
    """Entities in a batch, about."""


DEFAULT: Final = Work()


def check_quads(
    db: duckdb.DuckDBPyConnection, shapes: Shapes, *, work: Work = DEFAULT, track: Track = silent
) -> Report:
    """Holds the quads of a work database to shapes, batch by batch.

    The results are those of one check of everything. Raises ShapesError where the shapes cannot be
    used, BuildError where a process of the check dies.
    """
    with tempfile.TemporaryDirectory() as name, _partition(db, Path(name), work) as partition:
        number = len(partition.ranges)
        if number == 1 or work.processes == 1:
            partition.fill(needs(shapes))
            bench = prepare(shapes)
            found = (check_batch(batch, bench) for batch in _batches(partition))
            return _together(track(found, "Checking", number), shapes)
        with Pool(shapes, min(work.processes, number)) as pool:
            partition.fill(needs(shapes))
            answers = (report for _, report in pool.check(_batches(partition)))
            return _together(track(answers, "Checking", number), shapes)


@contextmanager
def _partition(db: duckdb.DuckDBPyConnection, folder: Path, work: Work) -> Iterator[Partition]:
    partition = Partition(db, folder, cuts(db, work.batch))
    try:
        yield partition
    finally:
        partition.close()


def _batches(partition: Partition) -> Iterator[Batch]:
    for number, own in enumerate(partition.ranges):
        file = partition.write(number)
        yield Batch(number, (file, partition.everywhere), own, partition.blank)


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
