"""RDF files of any syntax as relations: their statements, with the line of each subject."""

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
from kg.sources.encoding import PlainText, plain_text
from kg.sources.lines import numbered_lines
from kg.sources.opened import no_malformed
from kg.sources.places import note_places, note_subjects
from kg.sources.scratch import scratch_file
from kg.sources.statements import read_statements
from kg.sources.syntaxes import LINES, Converted, convert, syntax_of
from kg.sources.unpack import first_bytes, unpacked

DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]*?(\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["'])""")


@dataclass(frozen=True)
class Triples:
    """The statements of an RDF file."""

    table: str
    """(n, s, p, o): the number of a statement, its subject and predicate bare, a term."""
    subjects: str
    """(iri, line): where a subject is first seen."""
    malformed: str
    """(row, text, problem): what is no statement, or has an address that is none."""
    file: str
    told: str


def open_triples(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, context: Path | None = None
) -> Triples:
    """The statements of an RDF file. Raises SourceError where it is no RDF.

    `context` is our own JSON-LD context, which stands for its address in the file.
    """
    plain = unpacked(db, path)
    syntax = syntax_of(path.name.removesuffix(".gz").removesuffix(".zst"))
    if syntax is None:
        raise SourceError(
            f"{path.name} does not have the extension of an RDF file",
            f"{path.name} n’a pas l’extension d’un fichier RDF",
        )
    text = _text(db, plain, syntax)
    triples = Triples(
        table=f"triples_{name}",
        subjects=f"subjects_{name}",
        malformed=no_malformed(db, name),
        file=path.name,
        told=f"{text.told}, {syntax.name}",
    )
    lines = numbered_lines(db, text)
    if syntax in LINES:
        read_statements(db, lines, triples.table, triples.malformed)
        db.execute(
            f"CREATE OR REPLACE TABLE {sql.name(triples.subjects)} AS "
            f"SELECT s AS iri, min(n) AS line FROM {sql.name(triples.table)} GROUP BY s"
        )
    else:
        _read_converted(db, text, syntax, lines, triples, context)
    _hold_content(db, triples)
    return triples


def _read_converted(
    db: duckdb.DuckDBPyConnection,
    text: PlainText,
    syntax: ox.RdfFormat,
    lines: str,
    triples: Triples,
    context: Path | None,
) -> None:
    quads = scratch_file(db, "nq")
    converted = convert(text.path, syntax, quads, triples.file, context)
    written = numbered_lines(db, PlainText.ours(quads))
    read_statements(db, written, triples.table, triples.malformed)
    note_places(db, lines, triples.malformed)
    _note_errors(db, converted, triples.malformed)
    note_subjects(db, lines, syntax, converted, triples.subjects)


def _text(db: duckdb.DuckDBPyConnection, path: Path, syntax: ox.RdfFormat) -> PlainText:
    """The file as UTF-8; XML says itself what it is written in."""
    declared = DECLARED.match(first_bytes(path, 200)) if syntax == ox.RdfFormat.RDF_XML else None
    if not declared or declared[2].lower() == b"utf-8":
        return plain_text(db, path)
    text = plain_text(db, path)
    if text.encoding != "utf-8":
        text = plain_text(db, path, declared[2].decode())
    copy = text.path
    if copy == path:
        copy = scratch_file(db, "xml")
        shutil.copyfile(path, copy)
    with copy.open("r+b") as file:  # the copy no longer declares what it is not
        head = file.read(200)
        file.seek(0)
        file.write(head.replace(declared[1], b" " * len(declared[1])))
    return replace(text, path=copy)


def _note_errors(db: duckdb.DuckDBPyConnection, converted: Converted, malformed: str) -> None:
    rows: Iterable[tuple[int | None, str]] = converted.errors
    lists = [[line for line, _ in rows], [error for _, error in rows]]
    if converted.errors:
        db.execute(
            f"INSERT INTO {sql.name(malformed)} "
            "SELECT unnest($1::BIGINT[]), unnest($2::VARCHAR[]), 'statement'",
            lists,
        )


def _hold_content(db: duckdb.DuckDBPyConnection, triples: Triples) -> None:
    """Raises SourceError where not one statement was read and something is malformed."""
    row = db.execute(
        f'SELECT (SELECT count(*) FROM {sql.name(triples.table)}), min("row"), any_value(text) '
        f"FROM {sql.name(triples.malformed)}"
    ).fetchone()
    if row and not row[0] and row[1] is not None:
        raise SourceError(
            f"{triples.file}, line {row[1]}: it cannot be read as RDF ({row[2][:200]})",
            f"{triples.file}, ligne {row[1]} : il ne peut pas être lu comme du RDF "
            f"({row[2][:200]})",
        )
