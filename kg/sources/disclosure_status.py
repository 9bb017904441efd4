"""Disclosure status column of a register, and the check that each SELECT filters by it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.sources.header_row import fold_heading
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import Source

SOLE_TRADER_CATEGORY: Final = "1000"
"""The legal category of sole traders: their names are those of people."""
STATUS_HEADING: Final = "statutdiffusion"


def is_disclosure_status(heading: str) -> bool:
    """Whether a column says if a unit may be shown (`statutDiffusionUniteLegale`…)."""
    return fold_heading(heading).startswith(STATUS_HEADING)


def require_disclosure_filter(
    source: Source, opened: Iterable[OpenedTable], selects: Mapping[Path, str]
) -> None:
    """Stops where a file says who must not be shown and no SELECT reads it. Raises SourceError."""
    written = " ".join(selects.values()).casefold()
    for each in opened:
        for heading in filter(is_disclosure_status, each.columns):
            if heading.casefold() not in written:
                raise SourceError(
                    f"source {source.name}: {each.file} says in {heading} who must not be shown, "
                    f"and no SELECT reads it: add WHERE {heading} = 'O'",
                    f"source {source.name} : {each.file} dit dans {heading} qui ne doit pas être "
                    f"montré, et aucun SELECT ne le lit : ajoutez WHERE {heading} = 'O'",
                )
