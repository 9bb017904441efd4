"""Mapping of rows of the canonical tables to quads in the named graph of their source."""

from kg.mapping.source_mapping import map_source, map_sources
from kg.mapping.table_mapping import MappingResult, map_rows
from kg.mapping.work_database import open_work_database

__all__ = ["MappingResult", "map_rows", "map_source", "map_sources", "open_work_database"]
