"""Records that are compared, and pairs of them with their score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MARGIN: Final = 5.0
"""By how much the next best candidate of either record must be less likely."""


@dataclass(frozen=True)
class DescribedRecord:
    """A record as its sources describe it."""

    id: str
    """`kind/key`."""
    dataset: str
    kind: str
    names: Sequence[str]
    """Its labels first, then other names."""
    acronyms: Sequence[str] = ()
    commune: str = ""
    """The INSEE code of its commune."""
    country: str = ""
    site: str = ""
    founded: str = ""
    identifiers: Sequence[tuple[str, str]] = ()
    """(scheme, value)"""


@dataclass(frozen=True)
class ScoredPair:
    """Two records that may be one thing."""

    left: str
    right: str
    weight: float
    """Logarithm to base 2 of the odds that they are."""
    lead: float
    """By how much the next best candidate of either in the other's source is less likely."""
    reasons: tuple[tuple[str, str, float], ...]
    """(what is compared, how it compares, the weight of that)"""
    sure: bool

    @property
    def certainty(self) -> float:
        """How sure the decision is either way, without bound: what a person looks at first has 0.

        A pair is as sure as its weight, or as its lead where that is less.
        """
        return min(self.weight, self.lead - MARGIN / 2)
