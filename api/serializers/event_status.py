"""Event status in words: cancelled, postponed, announced, no programme yet."""

from collections.abc import Mapping

from kg.catalogue.listing import list_notable_statuses
from kg.catalogue.records import Item
from kg.kinds import Text


def format_status(item: Item, labels: Mapping[str, Text], language: str) -> str:
    """The status of a record in words, empty when it needs no mention."""
    codes = list_notable_statuses(item)
    return ", ".join(labels[code][language] if code in labels else code for code in codes)


def format_headline(item: Item, labels: Mapping[str, Text], language: str) -> str:
    """The name of a record after its status, for formats that show nothing but a title."""
    status, label = format_status(item, labels, language), item.label[language]
    return f"[{status}] {label}" if status else label
