"""Names that communes had: of what is called otherwise today, and so is not found by its name."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.name_candidates import SearchScope
from kg.catalogue.name_similarity import normalize_name, spellings
from kg.catalogue.records import Item

MOST: Final = 50
"""Former communes of one name that are looked at."""
Items = Callable[[Sequence[int]], Iterable[Item]]


@dataclass(frozen=True)
class FormerName:
    """A name that a commune had until a day (ISO 8601)."""

    name: str
    until: str


def formerly_named(
    file: sqlite3.Connection, scope: SearchScope, text: str, items: Items
) -> dict[int, FormerName]:
    """The territories of today, by number, in which lies what had a name that none of them has.

    Where what became of a commune is not looked for (a delegated one, among communes), the commune
    in which that lies stands for it.
    """
    words, joined = spellings(normalize_name(text))
    if not words:
        return {}
    rows = file.execute(
        "SELECT code, until, name, key FROM former WHERE words = ? OR joined = ? "
        "ORDER BY until, code, key LIMIT ?",
        (words, joined, MOST),
    ).fetchall()
    communes: dict[tuple[str, str, str], list[int]] = {}
    for code, until, name, key in rows:
        communes.setdefault((until, code, name), []).extend(_in_scope(file, scope, key, items))
    looked_at = sorted({number for numbers in communes.values() for number in numbers})
    called = {item.id for item in items(looked_at) if _is_called(item, (words, joined))}
    return {
        number: FormerName(name, until)
        for (until, _, name), numbers in communes.items()
        for number in numbers
        if called.isdisjoint(numbers)
    }


def _in_scope(file: sqlite3.Connection, scope: SearchScope, key: str, items: Items) -> list[int]:
    """The number of a territory that is looked for, else that of the commune in which it lies."""
    numbers = _numbers(file, [key])
    if selected := list(scope.select(((number,) for number in numbers), 1)):
        return selected
    within = [cell for item in items(numbers) for cell in item.cells.get("within", ())]
    keys = [cell.removeprefix("territory/") for cell in within if "/commune-" in cell]
    return list(scope.select(((number,) for number in _numbers(file, keys)), 1))


def _numbers(file: sqlite3.Connection, keys: Sequence[str]) -> list[int]:
    query = "SELECT id FROM entity WHERE kind = 'territory' AND key = ?"
    return [number for key in keys for (number,) in file.execute(query, (key,))]


def _is_called(item: Item, query_spellings: tuple[str, str]) -> bool:
    """Whether a territory has a name today, as `spellings` gives it."""
    names = [item.label.fr, item.label.en, *item.cells.get("alt_labels", ())]
    name_spellings = [spellings(normalize_name(name)) for name in names]
    return any(
        one == other
        for had in name_spellings
        for one, other in zip(had, query_spellings, strict=True)
    )


def latest(found: Iterable[Mapping[int, FormerName]], number: int) -> FormerName | None:
    """The name that a territory of some last had."""
    had = [names[number] for names in found if number in names]
    return max(had, key=lambda name: name.until, default=None)
