"""Batch run: validates the work database on all cores in bounded memory.

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

from kg.progress import ProgressCallback, report_nothing
from kg.shacl.candidate_search import ShapeCandidates
from kg.shacl.data_footprint import DataFootprint, compute_footprint
from kg.shacl.pyshacl_adapter import prepare_shapes
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes
from kg.shacl.validator import ValidationReport, sort_results
from kg.sql import select_number
from kg.validation.batch_worker import Batch, validate_batch
from kg.validation.incremental import IncrementalState, can_be_incremental, compute_digests
from kg.validation.partition import Partition, find_cuts
from kg.validation.process_pool import BatchPool
from kg.validation.release_context import load_release_context
from kg.work_tables import QUADS


@dataclass(frozen=True)
class BatchOptions:
    """Options of a batch run; none of them changes the results."""

    processes: int = len(os.sched_getaffinity(0))
    batch_size: int = 10_000
    """Approximate number of entities in a batch."""


DEFAULT_BATCH_OPTIONS: Final = BatchOptions()


@dataclass(frozen=True)
class EntitySubset:
    """Entities of a work database that are validated alone.

    With `source`, the data is the statements of that source; of the other sources, it has those
    with the properties of `context` about nodes that the source does not type itself. With
    `properties`, the data has no other properties: only shapes that read no others have correct
    results then.
    """

    entities: Sequence[str]
    source: str | None = None
    context: frozenset[str] = frozenset()
    properties: frozenset[str] | None = None


ASSUMED_TRIPLES_PER_ENTITY: Final = 25
"""Triples for each entity up to which the data may be one batch only."""


def validate_quads(
    db: duckdb.DuckDBPyConnection,
    shapes: Shapes,
    *,
    reference: Path | None = None,
    previous: IncrementalState | None = None,
    remember: IncrementalState | None = None,
    every: bool = False,
    only: EntitySubset | None = None,
    work: BatchOptions = DEFAULT_BATCH_OPTIONS,
    track: ProgressCallback = report_nothing,
) -> ValidationReport:
    """Validates the quads of a work database against shapes, batch by batch.

    The results are those of one validation of the whole data. With `reference`, the folder of the
    store of a release, only the nodes that the quads describe (those with a type; with `every`, all
    targets) are validated, with the triples of the release about the others as context. With
    `previous`, the state of an earlier run, entities that have not changed keep their results;
    `remember` receives the state of this run. With `only`, a part of the database is validated as
    if it were all. Raises ShapesError where the shapes cannot be used, BuildError where a process
    dies, ReleaseDamaged where the release cannot be read.
    """
    with (
        tempfile.TemporaryDirectory(dir=_get_database_folder(db)) as name,
        closing(Partition(db, Path(name))) as partition,
    ):
        run = _BatchRun(db, shapes, partition, reference, previous, remember, every, only, work)
        report = run.run(track)
        if remember and run.basis:
            remember.write(db, run.basis, report.results)
        return report


def _get_database_folder(db: duckdb.DuckDBPyConnection) -> str | None:
    """The folder of a work database, if it is in a file."""
    row = db.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    return str(Path(row[0]).parent) if row and row[0] else None


@dataclass
class _BatchRun:
    """One run over a work database."""

    db: duckdb.DuckDBPyConnection
    shapes: Shapes
    partition: Partition
    reference: Path | None
    previous: IncrementalState | None
    remember: IncrementalState | None
    all_targets: bool
    subset: EntitySubset | None
    options: BatchOptions
    basis: str = ""
    is_partial: bool = False
    reused_results: Sequence[ValidationResult] = ()

    def run(self, track: ProgressCallback) -> ValidationReport:
        """Validates the batches, in processes where there are several."""
        if self._needs_pool():
            with BatchPool(self.shapes, self.options.processes) as pool:
                self._prepare()
                return self._run_in_pool(pool, track)
        self._prepare()
        if self.options.processes > 1 and self.batch_count > 1:
            with BatchPool(self.shapes, min(self.options.processes, self.batch_count)) as pool:
                return self._run_in_pool(pool, track)
        prepared = prepare_shapes(self.shapes)
        reports = (validate_batch(batch, prepared) for batch in self._iter_batches())
        return self._merge_reports(track(reports, "Checking", self.batch_count))

    def _run_in_pool(self, pool: BatchPool, track: ProgressCallback) -> ValidationReport:
        answers = (report for _, report in pool.validate(self._iter_batches()))
        return self._merge_reports(track(answers, "Checking", self.batch_count))

    def _needs_pool(self) -> bool:
        """Whether there surely are several batches; processes start while the batches are cut."""
        if self.options.processes == 1 or self.previous or self.subset:
            return False
        return (
            select_number(self.db, f"SELECT count(*) FROM {QUADS}")
            > ASSUMED_TRIPLES_PER_ENTITY * self.options.batch_size
        )

    @property
    def batch_count(self) -> int:
        """Number of batches."""
        return 0 if self.is_partial and not self.checked_count else len(self.partition.ranges)

    @cached_property
    def checked_count(self) -> int:
        """Number of entities that are validated."""
        table = "fresh" if self.is_partial else "entities"
        return select_number(self.db, f"SELECT count(*) FROM scratch.{table}")

    def _prepare(self) -> None:
        """Cuts the batches."""
        looked_at = compute_footprint(self.shapes)
        if self.reference:
            load_release_context(self.db, looked_at, self.reference)
        if self.subset:
            self.is_partial = True
            self.partition.create_triples_view(
                looked_at, self.subset.source, self.subset.context, self.subset.properties
            )
            self.partition.set_fresh_entities(self.subset.entities)
        else:
            self.partition.create_triples_view(looked_at)
        if self.previous or self.remember:
            self._reuse_previous_results(looked_at)
        places = find_cuts(self.db, self.options.batch_size, self.is_partial)
        self.partition.fill(looked_at, places, self.is_partial)

    def _reuse_previous_results(self, looked_at: DataFootprint) -> None:
        if self.reference or not can_be_incremental(self.db, self.shapes, looked_at):
            return
        self.basis = compute_digests(self.db, self.shapes, looked_at)
        if self.previous and self.previous.is_valid_for(self.basis):
            self.is_partial = True
            self.reused_results = tuple(self.previous.reuse_results(self.db))

    def _iter_batches(self) -> Iterator[Batch]:
        partition = self.partition
        for rank, own in enumerate(partition.ranges[: self.batch_count]):
            files = (partition.write_batch(rank), partition.everywhere)
            yield Batch(rank, files, own, partition.has_blank_nodes, self._list_nodes(rank))

    def _list_nodes(self, rank: int) -> frozenset[str] | None:
        if self.is_partial:
            return self.partition.list_nodes(rank)
        if self.all_targets or not self.reference:
            return None
        return self.partition.list_nodes(rank, typed=True)

    def _merge_reports(self, reports: Iterable[ValidationReport]) -> ValidationReport:
        """The reports of all batches as one."""
        merged = list(reports)
        results = [
            *self.reused_results,
            *(result for report in merged for result in report.results),
        ]
        return ValidationReport(
            results=sort_results(results),
            searches=tuple(_sum_searches(merged)) or tuple(_list_unsearched(self.shapes)),
            seconds_searching=sum(r.seconds_searching for r in merged),
            seconds_validating=sum(r.seconds_validating for r in merged),
            version=self.shapes.version,
            batches=len(merged),
            checked_entities=self.checked_count if self.basis else None,
            reused_entities=self._count_unchanged() if self.is_partial and self.basis else 0,
        )

    def _count_unchanged(self) -> int:
        return select_number(self.db, "SELECT count(*) FROM scratch.entities") - self.checked_count


def _sum_searches(reports: Sequence[ValidationReport]) -> Iterator[ShapeCandidates]:
    """The search of each shape, summed up over all batches."""
    for searches in zip(*(report.searches for report in reports), strict=True):
        count, seconds = sum(s.count for s in searches), sum(s.seconds for s in searches)
        yield replace(searches[0], count=count, seconds=seconds)


def _list_unsearched(shapes: Shapes) -> Iterator[ShapeCandidates]:
    """An empty search for each shape, where no entity has changed."""
    for shape in shapes.targeted:
        yield ShapeCandidates(shape.name, shape.node, (), (), 0, 0.0)
