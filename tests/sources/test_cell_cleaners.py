"""Cleaners of cells: what they make of what registers write."""

import duckdb
import pytest

from kg.sources.cell_cleaners import define_cleaners


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    define_cleaners(connection)
    return connection


@pytest.mark.parametrize(
    ("cleaner", "written", "cleaned"),
    [
        ("html", "Caf&eacute; &amp; th&#233; L&#039;A & B", "Café & thé L'A & B"),
        ("html", "&amp;eacute; &zzz; &#1; &#55296;", "&eacute; &zzz; &#1; &#55296;"),
        ("html", "<p>un<br>deux</p><script>x()</script>", "un\ndeux"),
        ("html", "<p> </p>", None),
        ("compact", " 0000 0001\u00a02124 2651 ", "0000000121242651"),
        ("compact", " ", None),
        ("lambert_latitude", "704000, 7059000", "50.627975"),
        ("lambert_longitude", "704000;7059000", "3.056436"),
        ("lambert_latitude", "48.85", "48.85"),
        ("lambert_latitude", "338000,7690000", None),  # of the projection of La Réunion
    ],
)
def test_what_is_cleaned(
    db: duckdb.DuckDBPyConnection, cleaner: str, written: str, cleaned: str | None
) -> None:
    assert db.execute(f"SELECT clean_{cleaner}($1)", [written]).fetchone() == (cleaned,)
