"""RDF files as quads of the work database: the model itself, and sources that come as RDF."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyoxigraph as ox

from kg import rdf, sql


def load_files(db: duckdb.DuckDBPyConnection, source: str, paths: Iterable[Path]) -> int:
    """Adds the triples of files to the quads of a source, without a record; how many."""
    quads = (quad for path in paths for quad in rdf.read_quads(path))
    return add_triples(db, source, (quad.triple for quad in quads))


def add_triples(db: duckdb.DuckDBPyConnection, source: str, triples: Iterable[ox.Triple]) -> int:
    """Adds triples to the quads of a source, without a record; how many.

    They pass through a file of tab-separated N-Triples terms: tabs inside a literal are escaped
    there, and DuckDB reads it a hundred times faster than rows given from Python.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triples.tsv"
        with path.open("w", encoding="utf-8") as file:
            count = sum(_write(file.write, triple) for triple in triples)
        if count:
            db.execute(
                f"INSERT INTO quads SELECT DISTINCT {sql.text(source)}, NULL, s, p, o FROM "
                f"read_csv({sql.text(str(path))}, delim='\t', quote='', escape='', header=false, "
                "auto_detect=false, columns={'s': 'VARCHAR', 'p': 'VARCHAR', 'o': 'VARCHAR'}, "
                "max_line_size=16777216)"
            )
    return count


def _write(write: object, triple: ox.Triple) -> int:
    assert callable(write)
    subject, predicate = str(triple.subject)[1:-1], str(triple.predicate)[1:-1]
    write(f"{subject}\t{predicate}\t{triple.object}\n")
    return 1
