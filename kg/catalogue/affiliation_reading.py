"""Reading of an affiliation string: which organisation each of its spans means, and how surely.

Of namesakes it is the one whose place, or whose whole, the string names as well. What stays
unexplained beside a name makes it doubtful: the Institut Pasteur de Dakar is not the Institut
Pasteur.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.affiliation_countries import NamedCountries, is_country
from kg.catalogue.affiliation_index import Naming, Surroundings
from kg.catalogue.affiliation_spans import Span
from kg.catalogue.affiliation_spellings import (
    ACRONYM,
    DESCRIPTIONS,
    FULL_NAME,
    INITIALS,
    PART_OF_NAME,
    SHORTENED,
)
from kg.catalogue.affiliation_words import LABORATORIES, TAIL_WORDS, UNIT_WORDS, Word, has_digit
from kg.catalogue.canonical_names import CANONICAL_WORDS, NUMBERED_PLACES, SMALL_WORDS
from kg.catalogue.text_analysis import fold
from kg.countries import HOME_COUNTRIES

MIN_KNOWN_INITIALS: Final = 3
"""Letters from which on initials alone name a national body."""
MANY_PARTS: Final = 5
"""Organisations that are part of a national body, from which on its initials name it alone."""
VERY_MANY_PARTS: Final = 50
"""Parts of one whose initials any name of a town or a department may follow."""
COUNTRYWIDE_PARTS: Final = 300
"""Parts of one that has some everywhere, so that a few letters are not told by its name."""
BASE_SCORES: Final = {
    FULL_NAME: 1.0, SHORTENED: 0.93, PART_OF_NAME: 0.9, ACRONYM: 0.85, INITIALS: 0.75
}  # fmt: skip
SURE: Final = 0.8
SUPPORT: Final = 0.05
UNSUPPORTED: Final = 0.15
UNEXPLAINED: Final = 0.35
AMBIGUOUS: Final = 0.35
COMMON_NAME: Final = 0.25
ELSEWHERE: Final = 0.35
RARE_WORD_NAMES: Final = 12
"""Names that have a word, up to which it tells one organisation from others."""
MIN_TELLING_LETTERS: Final = 5
"""Letters from which on initials that only one organisation has are hardly those of another."""
GENERIC_LABORATORIES: Final = frozenset({"laboratoire", "unite", "equipe"})
HOSPITAL_WORDS: Final = frozenset({"hopital", "clinique", "ch"})
MINISTRY: Final = "ministry"
"""What every country has, in English by one name."""
QUALIFIERS: Final = frozenset({"francais"})
"""Words before a name that add nothing."""
MAX_UNIVERSITY_NUMBER: Final = 13
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
        "ens",
        "insa",
        "iep",
    ]
)
"""Words by which a name begins that may follow another without a comma."""


@dataclass(frozen=True)
class Recognised:
    """An organisation that a string names."""

    id: int
    score: float
    """0 to 1."""
    sure: bool
    whole: bool = False
    """Whether that is all that the string says."""


class Reading:
    """A string of which the spans are chosen: what each of them means, and how surely."""

    def __init__(
        self,
        words: Sequence[Word],
        spans: Sequence[Span],
        around: Mapping[int, Surroundings],
        counts: Mapping[str, int],
    ) -> None:
        self._words = words
        self._spans = spans
        self._around = around
        self._counts = counts
        self._text = [word.canonical for word in words]
        self._countries = NamedCountries(words)

    def judge(self, span: Span) -> Iterator[Recognised]:
        """What a span may mean: the one that is meant, or several that are doubtful."""
        if self._words[span.begin].in_street or self._abbreviates_another(span):
            return
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

    def _abbreviates_another(self, span: Span) -> bool:
        """Whether a span is the initials of the name before it, which is that of another."""
        before = next((other for other in self._spans if other.end == span.begin), None)
        if span.size > 1 or before is None or before.size == 1:
            return False
        named = " ".join(w.written for w in self._words[before.begin : before.end]).split()
        initials = "".join(word[0] for word in named if fold(word) not in SMALL_WORDS)
        if fold(initials) != fold(self._words[span.begin].written):
            return False
        return {n.id for n in before.namings}.isdisjoint(n.id for n in span.namings)

    def _rank(self, span: Span) -> list[tuple[int, Naming]]:
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
                + 2 * self._is_named_beside(naming.id, span)
                + (naming.role == FULL_NAME)
                - (naming.role in (PART_OF_NAME, INITIALS)),
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

    def _score(self, span: Span, naming: Naming, ambiguous: bool) -> Recognised:
        placed = self._is_placed(naming.id, span)
        within = self._is_part_of_named(naming.id, span)
        score = BASE_SCORES[naming.role] + SUPPORT * (placed + within)
        if ambiguous:
            score -= AMBIGUOUS
        if self._is_doubtful_short(span, naming, placed, within):
            score -= UNSUPPORTED
        if not (placed or within):
            score -= self._weigh_lack_of_support(span, naming)
        if not placed and self._is_unit_of_another(span, naming):
            score -= UNEXPLAINED
        if self._is_continued(span, naming) or self._is_preceded(span, naming):
            score -= UNEXPLAINED - (SUPPORT if placed and within else 0)
        score = max(0.0, min(1.0, score))
        whole = span.size == len(self._words)
        return Recognised(naming.id, round(score, 2), score >= SURE, whole)

    def _weigh_lack_of_support(self, span: Span, naming: Naming) -> float:
        """What a score loses where a string says neither the place of what is named nor its whole,
        nor a part of it."""
        less = 0.0
        if self._is_common(span, naming):
            less += COMMON_NAME
        if self._is_unit_number(span) and len(self._spans) > 1:
            less += UNSUPPORTED
        if self._is_hospital(span) and self._is_elsewhere(span, naming.id):
            less += ELSEWHERE
        country = self._countries.find_after(span.end)
        abroad = country not in {"", *HOME_COUNTRIES}
        if abroad and not self._is_known_abroad(span, naming):
            less += UNEXPLAINED
        return less

    def _is_doubtful_short(self, span: Span, naming: Naming, placed: bool, within: bool) -> bool:
        """Whether initials, or a part of a name, need more than they have to be meant."""
        if naming.role == INITIALS:
            return not self._is_part_of_named(naming.id, span, COUNTRYWIDE_PARTS)
        if naming.role == PART_OF_NAME:
            return not (placed or within)
        letters = sum(len(word.written) for word in self._words[span.begin : span.end])
        if naming.role != ACRONYM or placed:
            return False
        if within and (
            letters >= MIN_TELLING_LETTERS
            or self._is_part_of_named(naming.id, span, COUNTRYWIDE_PARTS)
        ):
            return False
        if self._is_national(naming.id) and letters >= MIN_KNOWN_INITIALS:
            return False
        alone = self._words[span.begin].first and self._words[span.end - 1].last
        told = self._is_announced(span) or (alone and len({n.id for n in span.namings}) == 1)
        return not (told and letters >= MIN_TELLING_LETTERS)

    def _is_national(self, number: int) -> bool:
        return self._around[number].parts >= MANY_PARTS

    def _is_known_abroad(self, span: Span, naming: Naming) -> bool:
        """Whether the one word of a span is the name of a national body alone, as `CIRAD` is."""
        alone = span.size == 1 and len({n.id for n in span.namings}) == 1
        letters = len(self._words[span.begin].written)
        return alone and letters >= MIN_TELLING_LETTERS and self._is_national(naming.id)

    def _is_announced(self, span: Span) -> bool:
        """Whether a word for a laboratory stands beside a span."""
        before = self._text[span.begin - 1 : span.begin] if span.begin else []
        after = self._text[span.end : span.end + 1]
        return not LABORATORIES.isdisjoint([*before, *after])

    def _is_hospital(self, span: Span) -> bool:
        return not HOSPITAL_WORDS.isdisjoint(self._text[span.begin : span.end])

    def _is_elsewhere(self, span: Span, number: int) -> bool:
        """Whether a string that goes on after a name may say another place than its own."""
        if _contains_any(self._text[span.begin : span.end], self._around[number].places):
            return False
        return any(
            word.segment != self._words[span.begin].segment and not is_country(word.written)
            for word in self._words[span.end :]
        )

    def _is_placed(self, number: int, span: Span) -> bool:
        """Whether the string has the place of an organisation elsewhere than in its name."""
        rest = [*self._text[: span.begin], "", *self._text[span.end :]]
        return any(_contains(rest, place) for place in self._around[number].places)

    def _is_part_of_named(self, number: int, span: Span, most: int = sys.maxsize) -> bool:
        """Whether another span may mean what an organisation is part of, or a part of it.

        Only that counts which has fewer parts than `most`.
        """
        others = {
            naming.id
            for other in self._spans
            if other != span
            for naming in other.namings
            if self._around[naming.id].parts < most
        }
        later = {one for other in others for one in self._around[other].successors}
        if self._around[number].wholes & (others | later):
            return True
        own = {number, *self._around[number].successors}
        return any(own & self._around[other].wholes for other in others)

    def _is_common(self, span: Span, naming: Naming) -> bool:
        """Whether a name may be that of others which are not known."""
        if naming.role not in (FULL_NAME, SHORTENED):
            return False
        told = not CANONICAL_WORDS.issuperset(self._text[span.begin : span.end])
        home = self._countries.find_after(span.end) in HOME_COUNTRIES
        if MINISTRY in self._text[span.begin : span.end]:
            return not home
        if (told or home) and self._is_national(naming.id):
            return False
        if told and span.size == len(self._words) > 1 and naming.role == FULL_NAME:
            return False
        return not self._is_distinctive(span, naming.id)

    def _is_named_beside(self, number: int, span: Span) -> bool:
        """Whether another span is the name of an organisation."""
        return any(
            naming.id == number and naming.role == FULL_NAME
            for other in self._spans
            if other != span
            for naming in other.namings
        )

    def _is_distinctive(self, span: Span, number: int) -> bool:
        """Whether a word of a name is in few names, or the name has the place."""
        words = self._text[span.begin : span.end]
        if "universite" in words and len(words) > 1:
            return True
        if len(words) >= 4 or sum(word not in DESCRIPTIONS for word in words) >= 3:
            return True
        rare = (w for w in words if self._counts.get(w, 0) <= RARE_WORD_NAMES and not w.isdigit())
        return any(rare) or _contains_any(words, self._around[number].places)

    def _is_unit_number(self, span: Span) -> bool:
        return span.size == 2 and self._text[span.end - 1].isdigit()

    def _is_unit_of_another(self, span: Span, naming: Naming) -> bool:
        """Whether the number of a unit stands beside a body of which what has it is no part."""
        if not self._is_unit_number(span) or naming.role != SHORTENED:
            return False
        bodies = {
            other.id
            for beside in self._spans
            if beside.size == 1 and self._text[beside.begin] == "inserm"
            for other in beside.namings
        }
        return bool(bodies) and bodies.isdisjoint(self._around[naming.id].wholes)

    def _is_continued(self, span: Span, naming: Naming) -> bool:
        """Whether words follow in the segment that may change what is named."""
        end = self._pass_tail(span.end)
        if end == len(self._words) or self._words[end - 1].last:
            return False
        after = self._words[end]
        if span.size == 1 and self._around[naming.id].parts >= VERY_MANY_PARTS:
            return after.after_small
        if end == span.end and self._is_numbered(span, after):
            return True
        if naming.role == ACRONYM and self._words[span.end].after_and:
            return False
        if not after.after_small and self._is_only_one_of_city(span, naming.id):
            return False
        if any(other.begin == end for other in self._spans):
            another = after.written.isupper() or after.canonical in HEADS
            return (after.after_small or not another) and not self._is_known_pair(end, naming.id)
        placed = self._starts_place(end, naming.id)
        return not (
            after.canonical in UNIT_WORDS
            or has_digit(after.canonical)
            or placed
            or is_country(after.written)
        ) or (after.after_small and not placed)

    def _pass_tail(self, end: int) -> int:
        """Where the words that add nothing end, after a name."""
        while (
            end < len(self._words)
            and not self._words[end - 1].last
            and self._text[end] in TAIL_WORDS
            and not self._words[end].after_small
        ):
            end += 1
        return end

    def _is_numbered(self, span: Span, after: Word) -> bool:
        """Whether the number of a university of a city follows its name: `Univ Paris 06`."""
        last = self._text[span.end - 1]
        number = after.canonical
        return (
            self._text[span.begin] == "universite"
            and last in NUMBERED_PLACES
            and number.isdigit()
            and int(number) <= MAX_UNIVERSITY_NUMBER
        )

    def _is_only_one_of_city(self, span: Span, number: int) -> bool:
        """Whether a span is the university or the hospital of a city that has but one."""
        kind, *rest = self._text[span.begin : span.end]
        if kind not in ("universite", "chu") or tuple(rest) not in self._around[number].places:
            return False
        return kind == "chu" or NUMBERED_PLACES.isdisjoint(rest)

    def _is_known_pair(self, position: int, number: int) -> bool:
        """Whether what follows an organisation is what it is part of."""
        following = next(other for other in self._spans if other.begin == position)
        ids = {naming.id for naming in following.namings}
        return bool(ids & self._around[number].wholes)

    def _is_preceded(self, span: Span, naming: Naming) -> bool:
        """Whether words come before in the segment of which the name is but the end."""
        word = self._words[span.begin]
        announced = span.begin > 0 and self._text[span.begin - 1] in GENERIC_LABORATORIES
        if word.first and span.size > 1 and naming.role in (FULL_NAME, SHORTENED) and announced:
            return self._words[span.begin - 1].segment == word.segment
        if word.first or any(other.end == span.begin for other in self._spans):
            return False
        before = self._words[span.begin - 1]
        if is_country(before.written):
            return False
        if before.canonical in UNIT_WORDS | QUALIFIERS or has_digit(before.canonical):
            return False
        if naming.role in (ACRONYM, INITIALS) or span.size == 1:
            return not self._is_national(naming.id) and not self._is_announced(span)
        if _contains_any(self._text[span.begin : span.begin + 2], self._around[naming.id].places):
            return HEADS.isdisjoint(self._text[span.begin : span.end])
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
