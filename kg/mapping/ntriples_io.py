"""N-Triples export and import of the quads in DuckDB, one statement per line."""

from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.namespaces import GRAPH
from kg.work_tables import QUADS

SUBJECT_TERM_SQL: Final = "CASE WHEN starts_with(s, '_:') THEN s ELSE '<' || s || '>' END"
"""SQL of a subject that may be a blank node, as an N-Triples term."""
TRIPLE_LINE_SQL: Final = "'<' || s || '> <' || p || '> ' || o || ' .'"
"""SQL of the line of a triple whose subject is an IRI."""
QUAD_LINE_SQL: Final = f"'<' || s || '> <' || p || '> ' || o || ' <{GRAPH}' || source || '> .'"
"""SQL of the line of a quad in the graph of its source."""


def export_triples(db: duckdb.DuckDBPyConnection, path: Path, where: str = "true") -> int:
    """Export distinct triples of all graphs as sorted N-Triples; return their number."""
    return export_lines(
        db,
        f"SELECT DISTINCT {TRIPLE_LINE_SQL} AS line FROM {QUADS} WHERE {where} ORDER BY line",
        path,
    )


def export_lines(db: duckdb.DuckDBPyConnection, lines: str, path: Path) -> int:
    """Export the lines of a query in their order; return their number."""
    # one column, unquoted: the terms are already escaped
    return sql.select_number(
        db,
        f"COPY ({lines}) TO {sql.literal(str(path))} "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')",
    )


def build_lines_sql(path: Path) -> str:
    """Return the relation (line) of a file written by `export_lines` or by a store."""
    # statements contain no unescaped control character, so that each line is one column
    return (
        f"read_csv({sql.literal(str(path))}, delim='\x01', quote='', escape='', header=false, "
        "auto_detect=false, columns={'line': 'VARCHAR'}, max_line_size=16777216)"
    )


def read_ntriples(db: duckdb.DuckDBPyConnection, source: str, path: Path) -> int:
    """Import the distinct triples of a file, without records; return their number.

    Subjects and predicates are IRIs, so that the first two spaces of a line separate the terms.
    """
    if not path.stat().st_size:
        return 0
    return sql.select_number(
        db,
        f"""INSERT INTO {QUADS}
        SELECT DISTINCT {sql.literal(source)}, NULL, s[2:-2], p[2:-2],
            line[length(s) + length(p) + 3:-3]
        FROM (SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p
            FROM {build_lines_sql(path)})""",
    )
