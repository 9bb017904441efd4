"""Keyset pagination of lists: sort orders, and cursors that hold the last sort key."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import orjson

from kg.catalogue import bitmap
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.extent_index import VALUED_FIELD
from kg.catalogue.record_sets import PostingCache, RecordRange
from kg.cursor_token import decode_token, encode_token
from kg.errors import InvalidParameter, ParameterFault
from kg.kinds import Kind

MAX_SORTED_RECORDS: Final = 3000
"""Number of records up to which a list is sorted in memory; longer ones follow an index."""

MAX_NUMBER: Final = 2**63
"""Upper bound of record numbers (SQLite integers have 64 bits)."""

SortKey = tuple[Any, int]
"""Sort value and record number; None, for records without a value, sorts last."""


@dataclass(frozen=True)
class Cursor:
    """Position after the last record of a page, for one release and one sort order."""

    release: str
    sort: str
    last: SortKey

    def encode(self) -> str:
        return encode_token([self.release, self.sort, *self.last])


def decode_cursor(text: str, release: str, sort: str) -> SortKey:
    """Decode the position of the previous page's last record.

    Raises InvalidParameter for an invalid cursor, or one of another release or sort order.
    """
    try:
        of_release, of_sort, value, number = decode_token(text)
        if not (isinstance(of_release, str) and isinstance(of_sort, str)):
            raise TypeError("a release and a sort order are names")
    except (ValueError, TypeError) as error:
        raise InvalidParameter(
            f"after={text!r} is not an address of a page; follow the links",
            f"after={text!r} n'est pas l'adresse d'une page ; suivez les liens",
            ParameterFault.NO_PAGE,
            ("after",),
        ) from error
    if of_release != release:
        raise InvalidParameter(
            f"the page belongs to release {of_release}, which {release} has replaced; "
            "start again without `after`",
            f"cette page appartient à l'édition {of_release}, que {release} a remplacée ; "
            "recommencez sans `after`",
            ParameterFault.OTHER_RELEASE,
            ("after",),
        )
    if of_sort != sort or not _is_valid_key(value, number, sort):
        raise InvalidParameter(
            f"the page belongs to a list sorted by {of_sort}, not by {sort}",
            f"cette page appartient à une liste triée par {of_sort}, pas par {sort}",
            ParameterFault.OTHER_SORT,
            ("after",),
        )
    return value, number


def _is_valid_key(value: Any, number: Any, sort: str) -> bool:
    """Check the types of a decoded sort key: clients can forge cursors."""
    if type(number) is not int or not 0 <= number < MAX_NUMBER:
        return False
    if sort == "relevance":
        return type(value) in (int, float) and abs(value) < MAX_NUMBER
    if sort == "-population":
        return value is None or (type(value) is int and abs(value) < MAX_NUMBER)
    return value is None or type(value) is str


def list_sorts(kind: Kind, columns: Iterable[str], ranked: bool) -> tuple[str, ...]:
    """Return the sort orders of a list, the default one first."""
    relevance = ("relevance",) if ranked else ()
    dates = ("date", "-date") if kind.dates else ()
    population = ("-population",) if "population" in columns else ()
    return (*relevance, "label", *dates, *population)


def localise_sort(sort: str, language: str) -> str:
    """Return the variant of a sort order for a language: labels sort by language."""
    return "label-en" if sort == "label" and language == "en" else sort


def iterate_records(
    file: sqlite3.Connection,
    members: PostingCache,
    span: RecordRange,
    bits: RecordSet,
    order: str,
    after: SortKey | None,
) -> Iterator[SortKey]:
    """Yield the records of a set in a sort order (`label`, `label-en`, `date`, `-date`…)."""
    # records are numbered by French label, so that this order needs no sort
    if order == "label":
        start = after[1] - span.first + 1 if after else 0
        return ((None, span.first + p) for p in bitmap.iterate_positions(bits, start))
    column = {"label-en": "sort_en"}.get(order, order.lstrip("-").replace("date", "sequence"))
    down = order.startswith("-")
    if len(bits) <= MAX_SORTED_RECORDS:
        return _sort_in_memory(file, span, bits, column, down, after)
    return _walk_index(file, members, span, bits, column, down, after)


def _sort_in_memory(
    file: sqlite3.Connection,
    span: RecordRange,
    bits: RecordSet,
    column: str,
    down: bool,
    after: SortKey | None,
) -> Iterator[SortKey]:
    numbers = orjson.dumps([span.first + p for p in bitmap.iterate_positions(bits)]).decode()
    rows = file.execute(
        f"SELECT {column}, id FROM entity WHERE id IN (SELECT value FROM json_each(?))", (numbers,)
    ).fetchall()
    valued = sorted((row for row in rows if row[0] is not None), reverse=down)
    unvalued = sorted((row for row in rows if row[0] is None), key=lambda row: row[1])
    return (row for row in [*valued, *unvalued] if after is None or _is_after(row, after, down))


def _is_after(row: SortKey, after: SortKey, down: bool) -> bool:
    """Tell whether a record sorts after another one; records without a value come last."""
    if row[0] is None or after[0] is None:
        return (row[0] is None, row[1]) > (after[0] is None, after[1] if after[0] is None else 0)
    return row < after if down else row > after


def _walk_index(
    file: sqlite3.Connection,
    members: PostingCache,
    span: RecordRange,
    bits: RecordSet,
    column: str,
    down: bool,
    after: SortKey | None,
) -> Iterator[SortKey]:
    valued = members.get(file, span, VALUED_FIELD, column)
    rest = bits - valued
    if after and after[0] is None:
        start = after[1] - span.first + 1
        return ((None, span.first + p) for p in bitmap.iterate_positions(rest, start))
    sign, direction = ("<", "DESC") if down else (">", "ASC")
    after_cursor = f"AND ({column}, id) {sign} (?, ?)" if after else ""
    rows = file.execute(
        f"SELECT {column}, id FROM entity WHERE kind = ? AND {column} IS NOT NULL {after_cursor} "
        f"ORDER BY {column} {direction}, id {direction}",
        (span.kind, *(after or ())),
    )
    valued_rows = (row for row in rows if row[1] - span.first in bits)
    return chain(valued_rows, ((None, span.first + p) for p in bitmap.iterate_positions(rest)))
