"""Words of an affiliation string, with where each stands: its segment, its edges, its streets.

A segment ends at a comma or another separator. The number of a research unit at an edge is passed
over: `Inserm U1018` is the segment, yet `Inserm` is all that it names.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from kg.catalogue.canonical_names import (
    ELISION,
    SMALL_WORDS,
    canonicalize_word,
    find_phrase,
    space_city_numbers,
    space_unit_numbers,
)
from kg.catalogue.text_analysis import DOTTED_INITIALS, WORD, fold

SEPARATOR: Final = re.compile(r"[,;:/|()\[\]{}•·=\n\t\"«»“”]|\s[-–—]+\s|[-–—]\s|\s[-–—]|\.\s")
HYPHENS: Final = frozenset({"-", "–", "—"})
GLUED_SENTENCE: Final = re.compile(r"(?:(?<=[^\W\d_]{6})|(?<=[A-Z]{2}))\.(?=[A-ZÀ-Ý][^\W\d_.])")
"""A full stop without a blank between two sentences."""
EMAIL: Final = re.compile(r"\S+@\S+")
ABBREVIATION: Final = re.compile(r"\b([^\W\d_]{1,6})\.(?=\s)")
"""A word with a full stop that ends no sentence."""
BRACKETED_INITIALS: Final = re.compile(r"\s*\(([A-ZÀ-Ý]{2,6})\)(?=\s(?:de|des|du|of|in|d['’])\b)")
"""Initials in the midst of a name that goes on: `Hôpital universitaire (CHU) de Tours`."""
HOSPITALS_OF_CITY: Final = re.compile(r"(assistance publique)\s*[-–—,]\s*(?=h[oô]pitaux)", re.I)
"""A name that has a hyphen in it, which separates nothing."""
NUMBER_OF_TEAM: Final = re.compile(r"\bE[\s-]*(?=\d)")
"""A team of Inserm before its number, which is no small word: `Inserm E 9955`."""
CONJUNCTIONS: Final = frozenset({"et", "and"})
"""Small words after which something else is said."""
SHORT_PLACES: Final = frozenset(
    re.findall(
        r"\w+",
        """france paris lyon lille nantes nice rennes tours dijon caen metz nancy brest reims angers
        amiens rouen orsay evry pau usa spain italy china japan suisse""",
    )
)
"""Words of few letters that a full stop ends a sentence after, as it does no abbreviation."""
BODY_OF_UNIT: Final = re.compile(
    r"\b(umr[\s_-]?s|umr|upr|ums|uar|usr|ea|ur|fre|umi|irl)[\s_-]+(cnrs|inserm|inrae?)(?=[\s_-]*(?:s\b)?"
    r"[\s_-]*(?:n[°ºo]?)?[\s_-]*u?[\s_-]*\d)",
    re.IGNORECASE,
)
"""A research unit with the body whose it is between its kind and its number: `UMR CNRS 8019`."""
UNIT_MARKS: Final = frozenset(
    ["umr", "u", "ur", "upr", "uar", "fre", "irl", "us", "cic", "ura", "erl", "eac", "upres"]
)
"""What stands before the number of a unit, in canonical words, or before its initials."""
UNIT_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """umr ea upr ums umi us u uar usr cic ura fre upres eac upesa erl ura cedex bp cs cnrs bat
        batiment building f fr umrt""",
    )
)
"""Words beside a name that say the number of a unit, or an address."""
LABORATORIES: Final = frozenset({"laboratoire", "unite", "umr", "ur", "upr", "uar", "equipe"})
"""Words beside initials by which they are those of a laboratory."""
TAIL_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """sa sas sarl snc inc ltd gmbh r d rd recherche innovation developpement centre laboratoire
        unite groupe team campus site institut""",
    )
)
"""Words after a name that add nothing: legal forms, and what a part of anything is called."""
STREETS: Final = frozenset(
    re.findall(
        r"\w+",
        """rue avenue av ave boulevard bd bld blvd bvd allee allees impasse quai chemin route place
        pl cours square faubourg street road via calle strasse""",
    )
)
POST_CODE: Final = re.compile(r"[Ff]?\d{5}")
MAX_STREET_WORDS: Final = 8


class Word(NamedTuple):
    """A word of a string, small ones left out."""

    written: str
    canonical: str
    segment: int
    after_small: bool
    """Whether an article or a preposition stands before it, other than `and`."""
    first: bool
    last: bool
    """Whether it begins or ends its segment, numbers of units apart."""
    after_and: bool = False
    """Whether `and` stands before it."""
    in_street: bool = False
    """Whether the name of a street goes before it in its segment."""
    after_hyphen: bool = False
    """Whether it begins a segment after a hyphen, not after a comma."""
    after_code: bool = False
    """Whether a post code stands before it."""
    corrected: bool = False
    """Whether its canonical word is that of one that is written nearly alike."""


def has_parts(text: str) -> bool:
    """Whether a text says several things, one after another."""
    return SEPARATOR.search(text) is not None


def split_words(text: str) -> list[Word]:
    """The words of a string with where they stand."""
    if "@" in text:
        text = EMAIL.sub(" ", text)
    text = BRACKETED_INITIALS.sub("", text.replace("_", " "))
    plain = GLUED_SENTENCE.sub(", ", ELISION.sub("", text))
    plain = NUMBER_OF_TEAM.sub("équipe ", HOSPITALS_OF_CITY.sub(r"\1 ", plain))
    plain = BODY_OF_UNIT.sub(r"\2 \1", plain)
    plain = space_city_numbers(space_unit_numbers(plain))
    plain = DOTTED_INITIALS.sub(lambda match: match[0].replace(".", ""), plain)
    plain = ABBREVIATION.sub(_drop_full_stop, plain)
    words: list[Word] = []
    separators, segments = _split_segments(plain)
    for number, (separator, segment) in enumerate(zip(separators, segments, strict=True)):
        kept: list[Word] = []
        small = conjunction = False
        for written in WORD.findall(segment):
            folded = fold(written)
            if folded in SMALL_WORDS and not (written.isupper() and folded == "u"):
                conjunction = folded in CONJUNCTIONS
                small = small or not conjunction
                continue
            before = kept[-1].canonical if kept else ""
            canonical = canonicalize_word(folded, before)
            kept.append(Word(written, canonical, number, small, False, False, conjunction))
            small = conjunction = False
        if kept:
            kept = _mark_places(_join_phrases(kept))
            kept[0] = kept[0]._replace(after_hyphen=separator.strip() in HYPHENS)
            words += kept
    return words


def _drop_full_stop(match: re.Match[str]) -> str:
    return match[0] if fold(match[1]) in SHORT_PLACES else match[1]


def _split_segments(text: str) -> tuple[list[str], list[str]]:
    """The segments of a text, with what stands before each."""
    separators, segments, begin = [""], [], 0
    for match in SEPARATOR.finditer(text):
        segments.append(text[begin : match.start()])
        separators.append(match[0])
        begin = match.end()
    return separators, [*segments, text[begin:]]


def _mark_places(words: list[Word]) -> list[Word]:
    """The words of a segment, with its edges and its street."""
    size = len(words)
    firsts = {0, _pass_unit(words), _pass(words, LABORATORIES)}
    backwards = words[::-1]
    lasts = {
        size - 1 - passed for passed in (0, _pass_unit(backwards), _pass(backwards, TAIL_WORDS))
    }
    street = next((i for i in range(size) if _begins_street(words, i)), size)
    streets = range(street + 1, min(size, street + 1 + MAX_STREET_WORDS))
    codes = {
        i + 1
        for i, word in enumerate(words[:-1])
        if word.written[-1].isdigit() and POST_CODE.fullmatch(word.written)
    }
    for i in {*firsts, *lasts, *streets, *codes}:
        words[i] = words[i]._replace(
            first=i in firsts, last=i in lasts, in_street=i in streets, after_code=i in codes
        )
    return words


def _pass_unit(words: Sequence[Word]) -> int:
    """How many words at the beginning are the kind and the number of a unit; never all of them."""
    size = 0
    while size < len(words) - 1 and is_of_unit(words[size].canonical):
        size += 1
    marked = any(word.canonical in UNIT_MARKS for word in words[:size])
    return size if marked else 0


def _pass(words: Sequence[Word], which: frozenset[str]) -> int:
    """How many words at the beginning are some words; never all of them."""
    size = 0
    while size < len(words) - 1 and words[size].canonical in which:
        size += 1
    return size


def is_of_unit(word: str) -> bool:
    """Whether a canonical word is the kind or the number of a research unit."""
    return word in UNIT_MARKS or has_digit(word)


def has_digit(word: str) -> bool:
    """Whether a word has a digit."""
    return any(map(str.isdigit, word))


def _begins_street(words: Sequence[Word], position: int) -> bool:
    if fold(words[position].written) not in STREETS:
        return False
    return position == 0 or words[position - 1].canonical.isdigit()


def _join_phrases(words: Sequence[Word]) -> list[Word]:
    """The words of a segment, each phrase that has initials as one."""
    text = [word.canonical for word in words]
    joined = []
    position = 0
    while position < len(words):
        phrase = find_phrase(text, position)
        end, canonical = phrase or (position + 1, "")
        word = words[position]
        if phrase:
            written = " ".join(word.written for word in words[position:end])
            word = word._replace(written=written, canonical=canonical)
        joined.append(word)
        position = end
    return joined
