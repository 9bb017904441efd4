"""The check of the work database in batches: bounded memory, every core, the same results.

See docs/decisions/0012-checks-in-batches.md.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import duckdb

from kg.progress import Track, silent
from kg.validation.beyond import describe
from kg.validation.check import Report, explain, in_order
from kg.validation.judge import prepare
from kg.validation.needs import Needs, needs
from kg.validation.partition import Partition, cuts, number
from kg.validation.pool import Pool
from kg.validation.remembered import Remembered, digest, possible
from kg.validation.results import Result
from kg.validation.search import Searched
from kg.validation.shapes import Shapes
from kg.validation.worker import Batch, check_batch


@dataclass(frozen=True)
class Work:
    """How a check runs; none of it changes the results."""

    processes: int = len(os.sched_getaffinity(0))
    batch: int = 10_000
    """Entities in a batch, about."""


DEFAULT: Final = Work()


@dataclass(frozen=True)
class Only:
    """A part of a work database to be checked: some entities.

    With `source`, by what that one says of them: of the other sources there is what they say with
    the properties of `context`, and that only of what the source does not describe itself. With
    `properties`, what is said with others is left out: the results of the shapes that look at no
    others are right then.
    """

    entities: Sequence[str]
    source: str | None = None
    context: frozenset[str] = frozenset()
    properties: frozenset[str] | None = None


SMALL: Final = 25
"""Up to so many triples for each entity of a batch there may be one batch only."""


def check_quads(
    db: duckdb.DuckDBPyConnection,
    shapes: Shapes,
    *,
    reference: Path | None = None,
    previous: Remembered | None = None,
    remember: Remembered | None = None,
    every: bool = False,
    only: Only | None = None,
    work: Work = DEFAULT,
    track: Track = silent,
) -> Report:
    """Holds the quads of a work database to shapes, batch by batch.

    The results are those of one check of everything. With `reference`, the folder of the store of a
    release, only the nodes that the quads describe (those with a type; with `every`, whatever a
    shape targets) are checked, beside what the release says of the others. With `previous`, what an
    earlier check left, results are taken over for the entities that nothing has changed about; with
    `remember` this one leaves the same for the next. With `only`, a part of the database is checked
    as if it were all. Raises ShapesError where the shapes cannot be used, BuildError where a
    process of the check dies, ReleaseDamaged where the release cannot be read.
    """
    with (
        tempfile.TemporaryDirectory(dir=_beside(db)) as name,
        closing(Partition(db, Path(name))) as partition,
    ):
        run = _Run(db, shapes, partition, reference, previous, remember, every, only, work)
        report = run.report(track)
        if remember and run.basis:
            remember.write(db, run.basis, report.results)
        return report


def _beside(db: duckdb.DuckDBPyConnection) -> str | None:
    """The folder of a work database, if it is in a file."""
    row = db.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    return str(Path(row[0]).parent) if row and row[0] else None


@dataclass
class _Run:
    """One check of a work database."""

    db: duckdb.DuckDBPyConnection
    shapes: Shapes
    partition: Partition
    reference: Path | None
    previous: Remembered | None
    remember: Remembered | None
    every: bool
    only: Only | None
    work: Work
    basis: str = ""
    partly: bool = False
    taken: Sequence[Result] = ()

    def report(self, track: Track) -> Report:
        """Checks what is to be checked, in processes where there are several batches."""
        if self._many():
            with Pool(self.shapes, self.work.processes) as pool:
                self._prepare()
                return self._by(pool, track)
        self._prepare()
        if self.work.processes > 1 and self.number > 1:
            with Pool(self.shapes, min(self.work.processes, self.number)) as pool:
                return self._by(pool, track)
        bench = prepare(self.shapes)
        found = (check_batch(batch, bench) for batch in self._batches())
        return self._together(track(found, "Checking", self.number))

    def _by(self, pool: Pool, track: Track) -> Report:
        answers = (report for _, report in pool.check(self._batches()))
        return self._together(track(answers, "Checking", self.number))

    def _many(self) -> bool:
        """Whether there surely is work for processes: they take a while to start."""
        if self.work.processes == 1 or self.previous or self.only:
            return False
        return number(self.db, "SELECT count(*) FROM quads") > SMALL * self.work.batch

    @property
    def number(self) -> int:
        """How many batches there are."""
        return 0 if self.partly and not self.fresh else len(self.partition.ranges)

    @cached_property
    def fresh(self) -> int:
        """How many entities are checked."""
        table = "fresh" if self.partly else "entities"
        return number(self.db, f"SELECT count(*) FROM scratch.{table}")

    def _prepare(self) -> None:
        """Cuts the batches."""
        looked_at = needs(self.shapes)
        if self.reference:
            describe(self.db, looked_at, self.reference)
        if self.only:
            self.partly = True
            self.partition.read(
                looked_at, self.only.source, self.only.context, self.only.properties
            )
            self.partition.name_fresh(self.only.entities)
        else:
            self.partition.read(looked_at)
        if self.previous or self.remember:
            self._take_over(looked_at)
        places = cuts(self.db, self.work.batch, self.partly)
        self.partition.fill(looked_at, places, self.partly)

    def _take_over(self, looked_at: Needs) -> None:
        if self.reference or not possible(self.db, self.shapes, looked_at):
            return
        self.basis = digest(self.db, self.shapes, looked_at)
        if self.previous and self.previous.holds(self.basis):
            self.partly = True
            self.taken = tuple(self.previous.take_over(self.db))

    def _batches(self) -> Iterator[Batch]:
        partition = self.partition
        for rank, own in enumerate(partition.ranges[: self.number]):
            files = (partition.write(rank), partition.everywhere)
            yield Batch(rank, files, own, partition.blank, self._among(rank))

    def _among(self, rank: int) -> frozenset[str] | None:
        if self.partly:
            return self.partition.nodes(rank)
        if self.every or not self.reference:
            return None
        return self.partition.nodes(rank, typed=True)

    def _together(self, reports: Iterable[Report]) -> Report:
        """The reports of all batches as one."""
        found = list(reports)
        results = [*self.taken, *(result for report in found for result in report.results)]
        return Report(
            results=in_order(results),
            searches=tuple(_summed(found)) or tuple(_unsearched(self.shapes)),
            seconds_searching=sum(r.seconds_searching for r in found),
            seconds_judging=sum(r.seconds_judging for r in found),
            version=self.shapes.version,
            batches=len(found),
            checked=self.fresh if self.basis else None,
            taken=self._unchanged() if self.partly and self.basis else 0,
        )

    def _unchanged(self) -> int:
        return number(self.db, "SELECT count(*) FROM scratch.entities") - self.fresh


def _summed(reports: Sequence[Report]) -> Iterator[Searched]:
    """How each shape was searched in all batches."""
    for searches in zip(*(report.searches for report in reports), strict=True):
        count, seconds = sum(s.number for s in searches), sum(s.seconds for s in searches)
        yield replace(searches[0], number=count, seconds=seconds)


def _unsearched(shapes: Shapes) -> Iterator[Searched]:
    """How each shape would have been searched, had anything changed."""
    for plan in explain(shapes):
        shape = plan.shape
        yield Searched(shape.name, shape.node, (), 0, 0.0, plan.compiled, plan.judged)
