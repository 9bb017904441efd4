"""Spans of an affiliation string that are names of organisations, and which of them to read.

Every run of words that is the name or the initials of an organisation is a span. Where spans
overlap the longest is read, and one that goes on over a comma last, unless it has both segments
whole.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kg.catalogue.affiliation_index import Naming, Surroundings, find_names
from kg.catalogue.affiliation_spellings import ACRONYM, INITIALS, MAX_NAME_WORDS
from kg.catalogue.affiliation_words import UNIT_WORDS, Word
from kg.catalogue.canonical_names import build_key

MIN_INITIALS: Final = 2


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
    keys = {
        (begin, end): build_key(word.canonical for word in words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, min(begin + MAX_NAME_WORDS, len(words)) + 1)
    }
    found = find_names(file, keys.values())
    spans = (Span(*place, tuple(found.get(key, ()))) for place, key in keys.items())
    return [kept for span in spans if span.namings and (kept := _admit(words, span))]


def _admit(words: Sequence[Word], span: Span) -> Span | None:
    """A span with those of its namings that may be meant by the way it is written."""
    part = words[span.begin : span.end]
    aligned = part[0].first and part[-1].last
    crosses = part[0].segment != part[-1].segment
    written = part[0].written
    kept = []
    if span.size == 1 and part[0].corrected:
        return None
    for naming in span.namings:
        if naming.role in (ACRONYM, INITIALS):
            if span.size == 1 and (written.islower() or len(written) < MIN_INITIALS):
                continue
            if span.size == 1 and not written.isupper() and not aligned and written.istitle():
                continue
        elif span.size == 1 and not (aligned or written.isupper()):
            continue
        if crosses and not (aligned or (span.size > 2 and (part[0].first or part[-1].last))):
            continue
        kept.append(naming)
    return replace(span, namings=tuple(kept)) if kept else None


def choose_spans(
    words: Sequence[Word], spans: Iterable[Span], around: Mapping[int, Surroundings]
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
    return sorted(chosen, key=lambda span: span.begin)


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
    """Whether a span goes on into a segment that is but a place or a country."""
    part = words[span.begin : span.end]
    numbers = {word.segment for word in part}
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
