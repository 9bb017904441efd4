"""Differences between the settled quads and an earlier release, as lines of N-Quads."""

from typing import Final

import duckdb

from kg import sql
from kg.mapping.ntriples_io import QUAD_LINE_SQL, build_lines_sql
from kg.namespaces import ID
from kg.release_layout import Release
from kg.releases.dumps import WHOLE_STEM

ADDED: Final = "came"
"""The table of the lines that the earlier release does not have (`line`)."""
REMOVED: Final = "went"
"""The table of the lines that only the earlier release has."""
VERSIONS_FILE: Final = "versions.parquet"
WHOLE_DUMP: Final = f"dumps/{WHOLE_STEM}.nq.gz"
"""The file of a release that has all of its quads."""

MAX_CHANGED_SHARE: Final = 0.2
"""The share of the quads that may differ: beyond it, writing all of them is faster."""


def build_scan(release: Release, name: str) -> str:
    """The relation of a Parquet file of a release."""
    return f"read_parquet({sql.literal(str(release.folder / name))})"


def stage_differences(db: duckdb.DuckDBPyConnection, earlier: Release) -> None:
    """Makes the tables ADDED and REMOVED of what was settled, against an earlier release.

    Reads `version` (`kg.releases.changes`), and of the earlier release its versions and its dump.
    """
    # only of records that changed, and of what is no record: the others have the same lines
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE untouched AS
        SELECT {sql.literal(ID)} || kind || '/' || key AS iri
        FROM version SEMI JOIN {build_scan(earlier, VERSIONS_FILE)} USING (kind, key, digest);
        CREATE OR REPLACE TEMP TABLE old AS SELECT line FROM (
            SELECT line, split_part(line[2:], '>', 1) AS s
            FROM {build_lines_sql(earlier.folder / WHOLE_DUMP)})
        WHERE split_part(s, '#', 1) NOT IN (SELECT iri FROM untouched);
        CREATE OR REPLACE TEMP TABLE fresh AS SELECT {QUAD_LINE_SQL} AS line FROM settled
        WHERE split_part(s, '#', 1) NOT IN (SELECT iri FROM untouched);
        CREATE OR REPLACE TEMP TABLE {ADDED} AS SELECT line FROM fresh ANTI JOIN old USING (line);
        CREATE OR REPLACE TEMP TABLE {REMOVED} AS SELECT line FROM old ANTI JOIN fresh USING (line);
        DROP TABLE old; DROP TABLE fresh; DROP TABLE untouched"""
    )


def is_small_difference(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether so little is staged that applying it is worth it."""
    changed = sql.select_number(
        db, f"SELECT (SELECT count(*) FROM {ADDED}) + (SELECT count(*) FROM {REMOVED})"
    )
    return changed <= MAX_CHANGED_SHARE * sql.select_number(db, "SELECT count(*) FROM settled")


def drop_differences(db: duckdb.DuckDBPyConnection) -> None:
    """Drops the tables that `stage_differences` made."""
    db.execute(f"DROP TABLE IF EXISTS {ADDED}; DROP TABLE IF EXISTS {REMOVED}")
