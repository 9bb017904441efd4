"""Work database of a build (DuckDB): a file or memory with the tables of `kg.work_tables`."""

from pathlib import Path

import duckdb

from kg import sql
from kg.mapping import term_macros
from kg.work_tables import create_work_tables

MEMORY_LIMIT = "1700MB"
"""Memory limit of DuckDB, sufficient for builds of any size: beyond it DuckDB spills to disk."""

CHECKPOINT_THRESHOLD = "1GB"
"""Size of the journal from which DuckDB writes it into the file of the database. No build needs the
file once it has ended, and at DuckDB's 16 MB a build of 100,000 organisations spends a tenth of its
processor time on it."""


def open_work_database(
    path: Path | None = None, memory: str = MEMORY_LIMIT
) -> duckdb.DuckDBPyConnection:
    """Create a work database, in memory or in a file that must not exist yet.

    `memory` limits that of a file; data beyond it is spilled to the same folder.
    """
    db = duckdb.connect(str(path) if path else ":memory:")
    db.execute("SET enable_progress_bar = false")
    if path:
        db.execute(f"SET memory_limit = {sql.literal(memory)}")
        db.execute(f"SET checkpoint_threshold = {sql.literal(CHECKPOINT_THRESHOLD)}")
        db.execute("PRAGMA disable_checkpoint_on_shutdown")
    create_work_tables(db)
    term_macros.define_term_macros(db)
    return db
