"""What changed between two releases: triples by graph, records by kind."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg import sql
from kg.errors import ReleaseError
from kg.namespaces import GRAPH, ID
from kg.release import Release
from kg.releases.dumps import WHOLE


@dataclass(frozen=True)
class Change:
    """How many triples or records of one graph or kind were added, removed or changed."""

    name: str
    added: int
    removed: int
    changed: int = 0


@dataclass(frozen=True)
class Difference:
    """The changes from one release to another."""

    graphs: list[Change]
    kinds: list[Change]


def compare(before: Release, after: Release) -> Difference:
    """The difference of two releases, from their N-Quads dumps. Raises ReleaseError."""
    db = duckdb.connect(":memory:")
    for name, release in (("before", before), ("after", after)):
        _load(db, name, release.dumps / f"{WHOLE}.nq.gz")
    db.execute(
        "CREATE TABLE moved AS "
        "SELECT line, 'added' AS way FROM after ANTI JOIN before USING (line) "
        "UNION ALL SELECT line, 'removed' FROM before ANTI JOIN after USING (line)"
    )
    return Difference(_graphs(db), _kinds(db))


def _load(db: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    if not path.is_file():
        raise ReleaseError(f"{path} is missing: the release cannot be compared")
    db.execute(
        f"CREATE TABLE {table} AS SELECT line FROM read_csv({sql.text(str(path))}, delim='\x01', "
        "quote='', escape='', header=false, auto_detect=false, max_line_size=16777216, "
        "columns={'line': 'VARCHAR'})"
    )


def _graphs(db: duckdb.DuckDBPyConnection) -> list[Change]:
    name = f"regexp_extract(line, '<{GRAPH}([^<>]*)> \\.$', 1)"
    rows = db.execute(
        f"SELECT {name} AS graph, count(*) FILTER (way = 'added'), "
        "count(*) FILTER (way = 'removed') FROM moved GROUP BY graph ORDER BY graph"
    ).fetchall()
    return [Change(*row) for row in rows]


def _kinds(db: duckdb.DuckDBPyConnection) -> list[Change]:
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
    return [Change(*row) for row in rows]
