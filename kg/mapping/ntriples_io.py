"""N-Triples export and import of the quads of the work database."""

from pathlib import Path

import duckdb

from kg import sql


def read_ntriples(db: duckdb.DuckDBPyConnection, source: str, path: Path) -> int:
    """Adds the triples of a file, each once and without a record; how many.

    The subjects and predicates are IRIs, so that the first two spaces of a line part its terms.
    """
    if not path.stat().st_size:
        return 0
    added = db.execute(
        f"""INSERT INTO quads
        SELECT DISTINCT {sql.literal(source)}, NULL, s[2:-2], p[2:-2],
            line[length(s) + length(p) + 3:-3]
        FROM (SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p
            FROM read_csv({sql.literal(str(path))}, delim='\x01', quote='', escape='', header=false,
            auto_detect=false, columns={{'line': 'VARCHAR'}}, max_line_size=16777216))"""
    ).fetchone()
    return int(added[0]) if added else 0
