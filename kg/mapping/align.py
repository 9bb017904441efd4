"""Alignments: what a source says in its own words, constructed in ours by SPARQL."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.errors import SourceError
from kg.namespaces import BASE
from kg.sources.encoding import PlainText
from kg.sources.lines import numbered_lines
from kg.sources.scratch import scratch_file
from kg.sources.statements import read_statements

IN_MEMORY: Final = 256 << 20
"""Bytes of N-Triples that are queried in memory; more are on disk."""
FETCHES: Final = re.compile(r"\bSERVICE\b", re.IGNORECASE)
COMMENT: Final = re.compile(r"(^|\s)#[^\n]*")


def align(
    db: duckdb.DuckDBPyConnection, statements: str, malformed: str, queries: Sequence[Path]
) -> None:
    """Puts what the CONSTRUCT queries give in the place of the statements of a table.

    The queries run one after another over the statements of the file; their union is what the
    source says. Raises SourceError with the query that cannot be run.
    """
    given, made = scratch_file(db, "nt"), scratch_file(db, "nt")
    folder = scratch_file(db, "store")
    db.execute(
        "COPY (SELECT CASE WHEN starts_with(s, '_:') THEN s ELSE '<' || s || '>' END || ' <' || p "
        f"|| '> ' || o || ' .' FROM {sql.name(statements)}) TO {sql.text(str(given))} "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
    )
    store = ox.Store(folder) if given.stat().st_size > IN_MEMORY else ox.Store()
    store.bulk_load(path=given, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    made.touch()
    for path in queries:
        _construct(store, path, made)
    del store
    shutil.rmtree(folder, ignore_errors=True)
    given.unlink()
    # the order of a store is nobody's: entities come in the order of their addresses
    lines = f"SELECT line, row_number() OVER (ORDER BY line) AS n FROM ({_distinct(db, made)})"
    read_statements(db, lines, statements, malformed)
    # what is constructed has no line in the file
    db.execute(f'UPDATE {sql.name(malformed)} SET "row" = NULL')


def _distinct(db: duckdb.DuckDBPyConnection, made: Path) -> str:
    return f"SELECT DISTINCT line FROM ({numbered_lines(db, PlainText.ours(made))})"


def _construct(store: ox.Store, path: Path, made: Path) -> None:
    query = path.read_text("utf-8")
    if FETCHES.search(COMMENT.sub("", query)):
        raise _at_fault(path, "SERVICE: nothing is fetched", "SERVICE : rien n’est téléchargé")
    try:
        results = store.query(query, base_iri=BASE)
    except SyntaxError as error:
        raise _at_fault(path, error.msg, error.msg) from error
    if not isinstance(results, ox.QueryTriples):
        raise _at_fault(path, "it is no CONSTRUCT", "ce n’est pas un CONSTRUCT")
    with made.open("ab") as file:
        ox.serialize(results, file, ox.RdfFormat.N_TRIPLES)


def _at_fault(path: Path, problem: str, french: str) -> SourceError:
    where = f"{path.parent.name}/{path.name}"
    return SourceError(f"alignment {where}: {problem}", f"alignement {where} : {french}")
