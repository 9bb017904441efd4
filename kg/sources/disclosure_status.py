"""Disclosure status: the column of a register that restricts who may be shown."""

from collections.abc import Iterable
from typing import Final

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.sources.header_row import fold_heading
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import Source

SOLE_TRADER_CATEGORY: Final = "1000"
"""Legal category of sole traders, whose names are names of persons."""
STATUS_HEADINGS: Final = ("statutdiffusion", "statusdiffusion")
CATEGORY_HEADINGS: Final = ("categoriejuridique", "naturejuridique")
OTHER_UNIT: Final = "siege"
"""Part of a path in JSON whose status is that of the seat, not of the unit."""


def is_disclosure_status(heading: str) -> bool:
    """Tell whether a heading names a disclosure status (`statutDiffusionUniteLegale`…).

    In JSON, that of the record or of the unit in it: `uniteLegale.statutDiffusionUniteLegale`.
    """
    above, _, last = heading.rpartition(".")
    return fold_heading(last).startswith(STATUS_HEADINGS) and OTHER_UNIT not in above.casefold()


def require_disclosure_filter(source: Source, opened: Iterable[OpenedTable], selects: str) -> None:
    """Require a SELECT to read each disclosure status column. Raises SourceError."""
    written = selects.casefold()
    for each in opened:
        for heading in filter(is_disclosure_status, each.columns):
            if "." not in heading and heading.casefold() not in written:
                condition = f"where = \"{heading} = 'O'\""
                raise SourceError(
                    f"source {source.name}: {each.file} says in {heading} who must not be shown, "
                    f"and no mapping reads it: write {condition} (in SQL a WHERE)",
                    f"source {source.name} : {each.file} dit dans {heading} qui ne doit pas être "
                    f"montré, et aucune correspondance ne le lit : écrivez {condition} (en SQL un "
                    "WHERE)",
                )


def leave_out_undisclosed(
    select: str, opened: Iterable[OpenedTable], db: duckdb.DuckDBPyConnection
) -> str:
    """Wrap a SELECT so that it leaves out the rows of files that must not be shown.

    N is never shown, P (partly) only for legal persons. Rows are known by `_file` and `_row`; a
    SELECT without these stays as it is.
    """
    hidden = [
        f"SELECT _file, _row FROM {sql.identifier(each.view)} "
        f"WHERE {_build_hidden_sql(heading, each.columns)}"
        for each in opened
        for heading in filter(is_disclosure_status, each.columns)
    ]
    columns = {row[0] for row in db.execute(f"DESCRIBE {select}").fetchall()} if hidden else set()
    if not {"_file", "_row"} <= columns:
        return select
    return f"SELECT * FROM ({select}) ANTI JOIN ({' UNION ALL '.join(hidden)}) USING (_file, _row)"


def build_hidden_sql(cell: str, is_legal: str) -> str:
    """The SQL condition that a row must not be shown, by its status and what tells legal persons.

    The status is a letter (O, P, N) or a word (`diffusible`, `partiellement_diffusible`,
    `non_diffusible`).
    """
    status = f"upper(trim({cell}))"
    is_hidden = f"({status} = 'N' OR starts_with({status}, 'NON'))"
    is_partial = f"({status} = 'P' OR starts_with({status}, 'PARTIEL'))"
    return f"coalesce({is_hidden} OR ({is_partial} AND NOT {is_legal}), false)"


def build_legal_person_sql(cell: str) -> str:
    """The SQL condition that a legal category is that of a legal person."""
    return f"coalesce({cell} NOT SIMILAR TO '({SOLE_TRADER_CATEGORY}(\\.0)?)?', false)"


def _build_hidden_sql(heading: str, columns: Iterable[str]) -> str:
    categories = [
        name
        for name in columns
        if fold_heading(name.rpartition(".")[2]).startswith(CATEGORY_HEADINGS)
    ]
    legal = build_legal_person_sql(sql.identifier(categories[0])) if categories else "false"
    return build_hidden_sql(sql.identifier(heading), legal)
