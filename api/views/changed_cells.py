"""Columns of a record that changed, in words: what they said before, and what they say now."""

from collections.abc import Iterable, Mapping, Sequence

from api.views.list_entries import format_cell
from api.views.page_context import PageContext
from kg.catalogue.record_versions import CellChange
from kg.catalogue.records import Field
from kg.kinds import Text


def list_cell_iris(cells: Iterable[CellChange], columns: Mapping[str, Field]) -> list[str]:
    """The IRIs that changed cells denote, whose names are to be shown."""
    return [
        iri
        for change in cells
        if change.column in columns
        for cell in (*change.was, *change.now)
        if (iri := columns[change.column].build_iri(cell))
    ]


def describe_cells(
    cells: Iterable[CellChange],
    columns: Mapping[str, Field],
    labels: Mapping[str, Text],
    site: PageContext,
) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    """(title of the column, values before, values now) of each column that is known."""
    return [
        (
            site.localize(columns[change.column].title),
            [format_cell(columns[change.column], cell, labels, site) for cell in change.was],
            [format_cell(columns[change.column], cell, labels, site) for cell in change.now],
        )
        for change in cells
        if change.column in columns
    ]
