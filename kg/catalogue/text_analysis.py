"""Text analysis for search: folding, elisions, tokenizing, stop words, stemming.

The index and queries are analysed alike, so that spelling variants match: accents, case, plurals,
`St` for `Saint`, initials with or without full stops (`E.S.S.`), elisions with or without
apostrophes.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import Stemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

APOSTROPHES: Final = "'’ʼ"
APOSTROPHE: Final = re.compile(f"[{APOSTROPHES}]")
ELISION_PATTERN: Final = re.compile(
    rf"\b(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quoiqu)[{APOSTROPHES}](?=\w)", re.IGNORECASE
)
LOST_ELISION: Final = re.compile(r"\b[dl] +(?=[aeiouyhàâäéèêëîïôöùûü])")
"""Elision without its apostrophe (`L HAY`, `D ASCQ`), in lower case."""
RIVER_ABBREVIATION: Final = re.compile(r"(?<![^\s-])s/(s(?!\w))?[\s-]*(?=\w)")
"""Abbreviations in place names: `Fontenay s/s Bois` (sous), `Chalon s/ Saône` (sur)."""
SAINT_ABBREVIATION: Final = re.compile(r"st(?<!\wst)(e?s?)\b\.?(?=[\s'’ʼ-]+[^\W\d_])")
"""`St`, `Ste`, `Sts` or `Stes` before a name, in lower case; letters first, for speed."""
DOTTED_INITIALS: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b(?!\.))?")
"""Initials with full stops."""
WORD: Final = re.compile(r"\w+")
NUMBER: Final = re.compile("[0-9]+")
SORT_DIGITS: Final = 10
"""Width to which numbers are padded, so that 2 sorts before 10."""
LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "_": " "})
LIGATURE: Final = re.compile("[œæß_]")
"""Quick test for `LIGATURES`, which few texts contain: ten times faster than replacing."""
COMMON_MARKS: Final = re.compile("[\u0300-\u034e\u0350-\u036f]+")
"""Combining marks of Latin letters: hardly a text has others, each of which is looked up."""

MIN_STEM_LENGTH: Final = 4
"""Minimum length of a stem that is specific to its words."""

STOP_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """a au aux avec ce ces cet cette dans de des du elle en est et il ils je la le les leur
        leurs lui ma mais me mes mon ne nos notre nous on ou par pas pour qu que qui sa se ses son
        sont sur ta te tes ton tu un une vos votre vous y
        the of and in on for to is are with by at from an as or""",
    )
)


def build_natural_sort_key(text: str) -> str:
    """Return a sort key that orders the numbers in a text by value."""
    return NUMBER.sub(lambda match: match[0].zfill(SORT_DIGITS), text)


def fold(text: str) -> str:
    """Fold a text: lower case, without accents or ligatures."""
    if text.isascii():
        return text.lower()
    # decompose before lowering: some letters only have a lower case once decomposed
    bare = COMMON_MARKS.sub("", unicodedata.normalize("NFKD", text))
    if not bare.isascii():
        bare = "".join(char for char in bare if not unicodedata.combining(char))
    return bare.lower().translate(LIGATURES)


@lru_cache(maxsize=200_000)
def fold_cached(word: str) -> str:
    """Fold a word, with a cache, since texts repeat words."""
    return fold(word)


def tokenize(text: str) -> list[str]:
    """The words of a text in lower case, with accents, without elisions."""
    plain = expand_abbreviations(text.lower())
    if LIGATURE.search(plain):
        plain = plain.translate(LIGATURES)
    if APOSTROPHE.search(plain):
        plain = ELISION_PATTERN.sub("", plain)
    if " d " in plain or " l " in plain or plain[:2] in ("d ", "l "):
        plain = LOST_ELISION.sub("", plain)
    return WORD.findall(plain)


def expand_abbreviations(text: str) -> str:
    """Lower a text and expand its abbreviations: `St`, `S/S`, `E.S.S.`."""
    if "." in text:
        text = DOTTED_INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    if "s/" in text:
        text = RIVER_ABBREVIATION.sub(lambda match: "sous " if match[1] else "sur ", text)
    return SAINT_ABBREVIATION.sub(_saint, text) if "st" in text else text


def _saint(match: re.Match[str]) -> str:
    # a function, because a template would be parsed at each call, even without a match
    return "saint" + match[1]


def tokenize_without_stop_words(text: str) -> list[str]:
    """Return the words of a text without stop words; all words if there are no others."""
    words = tokenize(text)
    return [word for word in words if fold_cached(word) not in STOP_WORDS] or words


@lru_cache(maxsize=200_000)
def find_stems(word: str) -> frozenset[str]:
    """Return all stems of a word.

    The French stemmer relies on accents, which queries often omit, so that both forms are stemmed.
    A stem of three letters or fewer must not drop more than one letter: "lil" is no stem of
    "lilas".
    """
    plain = fold_cached(word)
    french, english = _load_stemmers()
    stems = {fold(french.stemWord(word)), french.stemWord(plain), english.stemWord(plain)}
    if plain.endswith("eux"):  # the stemmer knows it as the end of adjectives alone
        stems.add(plain[:-1])
    if len(min(stems, key=len)) >= MIN_STEM_LENGTH:
        return frozenset(stems)
    long_stems = {
        stem for stem in stems if len(stem) >= MIN_STEM_LENGTH or len(plain) <= len(stem) + 1
    }
    return frozenset(long_stems or {plain})


@lru_cache(maxsize=1)
def _load_stemmers() -> tuple[Stemmer.Stemmer, Stemmer.Stemmer]:
    return Stemmer.Stemmer("french"), Stemmer.Stemmer("english")


def compute_edit_distance(one: str, other: str, bound: int) -> int:
    """Count the edits between two words, at most `bound + 1`; a swap of neighbours is one.

    This is the optimal string alignment distance.
    """
    return int(OSA.distance(one, other, score_cutoff=bound))


def find_within_edits(word: str, others: Sequence[str], most: int) -> list[str]:
    """Return those of some words that are at most so many edits from a word."""
    near = process.extract(word, others, scorer=OSA.distance, score_cutoff=most, limit=None)
    return [other for other, _, _ in near]
