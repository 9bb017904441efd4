"""Where an RDF file says something: the lines of subjects and of malformed addresses, by search."""

from collections.abc import Mapping
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.namespaces import BASE

SEARCHED: Final = 1000
"""Malformed addresses whose line is looked for."""
ILLEGAL: Final = r"""<([^<>"]*[\x00-\x20"{}|^`\\][^<>"]*)>"""
BAD_BASE: Final = (
    r"""xml:base\s*=\s*["'][^"']*[\x00-\x20{}|^`\\][^"']*["']|"""
    r"^\s*@?(?i:base)\s+<[^>]*[\x00-\x20{}|^`\\][^>]*>"
)
XML: Final = r"""(?:about|ID)\s*=\s*["']([^"']*)["']"""
JSON: Final = r'"(?:@id|id|@graph)"\s*:\s*"([^"]*)"'
TURTLE: Final = r'^\s*(<[^>]*>|[\w.-]*:[^\s;,<>()\[\]"]*)'
TOKENS: Final = {ox.RdfFormat.RDF_XML: XML, ox.RdfFormat.JSON_LD: JSON}


def note_subjects(
    db: duckdb.DuckDBPyConnection,
    lines: str,
    syntax: ox.RdfFormat,
    prefixes: Mapping[str, str],
    table: str,
) -> None:
    """Makes the table (iri, line) of what looks like a subject, where it is first seen."""
    token = TOKENS.get(syntax, TURTLE)
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.name(table)} AS "
        f"SELECT {_expanded(syntax, prefixes)} AS iri, min(n) AS line FROM ("
        f"SELECT n, unnest(regexp_extract_all(line, {sql.text(token)}, 1)) AS x "
        f"FROM ({lines}) WHERE line IS NOT NULL) GROUP BY ALL"
    )


def _expanded(syntax: ox.RdfFormat, prefixes: Mapping[str, str]) -> str:
    """The IRI of a token `x`: an absolute one, a prefixed name, or relative to the base."""
    bare = "replace(trim(x, '<>'), '&amp;', '&')"
    base = sql.text(BASE + ("#" if syntax == ox.RdfFormat.RDF_XML else ""))
    pairs = ", ".join(f"{sql.text(key)}: {sql.text(iri)}" for key, iri in prefixes.items())
    named = f"(MAP {{{pairs}}})[split_part(x, ':', 1)]" if pairs else "CAST(NULL AS VARCHAR)"
    absolute = r"regexp_matches(x, '^<?[A-Za-z][A-Za-z0-9+.-]*:(//|[a-z]+:)')"
    return (
        f"CASE WHEN {absolute} THEN {bare} WHEN {named} IS NOT NULL AND NOT starts_with(x, '<') "
        f"THEN {named} || substr(x, strpos(x, ':') + 1) "
        f"WHEN contains(x, ':') THEN {bare} ELSE {base} || {bare} END"
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
