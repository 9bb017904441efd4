"""The headings of a file matched to the columns of a canonical table."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.sources.headings import fold
from kg.tables import Column, Table

__all__ = ["Matched", "fold", "match", "names_of", "nearest"]
CLOSE: Final = 0.8
"""How alike a heading and a name must be for the name to be suggested (difflib ratio)."""


@dataclass(frozen=True)
class Matched:
    """Which heading of a file gives which column of a table."""

    columns: Mapping[str, str]
    """Canonical column to heading."""
    repeated: Mapping[str, str]
    """A heading that gives a column another heading gives already, to that column."""
    strange: tuple[str, ...]
    """Headings that are no column of the table, in their order."""


def match(headings: Sequence[str], table: Table) -> Matched:
    """The columns of a table that headings give: its name first, then its titles in order."""
    taken: dict[str, str] = {}
    given: dict[str, list[str]] = {}
    for heading in headings:
        given.setdefault(fold(heading), []).append(heading)
    for column in table.real:
        for name in names_of(column):
            if column.name not in taken and given.get(name):
                taken[column.name] = given[name].pop(0)
    named = {name: column.name for column in table.real for name in names_of(column)}
    read = {*taken.values(), *table.added}
    left = [heading for heading in headings if heading not in read]
    repeated = {h: named[fold(h)] for h in left if named.get(fold(h)) in taken}
    return Matched(taken, repeated, tuple(h for h in left if h not in repeated))


def names_of(column: Column) -> Iterator[str]:
    """The folded names a column may have in a file, the canonical one first."""
    for name in (column.name, *column.titles):
        if folded := fold(name):
            yield folded


def nearest(heading: str, table: Table) -> str:
    """The column a heading looks like without being it; empty where there is none."""
    known = {name: column.name for column in table.real for name in names_of(column)}
    if "." in heading and fold(last := heading.rpartition(".")[2]) in known:
        return known[fold(last)]  # a member of an inner object: geocoding.latitude
    close = difflib.get_close_matches(fold(heading), known, n=1, cutoff=CLOSE)
    return known[close[0]] if close else ""
