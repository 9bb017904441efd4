"""Column matching: headings of a file to the columns of a canonical table."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.csvw_tables import Column, Table
from kg.sources.header_row import fold_heading

__all__ = ["ColumnMatches", "fold_heading", "iter_folded_names", "match_columns", "suggest_column"]
MIN_SIMILARITY: Final = 0.8
"""Similarity of a heading and a name from which the name is suggested (difflib ratio)."""


@dataclass(frozen=True)
class ColumnMatches:
    """Match of the headings of a file with the columns of a table."""

    columns: Mapping[str, str]
    """Canonical column to heading."""
    languages: Mapping[str, str]
    """Column of names in another language (`label_de`) to heading."""
    repeated: Mapping[str, str]
    """Headings of a column that another heading gives already, with that column."""
    unknown: tuple[str, ...]
    """Headings that are no column of the table, in their order."""


def match_columns(headings: Sequence[str], table: Table) -> ColumnMatches:
    """Matches headings with columns: by the name of a column first, then by its titles in order."""
    taken: dict[str, str] = {}
    given: dict[str, list[str]] = {}
    for heading in headings:
        given.setdefault(fold_heading(heading), []).append(heading)
    for column in table.real:
        for name in iter_folded_names(column):
            if column.name not in taken and given.get(name):
                taken[column.name] = given[name].pop(0)
    named = {name: column.name for column in table.real for name in iter_folded_names(column)}
    languages = {h.lower(): h for h in headings if table.find_tagged_column(h.lower())}
    read = {*taken.values(), *languages.values(), *table.added_columns}
    left = [heading for heading in headings if heading not in read]
    repeated = {h: named[fold_heading(h)] for h in left if named.get(fold_heading(h)) in taken}
    return ColumnMatches(taken, languages, repeated, tuple(h for h in left if h not in repeated))


def iter_folded_names(column: Column) -> Iterator[str]:
    """The folded names a column may have in a file, the canonical one first."""
    for name in (column.name, *column.titles):
        if folded := fold_heading(name):
            yield folded


def suggest_column(heading: str, table: Table) -> str:
    """The column with a name similar to a heading; empty where there is none."""
    columns = {name: column.name for column in table.real for name in iter_folded_names(column)}
    if "." in heading and fold_heading(last := heading.rpartition(".")[2]) in columns:
        return columns[fold_heading(last)]  # a member of an inner object: geocoding.latitude
    close = difflib.get_close_matches(fold_heading(heading), columns, n=1, cutoff=MIN_SIMILARITY)
    return columns[close[0]] if close else ""
