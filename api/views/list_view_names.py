"""Names of the views of a selection, the kinds of records each is for, and their own parameters."""

from collections.abc import Mapping
from typing import Final

from kg.catalogue.edtf import OPEN_ENDED_KINDS
from kg.kinds import Kind

VIEW_PARAMETER: Final = "view"
LIST: Final = "list"
TABLE: Final = "table"
MAP: Final = "map"
CALENDAR: Final = "calendar"
TIMELINE: Final = "timeline"
CHART: Final = "chart"
NETWORK: Final = "network"
VIEW_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    LIST: (),
    TABLE: (),
    MAP: (),
    CALENDAR: ("month",),
    TIMELINE: ("by",),
    CHART: ("by", "and"),
    NETWORK: (),
}
"""Parameters that say how a view shows a selection, and not what is selected."""


LOCATED_KINDS: Final = ("organisation", "cluster", "territory", "place", "event")
"""Kinds whose records have coordinates, or a place that has."""


def is_in_calendars(kind: Kind) -> bool:
    """Whether the dates of a kind are when something happens, and not how long it lasts."""
    return bool(kind.dates) and kind.name not in OPEN_ENDED_KINDS


def list_views(kind: Kind) -> tuple[str, ...]:
    """The views that the records of a kind can be looked at in; the list is always there."""
    views = {
        LIST: True,
        MAP: kind.name in LOCATED_KINDS,
        CALENDAR: is_in_calendars(kind),
        TIMELINE: bool(kind.dates),
        CHART: True,
        NETWORK: kind.name != "territory",
        TABLE: True,
    }
    return tuple(view for view, there in views.items() if there)
