"""Diff of two releases for the command line: triples by graph, records by kind."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg.errors import ReleaseError
from kg.mapping.ntriples_io import build_lines_sql
from kg.namespaces import GRAPH, ID
from kg.release_layout import Release
from kg.releases.dumps import WHOLE_STEM


@dataclass(frozen=True)
class ChangeCounts:
    """How many triples or records of one graph or kind were added, removed or changed."""

    name: str
    added: int
    removed: int
    changed: int = 0


@dataclass(frozen=True)
class ReleaseDifference:
    """The changes from one release to another."""

    graphs: list[ChangeCounts]
    kinds: list[ChangeCounts]


def compare_releases(before: Release, after: Release) -> ReleaseDifference:
    """The difference of two releases, from their N-Quads dumps. Raises ReleaseError."""
    db = duckdb.connect(":memory:")
    for name, release in (("before", before), ("after", after)):
        _load_dump(db, name, release.dumps / f"{WHOLE_STEM}.nq.gz")
    db.execute(
        "CREATE TABLE moved AS "
        "SELECT line, 'added' AS way FROM after ANTI JOIN before USING (line) "
        "UNION ALL SELECT line, 'removed' FROM before ANTI JOIN after USING (line)"
    )
    return ReleaseDifference(_count_by_graph(db), _count_by_kind(db))


def _load_dump(db: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    if not path.is_file():
        raise ReleaseError(f"{path} is missing: the release cannot be compared")
    db.execute(f"CREATE TABLE {table} AS SELECT line FROM {build_lines_sql(path)}")


def _count_by_graph(db: duckdb.DuckDBPyConnection) -> list[ChangeCounts]:
    name = f"regexp_extract(line, '<{GRAPH}([^<>]*)> \\.$', 1)"
    rows = db.execute(
        f"SELECT {name} AS graph, count(*) FILTER (way = 'added'), "
        "count(*) FILTER (way = 'removed') FROM moved GROUP BY graph ORDER BY graph"
    ).fetchall()
    return [ChangeCounts(*row) for row in rows]


def _count_by_kind(db: duckdb.DuckDBPyConnection) -> list[ChangeCounts]:
    record = f"regexp_extract(line, '^<({ID}[^>#]*)', 1)"
    for name in ("before", "after"):
        db.execute(
            f"CREATE TABLE {name}_records AS SELECT DISTINCT {record} AS record FROM {name} "
            "WHERE record <> ''"
        )
    kind = f"split_part(record[{len(ID) + 1}:], '/', 1)"
    rows = db.execute(
        f"""SELECT {kind} AS kind,
            count(*) FILTER (record NOT IN (FROM before_records)) AS added,
            count(*) FILTER (record NOT IN (FROM after_records)) AS removed,
            count(*) FILTER (record IN (FROM before_records) AND record IN (FROM after_records))
        FROM (SELECT DISTINCT {record} AS record FROM moved WHERE record <> '')
        GROUP BY kind ORDER BY kind"""
    ).fetchall()
    return [ChangeCounts(*row) for row in rows]
