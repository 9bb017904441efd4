"""Organisations recognised in affiliation strings of articles, as authors write them.

The string is split into words (`affiliation_words`), the names in it are found and chosen
(`affiliation_spans`), and it is judged which organisation each means (`affiliation_reading`).
"""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kg.catalogue.affiliation_countries import is_country
from kg.catalogue.affiliation_index import (
    Surroundings,
    count_names,
    find_nearest_word,
    read_surroundings,
)
from kg.catalogue.affiliation_joined import split_joined
from kg.catalogue.affiliation_reading import (
    COUNTRYWIDE_PARTS,
    SUPPORT,
    SURE,
    Reading,
    Recognised,
)
from kg.catalogue.affiliation_spans import choose_spans, find_spans
from kg.catalogue.affiliation_words import Word, has_parts, split_words
from kg.catalogue.canonical_names import UNIT_NUMBER, find_synonym

MAX_STRING_LETTERS: Final = 1_000
MAX_STRING_WORDS: Final = 120
MIN_CORRECTED_LETTERS: Final = 5
ADDRESS: Final = re.compile(r"\b\d{5}\b|\bc[eé]dex\b", re.IGNORECASE)
"""What addresses have: a post code."""


def is_affiliation(text: str) -> bool:
    """Whether a text says more than a name: several things, the number of a unit, an address."""
    if has_parts(text) or ADDRESS.search(text) or UNIT_NUMBER.search(text):
        return True
    words = text.split()
    return len(words) > 1 and is_country(words[-1].strip("."))


def recognise_organisations(file: sqlite3.Connection, text: str) -> list[Recognised]:
    """The organisations that a string names.

    Universities come first, as publishers name them, then hospitals, what is part of others, and
    national bodies with parts everywhere last.
    """
    words = split_words(text[:MAX_STRING_LETTERS])[:MAX_STRING_WORDS]
    if not words:
        return []
    words, counts = _correct_words(file, split_joined(file, words))
    spans = find_spans(file, words)
    around = read_surroundings(file, {n.id for span in spans for n in span.namings})
    chosen = choose_spans(words, spans, around)
    reading = Reading(words, chosen, around, counts)
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
    return sorted(best.values(), key=lambda found: _rank(found, around[found.id]))


def _rank(found: Recognised, around: Surroundings) -> tuple[bool, bool, int, int, float, int]:
    everywhere = around.parts >= COUNTRYWIDE_PARTS
    return not found.sure, everywhere, around.rank, around.parts, -found.score, found.id


def _correct_words(
    file: sqlite3.Connection, words: list[Word]
) -> tuple[list[Word], Mapping[str, int]]:
    """The words, those that no name has and that are one letter from a word of one corrected; in
    how many names each is.
    """
    known = count_names(file, {word.canonical for word in words})
    shouted = all(word.written.isupper() for word in words if word.written.isalpha())
    corrected = [
        word._replace(canonical=better, corrected=True)
        if word.canonical not in known
        and (shouted or not word.written.isupper())
        and len(word.canonical) >= MIN_CORRECTED_LETTERS
        and word.canonical.isalpha()
        and (better := find_synonym(word.canonical) or find_nearest_word(file, word.canonical))
        else word
        for word in words
    ]
    better_words = {word.canonical for word in corrected if word.corrected}
    return corrected, {**known, **count_names(file, better_words)} if better_words else known
