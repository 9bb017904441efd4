"""Traces of a record in the kept releases: names, identifiers and texts that it alone has."""

import re
from collections.abc import Iterable
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME
from kg.mapping.forgotten_quads import list_field_columns
from kg.mapping.ntriples_io import build_lines_sql
from kg.namespaces import ID, PREFIXES, expand
from kg.privacy.traces import MIN_VALUE_LENGTH, Traces
from kg.rdf.term_readers import define_term_readers
from kg.release_layout import Release
from kg.releases.dumps import WHOLE_STEM

NAME_PROPERTIES: Final = ("skos:prefLabel", "skos:altLabel", "foaf:name", "schema:name")
GIVEN_NAME, FAMILY_NAME = expand("foaf:givenName"), expand("foaf:familyName")
IDENTIFIER_MARK: Final = "#identifier-"
IS_NUMBER: Final = re.compile(r"[\d\s.,:+TZ-]*")
"""Numbers and dates: they are of many."""


def create_trace_table(db: duckdb.DuckDBPyConnection) -> None:
    """Creates `trace_statement` (s, p, o), empty, and the macros that read it."""
    define_term_readers(db)
    db.execute("CREATE TABLE trace_statement (s VARCHAR, p VARCHAR, o VARCHAR)")


def load_statements(db: duckdb.DuckDBPyConnection, release: Release, traces: Traces) -> None:
    """Adds to `trace_statement` what a release says of a record and what hangs on it."""
    whole = release.dumps / f"{WHOLE_STEM}.nq.gz"
    if not whole.is_file():
        return
    lines = build_lines_sql(whole)
    iri = sql.literal(traces.iri)
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE pointing AS SELECT DISTINCT line FROM {lines}
        WHERE contains(line, '<' || {iri});
        CREATE OR REPLACE TEMP TABLE hanging AS SELECT DISTINCT split_part(line, ' ', 3) AS node
        FROM pointing WHERE split_part(line[2:], '>', 1) = {iri}
        AND contains(split_part(line, ' ', 3), '#');
        INSERT INTO trace_statement SELECT DISTINCT s[2:-2], split_part(line, ' ', 2)[2:-2],
            regexp_replace(line[length(s) + length(split_part(line, ' ', 2)) + 3:],
                ' <[^<> ]*> \\.$', '')
        FROM (SELECT line, split_part(line, ' ', 1) AS s FROM {lines}
            WHERE contains(line, '<' || {iri}) OR split_part(line, ' ', 1) IN (FROM hanging))
        WHERE split_part(s[2:-2], '#', 1) = {iri} OR s IN (FROM hanging)"""
    )


def list_other_uses(
    db: duckdb.DuckDBPyConnection, release: Release, traces: Traces, texts: Iterable[str]
) -> set[str]:
    """Those of some texts that a release has in another record too."""
    lines = build_lines_sql(release.dumps / f"{WHOLE_STEM}.nq.gz")
    rows = db.execute(
        f"""SELECT DISTINCT text FROM (SELECT line, split_part(line, ' ', 1)[2:-2] AS s,
            regexp_extract(line, '> "((?:[^"\\\\]|\\\\.)*)"', 1) AS text FROM {lines})
        WHERE text IN (SELECT unnest(?::VARCHAR[])) AND split_part(s, '#', 1) <> ?
        AND s NOT IN (SELECT s FROM trace_statement)""",
        [list(texts), traces.iri],
    ).fetchall()
    return {text for (text,) in rows}


def read_names(db: duckdb.DuckDBPyConnection, traces: Traces) -> set[str]:
    """The names that the releases give to the record."""
    rows = db.execute(
        "SELECT p, lexical(o) FROM trace_statement WHERE s = ? ORDER BY ALL", [traces.iri]
    ).fetchall()
    labels = {expand(name) for name in NAME_PROPERTIES}
    names = {text for predicate, text in rows if predicate in labels}
    given = [text for predicate, text in rows if predicate == GIVEN_NAME]
    family = [text for predicate, text in rows if predicate == FAMILY_NAME]
    for first in given:
        names |= {name for last in family for name in (f"{first} {last}", f"{last} {first}")}
    return names


def read_identifiers(db: duckdb.DuckDBPyConnection, traces: Traces) -> set[tuple[str, str]]:
    """(`scheme-value`, value) of the identifiers that the releases state of the record."""
    rows = db.execute(
        "SELECT split_part(s, ?, 2), lexical(o) FROM trace_statement WHERE contains(s, ?) "
        "AND split_part(s, '#', 1) = ? AND p = ?",
        [IDENTIFIER_MARK, IDENTIFIER_MARK, traces.iri, expand("skos:notation")],
    ).fetchall()
    return {(name, value) for name, value in rows}


def read_values(db: duckdb.DuckDBPyConnection) -> set[str]:
    """The texts and addresses elsewhere that the releases have of the record."""
    ours = ", ".join(
        sql.literal(prefix) for prefix in {ID, *PREFIXES.values(), "https://w3id.org/ess-kg/"}
    )
    rows = db.execute(
        "SELECT DISTINCT lexical(o) FROM trace_statement WHERE o[1] = '\"' OR NOT "
        f"list_bool_or(list_transform([{ours}], lambda x: starts_with(o[2:], x)))"
    ).fetchall()
    return {text for (text,) in rows if is_telling(text)}


def read_field_values(db: duckdb.DuckDBPyConnection, traces: Traces, table: Table) -> set[str]:
    """The texts that the releases have in a field of the record."""
    predicates = [
        expand(column.predicate)
        for column in list_field_columns(table, traces.field)
        if column.predicate and not column.virtual
    ]
    rows = db.execute(
        "SELECT DISTINCT lexical(o) FROM trace_statement WHERE split_part(s, '#', 1) = ? AND p IN "
        "(SELECT unnest(?::VARCHAR[]))",
        [traces.iri, predicates],
    ).fetchall()
    return {text for (text,) in rows}


def is_telling(text: str) -> bool:
    """Whether a text may be that of one record alone."""
    return len(text) >= MIN_VALUE_LENGTH and not IS_NUMBER.fullmatch(text)


def has_other_key(db: duckdb.DuckDBPyConnection, release: Release, traces: Traces) -> bool:
    """Whether a record of another kind has the key."""
    others = [ID + f"{kind}/{traces.key}" for kind in KIND_BY_NAME if kind != traces.kind]
    lines = build_lines_sql(release.dumps / f"{WHOLE_STEM}.nq.gz")
    row = db.execute(
        f"SELECT count(*) FROM (SELECT line FROM {lines} WHERE split_part(line[2:], '>', 1) IN "
        "(SELECT unnest(?::VARCHAR[])) LIMIT 1)",
        [others],
    ).fetchone()
    return bool(row and row[0])
