"""Posting update: the sets of records by value, with some records taken out and put in again."""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import duckdb
import orjson

from kg.catalogue import bitmap
from kg.catalogue.extent_index import VALUED_FIELD
from kg.catalogue.record_numbers import LISTED_NUMBERS
from kg.catalogue.record_sets import LISTED
from kg.catalogue.writer import compute_values, insert_rows, stage_postings

Value = tuple[str, str, str]
"""Kind, field and value."""
Members = Mapping[Value, set[int]]
"""The positions of some records in the sets that they are in."""
Numbers = Mapping[str, Sequence[int]]
"""Numbers of records by their kind."""

COMPUTED_SQL: Final = "(field >= '#' AND field < '$')"
"""Whether a set follows from the rows of records: its field begins with `#`."""
NUMBER_TYPE: Final = "I"
"""Of the numbers of `carried`."""


def read_members(file: sqlite3.Connection, numbers: Numbers) -> Members:
    """The sets that some records of the file are in."""
    members = _compute_members(file, numbers)
    asked = orjson.dumps([number for several in numbers.values() for number in several]).decode()
    rows = file.execute(
        "SELECT c.id - first, postings FROM carried c JOIN entity e USING (id) JOIN kind "
        "ON name = e.kind WHERE c.id IN (SELECT value FROM json_each(?))",
        (asked,),
    ).fetchall()
    values = _read_values(file, {p for _, some in rows for p in array(NUMBER_TYPE, some)})
    for position, postings in rows:
        for posting in array(NUMBER_TYPE, postings):
            members[values[posting]].add(position)
    return members


def update_postings(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    before: tuple[Numbers, Members],
    numbers: Numbers,
) -> None:
    """Replace some records in `posting` and `carried` by the staged ones with other numbers.

    `before` holds the numbers that they had, and the sets that they were in then.
    """
    former, out = before
    carried = _read_carried(connection, numbers)
    into = _compute_members(file, numbers)
    starts = _read_starts(file)
    for number, values in carried.items():
        for value in values:
            into[value].add(number - starts[value[0]])
    known = {
        (kind, name, value): number
        for number, kind, name, value in file.execute("SELECT id, kind, field, value FROM posting")
    }
    if _apply(file, out, into, known):
        known = _renumber(file, known)
    file.executemany(
        "DELETE FROM carried WHERE id = ?", [(n,) for several in former.values() for n in several]
    )
    rows = (
        (number, array(NUMBER_TYPE, sorted(known[value] for value in values)).tobytes())
        for number, values in carried.items()
    )
    insert_rows(file, "carried", rows)


def update_kinds(file: sqlite3.Connection) -> None:
    """Tell again how many records of each kind are listed, and over how many numbers."""
    rows = file.execute(
        "SELECT kind, members FROM posting WHERE field = ? AND value = ?", (VALUED_FIELD, LISTED)
    ).fetchall()
    file.execute("UPDATE kind SET size = 0, records = 0")
    for kind, encoded in rows:
        members = bitmap.decode(encoded)
        file.execute(
            "UPDATE kind SET size = ?, records = ? WHERE name = ?",
            (members.max() + 1, len(members), kind),
        )


def _read_starts(file: sqlite3.Connection) -> dict[str, int]:
    return dict(file.execute("SELECT name, first FROM kind").fetchall())


def _compute_members(file: sqlite3.Connection, numbers: Numbers) -> defaultdict[Value, set[int]]:
    """The sets that some records are in by their rows."""
    members: defaultdict[Value, set[int]] = defaultdict(set)
    starts = _read_starts(file)
    for kind, several in numbers.items():
        first = starts[kind]
        listed = orjson.dumps([n for n in several if n < first + LISTED_NUMBERS]).decode()
        which = "id IN (SELECT value FROM json_each(?))"
        for number, name, value in compute_values(file, kind, which, listed):
            members[kind, name, value].add(number - first)
    return members


def _read_values(file: sqlite3.Connection, postings: Iterable[int]) -> dict[int, Value]:
    rows = file.execute(
        "SELECT id, kind, field, value FROM posting WHERE id IN (SELECT value FROM json_each(?))",
        (orjson.dumps([*postings]).decode(),),
    )
    return {number: (kind, name, value) for number, kind, name, value in rows}


def _read_carried(
    connection: duckdb.DuckDBPyConnection, numbers: Numbers
) -> dict[int, list[Value]]:
    """The values of the staged records of these numbers, without those of their rows."""
    stage_postings(connection)
    rows = connection.execute(
        "SELECT entity, list((kind, field, value)) FROM member JOIN posting USING (id) "
        "WHERE entity IN (SELECT unnest(?::BIGINT[])) GROUP BY entity ORDER BY entity",
        [[number for several in numbers.values() for number in several]],
    ).fetchall()
    return dict(rows)


def _apply(
    file: sqlite3.Connection, out: Members, into: Members, known: Mapping[Value, int]
) -> bool:
    """Change the sets; whether there are other values than before."""
    is_other = False
    for value in dict.fromkeys([*out, *into]):
        leaving, entering = out.get(value, set()), into.get(value, set())
        if leaving == entering:
            continue
        if value not in known:
            is_other = True
            insert_rows(file, "posting", [(None, *value, *_encode(entering))])
            continue
        number = known[value]
        (encoded,) = file.execute("SELECT members FROM posting WHERE id = ?", (number,)).fetchone()
        members = bitmap.decode(encoded)
        members -= bitmap.from_positions(leaving)
        members |= bitmap.from_positions(entering)
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
    rows = file.execute(
        "SELECT kind, field, value, records, members FROM posting "
        f"ORDER BY {COMPUTED_SQL}, kind, field, value"
    ).fetchall()
    file.execute("DELETE FROM posting")
    insert_rows(file, "posting", ((number, *row) for number, row in enumerate(rows, 1)))
    numbered = {row[:3]: number for number, row in enumerate(rows, 1)}
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
