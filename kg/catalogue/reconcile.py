"""Entity reconciliation: scored candidates for a name, an identifier or column values.

The index proposes candidates: records with the identifier, with the same name, or with the rarest
words of the name; for frequent names, first those with the given column values. A match is certain
where the name is equal, the column values do not contradict it, and no other candidate fits, not
even by a former name: clients may accept certain matches unseen.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kg.catalogue import bitmap, concepts, identifiers, namesakes
from kg.catalogue import insee_codes as insee
from kg.catalogue.affiliation_reading import Recognised
from kg.catalogue.affiliations import is_affiliation, recognise_organisations
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.certainty import (
    NAMES,
    NAMING,
    PROPERTY_WEIGHT,
    Candidate,
    lower_unidentified,
    mark_certain_match,
)
from kg.catalogue.former_names import FormerName, find_former_names, get_latest_name
from kg.catalogue.name_candidates import (
    MAX_CANDIDATES,
    SearchScope,
    SetsByColumn,
    find_by_name,
    find_matching,
    find_same_name,
    intersect_by_column,
)
from kg.catalogue.name_similarity import (
    LOST_ARTICLES,
    MAX_SPELLING_SCORE,
    MIN_SAME_WORDS_SCORE,
    compute_similarity,
    normalize_name,
)
from kg.catalogue.record_sets import PostingCache, RecordRange
from kg.catalogue.records import Field, Item
from kg.catalogue.same_things import read_leads
from kg.catalogue.territory_names import (
    QualifiedName,
    parse_qualified_name,
    parse_territory_heading,
)
from kg.catalogue.text_analysis import tokenize_without_stop_words
from kg.csvw_tables import OTHER_NAMES, list_names
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID

MAX_TERRITORIES: Final = 10
"""Number of territories that a name may denote."""
MAX_INITIALS: Final = 4
"""Length up to which initials are ambiguous."""
MAX_NAME_LETTERS: Final = 300
"""Letters of a query that may be a name; an affiliation string may be longer."""
TERRITORY_KIND_SCHEME: Final = "territory-kind"


@dataclass(frozen=True)
class ReconciliationValue:
    """Expected value of a column: a text, the id of a record, or both."""

    text: str = ""
    id: str = ""


@dataclass(frozen=True)
class ReconciliationQuery:
    """Reconciliation query."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    """Kinds of records; empty for all."""
    territory_kinds: tuple[str, ...] = ()
    """Kinds of territories; empty for all."""
    properties: tuple[tuple[str, tuple[ReconciliationValue, ...]], ...] = ()
    limit: int = 5


@dataclass(frozen=True)
class CatalogueAccess:
    """Functions by which the reconciliation reads a catalogue."""

    file: sqlite3.Connection
    spans: Mapping[str, RecordRange]
    members: PostingCache
    fields: Mapping[str, tuple[Field, ...]]
    items: Callable[[Sequence[int]], Iterable[Item]]
    labels: Callable[[Iterable[str]], Mapping[str, Text]]


@dataclass(frozen=True)
class ResolvedQuery:
    """Reconciliation query with its parts resolved against the catalogue."""

    query: ReconciliationQuery
    columns: frozenset[str]
    """Columns of the kinds in scope."""
    codes: Sequence[str]
    """Identifiers in the query."""
    communes: Mapping[str, Sequence[str]]
    """Commune codes among the identifiers, with the keys that they denote today."""
    territory_columns: Mapping[str, str]
    """Columns of other tables that hold territories, with the kind of these."""
    sets_by_column: SetsByColumn
    name_readings: Sequence[tuple[QualifiedName, RecordSet | None]]
    """Readings of the name, each with the territories inside the one that it is qualified by."""
    former: Mapping[str, Mapping[int, FormerName]]
    """Former name to the territories that contain its commune today."""


def reconcile(source: CatalogueAccess, query: ReconciliationQuery) -> list[Candidate]:
    """Return the candidates of a query, best first."""
    said, query = query, replace(query, text=query.text[:MAX_NAME_LETTERS])
    scopes = [
        _build_scope(source, kind, query.territory_kinds) for kind in query.kinds or KIND_BY_NAME
    ]
    column_names = frozenset(f.name for scope in scopes for f in source.fields.get(scope.kind, ()))
    codes = _find_codes(query, column_names)
    inside = {
        name: kind
        for name, _ in query.properties
        if name not in column_names and (kind := parse_territory_heading(name)) is not None
    }
    sets_by_column = _find_sets_by_column(source, scopes, query, inside)
    communes = _resolve_communes(source.file, codes)
    read = _parse_names(source, scopes, query)
    former = _find_former_names(source, scopes, read)
    resolved = ResolvedQuery(
        query, column_names, codes, communes, inside, sets_by_column, read, former
    )
    numbers = dict.fromkeys(_find_identified(source, scopes, query, codes))
    numbers |= dict.fromkeys(number for names in former.values() for number in names)
    for reading, _ in resolved.name_readings:
        numbers |= dict.fromkeys(find_by_name(source.file, scopes, reading.name, sets_by_column))
    if not query.text:
        numbers |= dict.fromkeys(_find_by_values(scopes, sets_by_column))
    candidate_numbers = [*numbers][: MAX_CANDIDATES * len(resolved.name_readings)]
    # by the names and identifiers of each record of a thing, of which the lead is the candidate
    leads = read_leads(source.file, candidate_numbers)
    candidate_numbers = [*dict.fromkeys([*candidate_numbers, *leads])]
    scored = [_score_candidate(source, item, resolved) for item in source.items(candidate_numbers)]
    scored = _take_leads(source, scored, leads)
    ordered = sorted(
        lower_unidentified(scored),
        key=lambda c: (-c.score, namesakes.rank_by_kind(c.item), c.item.id),
    )
    candidates = mark_certain_match(ordered)
    if any(scope.kind == "organisation" for scope in scopes):
        candidates = _read_affiliations(source, said, candidates)
    return candidates[: query.limit]


def _take_leads(
    source: CatalogueAccess, scored: Sequence[Candidate], leads: Mapping[int, int]
) -> list[Candidate]:
    """The candidates with one for each thing: its lead, by the best of its records."""
    if not leads:
        return list(scored)
    items = {item.id: item for item in source.items(sorted(set(leads.values())))}
    best: dict[int, Candidate] = {}
    for one in scored:
        lead = leads.get(one.item.id, one.item.id)
        if lead not in best or one.score > best[lead].score:
            best[lead] = replace(one, item=items.get(lead, one.item))
    return list(best.values())


def _read_affiliations(
    source: CatalogueAccess, query: ReconciliationQuery, candidates: list[Candidate]
) -> list[Candidate]:
    """The organisations that an affiliation string names, before what a name alone would mean.

    Where a name is all there is, it is one that is written otherwise than the record has it.
    """
    if query.properties or any(
        one.match or float(one.features.get("name", 0)) >= MIN_SAME_WORDS_SCORE
        for one in candidates
    ):
        return candidates
    recognised = list(recognise_organisations(source.file, query.text))
    leads = read_leads(source.file, [one.id for one in recognised])
    recognised = [replace(one, id=leads.get(one.id, one.id)) for one in recognised]
    likeliest: dict[int, Recognised] = {}
    for one in recognised:
        likeliest.setdefault(one.id, one)
    recognised = [*likeliest.values()]
    if not is_affiliation(query.text):
        recognised = [one for one in recognised if one.whole][:1]
    if not recognised:
        return candidates
    items = {item.id: item for item in source.items([one.id for one in recognised])}
    first = [
        Candidate(
            items[one.id],
            round(100 * one.score, 1),
            {"name": round(100 * one.score, 1), "affiliation": True, "identifier": False},
            match=one.sure,
        )
        for one in recognised
        if one.id in items
    ]
    known = {one.item.id for one in first}
    return [*first, *(one for one in candidates if one.item.id not in known)]


def _build_scope(source: CatalogueAccess, kind: str, territory_kinds: Sequence[str]) -> SearchScope:
    """Return the records of a kind to search in."""
    span = source.spans[kind]
    only = None
    if kind == "territory" and territory_kinds:
        only = bitmap.from_positions(())
        for one in territory_kinds:
            for value in concepts.find_narrower(source.file, TERRITORY_KIND_SCHEME, one):
                only = only | source.members.get(source.file, span, "kind", value)
    return SearchScope(span.kind, span.first, span.size, span.records, only)


def _parse_names(
    source: CatalogueAccess, scopes: Sequence[SearchScope], query: ReconciliationQuery
) -> list[tuple[QualifiedName, RecordSet | None]]:
    text = _find_name(query)
    readings: list[tuple[QualifiedName, RecordSet | None]] = [(QualifiedName(text), None)]
    if not any(scope.kind == "territory" for scope in scopes):
        return readings
    for reading in parse_qualified_name(text)[1:]:
        inside = None
        if reading.inside:
            inside = _find_inside(
                source, source.spans["territory"], [ReconciliationValue(reading.inside)], ""
            )
        if inside is None or inside:
            readings.append((reading, inside))
    return readings


def _find_former_names(
    source: CatalogueAccess,
    scopes: Sequence[SearchScope],
    read: Sequence[tuple[QualifiedName, RecordSet | None]],
) -> dict[str, Mapping[int, FormerName]]:
    """Return, for each reading of the name, the territories that had it."""
    return {
        name: find_former_names(source.file, scope, name, source.items)
        for scope in scopes
        if scope.kind == "territory"
        for name in dict.fromkeys(reading.name for reading, _ in read)
    }


def _find_name(query: ReconciliationQuery) -> str:
    """Return the text of the query, or else the expected value of a name column."""
    values = (v.text for name, vs in query.properties if name in NAMING for v in vs if v.text)
    return query.text or next(values, "")


def _find_codes(query: ReconciliationQuery, column_names: Collection[str]) -> list[str]:
    """Return the identifiers in the query text, and in columns that the tables do not have."""
    short = query.kinds == ("territory",)
    codes = [identifiers.normalize_identifier(query.text, short)]
    for name, values in query.properties:
        own = name in identifiers.IDENTIFYING_COLUMNS
        if own or name not in column_names:
            codes += (identifiers.normalize_identifier(value.text, own) for value in values)
    return list(dict.fromkeys(filter(None, codes)))


def _find_identified(
    source: CatalogueAccess,
    scopes: Sequence[SearchScope],
    query: ReconciliationQuery,
    codes: Sequence[str],
) -> list[int]:
    """Find the records with an identifier, or with the IRI in the query text."""
    numbers = [
        n for code in codes for n in find_matching(source.file, scopes, f'{{code}} : "{code}"')
    ]
    number = identifiers.find_record_number(source.file, query.text)
    if number is not None:  # records that another one stands for are numbered after those listed
        number = read_leads(source.file, [number]).get(number, number)
    for scope in scopes:
        if number is not None and scope.first <= number <= scope.last:
            numbers = [*scope.select([(number,)], 1), *numbers]
    return numbers


def _find_sets_by_column(
    source: CatalogueAccess,
    scopes: Sequence[SearchScope],
    query: ReconciliationQuery,
    inside: Mapping[str, str],
) -> SetsByColumn:
    """Return the records of each kind that the values of filter columns select."""
    sets_by_column: dict[str, dict[str, RecordSet]] = {scope.kind: {} for scope in scopes}
    for name, values in query.properties:
        for scope in scopes:
            kind = KIND_BY_NAME[scope.kind]
            if kind.territories and (name in inside or name in kind.territories):
                bits = _find_inside(source, scope, values, inside.get(name, ""))
            elif name in kind.facets:
                bits = bitmap.from_positions(())
                for key in dict.fromkeys(key for v in values for key in _list_keys(v)):
                    bits = bits | source.members.get(source.file, scope, name, key)
            else:
                continue
            if bits:
                sets_by_column[scope.kind][name] = bits
    return sets_by_column


def _find_inside(
    source: CatalogueAccess, span: RecordRange, values: Sequence[ReconciliationValue], kind: str
) -> RecordSet:
    """Find the records of a kind inside some territories, these being of one kind."""
    bits = bitmap.from_positions(())
    for key in dict.fromkeys(key for v in values for key in _find_territories(source, v, kind)):
        bits = bits | source.members.get(source.file, span, "territory", key)
    return bits


def _list_keys(value: ReconciliationValue) -> list[str]:
    return [text for text in (value.id.rpartition("/")[2], value.text) if text]


def _find_territories(source: CatalogueAccess, value: ReconciliationValue, kind: str) -> list[str]:
    """Return the keys of the territories that a value may denote, of a kind if one is given."""
    if value.id:
        return _list_keys(value)
    scope = _build_scope(source, "territory", (kind,) if kind else ())
    code = identifiers.normalize_identifier(value.text, short=True)
    coded = find_matching(source.file, [scope], f'{{code}} : "{code}"') if code else []
    articles = () if code or not value.text else LOST_ARTICLES
    texts = [value.text, *(f"{article} {value.text}" for article in articles)]
    called = next(filter(None, (find_same_name(source.file, [scope], text) for text in texts)), [])
    numbers = [*called, *coded][:MAX_TERRITORIES]
    written_keys = [] if kind else _list_keys(value)
    return [*written_keys, *(item.key for item in source.items(numbers))]


def _find_by_values(scopes: Sequence[SearchScope], sets_by_column: SetsByColumn) -> list[int]:
    """Find some records with all given values, for queries without a name."""
    numbers: list[int] = []
    for scope in scopes:
        if bits := intersect_by_column(scope, sets_by_column):
            rows = ((scope.first + position,) for position in bitmap.iterate_positions(bits))
            numbers += scope.select(rows, MAX_CANDIDATES)
    return numbers


def _score_candidate(source: CatalogueAccess, item: Item, resolved: ResolvedQuery) -> Candidate:
    query, codes = resolved.query, resolved.codes
    features: dict[str, float | bool] = {}
    identified = query.text.removeprefix(ID) == f"{item.kind}/{item.key}" or any(
        _is_indexed(source, item, code, resolved.communes.get(code, ())) for code in codes
    )
    features["identifier"] = identified
    if query.kinds:
        features["type"] = True
    if query.text:
        coded = identifiers.normalize_identifier(query.text, short=True) in codes
        features["name"] = 100.0 if identified and coded else _score_name(source, item, resolved)
    had = get_latest_name(resolved.former.values(), item.id)
    property_scores = []
    for name, values in query.properties:
        if name in resolved.columns or (
            name in resolved.territory_columns and KIND_BY_NAME[item.kind].territories
        ):
            least = MAX_SPELLING_SCORE if had and name in NAMING else 0.0
            property_scores.append(
                max(least, _score_property(source, item, name, values, resolved.sets_by_column))
            )
            features[f"property:{name}"] = property_scores[-1]
    if identified:
        score = 100.0
    elif query.text and property_scores:
        name_points = float(features["name"])
        score = (1 - PROPERTY_WEIGHT) * name_points + PROPERTY_WEIGHT * sum(property_scores) / len(
            property_scores
        )
    elif property_scores:
        score = sum(property_scores) / len(property_scores)
    else:
        score = float(features.get("name", 0.0))
    if had is not None and float(features.get("name", 0)) <= MAX_SPELLING_SCORE:
        features["former_name"] = True
        return Candidate(item, round(score, 1), features, formerly=had)
    return Candidate(item, round(score, 1), features)


def _resolve_communes(file: sqlite3.Connection, codes: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return the commune codes among some codes, with the keys that they denote today."""
    written = {
        code: code.upper() for code in codes if insee.parse_insee_code(f"commune-{code.upper()}")
    }
    commune_codes = insee.read_codes(file, [*written.values()])
    return {code: commune_codes.resolve(upper) for code, upper in written.items()}


def _is_indexed(source: CatalogueAccess, item: Item, code: str, meant: Sequence[str]) -> bool:
    """Tell whether a code identifies a record; a commune code does so by its current meaning."""
    if meant and item.kind == "territory":
        return item.key in meant
    row = source.file.execute(
        "SELECT 1 FROM text WHERE text MATCH ? AND rowid = ?", (f'{{code}} : "{code}"', item.id)
    ).fetchone()
    return row is not None and identifiers.is_identified_by(item, code)


def _score_name(source: CatalogueAccess, item: Item, resolved: ResolvedQuery) -> float:
    """Score the names of a record, from 0 to 100, by the reading that fits best."""
    (as_it_stands, _), *other_readings = resolved.name_readings
    most = 100.0 if _is_kind_given(source, item, resolved) else MAX_SPELLING_SCORE
    points = min(most, _compare_names(item, as_it_stands.name, resolved.former))
    for reading, inside in other_readings:
        fits = item.kind == "territory" and (
            inside is None or item.id - source.spans[item.kind].first in inside
        )
        if fits and reading.kind:
            fits = item.cells.get("kind", [""])[0] in concepts.find_narrower(
                source.file, TERRITORY_KIND_SCHEME, reading.kind
            )
        if fits:
            reading_points = _compare_names(item, reading.name, resolved.former)
            points = max(points, min(100.0 if reading.kind else most, reading_points))
    return round(points, 1)


def _is_kind_given(source: CatalogueAccess, item: Item, resolved: ResolvedQuery) -> bool:
    """Require the kind of a record where its bare name would mean another record."""
    if not namesakes.is_named_after_seat(item):
        return True
    position = item.id - source.spans["territory"].first
    kind_members = resolved.sets_by_column.get("territory", {}).get("kind", ())
    return bool(resolved.query.territory_kinds) or position in kind_members


def _compare_names(item: Item, text: str, former: Mapping[str, Mapping[int, FormerName]]) -> float:
    """Score the names of a record for one reading.

    The score stays below certainty for former names, for persons of one word, and for short
    initials.
    """
    normalized = normalize_name(text)
    names = {item.label.fr, item.label.en, *list_names(item.cells, NAMES)}
    points = max(compute_similarity(normalized, normalize_name(name), item.kind) for name in names)
    few = item.kind == "person" and len(tokenize_without_stop_words(normalized)) < 2
    if few or (len(normalized) <= MAX_INITIALS and normalized in _read_initials(item)):
        points = min(points, MAX_SPELLING_SCORE)
    return max(points, MAX_SPELLING_SCORE) if item.id in former.get(text, ()) else points


def _read_initials(item: Item) -> set[str]:
    """Return the initials of a record, except those that are its label."""
    labels = {normalize_name(item.label.fr), normalize_name(item.label.en)}
    return {
        normalize_name(name) for name in list_names(item.cells, ("acronym", OTHER_NAMES))
    } - labels


def _score_property(
    source: CatalogueAccess,
    item: Item,
    name: str,
    values: Sequence[ReconciliationValue],
    sets_by_column: SetsByColumn,
) -> float:
    """Score how well a column matches the expected values, from 0 to 100."""
    span = source.spans[item.kind]
    if item.id - span.first in sets_by_column[item.kind].get(name, ()):
        return 100.0
    cells = item.cells.get(name, ())
    labels = source.labels([ID + cell for cell in cells if "/" in cell])
    cell_texts = [
        normalize_name(text)
        for cell in list_names(item.cells, [name])
        for text in (cell, cell.rpartition("/")[2])
    ]
    cell_texts += [
        normalize_name(text) for label in labels.values() for text in (label.fr, label.en)
    ]
    best = 0.0
    for value in values:
        if value.id and value.id in cells:
            return 100.0
        if value.text:
            best = max(
                [
                    best,
                    *(
                        compute_similarity(normalize_name(value.text), text, item.kind)
                        for text in cell_texts
                    ),
                ]
            )
    return round(best, 1)
