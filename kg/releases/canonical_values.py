r"""Canonical lexical forms of literals, as the store returns them.

The store keeps values where it knows their datatype: it gives `"P18M"^^xsd:duration` back as
`P1Y6M`, `"50.6400"^^xsd:decimal` as `50.64`, `@FR` as `@fr`. What was accepted is put into that
form before anything of a release is written, so that its dumps, tables, catalogue and hashes say
what the store says. The sources and the gate have what was written.
"""

from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.shacl.lexical_forms import STABLE_LITERAL
from kg.work_tables import QUADS

CHUNK_VALUES: Final = 100_000
"""Values that are compared with what the store makes of them at a time."""
NON_CANONICAL_TEXT: Final = r'"@[a-z]*[A-Z-]|[\x00-\x1f\x7f]|\\[^"\\nrt]'
"""In a text: a tag of a language with capitals or parts, what should be an escape, and escapes
that another form is preferred to."""
MAY_CHANGE_SQL: Final = f"""CASE WHEN o[1] <> '"' THEN false
    WHEN o[-1] = '>' THEN NOT regexp_full_match(o, {sql.literal(STABLE_LITERAL.pattern)})
    ELSE regexp_matches(o, {sql.literal(NON_CANONICAL_TEXT)}) END"""
"""Whether the store may give a term of N-Triples back in another form."""


def canonicalize_values(db: duckdb.DuckDBPyConnection) -> int:
    """Puts the values of the work database into the form of the store; how many values changed."""
    db.execute("CREATE OR REPLACE TEMP TABLE canonical (written VARCHAR, told VARCHAR)")
    cursor = db.cursor().execute(
        f"SELECT DISTINCT o FROM {QUADS} WHERE {MAY_CHANGE_SQL} ORDER BY o"
    )
    count = 0
    while rows := cursor.fetchmany(CHUNK_VALUES):
        changed = _find_changed([value for (value,) in rows])
        count += len(changed)
        columns = [list(changed), list(changed.values())]
        db.execute(
            "INSERT INTO canonical SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[])", columns
        )
    if count:
        db.execute(f"UPDATE {QUADS} SET o = told FROM canonical WHERE o = written")
    db.execute("DROP TABLE canonical")
    return count


def _find_changed(values: list[str]) -> dict[str, str]:
    """The values that a store gives back in another form, and in which."""
    text = "".join(f"<urn:{n}> <urn:is> {value} .\n" for n, value in enumerate(values))
    store = ox.Store()
    store.bulk_load(text.encode(), ox.RdfFormat.N_TRIPLES, lenient=True)
    canonical_values = {
        int(quad.subject.value.removeprefix("urn:")): str(quad.object) for quad in store
    }
    return {
        value: canonical_values[n] for n, value in enumerate(values) if canonical_values[n] != value
    }
