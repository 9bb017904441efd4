"""Which records a name, an identifier or some values of columns may mean, with scores that say why.

The index gives the candidates: records that have the identifier, the same name, or the rarest words
of the name; of names that many have, those that the values of columns keep come first. A match is
certain where the name is the same, the values of columns do not say otherwise, and no other record
may be meant, be it by a name that it had: who takes it as it is must not be wrong.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue import bitmap, concepts, identifiers, namesakes
from kg.catalogue import codes as insee
from kg.catalogue.bitmap import Set
from kg.catalogue.certainty import (
    NAMES,
    NAMING,
    PROPERTIES,
    Candidate,
    with_match,
    without_identifier,
)
from kg.catalogue.former_names import FormerName, formerly_named, latest
from kg.catalogue.likeness import ARTICLES, SPELT_NEARLY, alike, plain
from kg.catalogue.name_candidates import CANDIDATES, Kept, Scope, all_kept, matching, named, same
from kg.catalogue.qualified import Reading, readings, said_inside
from kg.catalogue.records import Field, Item
from kg.catalogue.sets import Members, Span
from kg.catalogue.words import telling
from kg.kinds import BY_NAME, Text
from kg.namespaces import ID

PLACES: Final = 10
"""Territories that a name may mean."""
INITIALS: Final = 4
"""Letters up to which initials name many things."""
TERRITORY_KIND: Final = "territory-kind"


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
    territory_kinds: tuple[str, ...] = ()
    """Kinds of territories, all where there is none."""
    properties: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    limit: int = 5


@dataclass(frozen=True)
class Source:
    """What a query is asked of: a catalogue, and how its records are read."""

    file: sqlite3.Connection
    spans: Mapping[str, Span]
    members: Members
    fields: Mapping[str, tuple[Field, ...]]
    items: Callable[[Sequence[int]], Iterable[Item]]
    labels: Callable[[Iterable[str]], Mapping[str, Text]]


@dataclass(frozen=True)
class Asked:
    """A query and what is known of its parts."""

    query: Query
    known: frozenset[str]
    """The columns of the kinds that are asked for."""
    codes: Sequence[str]
    """The identifiers that it gives."""
    communes: Mapping[str, Sequence[str]]
    """Those of them that are codes of communes, with the keys of what they mean today."""
    inside: Mapping[str, str]
    """Its columns that are none of ours and hold territories, with the kind of these."""
    kept: Kept
    read: Sequence[tuple[Reading, Set | None]]
    """The ways to read the name, each with the territories in which it says that it lies."""
    former: Mapping[str, Mapping[int, FormerName]]
    """By such a name, the territories in which lies what had it."""


def reconcile(source: Source, query: Query) -> list[Candidate]:
    """The records that a query may mean, the most likely first."""
    scopes = [_scope(source, kind, query.territory_kinds) for kind in query.kinds or BY_NAME]
    known = frozenset(f.name for scope in scopes for f in source.fields.get(scope.kind, ()))
    codes = _codes(query, known)
    inside = {
        name: kind
        for name, _ in query.properties
        if name not in known and (kind := said_inside(name)) is not None
    }
    kept = _kept(source, scopes, query, inside)
    communes = _communes(source.file, codes)
    read = _read(source, scopes, query)
    former = _former(source, scopes, read)
    asked = Asked(query, known, codes, communes, inside, kept, read, former)
    numbers = dict.fromkeys(_identified(source, scopes, query, codes))
    numbers |= dict.fromkeys(number for names in former.values() for number in names)
    for reading, _ in asked.read:
        numbers |= dict.fromkeys(named(source.file, scopes, reading.name, kept))
    if not query.text:
        numbers |= dict.fromkeys(_valued(scopes, kept))
    looked_at = [*numbers][: CANDIDATES * len(asked.read)]
    scored = [_score(source, item, asked) for item in source.items(looked_at)]
    ordered = sorted(
        without_identifier(scored), key=lambda c: (-c.score, namesakes.rank(c.item), c.item.id)
    )
    return with_match(ordered)[: query.limit]


def _scope(source: Source, kind: str, territory_kinds: Sequence[str]) -> Scope:
    """The records of a kind that may be meant."""
    span = source.spans[kind]
    only = None
    if kind == "territory" and territory_kinds:
        only = bitmap.from_positions(())
        for one in territory_kinds:
            for value in concepts.narrower(source.file, TERRITORY_KIND, one):
                only = only | source.members.of(source.file, span, "kind", value)
    return Scope(span.kind, span.first, span.size, only)


def _read(
    source: Source, scopes: Sequence[Scope], query: Query
) -> list[tuple[Reading, Set | None]]:
    text = _text(query)
    found: list[tuple[Reading, Set | None]] = [(Reading(text), None)]
    if not any(scope.kind == "territory" for scope in scopes):
        return found
    for reading in readings(text)[1:]:
        inside = None
        if reading.inside:
            inside = _inside(source, source.spans["territory"], [Value(reading.inside)], "")
        if inside is None or inside:
            found.append((reading, inside))
    return found


def _former(
    source: Source, scopes: Sequence[Scope], read: Sequence[tuple[Reading, Set | None]]
) -> dict[str, Mapping[int, FormerName]]:
    """By the names that are looked for, the territories in which lies what had them."""
    return {
        name: formerly_named(source.file, scope, name, source.items)
        for scope in scopes
        if scope.kind == "territory"
        for name in dict.fromkeys(reading.name for reading, _ in read)
    }


def _text(query: Query) -> str:
    """The name that is looked for: the text, or else what a column of names should hold."""
    values = (v.text for name, vs in query.properties if name in NAMING for v in vs if v.text)
    return query.text or next(values, "")


def _codes(query: Query, known: Collection[str]) -> list[str]:
    """The identifiers that a query gives: its text, or values of what is no column of the table."""
    short = query.kinds == ("territory",)
    found = [identifiers.code_of(query.text, short)]
    for name, values in query.properties:
        own = name in identifiers.OWN
        if own or name not in known:
            found += (identifiers.code_of(value.text, own) for value in values)
    return list(dict.fromkeys(filter(None, found)))


def _identified(
    source: Source, scopes: Sequence[Scope], query: Query, codes: Sequence[str]
) -> list[int]:
    """The records that have an identifier, and the one whose IRI the text is."""
    found = [n for code in codes for n in matching(source.file, scopes, f'{{code}} : "{code}"')]
    number = identifiers.numbered(source.file, query.text)
    for scope in scopes:
        if number is not None and scope.first <= number <= scope.last:
            found = [*scope.among([(number,)], 1), *found]
    return found


def _kept(source: Source, scopes: Sequence[Scope], query: Query, inside: Mapping[str, str]) -> Kept:
    """What the values of columns by which lists are filtered keep of each kind."""
    kept: dict[str, dict[str, Set]] = {scope.kind: {} for scope in scopes}
    for name, values in query.properties:
        for scope in scopes:
            kind = BY_NAME[scope.kind]
            if kind.territories and (name in inside or name in kind.territories):
                bits = _inside(source, scope, values, inside.get(name, ""))
            elif name in kind.facets:
                bits = bitmap.from_positions(())
                for key in dict.fromkeys(key for v in values for key in _given(v)):
                    bits = bits | source.members.of(source.file, scope, name, key)
            else:
                continue
            if bits:
                kept[scope.kind][name] = bits
    return kept


def _inside(source: Source, span: Span, values: Sequence[Value], kind: str) -> Set:
    """The records of a kind that are in the territories of some values, those being of a kind."""
    bits = bitmap.from_positions(())
    for key in dict.fromkeys(key for v in values for key in _territories(source, v, kind)):
        bits = bits | source.members.of(source.file, span, "territory", key)
    return bits


def _given(value: Value) -> list[str]:
    return [text for text in (value.id.rpartition("/")[2], value.text) if text]


def _territories(source: Source, value: Value, kind: str) -> list[str]:
    """The keys of the territories that a value may stand for, of a kind where one is given."""
    if value.id:
        return _given(value)
    scope = _scope(source, "territory", (kind,) if kind else ())
    code = identifiers.code_of(value.text, short=True)
    coded = matching(source.file, [scope], f'{{code}} : "{code}"') if code else []
    articles = () if code or not value.text else ARTICLES
    texts = [value.text, *(f"{article} {value.text}" for article in articles)]
    called = next(filter(None, (same(source.file, [scope], text) for text in texts)), [])
    numbers = [*called, *coded][:PLACES]
    given = [] if kind else _given(value)
    return [*given, *(item.key for item in source.items(numbers))]


def _valued(scopes: Sequence[Scope], kept: Kept) -> list[int]:
    """Some records that have every value given, where nothing names them."""
    found: list[int] = []
    for scope in scopes:
        if bits := all_kept(scope, kept):
            rows = ((scope.first + position,) for position in bitmap.positions(bits))
            found += scope.among(rows, CANDIDATES)
    return found


def _score(source: Source, item: Item, asked: Asked) -> Candidate:
    query, codes = asked.query, asked.codes
    features: dict[str, float | bool] = {}
    identified = query.text.removeprefix(ID) == f"{item.kind}/{item.key}" or any(
        _indexed(source, item, code, asked.communes.get(code, ())) for code in codes
    )
    features["identifier"] = identified
    if query.kinds:
        features["type"] = True
    if query.text:
        coded = identifiers.code_of(query.text, short=True) in codes
        features["name"] = 100.0 if identified and coded else _name(source, item, asked)
    had = latest(asked.former.values(), item.id)
    told = []
    for name, values in query.properties:
        if name in asked.known or (name in asked.inside and BY_NAME[item.kind].territories):
            least = SPELT_NEARLY if had and name in NAMING else 0.0
            told.append(max(least, _property(source, item, name, values, asked.kept)))
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
    if had is not None and float(features.get("name", 0)) <= SPELT_NEARLY:
        features["former_name"] = True
        return Candidate(item, round(score, 1), features, formerly=had)
    return Candidate(item, round(score, 1), features)


def _communes(file: sqlite3.Connection, codes: Sequence[str]) -> dict[str, Sequence[str]]:
    """The codes of communes among some, with the keys of what they mean today."""
    written = {code: code.upper() for code in codes if insee.code_of(f"commune-{code.upper()}")}
    known = insee.read(file, [*written.values()])
    return {code: known.meant(upper) for code, upper in written.items()}


def _indexed(source: Source, item: Item, code: str, meant: Sequence[str]) -> bool:
    """Whether a code names a record; the code of a commune names what it means today alone."""
    if meant and item.kind == "territory":
        return item.key in meant
    row = source.file.execute(
        "SELECT 1 FROM text WHERE text MATCH ? AND rowid = ?", (f'{{code}} : "{code}"', item.id)
    ).fetchone()
    return row is not None and identifiers.has(item, code)


def _name(source: Source, item: Item, asked: Asked) -> float:
    """How like a name is to those of a record, 0 to 100, by the reading that suits it best."""
    (as_it_stands, _), *others = asked.read
    most = 100.0 if _kind_said(source, item, asked) else SPELT_NEARLY
    points = min(most, _alike(item, as_it_stands.name, asked.former))
    for reading, inside in others:
        fits = item.kind == "territory" and (
            inside is None or item.id - source.spans[item.kind].first in inside
        )
        if fits and reading.kind:
            fits = item.cells.get("kind", [""])[0] in concepts.narrower(
                source.file, TERRITORY_KIND, reading.kind
            )
        if fits:
            told = _alike(item, reading.name, asked.former)
            points = max(points, min(100.0 if reading.kind else most, told))
    return round(points, 1)


def _kind_said(source: Source, item: Item, asked: Asked) -> bool:
    """Whether a record is said to be of its kind, where its name alone would mean another."""
    if not namesakes.is_called_after_its_seat(item):
        return True
    position = item.id - source.spans["territory"].first
    said = asked.kept.get("territory", {}).get("kind", ())
    return bool(asked.query.territory_kinds) or position in said


def _alike(item: Item, text: str, former: Mapping[str, Mapping[int, FormerName]]) -> float:
    """The same by one reading, never sure by a name that it had.

    What one word or few initials name is never sure, of many kinds.
    """
    asked = plain(text)
    names = {item.label.fr, item.label.en, *(n for c in NAMES for n in item.cells.get(c, ()))}
    points = max(alike(asked, plain(name), item.kind) for name in names)
    few = item.kind == "person" and len(telling(asked)) < 2
    if few or (len(asked) <= INITIALS and asked in _short(item)):
        points = min(points, SPELT_NEARLY)
    return max(points, SPELT_NEARLY) if item.id in former.get(text, ()) else points


def _short(item: Item) -> set[str]:
    """The initials of a record that is called otherwise."""
    labels = {plain(item.label.fr), plain(item.label.en)}
    return {plain(n) for c in ("acronym", "alt_labels") for n in item.cells.get(c, ())} - labels


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
            best = max([best, *(alike(plain(value.text), text, item.kind) for text in told)])
    return round(best, 1)
