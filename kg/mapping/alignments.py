"""Alignments: SPARQL CONSTRUCT queries that map a source's own vocabulary to the ontology."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.errors import SourceError
from kg.mapping.ntriples_io import SUBJECT_TERM_SQL, export_lines
from kg.namespaces import BASE
from kg.sources.encoding import PlainText
from kg.sources.ntriples_lines import read_statements
from kg.sources.temp_files import make_temp_path
from kg.sources.text_lines import build_numbered_lines_sql
from kg.sparql.query_inspection import inspect

MAX_IN_MEMORY_BYTES: Final = 256 << 20
"""Size up to which statements are queried in memory; larger ones use a store on disk."""


def apply_alignments(
    db: duckdb.DuckDBPyConnection, statements: str, malformed: str, queries: Sequence[Path]
) -> None:
    """Replace the statements of a table with the results of CONSTRUCT queries.

    Each query runs over the statements of the file; the union of their results replaces them.
    Raises SourceError with the query that fails.
    """
    input_path, output_path = make_temp_path(db, "nt"), make_temp_path(db, "nt")
    folder = make_temp_path(db, "store")
    triple = f"{SUBJECT_TERM_SQL} || ' <' || p || '> ' || o || ' .'"
    export_lines(db, f"SELECT {triple} FROM {sql.identifier(statements)}", input_path)
    store = ox.Store(folder) if input_path.stat().st_size > MAX_IN_MEMORY_BYTES else ox.Store()
    store.bulk_load(path=input_path, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    output_path.touch()
    for path in queries:
        _run_construct(store, path, output_path)
    del store
    shutil.rmtree(folder, ignore_errors=True)
    input_path.unlink()
    # stores have no stable order: sort by subject so that records are numbered alike in every build
    lines = (
        "SELECT line, row_number() OVER (ORDER BY line) AS n FROM "
        f"({_build_distinct_lines_sql(db, output_path)})"
    )
    read_statements(db, lines, statements, malformed)
    # constructed statements have no line in the file
    db.execute(f'UPDATE {sql.identifier(malformed)} SET "row" = NULL')


def _build_distinct_lines_sql(db: duckdb.DuckDBPyConnection, made: Path) -> str:
    return (
        f"SELECT DISTINCT line FROM ({build_numbered_lines_sql(db, PlainText.from_own_file(made))})"
    )


def _run_construct(store: ox.Store, path: Path, made: Path) -> None:
    query = path.read_text("utf-8")
    if inspect(query).calls_service:
        raise _make_alignment_error(
            path, "SERVICE: nothing is fetched", "SERVICE : rien n’est téléchargé"
        )
    try:
        results = store.query(query, base_iri=BASE)
    except SyntaxError as error:
        raise _make_alignment_error(path, error.msg, error.msg) from error
    if not isinstance(results, ox.QueryTriples):
        raise _make_alignment_error(path, "it is no CONSTRUCT", "ce n’est pas un CONSTRUCT")
    with made.open("ab") as file:
        ox.serialize(results, file, ox.RdfFormat.N_TRIPLES)


def _make_alignment_error(path: Path, problem: str, french: str) -> SourceError:
    where = f"{path.parent.name}/{path.name}"
    return SourceError(f"alignment {where}: {problem}", f"alignement {where} : {french}")
