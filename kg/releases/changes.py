"""Changes since the previous release: records by fingerprint, statements by line.

A fingerprint is that of all statements of a record in all sources: its subject and what hangs on it
by fragment. It is kept in the release for the next one, so that a change costs in proportion to it;
with it the moment of the release that last changed the record, and since when those have been away
that were in a release before.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.formats import N_QUADS
from kg.kinds import KINDS
from kg.namespaces import ID
from kg.release_layout import Release
from kg.releases.differences import (
    ADDED,
    REMOVED,
    VERSIONS_FILE,
    build_scan,
    drop_differences,
)
from kg.releases.dumps import Dump
from kg.releases.turtle_sql import open_gzip

DEPARTED_FILE: Final = "left.parquet"
ADDED_SCOPE: Final = "added"
REMOVED_SCOPE: Final = "removed"
CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class ReleaseChanges:
    """What a release changed of the one before."""

    previous: str | None
    """Id of the release before, None for the first."""
    records: dict[str, int]
    """How many records were created, updated and deleted."""
    hashes: dict[str, str]
    """Source to the RDFC-1.0 SHA-256 of its graph."""


def create_version_tables(
    db: duckdb.DuckDBPyConnection, previous: Release | None, folder: Path, created: str
) -> None:
    """Makes `version` (kind, key, digest, changed) and `change` (kind, key, change, digest).

    Of the settled quads, and of the versions that the release before has kept; the first release
    of all has changed nothing. `changed` is when the release was made that last changed the record,
    `created` when this one was. Makes `departed` (kind, key, since) too: the records of releases
    before that this one does not have.
    """
    create_fingerprints(db)
    now = sql.literal(created)
    first = f"(SELECT *, {now} AS changed FROM fingerprint)"
    before = build_scan(previous, VERSIONS_FILE) if previous else first
    db.execute(
        f"""CREATE OR REPLACE TABLE change AS
        SELECT kind, key, CASE WHEN b.digest IS NULL THEN 'created'
            WHEN v.digest IS NULL THEN 'deleted' ELSE 'updated' END AS change,
            coalesce(v.digest, b.digest) AS digest
        FROM fingerprint v FULL JOIN {before} b USING (kind, key)
        WHERE v.digest IS DISTINCT FROM b.digest;
        CREATE OR REPLACE TABLE version AS
        SELECT kind, key, v.digest, CASE WHEN v.digest = b.digest THEN b.changed ELSE {now} END
            AS changed FROM fingerprint v LEFT JOIN {before} b USING (kind, key);
        DROP TABLE fingerprint"""
    )
    earlier = f"UNION ALL FROM {build_scan(previous, DEPARTED_FILE)}" if previous else ""
    db.execute(
        f"""CREATE OR REPLACE TABLE departed AS SELECT kind, key, min(since) AS since
        FROM (SELECT kind, key, {now} AS since FROM change WHERE change = 'deleted' {earlier})
        ANTI JOIN version USING (kind, key) GROUP BY ALL"""
    )
    write_version_files(db, folder)


def write_version_files(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes `version` and `departed` for the release after this one."""
    for name, table in ((VERSIONS_FILE, "version"), (DEPARTED_FILE, "departed")):
        db.execute(
            f"COPY (FROM {table} ORDER BY kind, key) TO {sql.literal(str(folder / name))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )


def create_fingerprints(db: duckdb.DuckDBPyConnection) -> None:
    """Makes `fingerprint` (kind, key, digest) of the settled quads."""
    kinds = ", ".join(sql.literal(kind.name) for kind in KINDS)
    db.execute(
        f"""CREATE OR REPLACE TABLE fingerprint AS
        SELECT kind, split_part(s, '#', 1)[{len(ID) + 2} + len(kind):] AS key, printf('%032x',
            bit_xor(md5_number(s || ' ' || p || ' ' || o || ' ' || source))) AS digest
        FROM settled WHERE kind IN ({kinds}) GROUP BY ALL"""
    )


def write_differences(db: duckdb.DuckDBPyConnection, previous: Release, folder: Path) -> list[Dump]:
    """Writes the N-Quads that came and those that went (`stage_differences`), sorted, packed."""
    dumps = []
    for scope, table in ((ADDED_SCOPE, ADDED), (REMOVED_SCOPE, REMOVED)):
        name = f"{scope}-since-{previous.id}.nq.gz"
        count = _write_lines(db, f"SELECT line FROM {table} ORDER BY line", folder / name)
        dumps.append(Dump(name, N_QUADS, scope, previous.id, count))
    drop_differences(db)
    return dumps


def _write_lines(db: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    count = 0
    cursor = db.execute(query)
    with open_gzip(path) as file:
        while rows := cursor.fetchmany(10_000):
            count += len(rows)
            file.write("".join(f"{line}\n" for (line,) in rows).encode())
    return count


def count_changes(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many records were created, updated and deleted."""
    counts = dict(db.execute("SELECT change, count(*) FROM change GROUP BY change").fetchall())
    return {name: counts.get(name, 0) for name in ("created", "updated", "deleted")}
