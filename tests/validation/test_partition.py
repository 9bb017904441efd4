"""Partition: literals of the work database that a store would rewrite."""

import duckdb

from kg.shacl.lexical_forms import protect
from kg.validation.partition import build_may_change_sql
from tests.shacl.graphs import quads_of
from tests.shacl.test_lexical_forms import ONE_EACH


def test_sql_finds_every_literal_that_a_store_changes() -> None:
    terms = [quad.object for quad in quads_of(ONE_EACH)]
    with duckdb.connect() as db:
        rows = db.execute(
            f"SELECT {build_may_change_sql('o')} FROM (SELECT unnest(?) AS o)",
            [[str(term) for term in terms]],
        ).fetchall()
    doubtful = {term for term, (may_change,) in zip(terms, rows, strict=True) if may_change}
    assert {term for term in terms if protect(term) != term} <= doubtful
    assert len(doubtful) < len(terms)
