"""Cells that are refused before any rule: failed formulas, control characters.

They are looked for in whole lines at once: hardly any line has one.
"""

from typing import Final

import duckdb

from kg import sql
from kg.tables import Table

ERRORS: Final = (
    *("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
    *("#N/D", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!", "#PROPAGATION!", "#GETTING_DATA"),
)
"""What Excel shows of a formula that failed, in English and in French."""
FAILED: Final = (
    "(?:" + "|".join(e.replace("?", r"\?").replace("/", r"\/") for e in ERRORS) + r"|Err:\d{3})"
)
CONTROL: Final = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
"""Signs that neither XML nor a terminal may have; tabs and line ends are none of them."""
WATCHED: Final = f"(?m)^{FAILED}$|{CONTROL}"


def refuse_cells(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Adds the lines of `staged` that have such a cell to `unusable`, cell by cell."""
    cells = ", ".join(sql.name(name) for name in table.names)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE watched AS SELECT * FROM staged "
        f"WHERE regexp_matches(concat_ws(chr(10), {cells}), {sql.text(WATCHED)})"
    )
    if db.execute("SELECT count(*) FROM watched").fetchone() == (0,):
        return
    for name in table.names:
        cell = sql.name(name)
        db.execute(
            "INSERT INTO unusable SELECT record, problem, $1, value FROM (SELECT record, "
            f"{cell} AS value, CASE WHEN regexp_full_match({cell}, $2) THEN 'cell-failed' "
            f"WHEN regexp_matches({cell}, $3) THEN 'cell-control' END AS problem FROM watched) "
            "WHERE problem IS NOT NULL",
            [name, FAILED, CONTROL],
        )
