"""Candidates of a reconciliation, and whether the first is certain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kg.catalogue import namesakes
from kg.catalogue.former_names import FormerName
from kg.catalogue.name_similarity import MIN_SAME_WORDS_SCORE
from kg.catalogue.records import Item

CERTAIN: Final = 95.0
APART: Final = 8.0
"""Points between a certain match and what comes next, and between their names."""
PROPERTIES: Final = 0.35
"""The part of the values of columns in a score, where some are given."""
NAMES: Final = ("alt_labels", "acronym", "legal_name")
NAMING: Final = ("label_fr", "label_en", *NAMES)


@dataclass(frozen=True)
class Candidate:
    """A record that may be meant."""

    item: Item
    score: float
    """0 to 100."""
    features: Mapping[str, float | bool] = field(default_factory=dict)
    """What the score is made of: `name` and `property:…` from 0 to 100, `identifier`."""
    match: bool = False
    formerly: FormerName | None = None
    """The name of the past by which it was found, where its names of today are others."""


def without_identifier(scored: Sequence[Candidate]) -> Sequence[Candidate]:
    """Where one has the identifier that is given, the others lose by not having it."""
    if not any(one.features["identifier"] for one in scored):
        return scored
    factor = 1 - PROPERTIES
    return [
        one if one.features["identifier"] else replace(one, score=round(one.score * factor, 1))
        for one in scored
    ]


def with_match(ordered: Sequence[Candidate]) -> list[Candidate]:
    """The first is a match where it is certain and nothing else comes near."""
    if not ordered:
        return []
    first, *rest = ordered
    least = float(first.features.get("name", 0)) - APART
    near = (
        one
        for one in rest
        if one.score > first.score - APART and float(one.features.get("name", 0)) > least
    )
    certain = (
        first.score >= CERTAIN
        and _named_or_identified(first)
        and all(_is_no_rival(one, first) for one in near)
    )
    return [replace(first, match=certain), *rest]


def _is_no_rival(one: Candidate, first: Candidate) -> bool:
    """Whether a candidate that comes near is not meant where the first may be."""
    if namesakes.is_named_after(one.item, first.item):
        return True
    return one.formerly is not None and namesakes.is_city_beside(first.item, one.item)


def _named_or_identified(one: Candidate) -> bool:
    """Whether the name is the same or an identifier is: values alone may suit what is not meant."""
    naming = ("name", *(f"property:{name}" for name in NAMING))
    return bool(one.features["identifier"]) or any(
        float(one.features.get(name, 0)) >= MIN_SAME_WORDS_SCORE for name in naming
    )
