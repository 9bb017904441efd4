"""Organisations recognised in affiliation strings of articles, as authors write them.

Every run of words that is the name or the initials of an organisation counts, the longest first; of
namesakes the one whose place, or whose whole, the string names as well. What stays unexplained
beside a name makes it doubtful: the Institut Pasteur de Dakar is not the Institut Pasteur.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from babel import Locale

from kg.catalogue.affiliation_index import (
    ACRONYM,
    FULL_NAME,
    MAX_NAME_WORDS,
    SHORTENED,
    Naming,
    Surroundings,
    count_names,
    find_names,
    find_nearest_word,
    read_surroundings,
)
from kg.catalogue.canonical_names import (
    ELISION,
    SMALL_WORDS,
    build_key,
    canonicalize_word,
    find_phrase,
    space_unit_numbers,
)
from kg.catalogue.text_analysis import DOTTED_INITIALS, WORD, fold
from kg.countries import HOME_COUNTRIES

SEPARATOR: Final = re.compile(r"[,;:/|()\[\]{}•·=\n\t\"«»“”]|\s[-–—]+\s|[-–—]\s|\s[-–—]|\.\s")
ABBREVIATION: Final = re.compile(r"\b([^\W\d_]{1,6})\.(?=\s)")
"""A word with a full stop that ends no sentence."""
MAX_STRING_LETTERS: Final = 1_000
MAX_STRING_WORDS: Final = 120
MIN_CORRECTED_LETTERS: Final = 5
MIN_INITIALS: Final = 2
MANY_PARTS: Final = 5
"""Organisations that are part of a national body, from which on its initials name it alone."""
BASE_SCORES: Final = {FULL_NAME: 1.0, SHORTENED: 0.93, ACRONYM: 0.85}
SURE: Final = 0.8
SUPPORT: Final = 0.05
UNSUPPORTED: Final = 0.15
UNEXPLAINED: Final = 0.35
AMBIGUOUS: Final = 0.35
COMMON_NAME: Final = 0.2
RARE_WORD_NAMES: Final = 12
"""Names that have a word, up to which it tells one organisation from others."""
UNIT_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """umr ea upr ums umi us u uar usr cic ura fre upres eac upesa erl ura cedex bp cs cnrs bat
        batiment building f fr""",
    )
)
"""Words beside a name that say the number of a unit, or an address."""
HEADS: Final = frozenset(
    [
        "universite",
        "hopital",
        "institut",
        "ecole",
        "centre",
        "observatoire",
        "chu",
        "laboratoire",
        "inserm",
        "cnrs",
    ]
)
"""Words by which a name begins that may follow another without a comma."""


@dataclass(frozen=True)
class Word:
    """A word of a string, small ones left out."""

    written: str
    canonical: str
    segment: int
    after_small: bool
    """Whether an article or a preposition stands before it."""
    first: bool
    last: bool
    """Whether it begins or ends its segment."""


@dataclass(frozen=True)
class Recognised:
    """An organisation that a string names."""

    id: int
    score: float
    """0 to 1."""
    sure: bool
    whole: bool = False
    """Whether that is all that the string says."""


@dataclass(frozen=True)
class _Span:
    begin: int
    end: int
    namings: tuple[Naming, ...]

    @property
    def size(self) -> int:
        return self.end - self.begin

    def overlaps(self, other: "_Span") -> bool:
        return self.begin < other.end and other.begin < self.end


def recognise_organisations(file: sqlite3.Connection, text: str) -> list[Recognised]:
    """The organisations that a string names: what is part of others first, then by score."""
    words = split_words(text[:MAX_STRING_LETTERS])[:MAX_STRING_WORDS]
    if not words:
        return []
    words = _correct_words(file, words)
    spans = _find_spans(file, words)
    around = read_surroundings(file, {n.id for span in spans for n in span.namings})
    chosen = _choose_spans(words, spans, around)
    counts = count_names(file, {word.canonical for word in words})
    reading = _Reading(words, chosen, around, counts)
    best: dict[int, Recognised] = {}
    for span in chosen:
        for found in reading.judge(span):
            known = best.get(found.id)
            if known is None:
                best[found.id] = found
            else:
                first = max(known, found, key=lambda one: one.score)
                score = min(1.0, first.score + SUPPORT)
                best[found.id] = replace(first, score=score, sure=first.sure or score >= SURE)
    return sorted(best.values(), key=lambda r: (not r.sure, around[r.id].parts, -r.score, r.id))


def has_parts(text: str) -> bool:
    """Whether a text says several things, one after another."""
    return SEPARATOR.search(text) is not None


def split_words(text: str) -> list[Word]:
    """The words of a string with where they stand."""
    plain = space_unit_numbers(ELISION.sub("", text))
    plain = DOTTED_INITIALS.sub(lambda match: match[0].replace(".", ""), plain)
    plain = ABBREVIATION.sub(r"\1", plain)
    words: list[Word] = []
    for number, segment in enumerate(filter(None, map(str.strip, SEPARATOR.split(plain)))):
        kept: list[Word] = []
        small = False
        for written in WORD.findall(segment):
            folded = fold(written)
            if folded in SMALL_WORDS and not (written.isupper() and folded == "u"):
                small = True
                continue
            before = kept[-1].canonical if kept else ""
            kept.append(
                Word(written, canonicalize_word(folded, before), number, small, False, False)
            )
            small = False
        kept = _join_phrases(kept)
        if kept:
            kept[0] = replace(kept[0], first=True)
            kept[-1] = replace(kept[-1], last=True)
        words += kept
    return words


def _join_phrases(words: Sequence[Word]) -> list[Word]:
    """The words of a segment, each phrase that has initials as one."""
    text = [word.canonical for word in words]
    joined = []
    position = 0
    while position < len(words):
        end, canonical = find_phrase(text, position) or (position + 1, text[position])
        written = " ".join(word.written for word in words[position:end])
        joined.append(replace(words[position], written=written, canonical=canonical))
        position = end
    return joined


def _correct_words(file: sqlite3.Connection, words: list[Word]) -> list[Word]:
    """The words, those that no name has and that are one letter from a word of one corrected."""
    known = count_names(file, {word.canonical for word in words})
    return [
        replace(word, canonical=better)
        if word.canonical not in known
        and len(word.canonical) >= MIN_CORRECTED_LETTERS
        and word.canonical.isalpha()
        and (better := find_nearest_word(file, word.canonical))
        else word
        for word in words
    ]


def _find_spans(file: sqlite3.Connection, words: Sequence[Word]) -> list[_Span]:
    keys = {
        (begin, end): build_key(word.canonical for word in words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, min(begin + MAX_NAME_WORDS, len(words)) + 1)
    }
    found = find_names(file, keys.values())
    spans = (_Span(*place, tuple(found.get(key, ()))) for place, key in keys.items())
    return [kept for span in spans if span.namings and (kept := _admit(words, span))]


def _admit(words: Sequence[Word], span: _Span) -> _Span | None:
    """A span with those of its namings that may be meant by the way it is written."""
    part = words[span.begin : span.end]
    aligned = part[0].first and part[-1].last
    crosses = part[0].segment != part[-1].segment
    written = part[0].written
    kept = []
    for naming in span.namings:
        if naming.role == ACRONYM:
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


def _choose_spans(
    words: Sequence[Word], spans: Iterable[_Span], around: Mapping[int, Surroundings]
) -> list[_Span]:
    """Spans that do not overlap, the longest first, those of one segment before others."""
    places = _list_places(words, around)
    chosen: list[_Span] = []

    def rank(span: _Span) -> tuple[bool, int, bool, int]:
        crosses = words[span.begin].segment != words[span.end - 1].segment
        return (_is_broken_by_place(words, span, around), -span.size, crosses, span.begin)

    for span in sorted(spans, key=rank):
        alone = {words[span.begin].canonical} if span.size == 1 else set()
        if alone & places and not words[span.begin].written.isupper():
            continue
        if alone & UNIT_WORDS - {"cnrs"}:
            continue
        if not any(span.overlaps(other) for other in chosen):
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.begin)


def _is_broken_by_place(
    words: Sequence[Word], span: _Span, around: Mapping[int, Surroundings]
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


class _Reading:
    """A string of which the spans are chosen: what each of them means, and how surely."""

    def __init__(
        self,
        words: Sequence[Word],
        spans: Sequence[_Span],
        around: Mapping[int, Surroundings],
        counts: Mapping[str, int],
    ) -> None:
        self._words = words
        self._spans = spans
        self._around = around
        self._counts = counts
        self._text = [word.canonical for word in words]
        self._country = _find_country(words)

    def judge(self, span: _Span) -> Iterator[Recognised]:
        """What a span may mean: the one that is meant, or several that are doubtful."""
        ranked = self._rank(span)
        if not ranked:
            return
        (most, _), *_ = ranked
        first = [naming for points, naming in ranked if points == most]
        if len(first) > 1:
            first = self._break_tie(first)
        ambiguous = len(first) > 1
        for naming in first[:3]:
            yield self._score(span, naming, ambiguous)

    def _rank(self, span: _Span) -> list[tuple[int, Naming]]:
        """The namings of a span by what else the string says, the likeliest first."""
        roles: dict[int, Naming] = {}
        for naming in span.namings:
            known = roles.get(naming.id)
            if known is None or BASE_SCORES[naming.role] > BASE_SCORES[known.role]:
                roles[naming.id] = naming
        active = [n for n in roles.values() if self._around[n.id].active] or [*roles.values()]
        ranked = [
            (
                2 * self._is_placed(naming.id, span)
                + 2 * self._is_part_of_named(naming.id, span)
                + (naming.role == FULL_NAME),
                naming,
            )
            for naming in active
        ]
        return sorted(ranked, key=lambda pair: (-pair[0], pair[1].id))

    def _break_tie(self, namings: Sequence[Naming]) -> list[Naming]:
        """The one of which all others are part, or that alone has many parts."""
        ids = {naming.id for naming in namings}
        wholes = [n for n in namings if all(n.id in self._around[i].wholes for i in ids - {n.id})]
        if len(wholes) == 1:
            return wholes
        large = [n for n in namings if self._around[n.id].parts >= MANY_PARTS]
        return large if len(large) == 1 else list(namings)

    def _score(self, span: _Span, naming: Naming, ambiguous: bool) -> Recognised:
        score = BASE_SCORES[naming.role]
        placed = self._is_placed(naming.id, span)
        within = self._is_part_of_named(naming.id, span)
        around = self._around[naming.id]
        if placed:
            score += SUPPORT
        if within:
            score += SUPPORT
        supported = placed or within
        if ambiguous:
            score -= AMBIGUOUS
        if naming.role == ACRONYM and not supported and around.parts < MANY_PARTS:
            score -= UNSUPPORTED
        if not supported and naming.role != ACRONYM and not self._is_distinctive(span, naming.id):
            score -= COMMON_NAME
        if self._is_unit_number(span) and not supported and len(self._spans) > 1:
            score -= UNSUPPORTED
        if self._is_continued(span, naming.id) or self._is_preceded(span, naming):
            score -= UNEXPLAINED
        in_own_name = span.end == len(self._words)
        if self._country not in {"", *HOME_COUNTRIES} and not placed and not in_own_name:
            score -= UNEXPLAINED
        score = max(0.0, min(1.0, score))
        whole = span.size == len(self._words)
        return Recognised(naming.id, round(score, 2), score >= SURE, whole)

    def _is_placed(self, number: int, span: _Span) -> bool:
        """Whether the string has the place of an organisation elsewhere than in its name."""
        rest = [*self._text[: span.begin], "", *self._text[span.end :]]
        return any(_contains(rest, place) for place in self._around[number].places)

    def _is_part_of_named(self, number: int, span: _Span) -> bool:
        """Whether another span may mean what an organisation is part of, or a part of it."""
        others = {n.id for other in self._spans if other != span for n in other.namings}
        if self._around[number].wholes & others:
            return True
        return any(number in self._around[other].wholes for other in others)

    def _is_distinctive(self, span: _Span, number: int) -> bool:
        """Whether a word of a name is in few names, or the name has the place."""
        words = self._text[span.begin : span.end]
        rare = [w for w in words if self._counts.get(w, 0) <= RARE_WORD_NAMES and not w.isdigit()]
        return bool(rare) or len(words) >= 4 or _contains_any(words, self._around[number].places)

    def _is_unit_number(self, span: _Span) -> bool:
        return span.size == 2 and self._text[span.end - 1].isdigit()

    def _is_continued(self, span: _Span, number: int) -> bool:
        """Whether words follow in the segment that may change what is named."""
        if span.end == len(self._words) or self._words[span.end - 1].last:
            return False
        after = self._words[span.end]
        if any(other.begin == span.end for other in self._spans):
            another = after.written.isupper() or after.canonical in HEADS
            return (after.after_small or not another) and not self._is_known_pair(span, number)
        return not (
            after.canonical in UNIT_WORDS
            or _is_number_of_unit(after.canonical)
            or self._starts_place(span.end, number)
            or _is_country(after.written)
        ) or (after.after_small and not self._starts_place(span.end, number))

    def _is_known_pair(self, span: _Span, number: int) -> bool:
        """Whether what follows a span is what it is part of."""
        following = next(other for other in self._spans if other.begin == span.end)
        ids = {naming.id for naming in following.namings}
        return bool(ids & self._around[number].wholes)

    def _is_preceded(self, span: _Span, naming: Naming) -> bool:
        """Whether words come before in the segment of which the name is but the end."""
        word = self._words[span.begin]
        if word.first or any(other.end == span.begin for other in self._spans):
            return False
        before = self._words[span.begin - 1]
        if before.canonical in UNIT_WORDS or _is_number_of_unit(before.canonical):
            return False
        if naming.role == ACRONYM:
            return self._around[naming.id].parts < MANY_PARTS
        return word.canonical not in HEADS

    def _starts_place(self, position: int, number: int) -> bool:
        rest = self._text[position:]
        return any(rest[: len(place)] == list(place) for place in self._around[number].places)


def _contains(text: Sequence[str], part: Sequence[str]) -> bool:
    return any(
        list(text[i : i + len(part)]) == list(part) for i in range(len(text) - len(part) + 1)
    )


def _contains_any(text: Sequence[str], parts: Iterable[tuple[str, ...]]) -> bool:
    return any(_contains(text, part) for part in parts)


def _is_number_of_unit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _is_country(written: str) -> bool:
    return fold(written) in _read_countries()


def _find_country(words: Sequence[Word]) -> str:
    """The country that a string ends with, nothing where it names none."""
    for size in (1, 2, 3):
        name = " ".join(fold(word.written) for word in words[-size:])
        if code := _read_countries().get(name):
            return code
    return ""


@lru_cache(maxsize=1)
def _read_countries() -> Mapping[str, str]:
    """The codes of countries by their names in French and English, folded, small words out."""
    named = {
        " ".join(w for w in WORD.findall(fold(name)) if w not in SMALL_WORDS): code
        for language in ("fr", "en")
        for code, name in Locale(language).territories.items()
        if code.isalpha() and len(code) == 2
    }
    return named | {"usa": "US", "uk": "GB", "united states america": "US", "fr": "FR"}
