"""Source reader: source descriptions, and rows of any file as typed tables."""

from kg.sources.file_opener import detect_file_kind, open_file, open_tables
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import (
    Bounds,
    ReadOptions,
    Source,
    SourceText,
    discover_sources,
    read_source_description,
)
from kg.sources.source_reader import SourceRows, StagedSelects, read_source, stage_selects

__all__ = [
    "Bounds",
    "OpenedTable",
    "ReadOptions",
    "Source",
    "SourceRows",
    "SourceText",
    "StagedSelects",
    "detect_file_kind",
    "discover_sources",
    "open_file",
    "open_tables",
    "read_source",
    "read_source_description",
    "stage_selects",
]
