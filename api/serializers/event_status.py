"""Status of events that readers of a title must know: cancelled, postponed, no programme yet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.records import Item
from kg.kinds import Text

EVENT_STATUS_SCHEME: Final = "event-status"
NOTABLE_STATUSES: Final = ("cancelled", "postponed", "announced", "programme-to-be-announced")
"""States that somebody who reads only the name and the date has to know of."""


def load_status_labels(
    catalogue: Catalogue, items: Iterable[Item] | None = None
) -> Mapping[str, Text]:
    """The names of the states of events, by code; none where no record of some has one to tell."""
    if items is None or any(
        code in NOTABLE_STATUSES for item in items for code in _list_status_codes(item)
    ):
        return catalogue.read_concepts(EVENT_STATUS_SCHEME)
    return {}


def _list_status_codes(item: Item) -> Sequence[str]:
    return item.cells.get("status", ()) if item.kind == "event" else ()


def format_status(item: Item, names: Mapping[str, Text], language: str) -> str:
    """The state of a record in words, empty where it goes without saying."""
    found = (code for code in _list_status_codes(item) if code in NOTABLE_STATUSES)
    return ", ".join(names[code][language] if code in names else code for code in found)


def format_headline(item: Item, names: Mapping[str, Text], language: str) -> str:
    """The name of a record behind its state, for forms that show nothing but a title."""
    state, label = format_status(item, names, language), item.label[language]
    return f"[{state}] {label}" if state else label
