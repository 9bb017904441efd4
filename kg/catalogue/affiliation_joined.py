"""Words of an affiliation string between which a blank is lost, as copying from pages loses it.

`UniversitéTours` is the university of Tours, `Universitéde Tours` too, `UNIROUEN` that of Rouen.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from kg.catalogue.affiliation_countries import is_country
from kg.catalogue.affiliation_index import count_names
from kg.catalogue.affiliation_words import Word
from kg.catalogue.canonical_names import (
    CANONICAL_WORDS,
    SMALL_WORDS,
    SYNONYMS,
    canonicalize_word,
)
from kg.catalogue.text_analysis import fold

MIN_CITY_LETTERS: Final = 4
MIN_JOINED_LETTERS: Final = 7
"""Letters of words that are written as one."""
MIN_PIECE_LETTERS: Final = 3
BOUNDARY: Final = re.compile(
    r"(?<=[^\W\dA-ZÀ-Ý_])(?=[A-ZÀ-Ý])|(?<=[A-ZÀ-Ý])(?=[A-ZÀ-Ý][^\W\dA-ZÀ-Ý_]{3})|(?<=\d)(?=[^\W\d_]{4})|(?<=[^\W\d_]{4})(?=\d)"
)
"""Between a small letter and a capital, or between a word and a number."""
SMALL_ENDS: Final = ("des", "de", "du", "of")
UNIVERSITY: Final = "uni"
"""With what short names of universities begin."""
JOINED_SMALL: Final = re.compile(rf"(?P<head>.{{5,}})(?:{'|'.join(SMALL_ENDS)})$")


def split_joined(file: sqlite3.Connection, words: list[Word]) -> list[Word]:
    """The words, those that no name has but their pieces as several."""
    cuts: dict[int, list[Word]] = {}
    for position, word in enumerate(words):
        if len(word.canonical) >= MIN_JOINED_LETTERS and (cut := _cut(word)):
            cuts[position] = cut
    if not cuts:
        return words
    asked = {words[position].canonical for position in cuts}
    asked |= {piece.canonical for cut in cuts.values() for piece in cut}
    known = count_names(file, asked)
    split: list[Word] = []
    for position, word in enumerate(words):
        cut = cuts.get(position, [])
        told = bool(cut) and word.canonical not in known and _are_words(cut, known)
        split += cut if told else [word]
    return split


def _cut(word: Word) -> list[Word]:
    """The words that one may be, none where it shows nothing of the kind."""
    if BOUNDARY.search(word.written) or word.canonical.endswith(SMALL_ENDS):
        pieces = _cut_pieces(word)
        if [piece.canonical for piece in pieces] != [word.canonical]:
            return pieces
    return _cut_university(word) if word.canonical.startswith(UNIVERSITY) else []


def _cut_university(word: Word) -> list[Word]:
    """The short name of the university of a city as two words."""
    city = word.canonical.removeprefix(UNIVERSITY)
    if not city.isalpha() or len(city) < MIN_CITY_LETTERS or word.canonical in CANONICAL_WORDS:
        return []
    return [
        word._replace(canonical="universite", last=False),
        word._replace(canonical=city, first=False, after_small=False),
    ]


def _cut_pieces(word: Word) -> list[Word]:
    """The pieces of a word that may be words, small ones left out."""
    pieces: list[Word] = []
    small = word.after_small
    for written in BOUNDARY.split(word.written):
        folded = fold(written)
        match = JOINED_SMALL.match(folded)
        head = match["head"] if match else folded
        if match and head not in SYNONYMS and head not in CANONICAL_WORDS:
            head = folded
        if folded not in SMALL_WORDS:
            before = pieces[-1].canonical if pieces else ""
            canonical = canonicalize_word(head, before)
            pieces.append(word._replace(written=written, canonical=canonical, after_small=small))
        small = folded in SMALL_WORDS or head != folded
    return [
        piece._replace(
            first=(word.first and n == 0) or (n > 0 and _is_apart(piece)),
            last=(word.last and n == len(pieces) - 1)
            or (n + 1 < len(pieces) and _is_apart(pieces[n + 1])),
        )
        for n, piece in enumerate(pieces)
    ]


def _is_apart(piece: Word) -> bool:
    """Whether a piece is initials, a number or a country, with which something else begins."""
    return piece.written.isupper() or piece.written.isdigit() or is_country(piece.written)


def _are_words(pieces: Sequence[Word], known: Mapping[str, int]) -> bool:
    """Whether names have all pieces, initials at the end and numbers apart."""
    *heads, end = pieces
    return all(
        piece.canonical.isdigit()
        or is_country(piece.written)
        or (piece.canonical in known and len(piece.canonical) >= MIN_PIECE_LETTERS)
        for piece in (heads if heads and end.written.isupper() else pieces)
    )
