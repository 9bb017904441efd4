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
STATUS_HEADING: Final = "statutdiffusion"
CATEGORY_HEADING: Final = "categoriejuridique"


def is_disclosure_status(heading: str) -> bool:
    """Tell whether a heading names a disclosure status (`statutDiffusionUniteLegale`…)."""
    return fold_heading(heading).startswith(STATUS_HEADING)


def require_disclosure_filter(source: Source, opened: Iterable[OpenedTable], selects: str) -> None:
    """Require a SELECT to read each disclosure status column. Raises SourceError."""
    written = selects.casefold()
    for each in opened:
        for heading in filter(is_disclosure_status, each.columns):
            if heading.casefold() not in written:
                raise SourceError(
                    f"source {source.name}: {each.file} says in {heading} who must not be shown, "
                    f"and no SELECT reads it: add WHERE {heading} = 'O'",
                    f"source {source.name} : {each.file} dit dans {heading} qui ne doit pas être "
                    f"montré, et aucun SELECT ne le lit : ajoutez WHERE {heading} = 'O'",
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


def _build_hidden_sql(heading: str, columns: Iterable[str]) -> str:
    status = f"upper(trim({sql.identifier(heading)}))"
    categories = [name for name in columns if fold_heading(name).startswith(CATEGORY_HEADING)]
    legal = "false"
    if categories:
        category = sql.identifier(categories[0])
        legal = f"coalesce({category} NOT SIMILAR TO '({SOLE_TRADER_CATEGORY}(\\.0)?)?', false)"
    return f"coalesce({status} = 'N' OR ({status} = 'P' AND NOT {legal}), false)"
