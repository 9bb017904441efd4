"""Term macros: cells become N-Triples terms by their form, and none is dropped or guessed."""

import duckdb
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.mapping import open_work_database

XSD = "http://www.w3.org/2001/XMLSchema#"
EDTF = "http://id.loc.gov/datatypes/edtf"


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    return open_work_database()


def term(db: duckdb.DuckDBPyConnection, macro: str, cell: str) -> str:
    row = db.execute(f"SELECT {macro}(?)", [cell]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2011", f'"2011"^^<{XSD}gYear>'),
        ("2011-05", f'"2011-05"^^<{XSD}gYearMonth>'),
        ("2011-05-03", f'"2011-05-03"^^<{XSD}date>'),
        ("2010-11-04T16:30+01:00", f'"2010-11-04T16:30:00+01:00"^^<{XSD}dateTime>'),
        ("2010-11-04T16:30:15Z", f'"2010-11-04T16:30:15Z"^^<{XSD}dateTime>'),
        ("XXXX-03-22", f'"XXXX-03-22"^^<{EDTF}>'),
        ("2019-02-01?", f'"2019-02-01?"^^<{EDTF}>'),
        ("2016-23", f'"2016-23"^^<{EDTF}>'),
        ("2011-02-30", '"2011-02-30"'),
        ("2011-02-30T10:00Z", '"2011-02-30T10:00Z"'),
        ("le 5 mai", '"le 5 mai"'),
    ],
)
def test_a_date_is_typed_by_its_form(
    db: duckdb.DuckDBPyConnection, cell: str, expected: str
) -> None:
    assert term(db, "temporal", cell) == expected


@pytest.mark.parametrize(
    ("macro", "cell", "expected"),
    [
        ("whole", "20", f'"20"^^<{XSD}integer>'),
        ("whole", "vingt", '"vingt"'),
        ("decimal_number", "50.63", f'"50.63"^^<{XSD}decimal>'),
        ("decimal_number", "50,63", '"50,63"'),
        ("period", "P18M", f'"P18M"^^<{XSD}duration>'),
        ("period", "P", '"P"'),
        ("address", "https://example.org/é", "<https://example.org/é>"),
        ("address", "exemple point org", '"exemple point org"'),
    ],
)
def test_a_cell_of_invalid_form_becomes_a_plain_literal(
    db: duckdb.DuckDBPyConnection, macro: str, cell: str, expected: str
) -> None:
    assert term(db, macro, cell) == expected


def test_a_curie_with_an_unknown_prefix_is_null(db: duckdb.DuckDBPyConnection) -> None:
    row = db.execute("SELECT expanded('dct:subject'), expanded('nope:x'), expanded('x')").fetchone()
    assert row == ("http://purl.org/dc/terms/subject", None, None)


@settings(deadline=None)  # a busy machine is not a failure
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_is_escaped_reversibly(text: str) -> None:
    written = term(open_texts(), "text", text)
    parsed = next(iter(ox.parse(f"<urn:s> <urn:p> {written} .", format=ox.RdfFormat.N_TRIPLES)))
    assert isinstance(parsed.object, ox.Literal)
    assert parsed.object.value == text


_SHARED: list[duckdb.DuckDBPyConnection] = []


def open_texts() -> duckdb.DuckDBPyConnection:
    """Open one connection for all generated cases."""
    if not _SHARED:
        _SHARED.append(open_work_database())
    return _SHARED[0]
