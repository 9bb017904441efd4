"""Which records a name, an identifier or some values of columns may mean, with scores that say why.

Names are compared with RapidFuzz on folded words, whatever their order; identifiers (SIREN, RNA,
ROR, ORCID, code of a territory) are looked up as they are. The index gives the candidates:
records that have the rarest words.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from kg.catalogue import search
from kg.catalogue.records import Item
from kg.catalogue.sets import Span
from kg.catalogue.vocabulary import SHORTEST
from kg.catalogue.words import fold, stems, telling
from kg.kinds import Text
from kg.namespaces import ID

CANDIDATES: Final = 30
"""Records that are looked at for one query."""
ENOUGH: Final = 5
RAREST: Final = 2
COMMON: Final = 1 << 30
SHORTEST_CODE: Final = 5
"""Characters of the shortest identifier that means anything by itself."""
CERTAIN: Final = 95.0
APART: Final = 8.0
"""Points between a certain match and what comes next."""
PROPERTIES: Final = 0.35
"""The part of the values of columns in a score, where some are given."""
NAMES: Final = ("alt_labels", "acronym", "legal_name")

Labels = Callable[[Iterable[str]], Mapping[str, Text]]


@dataclass(frozen=True)
class Value:
    """A value that a column should have: a text, or a record by its id, or both."""

    text: str = ""
    id: str = ""


@dataclass(frozen=True)
class Query:
    """What is looked for."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    """Kinds of records, all where there is none."""
    properties: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    limit: int = 5


@dataclass(frozen=True)
class Candidate:
    """A record that may be meant."""

    item: Item
    score: float
    """0 to 100."""
    features: Mapping[str, float | bool] = field(default_factory=dict)
    """What the score is made of: `name` and `property:…` from 0 to 100, `identifier`."""
    match: bool = False


def reconcile(
    file: sqlite3.Connection,
    spans: Sequence[Span],
    items: Callable[[Sequence[int]], Iterable[Item]],
    labels: Labels,
    query: Query,
) -> list[Candidate]:
    """The records that a query may mean, the most likely first."""
    identified = _identified(file, spans, query)
    numbers = list(dict.fromkeys([*identified, *_named(file, spans, query.text)]))
    scored = [
        _score(item, query, item.id in identified, labels) for item in items(numbers[:CANDIDATES])
    ]
    ordered = sorted(scored, key=lambda c: (-c.score, c.item.id))
    return _with_match(ordered)[: query.limit]


def _with_match(ordered: Sequence[Candidate]) -> list[Candidate]:
    """The first is a match where it is certain and nothing else comes near."""
    if not ordered:
        return []
    first, *rest = ordered
    alone = not rest or rest[0].score <= first.score - APART
    certain = alone and first.score >= CERTAIN
    return [Candidate(first.item, first.score, first.features, certain), *rest]


def _identified(file: sqlite3.Connection, spans: Sequence[Span], query: Query) -> dict[int, None]:
    """The records that have an identifier which the query gives, as its text or as a value."""
    given = [query.text, *(v.text for _, values in query.properties for v in values)]
    found: dict[int, None] = {}
    for code in dict.fromkeys(filter(None, map(_code, given))):
        for number in _matching(file, spans, f'{{code}} : "{code}"'):
            found[number] = None
    return found


def _code(text: str) -> str:
    """An identifier as the index has it, empty where the text is none: it has a digit, no words."""
    last = text.strip().rstrip("/").rpartition("/")[2]
    plain = "".join(char for char in fold(last) if char.isalnum())
    words = [word for word in last.split() if word.isalpha()]
    digits = sum(char.isdigit() for char in plain)
    fits = len(plain) >= SHORTEST_CODE and digits * 2 >= len(plain) and not words
    return plain if fits and plain.isascii() else ""


def _named(file: sqlite3.Connection, spans: Sequence[Span], text: str) -> list[int]:
    """The records whose names have the rarest words of a text, typing errors put right.

    A common word costs much and tells little: as many words are asked for, the rarest first, as it
    takes to have few records. Where that gives too few, each of the rarest will do, then words of
    the same family.
    """
    typed = list(dict.fromkeys(fold(word) for word in telling(text)))[: search.LONGEST]
    known = {word: _records(file, word) for word in typed}
    for word in [word for word, records in known.items() if not records]:
        if better := search.nearest(file, word):
            known[better] = _records(file, better)
    ordered = sorted((records, word) for word, records in known.items() if records)
    found: list[int] = []
    if ordered:
        found += _matching(file, spans, " AND ".join(map(_word, _few(ordered))))
    for _, word in ordered[:RAREST] if len(found) < ENOUGH else ():
        found += _matching(file, spans, _word(word))
    for word in typed[:RAREST] if len(found) < ENOUGH else ():
        found += _matching(file, spans, _family(word))
    return found


def _few(known: Sequence[tuple[int, str]]) -> list[str]:
    """The rarest word where few records have it, else the three rarest."""
    return [word for _, word in known[: 1 if known[0][0] <= CANDIDATES else RAREST + 1]]


def _word(word: str) -> str:
    return '({name} : "' + word.replace('"', '""') + '")'


def _family(word: str) -> str:
    alike = sorted(stem for stem in stems(word) | {word} if stem.isalnum()) or ["-"]
    return "({stem} : (" + " OR ".join(f'"{stem}"' for stem in alike) + "))"


def _records(file: sqlite3.Connection, word: str) -> int:
    """How many records have a word in their name; short words are not counted and are common."""
    row = file.execute("SELECT records FROM word WHERE word = ?", (word,)).fetchone()
    return int(row[0]) if row else COMMON if len(word) < SHORTEST else 0


def _matching(file: sqlite3.Connection, spans: Sequence[Span], expression: str) -> list[int]:
    """Some records that match, in the order of the index."""
    found: list[int] = []
    for span in spans:
        rows = file.execute(
            "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?",
            (expression, span.first, span.last, CANDIDATES),
        )
        found += (number for (number,) in rows)
    return found


def _score(item: Item, query: Query, identified: bool, labels: Labels) -> Candidate:
    features: dict[str, float | bool] = {"identifier": identified}
    if query.text:
        features["name"] = 100.0 if identified and _code(query.text) else _name(item, query.text)
    told = [_property(item, name, values, labels) for name, values in query.properties]
    for (name, _), points in zip(query.properties, told, strict=True):
        features[f"property:{name}"] = points
    if identified:
        score = 100.0
    elif query.text and told:
        name_points = float(features["name"])
        score = (1 - PROPERTIES) * name_points + PROPERTIES * sum(told) / len(told)
    elif told:
        score = sum(told) / len(told)
    else:
        score = float(features.get("name", 0.0))
    return Candidate(item, round(score, 1), features)


def _name(item: Item, text: str) -> float:
    """How like a name is to those of a record, 0 to 100."""
    asked = fold(" ".join(text.split()))
    names = {item.label.fr, item.label.en, *(n for c in NAMES for n in item.cells.get(c, ()))}
    return round(max(_alike(asked, fold(name)) for name in names), 1)


def _alike(one: str, other: str) -> float:
    if one == other:
        return 100.0
    told, said = " ".join(telling(one)), " ".join(telling(other))
    return min(
        99.0, 0.75 * fuzz.token_sort_ratio(told, said) + 0.25 * fuzz.token_set_ratio(told, said)
    )


def _property(item: Item, name: str, values: Sequence[Value], labels: Labels) -> float:
    """How well the values of a column answer those that are given, 0 to 100."""
    cells = item.cells.get(name, ())
    named = labels([ID + cell for cell in cells if "/" in cell])
    told = [fold(text) for cell in cells for text in (cell, cell.rpartition("/")[2])]
    told += [fold(text) for label in named.values() for text in (label.fr, label.en)]
    best = 0.0
    for value in values:
        if value.id and value.id in cells:
            return 100.0
        if value.text:
            best = max([best, *(_alike(fold(value.text), text) for text in told)])
    return round(best, 1)
