"""Work database of a build (DuckDB): quads, the rows they come from, and rejected records."""

from pathlib import Path

import duckdb

from kg import sql
from kg.mapping import term_macros

MEMORY_LIMIT = "1700MB"
"""Of a build of any size: DuckDB slows down before it needs more."""
WORK_SCHEMA = (
    "CREATE TABLE quads (source VARCHAR, record BIGINT, s VARCHAR, p VARCHAR, o VARCHAR)",
    """CREATE TABLE records (record BIGINT, source VARCHAR, tbl VARCHAR, file VARCHAR, "row" BIGINT,
    subject VARCHAR, label VARCHAR)""",
    "CREATE TABLE hangs (record BIGINT, needs VARCHAR)",
    "CREATE TABLE unusable (record BIGINT, problem VARCHAR, col VARCHAR, value VARCHAR)",
    # entities that no rule is about: neither accepted nor refused
    "CREATE TABLE unjudged (record BIGINT)",
    "CREATE VIEW accepted AS SELECT DISTINCT source, s, p, o FROM quads",
    # the dates, as written, of which the codes of communes of a line are
    "CREATE TABLE code_dates (record BIGINT, written VARCHAR)",
    "CREATE TABLE originals (record BIGINT, cells JSON)",
    # how a file calls a canonical column, and where it has it (from 0)
    """CREATE TABLE headings (source VARCHAR, file VARCHAR, tbl VARCHAR, col VARCHAR,
    heading VARCHAR, position INTEGER)""",
)


def open_work_database(
    path: Path | None = None, memory: str = MEMORY_LIMIT
) -> duckdb.DuckDBPyConnection:
    """A new work database, in memory or in a file that must not exist yet.

    The one in a file takes no more than `memory`; what is beyond goes to the disk beside it.
    """
    db = duckdb.connect(str(path) if path else ":memory:")
    db.execute("SET enable_progress_bar = false")
    if path:
        db.execute(f"SET memory_limit = {sql.literal(memory)}")
    for statement in WORK_SCHEMA:
        db.execute(statement)
    term_macros.define_term_macros(db)
    return db
