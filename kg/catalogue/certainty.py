"""Match certainty: candidates of a reconciliation, and whether the first is a certain match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kg.catalogue import namesakes
from kg.catalogue.former_names import FormerName
from kg.catalogue.name_similarity import MIN_SAME_WORDS_SCORE
from kg.catalogue.records import Item

MIN_CERTAIN_SCORE: Final = 95.0
MATCH_MARGIN: Final = 8.0
"""Score margin between a certain match and the next candidate, and between their names."""
PROPERTY_WEIGHT: Final = 0.35
"""Weight of column values in a score, if the query has any."""
NAMES: Final = ("alt_labels", "acronym", "legal_name")
NAMING: Final = ("label_fr", "label_en", *NAMES)


@dataclass(frozen=True)
class Candidate:
    """Candidate record of a reconciliation."""

    item: Item
    score: float
    """Score from 0 to 100."""
    features: Mapping[str, float | bool] = field(default_factory=dict)
    """Components of the score: `name` and `property:…` from 0 to 100, and `identifier`."""
    match: bool = False
    formerly: FormerName | None = None
    """Former name that led to the record, where its current names differ."""


def lower_unidentified(scored: Sequence[Candidate]) -> Sequence[Candidate]:
    """Lower the scores of candidates without the identifier, if another candidate has it."""
    if not any(one.features["identifier"] for one in scored):
        return scored
    factor = 1 - PROPERTY_WEIGHT
    return [
        one if one.features["identifier"] else replace(one, score=round(one.score * factor, 1))
        for one in scored
    ]


def mark_certain_match(ordered: Sequence[Candidate]) -> list[Candidate]:
    """Mark the first candidate as a match where it is certain and has no rival."""
    if not ordered:
        return []
    first, *rest = ordered
    least = float(first.features.get("name", 0)) - MATCH_MARGIN
    near = (
        one
        for one in rest
        if one.score > first.score - MATCH_MARGIN and float(one.features.get("name", 0)) > least
    )
    certain = (
        first.score >= MIN_CERTAIN_SCORE
        and _has_same_name_or_identifier(first)
        and all(_is_no_rival(one, first) for one in near)
    )
    return [replace(first, match=certain), *rest]


def _is_no_rival(one: Candidate, first: Candidate) -> bool:
    """Tell whether a candidate of similar score is not a rival of the first one."""
    if namesakes.is_named_after(one.item, first.item):
        return True
    return one.formerly is not None and namesakes.is_far_larger(first.item, one.item)


def _has_same_name_or_identifier(one: Candidate) -> bool:
    """Require an equal name or identifier for a match: equal values alone do not suffice."""
    naming = ("name", *(f"property:{name}" for name in NAMING))
    return bool(one.features["identifier"]) or any(
        float(one.features.get(name, 0)) >= MIN_SAME_WORDS_SCORE for name in naming
    )
