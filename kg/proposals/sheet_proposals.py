"""Sheet proposals: a mapping for each sheet of a workbook that clearly is a table of records."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kg.csvw_tables import Table
from kg.errors import TableError
from kg.proposals.file_features import TableFeatures
from kg.proposals.table_proposal import TableProposal, propose_table

MIN_SHEET_SCORE: Final = 1.5
"""How well a sheet beside the best one must fit a table: it may be a legend or a count."""
LEFT_TO_PEOPLE: Final = ("people", "territories")
"""Tables that a sheet is not taken for unasked: people, and places that counts are about."""


def propose_sheets(
    features: Sequence[TableFeatures],
    tables: Mapping[str, Table],
    schemes: Path,
    name: str,
    file: str,
) -> tuple[TableProposal, ...]:
    """The mapping of the sheet that fits best, then those of others in which nothing is missing.

    Raises TableError where no sheet fits, SourceError where there is no row.
    """
    first = propose_table(features, tables, schemes, name, file)
    proposals = [first]
    left = _leave_out(features, first)
    while left:
        try:
            found = propose_table(left, tables, schemes, name, file)
        except TableError:
            break
        left = _leave_out(left, found)
        if (
            found.score >= MIN_SHEET_SCORE
            and not found.missing
            and found.table.name not in LEFT_TO_PEOPLE
        ):
            proposals.append(found)
    return tuple(proposals)


def _leave_out(
    features: Sequence[TableFeatures], proposal: TableProposal
) -> Sequence[TableFeatures]:
    """The sheets with rows that a proposal does not read; none where the file is no workbook."""
    read = {proposal.features.opened.sheet, *(each.opened.sheet for each in proposal.sheets)}
    return [
        each
        for each in features
        if each.opened.sheet and each.opened.sheet not in read and each.opened.rows
    ]
