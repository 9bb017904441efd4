"""Reading sources: what a source says of itself, and its lines as typed tables."""

from kg.sources.describe import Bounds, Passages, Reading, Source, describe, discover
from kg.sources.files import kinds_of, open_file, open_tables
from kg.sources.opened import Opened
from kg.sources.read import Lines, read

__all__ = [
    "Bounds",
    "Lines",
    "Opened",
    "Passages",
    "Reading",
    "Source",
    "describe",
    "discover",
    "kinds_of",
    "open_file",
    "open_tables",
    "read",
]
