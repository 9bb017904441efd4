"""Statements about discrepancies: each value with its sources, and the preferred one.

A discrepancy and each of its values are nodes of the record, below its `#`; they are in the graph
`derived`. See docs/decisions/0023-sources-that-disagree.md.
"""

from typing import Final

import duckdb

from kg import sql
from kg.iris import build_source_iri as source_iri
from kg.namespaces import ID, expand
from kg.releases.inference import DERIVED_SOURCE
from kg.work_tables import DISAGREEMENT, DISCREPANCY, QUADS

NODE_SQL: Final = (
    "CASE WHEN contains(s, '#') THEN s || '-' ELSE s || '#' END || 'discrepancy-' || {}"
)
SOURCE_IRI_SQL: Final = f"'<{source_iri('')}' || source || '>'"
CREATE_DIFFERING_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE differing AS
SELECT {NODE_SQL.format("replace(field, '_', '-')")} AS node, s, p, kept, source,
    dense_rank() OVER (PARTITION BY s, p, lang ORDER BY best, kept) AS nr
FROM (SELECT *, min(place) OVER (PARTITION BY s, p, lang, kept) AS best FROM {DISCREPANCY})
"""
"""The values, numbered from the one that is preferred."""
CREATE_BROKEN_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE broken AS
SELECT {NODE_SQL.format("regexp_extract(shape, '[^/#:]*$')")} AS node, s, path, shape, source
FROM (SELECT focus AS s, path, shape, source FROM {DISAGREEMENT})
WHERE starts_with(s, {sql.literal(ID)}) AND NOT starts_with(s, {sql.literal(source_iri(""))})
"""


def insert_discrepancy_statements(db: duckdb.DuckDBPyConnection) -> None:
    """Adds what `discrepancy` and `disagreement` hold to the graph `derived`.

    They are read by their values as kept, so those of the quads must have got their lasting form.
    """
    for statement in (CREATE_DIFFERING_SQL, CREATE_BROKEN_SQL):
        db.execute(statement)
    record = "'<' || split_part(s, '#', 1) || '>'"
    value = "node || '-' || nr"
    differing = (
        ("node", "rdf:type", _build_iri_term("ess:Discrepancy")),
        ("node", "ess:discrepancyOf", record),
        ("node", "rdf:subject", "'<' || s || '>'"),
        ("node", "rdf:predicate", "'<' || p || '>'"),
        ("node", "ess:statedValue", f"'<' || {value} || '>'"),
        ("node", "ess:preferredValue", f"CASE WHEN nr = 1 THEN '<' || {value} || '>' END"),
        (value, "rdf:type", _build_iri_term("ess:StatedValue")),
        (value, "ess:discrepancyOf", record),
        (value, "rdf:value", "kept"),
        (value, "dct:source", SOURCE_IRI_SQL),
    )
    broken = (
        ("node", "rdf:type", _build_iri_term("ess:Discrepancy")),
        ("node", "ess:discrepancyOf", record),
        ("node", "rdf:subject", "'<' || s || '>'"),
        (
            "node",
            "rdf:predicate",
            "CASE WHEN starts_with(path, 'http') THEN '<' || path || '>' END",
        ),
        (
            "node",
            "ess:brokenRule",
            "CASE WHEN starts_with(shape, 'http') THEN '<' || shape || '>' END",
        ),
        ("node", "dct:source", SOURCE_IRI_SQL),
    )
    for table, patterns in (("differing", differing), ("broken", broken)):
        selects = " UNION ALL ".join(
            f"SELECT {s} AS s, {sql.literal(expand(p))} AS p, {o} AS o FROM {table}"
            for s, p, o in patterns
        )
        db.execute(
            f"INSERT INTO {QUADS} SELECT DISTINCT {sql.literal(DERIVED_SOURCE)}, NULL, s, p, o "
            f"FROM ({selects}) WHERE o IS NOT NULL"
        )


def _build_iri_term(curie: str) -> str:
    return sql.literal(f"<{expand(curie)}>")
