"""Reified facts without an object get the only value that fits."""

from collections.abc import Iterator

import duckdb
import pytest

from kg.mapping.fact_objects import infer_fact_objects
from kg.mapping.work_database import open_work_database
from kg.namespaces import SCHEME, expand

FACT = "urn:fact"


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    work = open_work_database()
    said = [
        ("one", "urn:a", "urn:kind", f"<{SCHEME}organisation-kind/university>"),
        ("one", "urn:a", "urn:name", '"un"@fr'),
        ("two", "urn:a", "urn:name", '"one"@en'),
        ("two", "urn:a", "urn:name", '"dit \\"un\\""@fr'),
    ]
    work.executemany("INSERT INTO quads VALUES (?, 1, ?, ?, ?)", said)
    yield work
    work.close()


@pytest.mark.parametrize(
    ("predicate", "value", "found"),
    [
        ("urn:kind", None, [f"<{SCHEME}organisation-kind/university>"]),
        ("urn:kind", "organisation-kind/university", [f"<{SCHEME}organisation-kind/university>"]),
        ("urn:kind", "organisation-kind/company", []),
        ("urn:name", None, []),
        ("urn:name", "one", ['"one"@en']),
        ("urn:nothing", None, []),
    ],
)
def test_missing_fact_objects_are_inferred_if_unique(
    db: duckdb.DuckDBPyConnection, predicate: str, value: str | None, found: list[str]
) -> None:
    subject, told, object_ = (expand(f"rdf:{n}") for n in ("subject", "predicate", "object"))
    lines = [(FACT, subject, "<urn:a>"), (FACT, told, f"<{predicate}>")]
    db.executemany("INSERT INTO quads VALUES ('one', 2, ?, ?, ?)", lines)
    db.execute("INSERT INTO originals VALUES (2, json_object('value', ?))", [value])
    assert infer_fact_objects(db) == len(found)
    added = db.execute("SELECT source, record, o FROM quads WHERE p = ?", [object_]).fetchall()
    assert added == [("one", 2, o) for o in found]
    assert infer_fact_objects(db) == 0
