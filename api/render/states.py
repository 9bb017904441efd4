"""States of events that every short form tells: cancelled, postponed, still without a programme."""

from collections.abc import Mapping
from typing import Final

from kg.catalogue.read import Catalogue
from kg.catalogue.records import Item
from kg.kinds import Text

SCHEME: Final = "event-status"
CALLED_OFF: Final = ("cancelled", "postponed")
"""States in which nothing takes place on the stated date."""
TOLD: Final = (*CALLED_OFF, "announced", "programme-to-be-announced")
"""States that somebody who reads only the name and the date has to know of."""


def states(catalogue: Catalogue) -> Mapping[str, Text]:
    """The names of the states of events, by code."""
    return catalogue.concepts(SCHEME)


def state_of(item: Item, names: Mapping[str, Text], language: str) -> str:
    """The state of a record in words, empty where it goes without saying."""
    if item.kind != "event":
        return ""
    found = (code for code in item.cells.get("status", ()) if code in TOLD)
    return ", ".join(names[code][language] if code in names else code for code in found)


def called_off(item: Item) -> bool:
    """Whether nothing takes place on the date that is stated."""
    return item.kind == "event" and any(c in CALLED_OFF for c in item.cells.get("status", ()))


def headline(item: Item, names: Mapping[str, Text], language: str) -> str:
    """The name of a record behind its state, for forms that show nothing but a title."""
    state, label = state_of(item, names, language), item.label[language]
    return f"[{state}] {label}" if state else label
