"""What and where in the words of a search: `tiers-lieux nantes`, `organisations près de Lille`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters, list_filter_columns
from kg.catalogue.records import Item
from kg.catalogue.text_analysis import fold, tokenize_without_stop_words
from kg.kinds import KINDS, Kind, Text

NEARNESS_WORDS: Final = frozenset(("pres", "proche", "proches", "autour", "near", "around"))
MAX_WORDS: Final = 8
"""Words of a search that a territory is looked for in."""
MAX_PLACE_WORDS: Final = 5
MAX_NAMESAKES: Final = 8
MAX_CODED: Final = 3
"""Lists by codes that the other words name, of the best codes that something there has."""


@dataclass(frozen=True)
class PlacedList:
    """A list of what is somewhere: all of a kind, those with a code, or those with some words."""

    kind: Kind
    parameters: tuple[tuple[str, str], ...]
    records: int
    code: Text | None = None
    words: str = ""


@dataclass(frozen=True)
class PlacedSearch:
    """The territory that a search names, and the lists there of what its other words say."""

    territory: Item
    lists: tuple[PlacedList, ...]


def find_placed_lists(catalogue: Catalogue, text: str) -> PlacedSearch | None:
    """Find the territory at the end, or at the beginning, of a search, and what there is there."""
    words = [word for word in tokenize_without_stop_words(text) if fold(word) not in NEARNESS_WORDS]
    if not 1 < len(words) <= MAX_WORDS:
        return None
    for taken in range(min(MAX_PLACE_WORDS, len(words) - 1), 0, -1):
        for where, what in ((words[-taken:], words[:-taken]), (words[:taken], words[taken:])):
            for territory in _find_territories(catalogue, where):
                if lists := tuple(_find_lists(catalogue, territory, what)):
                    return PlacedSearch(territory, lists)
    return None


def _find_territories(catalogue: Catalogue, words: Sequence[str]) -> list[Item]:
    """The territories that have these words as their whole name, best first."""
    named = [*map(fold, words)]
    found = catalogue.find_best(" ".join(words), ("territory",), MAX_NAMESAKES)
    return [item for item in found if named in map(_fold_name, (item.label.fr, item.label.en))]


def _fold_name(name: str) -> list[str]:
    return [*map(fold, tokenize_without_stop_words(name))]


def _find_lists(catalogue: Catalogue, territory: Item, what: Sequence[str]) -> Iterator[PlacedList]:
    words = " ".join(what)
    there = ("territory", territory.key)
    kinds = [
        kind
        for kind in KINDS
        if kind.name != "territory" and "territory" in list_filter_columns(kind)
    ]
    named = [kind for kind in kinds if _is_name_of(kind, what)]
    for kind in named:
        if count := catalogue.count_list(kind.name, Filters({there[0]: there[1:]})):
            yield PlacedList(kind, (there,), count)
    if named:
        return
    coded = [*islice(_find_coded_lists(catalogue, there, words, kinds), MAX_CODED)]
    yield from coded
    for kind in kinds:
        count = catalogue.count_list(kind.name, Filters({there[0]: there[1:]}, text=words))
        # where a code has them all, it says more
        if count > max((one.records for one in coded if one.kind == kind), default=0):
            yield PlacedList(kind, (("q", words), there), count, words=words)


def _find_coded_lists(
    catalogue: Catalogue, there: tuple[str, str], words: str, kinds: Sequence[Kind]
) -> Iterator[PlacedList]:
    by_name = {kind.name: kind for kind in kinds}
    for code in catalogue.search_concepts(words, tuple(by_name)):
        for name, column, records in code.lists:
            filters = Filters({column: (code.notation,), there[0]: there[1:]})
            if records and (count := catalogue.count_list(name, filters)):
                parameters = ((column, code.notation), there)
                yield PlacedList(by_name[name], parameters, count, code=code.label)


def _is_name_of(kind: Kind, words: Sequence[str]) -> bool:
    names = (kind.label.fr, kind.label.en, kind.plural.fr, kind.plural.en)
    return [*map(fold, words)] in map(_fold_name, names)
