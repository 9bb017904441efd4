"""Names of the views of a selection, the kinds of records each is for, and their own parameters."""

from collections.abc import Mapping
from typing import Final

from kg.kinds import Kind

VIEW_PARAMETER: Final = "view"
LIST: Final = "list"
TABLE: Final = "table"
VIEW_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {LIST: (), TABLE: ()}
"""Parameters that say how a view shows a selection, and not what is selected."""


def list_views(kind: Kind) -> tuple[str, ...]:  # noqa: ARG001
    """The views that the records of a kind can be looked at in; the list is always there."""
    return (LIST, TABLE)
