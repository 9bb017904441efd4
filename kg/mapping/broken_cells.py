"""Broken cells (failed formulas, control characters), left out before mapping.

Where the column is required, the row is rejected.

One expression tests a whole row first, since hardly any row has a broken cell.
"""

from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Table
from kg.work_tables import OMITTED, UNUSABLE

FORMULA_ERRORS: Final = (
    *("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
    *("#N/D", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!", "#PROPAGATION!", "#GETTING_DATA"),
)
"""Error values that Excel writes for failed formulas, in English and in French."""
FAILED_FORMULA: Final = (
    "(?:"
    + "|".join(e.replace("?", r"\?").replace("/", r"\/") for e in FORMULA_ERRORS)
    + r"|Err:\d{3})"
)
CONTROL_CHARACTER: Final = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
"""Control characters that XML does not allow; tabs and line ends are not among them."""
BROKEN_CELL: Final = f"(?m)^{FAILED_FORMULA}$|{CONTROL_CHARACTER}"


def reject_broken_cells(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Add the rows of `staged` with broken cells to `unusable`; empty the cells that are optional.

    These are noted in `omitted`.
    """
    cells = ", ".join(sql.identifier(name) for name in table.names)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE watched AS SELECT * FROM staged "
        f"WHERE regexp_matches(concat_ws(chr(10), {cells}), {sql.literal(BROKEN_CELL)})"
    )
    if db.execute("SELECT count(*) FROM watched").fetchone() == (0,):
        return
    for name in table.names:
        cell = sql.identifier(name)
        is_optional = name in table.optional_columns
        noted = (
            f"{OMITTED} SELECT record, $1, value, problem"
            if is_optional
            else f"{UNUSABLE} SELECT record, problem, $1, value"
        )
        db.execute(
            f"INSERT INTO {noted} FROM (SELECT record, "
            f"{cell} AS value, CASE WHEN regexp_full_match({cell}, $2) THEN 'cell-failed' "
            f"WHEN regexp_matches({cell}, $3) THEN 'cell-control' END AS problem FROM watched) "
            "WHERE problem IS NOT NULL",
            [name, FAILED_FORMULA, CONTROL_CHARACTER],
        )
        if is_optional:
            db.execute(
                f"UPDATE staged SET {cell} = NULL WHERE record IN "
                f"(SELECT record FROM {OMITTED} WHERE col = ?)",
                [name],
            )
