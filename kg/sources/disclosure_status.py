"""Disclosure status: the column of a register that restricts who may be shown."""

from collections.abc import Iterable
from typing import Final

from kg.errors import SourceError
from kg.sources.header_row import fold_heading
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import Source

SOLE_TRADER_CATEGORY: Final = "1000"
"""Legal category of sole traders, whose names are names of persons."""
STATUS_HEADING: Final = "statutdiffusion"


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
