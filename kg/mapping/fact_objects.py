"""Inferred objects of reified facts: the value of the property that the fact qualifies.

A row of `relations` may qualify a property whose value (a code, a date, a name) is in the row of
the record itself. The object of such a fact is the record's only value or, among several, the one
that the column `value` repeats. Without a unique match it has no object.
"""

from typing import Final

import duckdb

from kg import sql
from kg.namespaces import SCHEME, expand
from kg.work_tables import ORIGINALS, QUADS

TABLE: Final = "relations"


def infer_fact_objects(db: duckdb.DuckDBPyConnection) -> int:
    """Add the missing objects of facts to the work database; return their number."""
    subject, predicate, object_ = (
        sql.literal(expand(f"rdf:{name}")) for name in ("subject", "predicate", "object")
    )
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE unnamed AS
        SELECT s.source, s.record, s.s, s.o[2:-2] AS subject, p.o[2:-2] AS predicate
        FROM (FROM {QUADS} WHERE p = {subject}) s
        JOIN (FROM {QUADS} WHERE p = {predicate}) p USING (source, s)
        ANTI JOIN (FROM {QUADS} WHERE p = {object_}) o USING (source, s);
        CREATE OR REPLACE TEMP TABLE valued AS
        SELECT record, trim(unnest(string_split(cells ->> 'value', '|'))) AS value
        FROM {ORIGINALS} JOIN unnamed USING (record) WHERE cells ->> 'value' IS NOT NULL
        """
    )
    written = f"""CASE WHEN o[1] = '"' THEN regexp_extract(o, '^"(.*)"[^"]*$', 1, 's')
        ELSE replace(o[2:-2], {sql.literal(SCHEME)}, '') END"""
    added = sql.select_number(
        db,
        f"""
        INSERT INTO {QUADS} SELECT source, record, s, {object_}, any_value(o) FROM (
            SELECT DISTINCT u.source, u.record, u.s, q.o
            FROM unnamed u JOIN {QUADS} q ON q.s = u.subject AND q.p = u.predicate
            WHERE u.record NOT IN (SELECT record FROM valued)
                OR (u.record, {written}) IN (SELECT (record, value) FROM valued)
        ) GROUP BY ALL HAVING count(*) = 1
        """,
    )
    db.execute("DROP TABLE unnamed; DROP TABLE valued")
    return added
