"""The accepted quads written to files: sorted N-Quads and N-Triples, each statement once."""

from pathlib import Path

import duckdb

from kg import sql
from kg.namespaces import GRAPH


def export_quads(db: duckdb.DuckDBPyConnection, path: Path, where: str = "true") -> int:
    """Writes the accepted quads as sorted N-Quads; how many."""
    line = f"'<' || s || '> <' || p || '> ' || o || ' <{GRAPH}' || source || '> .'"
    return _export(
        db, f"SELECT DISTINCT {line} AS line FROM quads WHERE {where} ORDER BY line", path
    )


def export_triples(db: duckdb.DuckDBPyConnection, path: Path, where: str = "true") -> int:
    """Writes the accepted triples, whatever their graph, as sorted N-Triples; how many."""
    line = "'<' || s || '> <' || p || '> ' || o || ' .'"
    return _export(
        db, f"SELECT DISTINCT {line} AS line FROM quads WHERE {where} ORDER BY line", path
    )


def _export(db: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    # one column without quoting: the terms are escaped already, so the file is what it holds
    copied = db.execute(
        f"COPY ({query}) TO {sql.text(str(path))} "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
    ).fetchone()
    return int(copied[0]) if copied else 0
