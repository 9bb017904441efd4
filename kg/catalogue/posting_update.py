"""Posting update: the sets of records by value, with some records taken out and put in again."""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import duckdb

from kg.catalogue import bitmap
from kg.catalogue.writer import insert_rows, stage_postings, write_computed_postings

Value = tuple[str, str, str]
"""Kind, field and value."""

COMPUTED_SQL: Final = "(field >= '#' AND field < '$')"
"""Whether a set follows from the rows of records: its field begins with `#`."""
NUMBER_TYPE: Final = "I"
"""Of the numbers of `carried`."""


@dataclass
class _Change:
    """Positions of records that leave a set, and of those that enter it."""

    out: set[int] = field(default_factory=set)
    into: set[int] = field(default_factory=set)


def update_postings(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    numbers: Sequence[int],
    *,
    is_computed: bool,
) -> None:
    """Replace the values of some records by those of the staged ones, in `posting` and `carried`.

    With `is_computed`, the sets that follow from the rows of records are computed again.
    """
    carried = _read_carried(connection, numbers)
    known = {
        (kind, name, value): number
        for number, kind, name, value in file.execute(
            f"SELECT id, kind, field, value FROM posting WHERE NOT {COMPUTED_SQL}"
        )
    }
    changes = _find_changes(file, numbers, carried, known)
    if _apply(file, changes, known):
        known = _renumber(file, known)
    file.executemany("DELETE FROM carried WHERE id = ?", [(number,) for number in numbers])
    rows = (
        (number, array(NUMBER_TYPE, sorted(known[value] for value in values)).tobytes())
        for number, values in carried.items()
    )
    insert_rows(file, "carried", rows)
    if is_computed:
        file.execute(f"DELETE FROM posting WHERE {COMPUTED_SQL}")
        write_computed_postings(file, dict(file.execute("SELECT name, records FROM kind")))


def _read_carried(
    connection: duckdb.DuckDBPyConnection, numbers: Sequence[int]
) -> dict[int, list[Value]]:
    """The values of the staged records of these numbers."""
    stage_postings(connection)
    rows = connection.execute(
        "SELECT entity, list((kind, field, value)) FROM member JOIN posting USING (id) "
        "WHERE entity IN (SELECT unnest(?::BIGINT[])) GROUP BY entity ORDER BY entity",
        [list(numbers)],
    ).fetchall()
    return dict(rows)


def _find_changes(
    file: sqlite3.Connection,
    numbers: Iterable[int],
    carried: Mapping[int, Iterable[Value]],
    known: Mapping[Value, int],
) -> dict[Value, _Change]:
    values = {number: value for value, number in known.items()}
    changes: dict[Value, _Change] = defaultdict(_Change)
    for number in numbers:
        position, before = file.execute(
            "SELECT e.id - first, postings FROM entity e JOIN kind ON name = e.kind "
            "LEFT JOIN carried c ON c.id = e.id WHERE e.id = ?",
            (number,),
        ).fetchone()
        for posting in array(NUMBER_TYPE, before or b""):
            changes[values[posting]].out.add(position)
        for value in carried.get(number, ()):
            changes[value].into.add(position)
    return changes


def _apply(
    file: sqlite3.Connection, changes: Mapping[Value, _Change], known: Mapping[Value, int]
) -> bool:
    """Change the sets; whether there are other values than before."""
    is_other = False
    for value, change in changes.items():
        if change.out == change.into:
            continue
        if value not in known:
            is_other = True
            insert_rows(file, "posting", [(None, *value, *_encode(change.into))])
            continue
        number = known[value]
        (encoded,) = file.execute("SELECT members FROM posting WHERE id = ?", (number,)).fetchone()
        members = bitmap.decode(encoded)
        members -= bitmap.from_positions(change.out)
        members |= bitmap.from_positions(change.into)
        if not members:
            is_other = True
            file.execute("DELETE FROM posting WHERE id = ?", (number,))
            continue
        file.execute(
            "UPDATE posting SET records = ?, members = ? WHERE id = ?", (*_encode(members), number)
        )
    return is_other


def _encode(positions: Iterable[int]) -> tuple[int, bytes]:
    """How many records are in a set, and its members."""
    members = sorted(positions)
    return len(members), bitmap.encode(members)


def _renumber(file: sqlite3.Connection, known: Mapping[Value, int]) -> dict[Value, int]:
    """Number the sets in the order of their values again, also where records carry them."""
    columns = "kind, field, value, records, members"
    stated = file.execute(
        f"SELECT {columns} FROM posting WHERE NOT {COMPUTED_SQL} ORDER BY kind, field, value"
    ).fetchall()
    computed = file.execute(
        f"SELECT {columns} FROM posting WHERE {COMPUTED_SQL} ORDER BY id"
    ).fetchall()
    file.execute("DELETE FROM posting")
    insert_rows(file, "posting", ((n, *row) for n, row in enumerate((*stated, *computed), 1)))
    numbered = {row[:3]: n for n, row in enumerate(stated, 1)}
    moved = {number: numbered[value] for value, number in known.items() if value in numbered}
    rows = file.execute("SELECT id, postings FROM carried").fetchall()
    file.executemany(
        "UPDATE carried SET postings = ? WHERE id = ?",
        ((_move(postings, moved), number) for number, postings in rows),
    )
    return numbered


def _move(postings: bytes, moved: Mapping[int, int]) -> bytes:
    """Numbers of sets under their new numbers; those of a set that is no more are left out."""
    return array(NUMBER_TYPE, _iterate_moved(array(NUMBER_TYPE, postings), moved)).tobytes()


def _iterate_moved(postings: Iterable[int], moved: Mapping[int, int]) -> Iterator[int]:
    return (moved[number] for number in postings if number in moved)
