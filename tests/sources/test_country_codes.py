"""Names of countries in cells: their codes, however they are written."""

import duckdb
import pytest

from kg.sources.country_codes import define_country_macro


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Royaume Uni", "GB"), ("royaume-uni", "GB"), ("Grande Bretagne", "GB"), ("UK", "GB"),
        ("Côte d’Ivoire", "CI"), ("guinee bissau", "GW"), (" deu ", "DE"), ("de", "DE"),
        ("Narnia", "Narnia"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_is_its_code(written: str, code: str) -> None:
    with duckdb.connect() as db:
        define_country_macro(db)
        assert db.execute("SELECT country_code(?)", [written]).fetchall() == [(code,)]
