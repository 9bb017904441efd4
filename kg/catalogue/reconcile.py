"""Which records a name, an identifier or some values of columns may mean, with scores that say why.

The index gives the candidates: records that have the identifier, the same name, or the rarest words
of the name; of names that many have, those that the values of columns keep come first. Names are
compared with RapidFuzz.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from kg.catalogue import bitmap, identifiers, search
from kg.catalogue.bitmap import Set
from kg.catalogue.likeness import alike, plain
from kg.catalogue.records import Field, Item
from kg.catalogue.sets import Members, Span
from kg.catalogue.vocabulary import SHORTEST
from kg.catalogue.words import WORD, fold, stems, telling
from kg.kinds import BY_NAME, Text
from kg.namespaces import ID

CANDIDATES: Final = 30
"""Records that are looked at for one query."""
WIDE: Final = 3_000
"""Records of a name among which those are looked for that the values of columns keep."""
PLACES: Final = 10
"""Territories that a name may mean."""
ENOUGH: Final = 5
RAREST: Final = 2
COMMON: Final = 1 << 30
CERTAIN: Final = 95.0
APART: Final = 8.0
"""Points between a certain match and what comes next."""
PROPERTIES: Final = 0.35
"""The part of the values of columns in a score, where some are given."""
NAMES: Final = ("alt_labels", "acronym", "legal_name")
NAMING: Final = ("label_fr", "label_en", *NAMES)

Kept = Mapping[str, Mapping[str, Set]]
"""Kind, then column, to the records that the values given keep."""


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


@dataclass(frozen=True)
class Source:
    """What a query is asked of: a catalogue, and how its records are read."""

    file: sqlite3.Connection
    spans: Mapping[str, Span]
    members: Members
    fields: Mapping[str, tuple[Field, ...]]
    items: Callable[[Sequence[int]], Iterable[Item]]
    labels: Callable[[Iterable[str]], Mapping[str, Text]]


def reconcile(source: Source, query: Query) -> list[Candidate]:
    """The records that a query may mean, the most likely first."""
    spans = [source.spans[kind] for kind in query.kinds or BY_NAME]
    known = {f.name for span in spans for f in source.fields.get(span.kind, ())}
    codes = _codes(query, known)
    kept = _kept(source, spans, query)
    numbers = dict.fromkeys(_identified(source, spans, query, codes))
    numbers |= dict.fromkeys(_named(source.file, spans, _text(query), kept))
    if not query.text:
        numbers |= dict.fromkeys(_valued(spans, kept))
    scored = [
        _score(source, item, query, codes, kept, known)
        for item in source.items([*numbers][:CANDIDATES])
    ]
    ordered = sorted(_without_identifier(scored), key=lambda c: (-c.score, c.item.id))
    return _with_match(ordered)[: query.limit]


def _without_identifier(scored: Sequence[Candidate]) -> Sequence[Candidate]:
    """Where one has the identifier that is given, the others lose by not having it."""
    if not any(one.features["identifier"] for one in scored):
        return scored
    kept = 1 - PROPERTIES
    return [
        one
        if one.features["identifier"]
        else Candidate(one.item, round(one.score * kept, 1), one.features)
        for one in scored
    ]


def _with_match(ordered: Sequence[Candidate]) -> list[Candidate]:
    """The first is a match where it is certain and nothing else comes near."""
    if not ordered:
        return []
    first, *rest = ordered
    alone = not rest or rest[0].score <= first.score - APART
    certain = alone and first.score >= CERTAIN
    return [Candidate(first.item, first.score, first.features, certain), *rest]


def _text(query: Query) -> str:
    """The name that is looked for: the text, or else what a column of names should hold."""
    values = (v.text for name, vs in query.properties if name in NAMING for v in vs if v.text)
    return query.text or next(values, "")


def _codes(query: Query, known: set[str]) -> list[str]:
    """The identifiers that a query gives: its text, or values of what is no column of the table."""
    short = query.kinds == ("territory",)
    found = [identifiers.code_of(query.text, short)]
    for name, values in query.properties:
        own = name in identifiers.OWN
        if own or name not in known:
            found += (identifiers.code_of(value.text, own) for value in values)
    return list(dict.fromkeys(filter(None, found)))


def _identified(
    source: Source, spans: Sequence[Span], query: Query, codes: Sequence[str]
) -> list[int]:
    """The records that have an identifier, and the one whose IRI the text is."""
    found = [n for code in codes for n in _matching(source.file, spans, f'{{code}} : "{code}"')]
    number = identifiers.numbered(source.file, query.text)
    inside = number is not None and any(span.first <= number <= span.last for span in spans)
    return [number, *found] if number is not None and inside else found


def _kept(source: Source, spans: Sequence[Span], query: Query) -> Kept:
    """What the values of columns by which lists are filtered keep of each kind."""
    kept: dict[str, dict[str, Set]] = {span.kind: {} for span in spans}
    for name, values in query.properties:
        for span in spans:
            kind = BY_NAME[span.kind]
            if name not in (*kind.facets, *kind.territories):
                continue
            placed = name in kind.territories
            listed = "territory" if placed else name
            bits = bitmap.from_positions(())
            for key in dict.fromkeys(k for v in values for k in _keys(source, v, placed)):
                bits = bits | source.members.of(source.file, span, listed, key)
            if bits:
                kept[span.kind][name] = bits
    return kept


def _keys(source: Source, value: Value, placed: bool) -> list[str]:
    """The values that a list may be filtered by which a value may stand for."""
    given = [text for text in (value.id.rpartition("/")[2], value.text) if text]
    if not placed or value.id:
        return given
    span = source.spans["territory"]
    code = identifiers.code_of(value.text, short=True)
    coded = _matching(source.file, [span], f'{{code}} : "{code}"') if code else []
    numbers = [*_same(source.file, [span], value.text), *coded][:PLACES]
    return [*given, *(item.key for item in source.items(numbers))]


def _valued(spans: Sequence[Span], kept: Kept) -> list[int]:
    """Some records that have every value given, where nothing names them."""
    found: list[int] = []
    for span in spans:
        if bits := _all(span, kept):
            found += (span.first + p for p in islice(bitmap.positions(bits), CANDIDATES))
    return found


def _all(span: Span, kept: Kept) -> Set:
    """The records of a kind that all the values keep; none where there are no values."""
    sets = list(kept[span.kind].values())
    bits = sets[0] if sets else bitmap.from_positions(())
    for other in sets[1:]:
        bits = bits & other
    return bits


def _named(file: sqlite3.Connection, spans: Sequence[Span], text: str, kept: Kept) -> list[int]:
    """The records of the same name, then those that have the rarest words of it.

    A common word costs much and tells little: as many words are asked for, the rarest first, as it
    takes to have few records; all of them where that is still too many. Typing errors are put
    right. Where too few are found, each of the rarest will do, then words of the same family.
    """
    words = telling(plain(text)) if text else []
    typed = list(dict.fromkeys(map(fold, words)))[: search.LONGEST]
    known = {word: _records(file, word) for word in typed}
    for word in [word for word, records in known.items() if not records]:
        if better := search.nearest(file, word):
            known[better] = _records(file, better)
    ordered = sorted((records, word) for word, records in known.items() if records)
    found = _same(file, spans, text)
    if ordered:
        few = _together(_few(ordered))
        found = [*_narrowed(file, spans, few, kept), *found]
        told = _matching(file, spans, few)
        if len(told) >= CANDIDATES:
            found += _matching(file, spans, _together([word for _, word in ordered]))
        found += told
    for _, word in ordered[:RAREST] if len(found) < ENOUGH else ():
        found += _matching(file, spans, _word(word))
    for word in typed[:RAREST] if len(found) < ENOUGH else ():
        found += _matching(file, spans, _family(word))
    return found


def _same(file: sqlite3.Connection, spans: Sequence[Span], text: str) -> list[int]:
    """Some records whose name is a text but for accents, capitals and signs."""
    name = " ".join(WORD.findall(fold(text)))
    found: list[int] = []
    for span in spans if name else ():
        rows = file.execute(
            "SELECT id FROM entity WHERE kind = ? AND sort_en = ? LIMIT ?",
            (span.kind, name, CANDIDATES // 2),
        )
        found += (number for (number,) in rows)
    return found


def _narrowed(
    file: sqlite3.Connection, spans: Sequence[Span], expression: str, kept: Kept
) -> list[int]:
    """The records that match and that all the values keep."""
    found: list[int] = []
    for span in spans:
        if bits := _all(span, kept):
            numbers = _matching(file, [span], expression, WIDE)
            inside = (number for number in numbers if number - span.first in bits)
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


def _matching(
    file: sqlite3.Connection, spans: Sequence[Span], expression: str, most: int = CANDIDATES
) -> list[int]:
    """Some records of each kind that match, in the order of the index."""
    found: list[int] = []
    for span in spans:
        rows = file.execute(
            "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?",
            (expression, span.first, span.last, most),
        )
        found += (number for (number,) in rows)
    return found


def _score(
    source: Source,
    item: Item,
    query: Query,
    codes: Sequence[str],
    kept: Kept,
    known: set[str],
) -> Candidate:
    features: dict[str, float | bool] = {}
    identified = query.text.removeprefix(ID) == f"{item.kind}/{item.key}" or any(
        _indexed(source, item, code) for code in codes
    )
    features["identifier"] = identified
    if query.kinds:
        features["type"] = True
    if query.text:
        coded = identifiers.code_of(query.text, short=True) in codes
        features["name"] = 100.0 if identified and coded else _name(item, query.text)
    told = []
    for name, values in query.properties:
        if name in known:
            told.append(_property(source, item, name, values, kept))
            features[f"property:{name}"] = told[-1]
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


def _indexed(source: Source, item: Item, code: str) -> bool:
    """Whether a code names a record."""
    row = source.file.execute(
        "SELECT 1 FROM text WHERE text MATCH ? AND rowid = ?", (f'{{code}} : "{code}"', item.id)
    ).fetchone()
    return row is not None and identifiers.has(item, code)


def _name(item: Item, text: str) -> float:
    """How like a name is to those of a record, 0 to 100."""
    asked = plain(text)
    names = {item.label.fr, item.label.en, *(n for c in NAMES for n in item.cells.get(c, ()))}
    return round(max(alike(asked, plain(name)) for name in names), 1)


def _property(source: Source, item: Item, name: str, values: Sequence[Value], kept: Kept) -> float:
    """How well the values of a column answer those that are given, 0 to 100."""
    span = source.spans[item.kind]
    if item.id - span.first in kept[item.kind].get(name, ()):
        return 100.0
    cells = item.cells.get(name, ())
    named = source.labels([ID + cell for cell in cells if "/" in cell])
    told = [plain(text) for cell in cells for text in (cell, cell.rpartition("/")[2])]
    told += [plain(text) for label in named.values() for text in (label.fr, label.en)]
    best = 0.0
    for value in values:
        if value.id and value.id in cells:
            return 100.0
        if value.text:
            best = max([best, *(alike(plain(value.text), text) for text in told)])
    return round(best, 1)
