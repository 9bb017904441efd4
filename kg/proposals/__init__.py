"""Proposals: a file that nobody has described yet, and the mapping that it would have."""

from kg.proposals.file_features import FileFeatures, read_file_features
from kg.proposals.first_rows import FirstRows, read_first_rows
from kg.proposals.recognised_recipe import find_recipe
from kg.proposals.sheet_proposals import propose_sheets
from kg.proposals.source_draft import (
    SourceFacts,
    copy_recipe,
    write_draft,
)
from kg.proposals.table_proposal import ColumnProposal, TableProposal, propose_table

__all__ = [
    "ColumnProposal",
    "FileFeatures",
    "FirstRows",
    "SourceFacts",
    "TableProposal",
    "copy_recipe",
    "find_recipe",
    "propose_sheets",
    "propose_table",
    "read_file_features",
    "read_first_rows",
    "write_draft",
]
