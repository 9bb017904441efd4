"""SQL macro that turns the names of countries in cells into their codes."""

from typing import Final

import duckdb

from kg.countries import read_country_names

NAMES_VARIABLE: Final = "country_names"
"""Variable of a database with the names: an expression that holds them all is slow to plan."""


def define_country_macro(db: duckdb.DuckDBPyConnection) -> None:
    """Define `country_code(x)`: the code of a country by its code or its name, else the cell."""
    names = read_country_names()
    # as parameters: a text that holds them all takes twice as long to read
    db.execute(
        f"SET VARIABLE {NAMES_VARIABLE} = map($1::VARCHAR[], $2::VARCHAR[])",
        [list(names), list(names.values())],
    )
    db.execute(
        # a macro repeats its argument at each use, which a lambda names once
        f"""CREATE OR REPLACE TEMP MACRO country_code(x) AS
        list_transform([x], lambda told: coalesce(
        getvariable('{NAMES_VARIABLE}')[
            translate(lower(strip_accents(trim(told))), '’-', ''' ')],
        CASE WHEN regexp_full_match(trim(told), '[A-Za-z]{{2}}') THEN upper(trim(told)) END,
        told))[1]"""
    )
