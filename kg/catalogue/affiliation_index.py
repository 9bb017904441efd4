"""Index of the names of organisations, by which they are recognised inside longer texts.

Tables of a catalogue: `name` has every spelling of every name by its canonical words in
alphabetical order, `named` what tells namesakes apart: the words of their places and the
organisations that they are part of. `name_word` counts in how many names a word is.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

import orjson

from kg.catalogue.affiliation_spellings import COUNTED_ROLES, NamedOrganisation, iterate_spellings
from kg.catalogue.canonical_names import canonicalize
from kg.catalogue.text_analysis import find_within_edits

LOOKED_UP_KEYS: Final = 500
RANKS: Final = {"university": 0, "higher-education-institution": 0, "healthcare": 1}
"""Kinds that authors are asked for first: publishers name the university of a laboratory."""
OTHER_RANK: Final = 2
WRITTEN_ORGANISATIONS: Final = 20_000
"""Organisations that are written at a time."""


@dataclass(frozen=True)
class Naming:
    """An organisation that has a name, and what kind of a name that is."""

    id: int
    role: str


@dataclass(frozen=True)
class Surroundings:
    """What tells an organisation from its namesakes."""

    places: frozenset[tuple[str, ...]]
    wholes: frozenset[int]
    active: bool
    parts: int
    """How many organisations are part of it, or of one of its successors."""
    rank: int = OTHER_RANK
    """By its kind, the lower the sooner it is named."""
    successors: frozenset[int] = frozenset()


def write_names(file: sqlite3.Connection, organisations: Iterable[NamedOrganisation]) -> None:
    """Fills the tables, which are empty."""
    words, parts = _write_organisations(file, organisations)
    file.executemany("INSERT INTO name_word VALUES (?, ?)", sorted(words.items()))
    _add_parts(file, parts)


def update_names(
    file: sqlite3.Connection,
    before: Iterable[NamedOrganisation],
    organisations: Iterable[NamedOrganisation],
    moved: Mapping[int, int | None],
) -> None:
    """Replaces some organisations in the tables; `before` are they with their earlier names.

    `moved` gives the new numbers of records that have others, by the former ones; None for what is
    gone.
    """
    words: Counter[str] = Counter()
    parts: Counter[int | None] = Counter()
    own_parts: dict[int | None, int] = {}
    for each in before:
        spellings = set(iterate_spellings(each))
        keys = {key for key, _ in spellings}
        words.subtract(_count_words(spellings))
        parts.subtract({moved.get(whole, whole) for whole in each.wholes})
        file.execute("DELETE FROM succession WHERE successor = ?", (each.id,))
        file.executemany("DELETE FROM name WHERE key = ? AND id = ?", [(k, each.id) for k in keys])
        row = file.execute("SELECT parts FROM named WHERE id = ?", (each.id,)).fetchone()
        own_parts[moved.get(each.id, each.id)] = int(row[0])
        file.execute("DELETE FROM named WHERE id = ?", (each.id,))
    _move_named(file, moved)
    new_words, new_parts = _write_organisations(file, organisations)
    words.update(new_words)
    parts.update(new_parts)
    parts.update(own_parts)
    file.executemany(
        "INSERT INTO name_word VALUES (?, ?) ON CONFLICT DO UPDATE SET names = names + ?2",
        [(word, count) for word, count in sorted(words.items()) if count],
    )
    file.execute("DELETE FROM name_word WHERE names = 0")
    _add_parts(file, {number: count for number, count in parts.items() if number})


def _move_named(file: sqlite3.Connection, moved: Mapping[int, int | None]) -> None:
    """Names records that have other numbers by these, where others say them."""
    if not moved:
        return
    rows = file.execute("SELECT id, wholes FROM named WHERE wholes <> '[]'").fetchall()
    for number, wholes in ((number, orjson.loads(text)) for number, text in rows):
        if not moved.keys().isdisjoint(wholes):
            others = sorted(filter(None, (moved.get(whole, whole) for whole in wholes)))
            file.execute(
                "UPDATE named SET wholes = ? WHERE id = ?", (orjson.dumps(others).decode(), number)
            )
    pairs = file.execute("SELECT predecessor, successor FROM succession").fetchall()
    file.executemany(
        "DELETE FROM succession WHERE predecessor = ?", [(number,) for number in moved]
    )
    file.executemany(
        "INSERT INTO succession VALUES (?, ?)",
        [(moved[earlier], later) for earlier, later in pairs if moved.get(earlier)],
    )


def _write_organisations(
    file: sqlite3.Connection, organisations: Iterable[NamedOrganisation]
) -> tuple[Counter[str], Counter[int]]:
    """Writes organisations; the counts of words in their names, and of the parts of each whole."""
    words: Counter[str] = Counter()
    parts: Counter[int] = Counter()
    rest = iter(organisations)
    while batch := list(islice(rest, WRITTEN_ORGANISATIONS)):
        names: list[tuple[str, int, str]] = []
        named: list[tuple[int, str, str, bool, int]] = []
        succession: list[tuple[int, int]] = []
        for each in batch:
            spellings = dict.fromkeys(iterate_spellings(each))
            names += [(key, each.id, role) for key, role in spellings]
            named.append(_build_named_row(each))
            words.update(_count_words(spellings))
            succession += [(earlier, each.id) for earlier in sorted(set(each.predecessors))]
            parts.update(set(each.wholes))
        # in order, each lands near the one before
        file.executemany("INSERT OR IGNORE INTO name VALUES (?, ?, ?)", sorted(names))
        file.executemany(
            "INSERT INTO named (id, places, wholes, active, rank) VALUES (?, ?, ?, ?, ?)", named
        )
        file.executemany("INSERT INTO succession VALUES (?, ?)", succession)
    return words, parts


def _build_named_row(each: NamedOrganisation) -> tuple[int, str, str, bool, int]:
    places = sorted(set(filter(None, map(_canonicalize_place, each.places))))
    wholes = sorted(set(each.wholes))
    rank = RANKS.get(each.kind, OTHER_RANK)
    return each.id, orjson.dumps(places).decode(), orjson.dumps(wholes).decode(), each.active, rank


@lru_cache(maxsize=50_000)
def _canonicalize_place(name: str) -> str:
    return " ".join(canonicalize(name))


def _count_words(spellings: Iterable[tuple[str, str]]) -> Counter[str]:
    keys = {key for key, role in spellings if role in COUNTED_ROLES}
    return Counter(word for key in keys for word in key.split())


def _add_parts(file: sqlite3.Connection, parts: Mapping[int, int]) -> None:
    file.executemany(
        "UPDATE named SET parts = parts + ? WHERE id = ?",
        [(count, whole) for whole, count in sorted(parts.items()) if count],
    )


def find_names(file: sqlite3.Connection, keys: Iterable[str]) -> dict[str, list[Naming]]:
    """The organisations that have some names, by the key of the name."""
    found: dict[str, list[Naming]] = {}
    asked = list(dict.fromkeys(keys))
    for begin in range(0, len(asked), LOOKED_UP_KEYS):
        batch = asked[begin : begin + LOOKED_UP_KEYS]
        marks = ", ".join("?" * len(batch))
        for key, number, role in file.execute(
            f"SELECT key, id, role FROM name WHERE key IN ({marks})", batch
        ):
            found.setdefault(key, []).append(Naming(number, role))
    return found


def read_surroundings(
    file: sqlite3.Connection, numbers: Iterable[int]
) -> Mapping[int, Surroundings]:
    """What tells some organisations from others, those that have come to an end as such."""
    asked = sorted(set(numbers))
    marks = ", ".join("?" * len(asked))
    successors: dict[int, set[int]] = {}
    for earlier, successor in file.execute(
        f"SELECT predecessor, successor FROM succession WHERE predecessor IN ({marks})", asked
    ):
        successors.setdefault(earlier, set()).add(successor)
    asked = sorted({*asked, *(one for later in successors.values() for one in later)})
    marks = ", ".join("?" * len(asked))
    rows = file.execute(
        f"SELECT id, places, wholes, active, rank, parts FROM named WHERE id IN ({marks})", asked
    ).fetchall()
    parts = {number: count for number, *_, count in rows}
    return {
        number: Surroundings(
            _read_places(places),
            frozenset(orjson.loads(wholes)) if wholes != "[]" else frozenset(),
            bool(active) and number not in successors,
            max(parts.get(one, 0) for one in (number, *successors.get(number, ()))),
            rank,
            frozenset(successors.get(number, ())),
        )
        for number, places, wholes, active, rank, _ in rows
    }


@lru_cache(maxsize=10_000)
def _read_places(places: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(place.split()) for place in orjson.loads(places))


def count_names(file: sqlite3.Connection, words: Iterable[str]) -> Mapping[str, int]:
    """In how many names each of some words is."""
    asked = sorted(set(words))
    marks = ", ".join("?" * len(asked))
    return dict(
        file.execute(f"SELECT word, names FROM name_word WHERE word IN ({marks})", asked).fetchall()
    )


def find_nearest_word(file: sqlite3.Connection, word: str) -> str:
    """The one word of names that is one edit from a word and begins like it, or nothing."""
    # as one text, which is read faster than a row for each
    (words,) = file.execute(
        "SELECT group_concat(word, ' ') FROM name_word WHERE word >= ? AND word < ? "
        "AND length(word) BETWEEN ? AND ?",
        (word[0], chr(ord(word[0]) + 1), len(word) - 1, len(word) + 1),
    ).fetchone()
    near = find_within_edits(word, (words or "").split(), 1)
    return near[0] if len(near) == 1 else ""
