"""N-Triples export and import of quads that are in DuckDB, one statement a line."""

from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.namespaces import GRAPH

SUBJECT_TERM_SQL: Final = "CASE WHEN starts_with(s, '_:') THEN s ELSE '<' || s || '>' END"
"""The subject of a statement that may be a blank node."""
TRIPLE_LINE_SQL: Final = "'<' || s || '> <' || p || '> ' || o || ' .'"
"""The line of a triple whose subject is an IRI."""
QUAD_LINE_SQL: Final = f"'<' || s || '> <' || p || '> ' || o || ' <{GRAPH}' || source || '> .'"
"""The line of a quad, in the graph of its source."""


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
    return sql.select_number(
        db,
        f"COPY ({lines}) TO {sql.literal(str(path))} "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')",
    )


def build_lines_sql(path: Path) -> str:
    """The relation of the lines (`line`) of a file that `export_lines` or a store has written."""
    # statements have no control character unescaped, so that the line is the only column
    return (
        f"read_csv({sql.literal(str(path))}, delim='\x01', quote='', escape='', header=false, "
        "auto_detect=false, columns={'line': 'VARCHAR'}, max_line_size=16777216)"
    )


def read_ntriples(db: duckdb.DuckDBPyConnection, source: str, path: Path) -> int:
    """Adds the triples of a file, each once and without a record; how many.

    The subjects and predicates are IRIs, so that the first two spaces of a line part its terms.
    """
    if not path.stat().st_size:
        return 0
    return sql.select_number(
        db,
        f"""INSERT INTO quads
        SELECT DISTINCT {sql.literal(source)}, NULL, s[2:-2], p[2:-2],
            line[length(s) + length(p) + 3:-3]
        FROM (SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p
            FROM {build_lines_sql(path)})""",
    )
