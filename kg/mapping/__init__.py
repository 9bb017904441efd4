"""Mapping lines of the canonical tables to quads in the named graph of their source."""

from kg.mapping.map import Mapped, map_lines
from kg.mapping.source import map_source
from kg.mapping.work import open_work

__all__ = ["Mapped", "map_lines", "map_source", "open_work"]
