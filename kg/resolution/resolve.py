"""Resolution of a release: its records compared with each other, kind by kind."""

from collections.abc import Sequence
from itertools import islice

import duckdb

from kg.release_layout import Release
from kg.resolution.features import build_table
from kg.resolution.linking import link_records
from kg.resolution.pairs import DescribedRecord
from kg.resolution.queue import QueuedPair, build_queue
from kg.resolution.release_records import RESOLVED_TABLES, read_records

BATCH_RECORDS = 20_000


def resolve_release(release: Release) -> list[QueuedPair]:
    """The candidate pairs of a release, in the order in which to look at them."""
    queue: list[QueuedPair] = []
    for kind in RESOLVED_TABLES:
        records = {record.id: record for record in read_records(release, kind)}
        if len(records) > 1:
            queue += resolve_records(list(records.values()))
    return sorted(queue, key=lambda pair: (abs(float(pair.certainty)), pair.left, pair.right))


def resolve_records(records: Sequence[DescribedRecord]) -> list[QueuedPair]:
    """The candidate pairs among some records of one kind."""
    with duckdb.connect() as db:
        remaining = iter(records)
        first = True
        while batch := list(islice(remaining, BATCH_RECORDS)):
            db.register("batch", build_table(batch))
            db.execute(
                ("CREATE TABLE record AS " if first else "INSERT INTO record ") + "FROM batch"
            )
            db.unregister("batch")
            first = False
        pairs = link_records(db, "record")
    return build_queue(pairs, {record.id: record for record in records})
