"""Text analysis for search: folding, elisions, tokenizing, stop words, stemming.

The index and the questions go through the same functions, so that what was written and what was
typed meet: without accents, without case, singular and plural alike, `St` and `Ste` before a name
written out, initials without their stops (`E.S.S.`), with or without the apostrophe of an elision.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import Stemmer
from rapidfuzz.distance import OSA

APOSTROPHES: Final = "'’ʼ"
APOSTROPHE: Final = re.compile(f"[{APOSTROPHES}]")
ELISION_PATTERN: Final = re.compile(
    rf"\b(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quoiqu)[{APOSTROPHES}](?=\w)", re.IGNORECASE
)
LOST_ELISION: Final = re.compile(r"\b[dl] +(?=[aeiouyhàâäéèêëîïôöùûü])")
"""An elision whose apostrophe was lost (`L HAY`, `D ASCQ`), in lower case."""
RIVER_ABBREVIATION: Final = re.compile(r"(?<![^\s-])s/(s(?!\w))?[\s-]*(?=\w)")
"""`Fontenay s/s Bois` is sous, `Chalon s/ Saône` is sur."""
SAINT_ABBREVIATION: Final = re.compile(r"st(?<!\wst)(e?s?)\b\.?(?=[\s'’ʼ-]+[^\W\d_])")
"""`St`, `Ste`, `Sts` or `Stes` before a name, in lower case; the letters first, to be quick."""
DOTTED_INITIALS: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b(?!\.))?")
"""Initials with their stops."""
WORD: Final = re.compile(r"\w+")
NUMBER: Final = re.compile("[0-9]+")
SORT_DIGITS: Final = 10
"""Digits to which the numbers of a name are filled, so that 2 sorts before 10."""
LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "_": " "})
LIGATURE: Final = re.compile("[œæß_]")
"""What LIGATURES changes: few texts have any of it, and to look is ten times faster."""

MIN_STEM_LENGTH: Final = 4
"""Letters from which a stem says something of a family of words."""

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
    """A text by which names sort with their numbers in the order of numbers."""
    return NUMBER.sub(lambda match: match[0].zfill(SORT_DIGITS), text)


def fold(text: str) -> str:
    """A text in lower case, without accents or ligatures."""
    if text.isascii():
        return text.lower()
    # decomposed before it is put in lower case: some letters only have a capital once decomposed
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.lower().translate(LIGATURES)


@lru_cache(maxsize=200_000)
def fold_cached(word: str) -> str:
    """A word folded, remembered: texts are made of the same words."""
    return fold(word)


def tokenize(text: str) -> Iterator[str]:
    """The words of a text in lower case, with their accents, elisions taken off."""
    plain = expand_abbreviations(text.lower())
    if LIGATURE.search(plain):
        plain = plain.translate(LIGATURES)
    if APOSTROPHE.search(plain):
        plain = ELISION_PATTERN.sub("", plain)
    if " d " in plain or " l " in plain or plain[:2] in ("d ", "l "):
        plain = LOST_ELISION.sub("", plain)
    yield from WORD.findall(plain)


def expand_abbreviations(text: str) -> str:
    """A text in lower case whose abbreviations are words: `St`, `S/S`, `E.S.S.`."""
    if "." in text:
        text = DOTTED_INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    if "s/" in text:
        text = RIVER_ABBREVIATION.sub(lambda match: "sous " if match[1] else "sur ", text)
    return SAINT_ABBREVIATION.sub(_saint, text) if "st" in text else text


def _saint(match: re.Match[str]) -> str:
    # a function: a template is looked up at each call, also where nothing is found
    return "saint" + match[1]


def tokenize_without_stop_words(text: str) -> list[str]:
    """The words of a text that tell something; all of them where none does."""
    words = list(tokenize(text))
    return [word for word in words if fold_cached(word) not in STOP_WORDS] or words


@lru_cache(maxsize=200_000)
def find_stems(word: str) -> frozenset[str]:
    """Every stem under which a word is found.

    The French stemmer needs accents and people leave them out: both ways are kept. A stem of three
    letters or fewer is kept where it leaves out one letter at most: "lil" is no stem of "lilas".
    """
    plain = fold_cached(word)
    french, english = _load_stemmers()
    stems = {fold(french.stemWord(word)), french.stemWord(plain), english.stemWord(plain)}
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
    """Edits between two words (a swap of neighbours is one), `bound + 1` where there are more.

    The optimal string alignment distance.
    """
    return int(OSA.distance(one, other, score_cutoff=bound))
