"""SQL macro that turns the names of countries in cells into their codes."""

from typing import Final

import duckdb

from kg import sql
from kg.countries import read_country_names

NAMES_VARIABLE: Final = "country_names"
"""Variable of a database with the names: an expression that holds them all is slow to plan."""


def define_country_macro(db: duckdb.DuckDBPyConnection) -> None:
    """Define `country_code(x)`: the code of a country by its code or its name, else the cell."""
    names = ", ".join(
        f"{sql.literal(name)}: {sql.literal(code)}" for name, code in read_country_names().items()
    )
    db.execute(f"SET VARIABLE {NAMES_VARIABLE} = MAP {{{names}}}")
    db.execute(
        f"""CREATE OR REPLACE TEMP MACRO country_code(x) AS coalesce(
        getvariable('{NAMES_VARIABLE}')[translate(lower(strip_accents(trim(x))), '’-', ''' ')],
        CASE WHEN regexp_full_match(trim(x), '[A-Za-z]{{2}}') THEN upper(trim(x)) END, x)"""
    )
