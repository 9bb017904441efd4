"""Where an RDF file says something: the lines of subjects and of malformed addresses, by search."""

from collections.abc import Mapping
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.sources.syntaxes import Converted

SEARCHED: Final = 1000
"""Malformed addresses whose line is looked for."""
ILLEGAL: Final = r"""<([^<>"]*[\x00-\x20"{}|^`\\][^<>"]*)>"""
BAD_BASE: Final = (
    r"""xml:base\s*=\s*["'][^"']*[\x00-\x20{}|^`\\][^"']*["']|"""
    r"^\s*@?(?i:base)\s+<[^>]*[\x00-\x20{}|^`\\][^>]*>"
)
XML: Final = r"""\brdf:((?:about|ID)\s*=\s*["'][^"']*["'])"""
XML_BASE: Final = r"""xml:base\s*=\s*["']([^"'\s]*)["']"""
JSON: Final = r'"(?:@id|id|@graph)"\s*:\s*"([^"]*)"'
TURTLE: Final = r'^\s*(<[^>]*>|[\w.-]*:[^\s;,<>()\[\]"]*)'
TOKENS: Final = {ox.RdfFormat.RDF_XML: XML, ox.RdfFormat.JSON_LD: JSON}


def note_subjects(
    db: duckdb.DuckDBPyConnection,
    lines: str,
    syntax: ox.RdfFormat,
    converted: Converted,
    table: str,
) -> None:
    """Makes the table (iri, line) of what looks like a subject, where it is first seen."""
    token = TOKENS.get(syntax, TURTLE)
    base = _xml_base(db, lines) if syntax == ox.RdfFormat.RDF_XML else None
    iri = _expanded(converted.prefixes, base or converted.base)
    written = f"SELECT n, unnest(regexp_extract_all(line, {sql.text(token)}, 1)) AS x"
    if syntax == ox.RdfFormat.RDF_XML:
        bare = _replaced(r"regexp_extract(x, '[\"'']([^\"'']*)', 1)", converted.entities)
        written = (
            f"SELECT n, CASE WHEN starts_with(x, 'ID') THEN '#' ELSE '' END || {bare} AS x "
            f"FROM ({written} FROM ({lines}))"
        )
    else:
        written += f" FROM ({lines})"
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.name(table)} AS "
        f"SELECT {iri} AS iri, min(n) AS line FROM ({written}) GROUP BY ALL"
    )


def _replaced(text: str, entities: Mapping[str, str]) -> str:
    """An SQL text with the XML entities in it replaced."""
    for name, value in (*reversed(list(entities.items())), ("amp", "&")):
        text = f"replace({text}, {sql.text(f'&{name};')}, {sql.text(value)})"
    return text


def _xml_base(db: duckdb.DuckDBPyConnection, lines: str) -> str | None:
    row = db.execute(
        f"SELECT regexp_extract(line, {sql.text(XML_BASE)}, 1) AS base FROM ({lines}) "
        "WHERE base <> '' LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


def _expanded(prefixes: Mapping[str, str], base: str) -> str:
    """The IRI of a token `x`: an absolute one, a prefixed name, or relative to the base."""
    bare, document, folder = "trim(x, '<>')", base.partition("#")[0], base[: base.rfind("/") + 1]
    pairs = ", ".join(f"{sql.text(key)}: {sql.text(iri)}" for key, iri in prefixes.items())
    named = f"(MAP {{{pairs}}})[split_part(x, ':', 1)]" if pairs else "CAST(NULL AS VARCHAR)"
    absolute = r"regexp_matches(x, '^<?[A-Za-z][A-Za-z0-9+.-]*:(//|[a-z]+:)')"
    return (
        f"CASE WHEN {absolute} THEN {bare} WHEN {named} IS NOT NULL AND NOT starts_with(x, '<') "
        f"THEN {named} || substr(x, strpos(x, ':') + 1) WHEN contains(x, ':') THEN {bare} "
        f"WHEN {bare} = '' OR starts_with({bare}, '#') THEN {sql.text(document)} || {bare} "
        f"ELSE {sql.text(folder)} || {bare} END"
    )


def note_places(db: duckdb.DuckDBPyConnection, lines: str, malformed: str) -> None:
    """Writes the line of the file in the place of the number of each malformed statement.

    A malformed base is added: no statement need have it, and it is to be corrected all the same.
    """
    table = sql.name(malformed)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE misplaced AS SELECT DISTINCT "
        f"regexp_extract(text, {sql.text(ILLEGAL)}, 1) AS iri FROM {table} WHERE problem = 'iri' "
        f"LIMIT {SEARCHED}"
    )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE places AS SELECT iri, min(n) AS line FROM misplaced "
        f"JOIN ({lines}) ON contains(line, iri) WHERE iri <> '' GROUP BY iri"
    )
    db.execute(
        f'UPDATE {table} SET "row" = (SELECT line FROM places '
        f"WHERE iri = regexp_extract(text, {sql.text(ILLEGAL)}, 1))"
    )
    db.execute(
        f"INSERT INTO {table} SELECT n, line, 'iri' FROM ({lines}) "
        f"WHERE regexp_matches(line, {sql.text(BAD_BASE)})"
    )
