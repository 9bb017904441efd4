"""The records that a name may mean, found by the index of words: some dozens, to be compared."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kg.catalogue import bitmap, search
from kg.catalogue.bitmap import Set
from kg.catalogue.likeness import plain
from kg.catalogue.sets import Span
from kg.catalogue.vocabulary import SHORTEST
from kg.catalogue.words import WORD, fold, natural_order, stems, telling

CANDIDATES: Final = 30
"""Records that are looked at for one query."""
WIDE: Final = 3_000
"""Records of a name among which those are looked for that are of a kind, or that values keep."""
ENOUGH: Final = 5
RAREST: Final = 2
COMMON: Final = 1 << 30

Kept = Mapping[str, Mapping[str, Set]]
"""Kind, then column, to the records that the values given keep."""


@dataclass(frozen=True)
class Scope(Span):
    """Records among which something is looked for: those of a kind, or some of them."""

    only: Set | None = None
    """Their positions in the span; all of them where there is none."""

    def among(self, rows: Iterable[tuple[int]], most: int) -> Iterator[int]:
        """The first of some numbers that are in it."""
        numbers = (number for (number,) in rows)
        only = self.only
        kept = numbers if only is None else (n for n in numbers if n - self.first in only)
        return islice(kept, most)

    def limit(self, most: int) -> int:
        """How many records to read to have so many."""
        return most if self.only is None else max(most, WIDE)


def named(file: sqlite3.Connection, scopes: Sequence[Scope], text: str, kept: Kept) -> list[int]:
    """The records of the same name, then those that have the rarest words of it.

    A common word costs much and tells little: as many words are asked for, the rarest first, as it
    takes to have few records; all of them where that is still too many. Typing errors are put
    right, words that run together are cut. Where too few are found, each of the rarest will do,
    then words of the same family.
    """
    words = telling(plain(text)) if text else []
    typed = list(dict.fromkeys(map(fold, words)))[: search.LONGEST]
    known = {word: _records(file, word) for word in typed}
    for word in [word for word, records in known.items() if not records]:
        better = search.nearest(file, word)
        for other in search.cut(file, word) or ((better,) if better else ()):
            known[other] = _records(file, other)
    ordered = sorted((records, word) for word, records in known.items() if records)
    found = same(file, scopes, text)
    if ordered:
        few = _together(_few(ordered))
        found = [*_narrowed(file, scopes, few, kept), *found]
        told = matching(file, scopes, few)
        if len(told) >= CANDIDATES:
            found += matching(file, scopes, _together([word for _, word in ordered]))
        found += told
    for _, word in ordered[:RAREST] if len(found) < ENOUGH else ():
        found += matching(file, scopes, _word(word))
    for word in typed[:RAREST] if len(found) < ENOUGH else ():
        found += matching(file, scopes, _family(word))
    return found


def same(file: sqlite3.Connection, scopes: Sequence[Scope], text: str) -> list[int]:
    """Some records whose name is a text but for accents, capitals and signs."""
    name = natural_order(" ".join(WORD.findall(plain(text))))
    found: list[int] = []
    for scope in scopes if name else ():
        rows = file.execute(
            "SELECT id FROM entity WHERE kind = ? AND sort_en = ? LIMIT ?",
            (scope.kind, name, scope.limit(CANDIDATES // 2)),
        )
        found += scope.among(rows, CANDIDATES // 2)
    return found


def _narrowed(
    file: sqlite3.Connection, scopes: Sequence[Scope], expression: str, kept: Kept
) -> list[int]:
    """The records that match and that all the values keep."""
    found: list[int] = []
    for scope in scopes:
        if bits := all_kept(scope, kept):
            numbers = matching(file, [scope], expression, WIDE)
            inside = (number for number in numbers if number - scope.first in bits)
            found += islice(inside, CANDIDATES // 2)
    return found


def _few(known: Sequence[tuple[int, str]]) -> list[str]:
    """The rarest word where few records have it, else the three rarest."""
    return [word for _, word in known[: 1 if known[0][0] <= CANDIDATES else RAREST + 1]]


def _together(words: Iterable[str]) -> str:
    return " AND ".join(map(_word, words))


def _word(word: str) -> str:
    return '({name} : "' + word.replace('"', '""') + '")'


def _family(word: str) -> str:
    alike = sorted(stem for stem in stems(word) | {word} if stem.isalnum()) or ["-"]
    return "({stem} : (" + " OR ".join(f'"{stem}"' for stem in alike) + "))"


def _records(file: sqlite3.Connection, word: str) -> int:
    """How many records have a word in their name; short words are not counted and are common."""
    row = file.execute("SELECT records FROM word WHERE word = ?", (word,)).fetchone()
    return int(row[0]) if row else COMMON if len(word) < SHORTEST else 0


def matching(
    file: sqlite3.Connection, scopes: Sequence[Scope], expression: str, most: int = CANDIDATES
) -> list[int]:
    """Some records of each kind that match, in the order of the index."""
    found: list[int] = []
    for scope in scopes:
        rows = file.execute(
            "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?",
            (expression, scope.first, scope.last, scope.limit(most)),
        )
        found += scope.among(rows, most)
    return found


def all_kept(scope: Scope, kept: Kept) -> Set:
    """The records of a kind that all the values keep; none where there are no values."""
    sets = list(kept[scope.kind].values())
    bits = sets[0] if sets else bitmap.from_positions(())
    for other in sets[1:]:
        bits = bits & other
    return bits
