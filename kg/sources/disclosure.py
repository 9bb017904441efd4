"""The column of a register that says who must not be shown, and SELECTs that pass it over."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.sources.describe import Source
from kg.sources.headings import fold
from kg.sources.opened import Opened

SOLE_TRADER: Final = "1000"
"""The legal category of sole traders: their names are those of people."""
STATUS: Final = "statutdiffusion"


def is_disclosure(heading: str) -> bool:
    """Whether a column says if a unit may be shown (`statutDiffusionUniteLegale`…)."""
    return fold(heading).startswith(STATUS)


def hold_disclosure(source: Source, opened: Iterable[Opened], selects: Mapping[Path, str]) -> None:
    """Stops where a file says who must not be shown and no SELECT reads it. Raises SourceError."""
    written = " ".join(selects.values()).casefold()
    for each in opened:
        for heading in filter(is_disclosure, each.columns):
            if heading.casefold() not in written:
                raise SourceError(
                    f"source {source.name}: {each.file} says in {heading} who must not be shown, "
                    f"and no SELECT reads it: add WHERE {heading} = 'O'",
                    f"source {source.name} : {each.file} dit dans {heading} qui ne doit pas être "
                    f"montré, et aucun SELECT ne le lit : ajoutez WHERE {heading} = 'O'",
                )
