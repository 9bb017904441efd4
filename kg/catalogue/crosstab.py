"""Cross-tabulation of a list: counts of records by one column, or by pairs of two columns.

The release has a posting set for each value, so that a few thousand intersections replace an
aggregate query that would take seconds.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from kg.catalogue import bitmap
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.facets import iterate_values
from kg.catalogue.filters import UNSTATED, list_filter_columns
from kg.catalogue.record_sets import PostingCache, RecordRange
from kg.errors import BadRequest, InvalidParameter, ParameterFault
from kg.kinds import KIND_BY_NAME

MAX_CELLS: Final = 100_000
"""Limit on the counted values, or pairs of values."""

CrosstabRow = tuple[tuple[str, ...], int]
"""One value per column, and the number of records with all of them."""


def check_columns(kind: str, by: Sequence[str]) -> None:
    """Raise BadRequest where a kind cannot be counted by these columns."""
    columns = list_filter_columns(KIND_BY_NAME[kind])
    if not 1 <= len(by) <= 2 or len(set(by)) < len(by) or not set(by) <= set(columns):
        column_list = ", ".join(columns)
        raise InvalidParameter(
            f"by={','.join(by)}: records of {kind} are counted by one or two of {column_list}",
            f"by={','.join(by)} : les fiches {kind} se comptent par une ou deux de {column_list}",
            ParameterFault.NOT_A_CHOICE,
            ("by", "and"),
            next((name for name in by if name not in columns), by[-1] if by else ""),
            columns,
        )


def compute_crosstab(
    file: sqlite3.Connection,
    members: PostingCache,
    span: RecordRange,
    base: RecordSet,
    by: Sequence[str],
    chosen: Sequence[str],
    with_unstated: bool = False,
) -> list[CrosstabRow]:
    """Return the counts above zero, largest first.

    `base` is the set of listed records. With one territory among the filters (`chosen`), records
    are counted by the territories directly inside it. `with_unstated` counts those of which nothing
    is stated as well, as the value `-`. Raises BadRequest for too many pairs.
    """
    more = [UNSTATED] if with_unstated else []
    values = [
        [*(value for value, _ in iterate_values(file, span, name, tuple(chosen))), *more]
        for name in by
    ]
    pairs = len(values[0]) * (len(values[1]) if len(values) > 1 else 1)
    if pairs > MAX_CELLS:
        raise BadRequest(
            f"by={','.join(by)}: {pairs:,} pairs of values are too many at once; filter by "
            "one territory, or count by one of them",
            f"by={','.join(by)} : {pairs} couples de valeurs, c'est trop à compter en une fois ; "
            "filtrez par un territoire, ou comptez par une seule",
        )
    cells = list(_count_cells(file, members, span, base, by, values))
    return sorted(cells, key=lambda pair: (-pair[1], pair[0]))


def _count_cells(
    file: sqlite3.Connection,
    members: PostingCache,
    span: RecordRange,
    base: RecordSet,
    by: Sequence[str],
    values: Sequence[Sequence[str]],
) -> Iterator[CrosstabRow]:
    for value in values[0]:
        matching = base & members.get(file, span, by[0], value)
        if not matching:
            continue
        if len(by) == 1:
            yield (value,), len(matching)
            continue
        for other in values[1]:
            if count := bitmap.count_common(matching, members.get(file, span, by[1], other)):
                yield (value, other), count
