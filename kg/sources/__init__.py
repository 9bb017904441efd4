"""Reading sources: what a source says of itself, and its lines as typed tables."""

from kg.sources.describe import Bounds, Passages, Source, describe, discover
from kg.sources.read import Lines, read

__all__ = ["Bounds", "Lines", "Passages", "Source", "describe", "discover", "read"]
