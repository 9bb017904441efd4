"""Former names of communes, for territories that are called otherwise today."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.name_candidates import SearchScope
from kg.catalogue.name_similarity import make_spellings, normalize_name
from kg.catalogue.records import Item
from kg.csvw_tables import OTHER_NAMES, list_names

MAX_FORMER_COMMUNES: Final = 50
"""Limit on former communes of one name."""
Items = Callable[[Sequence[int]], Iterable[Item]]


@dataclass(frozen=True)
class FormerName:
    """Name that a commune had until a day (ISO 8601)."""

    name: str
    until: str


def find_former_names(
    file: sqlite3.Connection, scope: SearchScope, text: str, items: Items
) -> dict[int, FormerName]:
    """Find the current territories, by number, that contain a former namesake.

    Former communes with a current namesake are omitted. Where the successor of a commune (a
    delegated commune, say) is out of scope, the commune that contains it stands for it.
    """
    words, joined = make_spellings(normalize_name(text))
    if not words:
        return {}
    rows = file.execute(
        "SELECT code, until, name, key FROM former WHERE words = ? OR joined = ? "
        "ORDER BY until, code, key LIMIT ?",
        (words, joined, MAX_FORMER_COMMUNES),
    ).fetchall()
    communes: dict[tuple[str, str, str], list[int]] = {}
    for code, until, name, key in rows:
        communes.setdefault((until, code, name), []).extend(_in_scope(file, scope, key, items))
    candidate_numbers = sorted({number for numbers in communes.values() for number in numbers})
    called = {item.id for item in items(candidate_numbers) if _is_called(item, (words, joined))}
    return {
        number: FormerName(name, until)
        for (until, _, name), numbers in communes.items()
        for number in numbers
        if called.isdisjoint(numbers)
    }


def _in_scope(file: sqlite3.Connection, scope: SearchScope, key: str, items: Items) -> list[int]:
    """Return the number of a territory if in scope, else that of the commune that contains it."""
    numbers = _find_numbers(file, [key])
    if selected := list(scope.select(((number,) for number in numbers), 1)):
        return selected
    within = [cell for item in items(numbers) for cell in item.cells.get("within", ())]
    keys = [cell.removeprefix("territory/") for cell in within if "/commune-" in cell]
    return list(scope.select(((number,) for number in _find_numbers(file, keys)), 1))


def _find_numbers(file: sqlite3.Connection, keys: Sequence[str]) -> list[int]:
    query = "SELECT id FROM entity WHERE kind = 'territory' AND key = ?"
    return [number for key in keys for (number,) in file.execute(query, (key,))]


def _is_called(item: Item, query_spellings: tuple[str, str]) -> bool:
    """Tell whether a territory has a name today, given the spellings of that name."""
    names = [item.label.fr, item.label.en, *list_names(item.cells, [OTHER_NAMES])]
    name_spellings = [make_spellings(normalize_name(name)) for name in names]
    return any(
        one == other
        for each in name_spellings
        for one, other in zip(each, query_spellings, strict=True)
    )


def get_latest_name(former: Iterable[Mapping[int, FormerName]], number: int) -> FormerName | None:
    """Return the latest former name of a territory."""
    candidates = [names[number] for names in former if number in names]
    return max(candidates, key=lambda name: name.until, default=None)
