"""Records meant by what somebody wrote: a key, an address, or a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.records import Item
from kg.catalogue.text_analysis import fold
from kg.kinds import KIND_BY_NAME

MAX_CHOICES: Final = 8
ADDRESS_PATTERN: Final = re.compile(
    rf"(?:https?://\S*/)?/?(?P<kind>{'|'.join(KIND_BY_NAME)})/(?P<key>[^\s/?#]+)"
)


@dataclass(frozen=True)
class Meant:
    """The record that is meant, or those that may be."""

    record: Item | None
    choices: Sequence[Item] = ()


def find_meant(
    catalogue: Catalogue, written: str, kinds: Sequence[str] = (), *, exact: bool = False
) -> Meant:
    """The record that a text means, of some kinds or of any.

    With `exact`, the text has to be a whole name, and not words that only one record has.
    """
    written = written.strip()
    address = ADDRESS_PATTERN.fullmatch(written)
    if address and (not kinds or address["kind"] in kinds):
        item = catalogue.find_entity(address["kind"], address["key"])
        if item is not None:
            return Meant(item)
    for kind in kinds:
        if item := catalogue.find_entity(kind, written):
            return Meant(item)
    results = catalogue.search(written, kinds, MAX_CHOICES)
    if results.partial:
        return Meant(None, results.items)
    named = [item for item in results.items if fold(written) in map(fold, _list_names(item))]
    if len(named) == 1:
        return Meant(named[0])
    if len(results.items) == 1 and not exact:
        return Meant(results.items[0])
    return Meant(None, results.items)


def _list_names(item: Item) -> Sequence[str]:
    acronyms = item.cells.get("acronym", ())
    return (item.label.fr, item.label.en, *acronyms)
