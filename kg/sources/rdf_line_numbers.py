"""Line numbers of subjects and of malformed IRIs in RDF files, by text search."""

from collections.abc import Mapping
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.sources.rdf_convert import ConversionResult

MAX_SEARCHED_IRIS: Final = 1000
"""Number of malformed IRIs that are searched for in the file."""
ILLEGAL_IRI: Final = r"""<([^<>"]*[\x00-\x20"{}|^`\\][^<>"]*)>"""
ILLEGAL_BASE: Final = (
    r"""xml:base\s*=\s*["'][^"']*[\x00-\x20{}|^`\\][^"']*["']|"""
    r"^\s*@?(?i:base)\s+<[^>]*[\x00-\x20{}|^`\\][^>]*>"
)
RDF_XML_SUBJECT: Final = r"""\brdf:((?:about|ID)\s*=\s*["'][^"']*["'])"""
XML_BASE: Final = r"""xml:base\s*=\s*["']([^"'\s]*)["']"""
JSON_LD_SUBJECT: Final = r'"(?:@id|id|@graph)"\s*:\s*"([^"]*)"'
TURTLE_SUBJECT: Final = r'^\s*(<[^>]*>|[\w.-]*:[^\s;,<>()\[\]"]*)'
SUBJECT_PATTERNS: Final = {
    ox.RdfFormat.RDF_XML: RDF_XML_SUBJECT,
    ox.RdfFormat.JSON_LD: JSON_LD_SUBJECT,
}


def create_subject_lines(
    db: duckdb.DuckDBPyConnection,
    lines: str,
    syntax: ox.RdfFormat,
    converted: ConversionResult,
    table: str,
) -> None:
    """Create the table (iri, line) of the first line of each token that looks like a subject."""
    token = SUBJECT_PATTERNS.get(syntax, TURTLE_SUBJECT)
    base = _find_xml_base(db, lines) if syntax == ox.RdfFormat.RDF_XML else None
    iri = _build_iri_sql(converted.prefixes, base or converted.base)
    written = f"SELECT n, unnest(regexp_extract_all(line, {sql.literal(token)}, 1)) AS x"
    if syntax == ox.RdfFormat.RDF_XML:
        bare = _build_entity_replacement_sql(
            r"regexp_extract(x, '[\"'']([^\"'']*)', 1)", converted.entities
        )
        written = (
            f"SELECT n, CASE WHEN starts_with(x, 'ID') THEN '#' ELSE '' END || {bare} AS x "
            f"FROM ({written} FROM ({lines}))"
        )
    else:
        written += f" FROM ({lines})"
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.identifier(table)} AS "
        f"SELECT {iri} AS iri, min(n) AS line FROM ({written}) GROUP BY ALL"
    )


def _build_entity_replacement_sql(text: str, entities: Mapping[str, str]) -> str:
    """Return the SQL that expands XML entities in a text."""
    for name, value in (*reversed(list(entities.items())), ("amp", "&")):
        text = f"replace({text}, {sql.literal(f'&{name};')}, {sql.literal(value)})"
    return text


def _find_xml_base(db: duckdb.DuckDBPyConnection, lines: str) -> str | None:
    row = db.execute(
        f"SELECT regexp_extract(line, {sql.literal(XML_BASE)}, 1) AS base FROM ({lines}) "
        "WHERE base <> '' LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


def _build_iri_sql(prefixes: Mapping[str, str], base: str) -> str:
    """Return the SQL that resolves a token `x`: absolute IRI, prefixed name or relative IRI."""
    bare, document, folder = "trim(x, '<>')", base.partition("#")[0], base[: base.rfind("/") + 1]
    pairs = ", ".join(f"{sql.literal(key)}: {sql.literal(iri)}" for key, iri in prefixes.items())
    namespace_sql = (
        f"(MAP {{{pairs}}})[split_part(x, ':', 1)]" if pairs else "CAST(NULL AS VARCHAR)"
    )
    absolute = r"regexp_matches(x, '^<?[A-Za-z][A-Za-z0-9+.-]*:(//|[a-z]+:)')"
    return (
        f"CASE WHEN {absolute} THEN {bare} WHEN {namespace_sql} IS NOT NULL AND NOT starts_with(x,"
        " '<') "
        f"THEN {namespace_sql} || substr(x, strpos(x, ':') + 1) WHEN contains(x, ':') THEN {bare} "
        f"WHEN {bare} = '' OR starts_with({bare}, '#') THEN {sql.literal(document)} || {bare} "
        f"ELSE {sql.literal(folder)} || {bare} END"
    )


def set_malformed_line_numbers(db: duckdb.DuckDBPyConnection, lines: str, malformed: str) -> None:
    """Replace statement numbers with line numbers in the table of malformed statements.

    A malformed base IRI is added as a row of its own: no statement need contain it, yet it must be
    corrected.
    """
    table = sql.identifier(malformed)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE misplaced AS SELECT DISTINCT "
        f"regexp_extract(text, {sql.literal(ILLEGAL_IRI)}, 1) AS iri FROM {table} WHERE problem = "
        "'iri' "
        f"LIMIT {MAX_SEARCHED_IRIS}"
    )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE places AS SELECT iri, min(n) AS line FROM misplaced "
        f"JOIN ({lines}) ON contains(line, iri) WHERE iri <> '' GROUP BY iri"
    )
    db.execute(
        f'UPDATE {table} SET "row" = (SELECT line FROM places '
        f"WHERE iri = regexp_extract(text, {sql.literal(ILLEGAL_IRI)}, 1))"
    )
    db.execute(
        f"INSERT INTO {table} SELECT n, line, 'iri' FROM ({lines}) "
        f"WHERE regexp_matches(line, {sql.literal(ILLEGAL_BASE)})"
    )
