"""Spellings under which the name of an organisation is looked for in an affiliation string.

Besides the names and the initials that a register has: what is left of a name without its brackets,
what follows its hyphen or its city, the other words for a hospital, the number of a university, and
the initials that can be read off a name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.affiliation_words import has_digit
from kg.catalogue.canonical_names import (
    BRACKETED,
    ELISION,
    NUMBERED_PLACES,
    SMALL_WORDS,
    build_key,
    canonicalize,
    canonicalize_word,
    space_unit_numbers,
)
from kg.catalogue.text_analysis import WORD, fold

FULL_NAME: Final = "name"
SHORTENED: Final = "short"
PART_OF_NAME: Final = "part"
ACRONYM: Final = "acronym"
INITIALS: Final = "initials"
COUNTED_ROLES: Final = frozenset({FULL_NAME, SHORTENED, ACRONYM})
"""Roles of the spellings whose words are counted: those of the others are the same again."""
MAX_NAME_WORDS: Final = 16
"""Words of the longest name that is looked for."""
SPACED_HYPHEN: Final = re.compile(r"\s+[-–—:]\s+")
RESEARCH_CENTRE: Final = re.compile(
    r"^centre de recherche (?=(?-i:[A-Z]))| research cent(?:re|er)$", re.IGNORECASE
)
"""What a centre is, before or after its own name."""
LETTERS_OF_INITIALS: Final = 12
MIN_READ_INITIALS: Final = 3
MAX_READ_INITIALS: Final = 7
MIN_PART_WORDS: Final = 3
"""Words that are left of a name which goes on after an “and”."""
PERSON_WORDS: Final = 2
"""Words of the name of a person."""
MIN_PART_LETTERS: Final = 5
"""Letters of the one of two names of a person by which a hospital is called."""
HOSPITALS: Final = frozenset({"chu", "ch", "hopital"})
"""Words for a hospital, of which authors take one for the other."""
DESCRIPTIONS: Final = frozenset(
    re.findall(
        r"\w+",
        """laboratoire ecole business gestion institut centre unite umr departement education groupe
        universite equipe""",
    )
)
"""Words that say what an organisation is, not which."""
WITHOUT_INITIALS: Final = SMALL_WORDS | {"sa", "ses", "son", "leur", "leurs"}
"""Words of which initials have none."""
AND: Final = re.compile(r"\s+(?:et|and|&)\s+", re.IGNORECASE)
CODE: Final = r"(?:umr|upr|u|uar|ur|fre|irl|cic|us)\s\d+"
CODES: Final = re.compile(rf"(?:(?:cnrs|inserm|inrae?)[\s,/-]*)?{CODE}(?:[\s,/-]+{CODE})*$", re.I)
"""A name that is but the numbers of a research unit."""
SHARED_NUMBERS: Final = {"umr": "u", "u": "umr"}
"""Kinds of units of Inserm, which has one series of numbers for both."""
LAST_OF_INSERM: Final = 1_600


@dataclass(frozen=True)
class NamedOrganisation:
    """An organisation as it may be written in a text."""

    id: int
    names: Sequence[str]
    acronyms: Sequence[str]
    places: Sequence[str] = ()
    """Names of its commune and of others that its addresses name."""
    wholes: Sequence[int] = ()
    """The organisations that it is part of."""
    active: bool = True
    predecessors: Sequence[int] = ()
    """The organisations that it is the successor of."""
    kind: str = ""
    """What it is, in the list `organisation-kind`."""


def iterate_spellings(organisation: NamedOrganisation) -> Iterator[tuple[str, str]]:
    """The keys under which an organisation is found, each with its role."""
    places = [words for place in organisation.places if (words := canonicalize(place))]
    for name in organisation.names:
        words = canonicalize(name)
        if not words:
            continue
        role = ACRONYM if _is_initials(name) else FULL_NAME
        if len(words) <= MAX_NAME_WORDS:
            yield build_key(words), role
        for shorter in _shorten(name):
            short = canonicalize(shorter)
            if 1 < len(short) <= MAX_NAME_WORDS or (short and name.strip().endswith(")")):
                yield build_key(short), SHORTENED
        yield from _vary(name, words, places)
    for acronym in organisation.acronyms:
        if words := canonicalize(acronym):
            yield build_key(words), ACRONYM


def _shorten(name: str) -> Iterator[str]:
    """A name without what its brackets hold, or what follows a hyphen in it."""
    bare = BRACKETED.sub(" ", name)
    if bare.strip() and bare != name:
        yield bare
    head, *rest = SPACED_HYPHEN.split(bare)
    if rest:
        yield head
    own = RESEARCH_CENTRE.sub("", bare.strip())
    if own != bare.strip() and len(WORD.findall(own)) >= MIN_PART_WORDS:
        yield own


def _is_initials(name: str) -> bool:
    return " " not in name.strip() and name.upper() == name and len(name) <= LETTERS_OF_INITIALS


def _vary(
    name: str, words: Sequence[str], places: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """What else authors write for a name, of which the canonical words are given."""
    if has_digit(name):
        yield from _separate_unit_numbers(name)
    if words[0] in NUMBERED_PLACES and words[1:] and words[1].isdigit():
        yield build_key(("universite", *words[:2])), SHORTENED
    if len(words) > MIN_PART_WORDS - 1 and fold(name).endswith("paristech"):
        yield build_key(words[:-1]), SHORTENED
    if words[0] == "ecole" and "national" in words and len(words) > MIN_PART_WORDS:
        yield build_key(word for word in words if word != "national"), SHORTENED
    if words[0] == "universite":
        yield from _vary_university(words, places)
    elif len(words) > 1 and not HOSPITALS.isdisjoint(words):
        yield from _vary_hospital(name, words, places)
    head, *rest = AND.split(name)
    if rest and len(part := canonicalize(head)) >= MIN_PART_WORDS:
        yield build_key(part), PART_OF_NAME
    if (token := _find_token(name)) and (token,) not in places:
        yield token, ACRONYM
    if initials := _read_initials(name):
        yield initials, INITIALS


def _separate_unit_numbers(name: str) -> Iterator[tuple[str, str]]:
    spaced = space_unit_numbers(name)
    if not CODES.match(spaced):
        return
    for code in re.findall(CODE, spaced, re.I):
        kind, number = code.lower().split()
        yield build_key((kind, number.lstrip("0"))), FULL_NAME
        if kind in SHARED_NUMBERS and int(number) < LAST_OF_INSERM:
            yield build_key((SHARED_NUMBERS[kind], number.lstrip("0"))), SHORTENED


def _vary_university(
    words: Sequence[str], places: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """A university called by its city alone, or by whom it honours without its city."""
    yield from ((build_key(short), SHORTENED) for short in _cut_after_city(words, places))
    last = words[-PERSON_WORDS:]
    if len(words) > 1 + PERSON_WORDS and all(map(str.isalpha, last)):
        yield build_key(("universite", *last)), PART_OF_NAME


def _cut_after_city(
    words: Sequence[str], places: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """`Université d'Avignon` of the one d'Avignon et des Pays de Vaucluse, `Paris 1` of Paris 1
    Panthéon-Sorbonne; in the large cities there are several, which only their numbers tell apart.
    """
    for position, word in enumerate(words[:-1]):
        if word in NUMBERED_PLACES and words[position + 1].isdigit():
            yield ("universite", word, words[position + 1])
    for place in places:
        city = place[0] if len(place[0]) >= MIN_PART_LETTERS - 1 else ""
        size = len(place) if words[1 : 1 + len(place)] == place else 1
        if words[1:2] == (city,) and city not in NUMBERED_PLACES and len(words) > 1 + size:
            yield tuple(words[: 1 + size])


def _vary_hospital(
    name: str, words: Sequence[str], places: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """A hospital called by another word, by its city, or by one of the names of whom it honours."""
    kind = next(word for word in words if word in HOSPITALS)
    rest = [word for word in words if word != kind]
    for other in HOSPITALS:
        yield build_key((other, *rest)), SHORTENED
    for place in places:
        if kind != "hopital" and tuple(words[1 : 1 + len(place)]) == place:
            yield build_key((kind, *place)), SHORTENED
    for word in _list_honoured(name, rest) if words[0] == "hopital" else ():
        if len(word) >= MIN_PART_LETTERS and not word.startswith("saint"):
            yield from ((build_key((other, word)), PART_OF_NAME) for other in HOSPITALS)


def _list_honoured(name: str, rest: Sequence[str]) -> Sequence[str]:
    """The words by one of which a hospital is called after whom it honours: a family name, or
    either of two that a hyphen joins."""
    if len(rest) == 2:
        return rest if "-" in name else rest[-1:]
    first = canonicalize(name.split("-", 1)[0])[1:] if "-" in name else ()
    return first if len(first) == 1 else ()


def _find_token(name: str) -> str:
    """The one word of a name that is not what things of its kind are called: `Laboratoire LISA`."""
    written = WORD.findall(name)
    tokens = [word for word in written if word.isupper() and len(word) >= MIN_READ_INITIALS]
    if not tokens or len(written) == 1:
        return ""
    words = [w for w in written if canonicalize_word(fold(w), "") not in DESCRIPTIONS]
    if len(words) != 1 or words[0] not in tokens or has_digit(words[0]):
        return ""
    return fold(words[0])


def _read_initials(name: str) -> str:
    """The initials of the words of a name that are not small, where these are enough."""
    written = WORD.findall(fold(ELISION.sub("", name)))
    words = [word for word in written if word not in WITHOUT_INITIALS]
    if not MIN_READ_INITIALS <= len(words) <= MAX_READ_INITIALS:
        return ""
    return "".join(word[0] for word in words) if all(map(str.isalpha, words)) else ""
