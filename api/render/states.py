"""States of events that every short form tells: cancelled, postponed, still without a programme."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kg.catalogue.read import Catalogue
from kg.catalogue.records import Item
from kg.kinds import Text

SCHEME: Final = "event-status"
TOLD: Final = ("cancelled", "postponed", "announced", "programme-to-be-announced")
"""States that somebody who reads only the name and the date has to know of."""


def states(catalogue: Catalogue, items: Iterable[Item] | None = None) -> Mapping[str, Text]:
    """The names of the states of events, by code; none where no record of some has one to tell."""
    if items is None or any(code in TOLD for item in items for code in _codes(item)):
        return catalogue.concepts(SCHEME)
    return {}


def _codes(item: Item) -> Sequence[str]:
    return item.cells.get("status", ()) if item.kind == "event" else ()


def state_of(item: Item, names: Mapping[str, Text], language: str) -> str:
    """The state of a record in words, empty where it goes without saying."""
    found = (code for code in _codes(item) if code in TOLD)
    return ", ".join(names[code][language] if code in names else code for code in found)


def headline(item: Item, names: Mapping[str, Text], language: str) -> str:
    """The name of a record behind its state, for forms that show nothing but a title."""
    state, label = state_of(item, names, language), item.label[language]
    return f"[{state}] {label}" if state else label
