"""Spans of an affiliation string that are names of organisations, and which of them to read.

Every run of words that is the name or the initials of an organisation is a span. Where spans
overlap the longest is read, and one that goes on over a comma last, unless it has both segments
whole.
"""

import sqlite3
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kg.catalogue.affiliation_countries import NamedCountries, is_country
from kg.catalogue.affiliation_index import Naming, Surroundings, find_names
from kg.catalogue.affiliation_spellings import (
    ACRONYM,
    FULL_NAME,
    INITIALS,
    MAX_NAME_WORDS,
    SHORTENED,
)
from kg.catalogue.affiliation_words import UNIT_WORDS, Word, has_digit
from kg.catalogue.canonical_names import CANONICAL_WORDS, build_key
from kg.catalogue.text_analysis import fold
from kg.countries import HOME_COUNTRIES

MIN_INITIALS: Final = 2
KINDS_OF_CITIES: Final = frozenset({"chu", "ens", "insa", "iep"})
"""What hospitals and schools of several cities are called, in canonical words."""
WHOLE_NAMES: Final = frozenset({FULL_NAME, SHORTENED})
MIN_TITLE_LETTERS: Final = 5
"""Letters from which on initials may be written like a word: `Ifremer Brest`."""


@dataclass(frozen=True)
class Span:
    """A run of words, and the organisations of which it is the name."""

    begin: int
    end: int
    namings: tuple[Naming, ...]

    @property
    def size(self) -> int:
        return self.end - self.begin

    def overlaps(self, other: "Span") -> bool:
        return self.begin < other.end and other.begin < self.end


def find_spans(file: sqlite3.Connection, words: Sequence[Word]) -> list[Span]:
    """The spans of a string that may be names by the way they are written."""
    keys = _build_keys([word.canonical for word in words])
    of_cities = _list_names_of_cities(words)
    asked = [*keys.values(), *(key for names in of_cities.values() for key in names)]
    found = find_names(file, asked)
    named = {span: tuple(found[key]) for span, key in keys.items() if key in found}
    for position, names in of_cities.items():
        span = (position, position + 1)
        ids = {naming.id for naming in named.get(span, ())}
        told = ([n.id for n in found.get(key, ()) if n.role in WHOLE_NAMES] for key in names)
        here = [Naming(n, SHORTENED) for n in next(filter(None, told), ()) if n not in ids]
        if here:
            named[span] = (*named.get(span, ()), *here)
    spans = (Span(begin, end, namings) for (begin, end), namings in named.items())
    return [kept for span in spans if (kept := _admit(words, span))]


def _list_names_of_cities(words: Sequence[Word]) -> dict[int, list[str]]:
    """Where a school or a hospital is called what all of its kind are, the keys of the names that
    it may have with a city which the string says, the likeliest first.
    """
    positions = [n for n, word in enumerate(words) if word.canonical in KINDS_OF_CITIES]
    if not positions:
        return {}
    countries = NamedCountries(words)
    names = {}
    for position in positions:
        end, country = countries.find_next(position)
        cities = _list_cities(words, position, end)
        if country in {"", *HOME_COUNTRIES}:
            cities += _list_cities(words, position, position)[::-1]
        names[position] = [build_key([words[position].canonical, *city]) for city in cities]
    return names


def _list_cities(words: Sequence[Word], position: int, end: int) -> list[tuple[str, ...]]:
    """One or two words that may be a city: those after a position to an end, or before it."""
    begin = position + 1 if end > position else 0
    return [
        tuple(word.canonical for word in words[at:to])
        for at in range(begin, end)
        for to in (at + 2, at + 1)
        if to <= end and _may_be_city(words[at:to], words[position]) and _ends_place(words, to)
    ]


def _ends_place(words: Sequence[Word], end: int) -> bool:
    """Whether a segment ends at a position, or but the rest of an address follows in it."""
    if end == len(words) or words[end].segment != words[end - 1].segment:
        return True
    after = words[end].written
    return fold(after) in UNIT_WORDS or has_digit(after) or is_country(after)


def _may_be_city(part: Sequence[Word], kind: Word) -> bool:
    """Whether words are in one segment, that of a post code or another than that of a kind."""
    if part[0].segment != part[-1].segment or any(word.canonical.isdigit() for word in part):
        return False
    return part[0].after_code or (part[0].segment != kind.segment and not part[0].in_street)


def _build_keys(text: Sequence[str]) -> dict[tuple[int, int], str]:
    """The key (`build_key`) of each run of words that a name may be, by its begin and end."""
    keys = {}
    for begin in range(len(text)):
        ordered: list[str] = []
        for end, word in enumerate(text[begin : begin + MAX_NAME_WORDS], begin + 1):
            insort(ordered, word)
            keys[begin, end] = " ".join(ordered)
    return keys


def _admit(words: Sequence[Word], span: Span) -> Span | None:
    """A span with those of its namings that may be meant by the way it is written."""
    part = words[span.begin : span.end]
    aligned = part[0].first and part[-1].last
    crosses = part[0].segment != part[-1].segment
    written = part[0].written
    kept = []
    if span.size == 1 and part[0].corrected:
        return None
    if part[0].canonical.isdigit() and part[1:] and part[1].canonical == "universite":
        return None  # the number of a note, not that of the university
    for naming in span.namings:
        if naming.role in (ACRONYM, INITIALS):
            if span.size == 1 and written.istitle() and part[0].canonical in CANONICAL_WORDS:
                continue
            if span.size == 1 and (written.islower() or len(written) < MIN_INITIALS):
                continue
            begins = part[0].first or part[0].after_small
            title = written.istitle() and not (begins and len(written) >= MIN_TITLE_LETTERS)
            if span.size == 1 and not written.isupper() and not aligned and title:
                continue
        elif span.size == 1 and not (aligned or written.isupper()):
            continue
        if crosses and not (aligned or (span.size > 2 and (part[0].first or part[-1].last))):
            continue
        kept.append(naming)
    return replace(span, namings=tuple(kept)) if kept else None


def choose_spans(
    words: Sequence[Word], spans: Sequence[Span], around: Mapping[int, Surroundings]
) -> list[Span]:
    """Spans that do not overlap, the longest first, those of one segment before others."""
    places = _list_places(words, around)
    chosen: list[Span] = []

    def rank(span: Span) -> tuple[bool, bool, int, bool, int]:
        crosses = words[span.begin].segment != words[span.end - 1].segment
        aligned = words[span.begin].first and words[span.end - 1].last
        broken = _is_broken_by_place(words, span, around)
        return (broken, crosses and not aligned, -span.size, crosses, span.begin)

    for span in sorted(spans, key=rank):
        alone = {words[span.begin].canonical} if span.size == 1 else set()
        if alone & places and (
            not words[span.begin].written.isupper() or _follows_number(words, span.begin)
        ):
            continue
        if alone & UNIT_WORDS - {"cnrs"}:
            continue
        if not any(span.overlaps(other) for other in chosen):
            chosen.append(span)
            if words[span.begin].segment != words[span.end - 1].segment:
                chosen += _find_wholes(words, span, spans, around)
    return sorted(chosen, key=lambda span: span.begin)


def _find_wholes(
    words: Sequence[Word], span: Span, spans: Iterable[Span], around: Mapping[int, Surroundings]
) -> list[Span]:
    """Segments inside a span that are what it is part of: the CEA in `CEA, LIST`."""
    if any(word.after_hyphen for word in words[span.begin + 1 : span.end]):
        return []
    wholes = {whole for naming in span.namings for whole in around[naming.id].wholes}
    return [
        other
        for other in spans
        if span.begin <= other.begin < other.end <= span.end
        and other.size < span.size
        and words[other.begin].first
        and words[other.end - 1].last
        and words[other.begin].segment == words[other.end - 1].segment
        and wholes.intersection(naming.id for naming in other.namings)
    ]


def _follows_number(words: Sequence[Word], position: int) -> bool:
    """Whether a word has a number before it in its segment, as a city has its post code."""
    before = words[position - 1] if position else None
    return (
        before is not None
        and before.segment == words[position].segment
        and before.canonical.isdigit()
    )


def _is_broken_by_place(
    words: Sequence[Word], span: Span, around: Mapping[int, Surroundings]
) -> bool:
    """Whether a span goes on over a comma into a segment that is but a place or a country."""
    part = words[span.begin : span.end]
    numbers = {word.segment for word in part}
    numbers -= {word.segment for word in part[1:] if word.after_hyphen}
    for number in numbers if len(numbers) > 1 else ():
        segment = [word for word in words if word.segment == number]
        names = tuple(word.canonical for word in segment if not word.canonical.isdigit())
        if any(names in around[naming.id].places for naming in span.namings):
            return True
    return False


def _list_places(words: Sequence[Word], around: Mapping[int, Surroundings]) -> set[str]:
    """Single words of the string that are places of what it may name."""
    named = {word.canonical for word in words}
    return {
        place[0]
        for each in around.values()
        for place in each.places
        if len(place) == 1 and place[0] in named
    }
