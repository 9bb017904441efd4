"""N-Triples export and import of the quads of the work database."""

from pathlib import Path

import duckdb

from kg import sql

TRIPLE_LINE_SQL = "'<' || s || '> <' || p || '> ' || o || ' .'"
"""The line of a triple."""


def export_triples(db: duckdb.DuckDBPyConnection, path: Path, where: str = "true") -> int:
    """Writes the triples, whatever their graph, as sorted N-Triples, each once; how many."""
    return export_lines(
        db,
        f"SELECT DISTINCT {TRIPLE_LINE_SQL} AS line FROM quads WHERE {where} ORDER BY line",
        path,
    )


def export_lines(db: duckdb.DuckDBPyConnection, lines: str, path: Path) -> int:
    """Writes the lines that a query gives, in their order; how many."""
    # one column without quoting: the terms are escaped already, so the file is what it holds
    copied = db.execute(
        f"COPY ({lines}) TO {sql.literal(str(path))} "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
    ).fetchone()
    return int(copied[0]) if copied else 0
