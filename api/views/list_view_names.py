"""Names of the views of a selection, the kinds of records each is for, and their own parameters."""

from collections.abc import Mapping
from typing import Final

from kg.kinds import Kind

VIEW_PARAMETER: Final = "view"
LIST: Final = "list"
TABLE: Final = "table"
MAP: Final = "map"
VIEW_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {LIST: (), TABLE: (), MAP: ()}
"""Parameters that say how a view shows a selection, and not what is selected."""


LOCATED_KINDS: Final = ("organisation", "cluster", "territory", "place", "event")
"""Kinds whose records have coordinates, or a place that has."""


def list_views(kind: Kind) -> tuple[str, ...]:
    """The views that the records of a kind can be looked at in; the list is always there."""
    views = {LIST: True, TABLE: True, MAP: kind.name in LOCATED_KINDS}
    return tuple(view for view, there in views.items() if there)
