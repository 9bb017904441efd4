"""RDF reader: files of any syntax as DuckDB relations, with the line number of each subject."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.errors import SourceError
from kg.sources.decompress import decompress, read_first_bytes
from kg.sources.encoding import PlainText, open_as_utf8
from kg.sources.ntriples_lines import read_statements
from kg.sources.opened_table import create_malformed_table
from kg.sources.rdf_convert import LINE_SYNTAXES, ConversionResult, convert_to_nquads, find_syntax
from kg.sources.rdf_line_numbers import create_subject_lines, set_malformed_line_numbers
from kg.sources.temp_files import make_temp_path
from kg.sources.text_lines import build_numbered_lines_sql

XML_ENCODING_DECLARATION: Final = re.compile(
    rb"""^\s*<\?xml[^>]*?(\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["'])"""
)


@dataclass(frozen=True)
class OpenedRdf:
    """Tables that hold the contents of an RDF file."""

    table: str
    """(n, s, p, o): statement number, subject and predicate as bare IRIs, object as a term."""
    subjects: str
    """(iri, line): the line on which each subject first occurs."""
    malformed: str
    """(row, text, problem): invalid statements, and statements with an invalid IRI."""
    file: str
    format_description: str


def open_rdf(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, context: Path | None = None
) -> OpenedRdf:
    """Open an RDF file. Raises SourceError where it is not RDF.

    `context` is our own JSON-LD context, which replaces references to it in the file.
    """
    plain = decompress(db, path)
    syntax = find_syntax(path.name.removesuffix(".gz").removesuffix(".zst"))
    if syntax is None:
        raise SourceError(
            f"{path.name} does not have the extension of an RDF file",
            f"{path.name} n’a pas l’extension d’un fichier RDF",
        )
    text = _open_text(db, plain, syntax)
    triples = OpenedRdf(
        table=f"triples_{name}",
        subjects=f"subjects_{name}",
        malformed=create_malformed_table(db, name),
        file=path.name,
        format_description=f"{text.encoding_name}, {syntax.name}",
    )
    lines = build_numbered_lines_sql(db, text)
    if syntax in LINE_SYNTAXES:
        read_statements(db, lines, triples.table, triples.malformed)
        db.execute(
            f"CREATE OR REPLACE TABLE {sql.identifier(triples.subjects)} AS "
            f"SELECT s AS iri, min(n) AS line FROM {sql.identifier(triples.table)} GROUP BY s"
        )
    else:
        _read_via_nquads(db, text, syntax, lines, triples, context)
    _require_content(db, triples)
    return triples


def _read_via_nquads(
    db: duckdb.DuckDBPyConnection,
    text: PlainText,
    syntax: ox.RdfFormat,
    lines: str,
    triples: OpenedRdf,
    context: Path | None,
) -> None:
    quads = make_temp_path(db, "nq")
    converted = convert_to_nquads(text.path, syntax, quads, triples.file, context)
    written = build_numbered_lines_sql(db, PlainText.from_own_file(quads))
    read_statements(db, written, triples.table, triples.malformed)
    set_malformed_line_numbers(db, lines, triples.malformed)
    _insert_errors(db, converted, triples.malformed)
    create_subject_lines(db, lines, syntax, converted, triples.subjects)


def _open_text(db: duckdb.DuckDBPyConnection, path: Path, syntax: ox.RdfFormat) -> PlainText:
    """Return the file as UTF-8; an encoding declaration in XML takes precedence."""
    declared = (
        XML_ENCODING_DECLARATION.match(read_first_bytes(path, 200))
        if syntax == ox.RdfFormat.RDF_XML
        else None
    )
    if not declared or declared[2].lower() == b"utf-8":
        return open_as_utf8(db, path)
    text = open_as_utf8(db, path)
    if text.encoding != "utf-8":
        text = open_as_utf8(db, path, declared[2].decode())
    copy = text.path
    if copy == path:
        copy = make_temp_path(db, "xml")
        shutil.copyfile(path, copy)
    with copy.open("r+b") as file:  # blank out the declaration, now wrong, without moving bytes
        head = file.read(200)
        file.seek(0)
        file.write(head.replace(declared[1], b" " * len(declared[1])))
    return replace(text, path=copy)


def _insert_errors(
    db: duckdb.DuckDBPyConnection, converted: ConversionResult, malformed: str
) -> None:
    rows: Iterable[tuple[int | None, str]] = converted.errors
    lists = [[line for line, _ in rows], [error for _, error in rows]]
    if converted.errors:
        db.execute(
            f"INSERT INTO {sql.identifier(malformed)} "
            "SELECT unnest($1::BIGINT[]), unnest($2::VARCHAR[]), 'statement'",
            lists,
        )


def _require_content(db: duckdb.DuckDBPyConnection, triples: OpenedRdf) -> None:
    """Raise SourceError where a file has only malformed statements."""
    row = db.execute(
        f'SELECT (SELECT count(*) FROM {sql.identifier(triples.table)}), min("row"), '
        "any_value(text) "
        f"FROM {sql.identifier(triples.malformed)}"
    ).fetchone()
    if row and not row[0] and row[1] is not None:
        raise SourceError(
            f"{triples.file}, line {row[1]}: it cannot be read as RDF ({row[2][:200]})",
            f"{triples.file}, ligne {row[1]} : il ne peut pas être lu comme du RDF "
            f"({row[2][:200]})",
        )
