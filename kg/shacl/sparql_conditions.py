"""Three-valued boolean algebra over SPARQL conditions, with constant folding.

A condition never raises an error in SPARQL: an expression that might is wrapped in COALESCE, since
an error in a FILTER would drop the node, and with it a violation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TRUE: Final = "true"
FALSE: Final = "false"


class Disjunction(str):
    """Disjunction with its parts, so that it can be flattened into another."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]


class Conjunction(str):
    """Conjunction with its parts, so that one of them may be looked up first."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]


class Exists(str):
    """EXISTS with its pattern and condition, so that it can be merged with others."""

    __slots__ = ("condition", "pattern")
    pattern: str
    condition: str


class NotExists(str):
    """NOT EXISTS, with the EXISTS it negates."""

    __slots__ = ("negated",)
    negated: Exists


class JoinableExists(str):
    """EXISTS whose pattern may as well be joined with the targets."""

    __slots__ = ("pattern",)
    pattern: str


def split_disjuncts(condition: str) -> tuple[str, ...]:
    """The alternatives of a condition."""
    return condition.parts if isinstance(condition, Disjunction) else (condition,)


def any_of(conditions: Iterable[str]) -> str:
    """At least one of the conditions; EXISTS with the same pattern are merged into one."""
    flat = [part for condition in conditions for part in split_disjuncts(condition)]
    along: dict[str, list[str]] = {}
    for part in flat:
        if isinstance(part, Exists):
            along.setdefault(part.pattern, []).append(part.condition)
    merged = [exists(pattern, any_of(part)) for pattern, part in along.items()]
    others = [c for c in flat if not isinstance(c, Exists)]
    return _join_conditions([*others, *merged], " || ", FALSE, TRUE)


def all_of(conditions: Iterable[str]) -> str:
    """Every one of the conditions."""
    return _join_conditions(conditions, " && ", TRUE, FALSE)


def not_(condition: str) -> str:
    """Negation of a condition."""
    if condition in (TRUE, FALSE):
        return FALSE if condition == TRUE else TRUE
    if isinstance(condition, NotExists):
        return condition.negated
    if isinstance(condition, Exists):
        without = NotExists(f"NOT {condition}")
        without.negated = condition
        return without
    return f"!({condition})"


def _join_conditions(conditions: Iterable[str], word: str, neutral: str, decisive: str) -> str:
    parts = [c for c in dict.fromkeys(conditions) if c != neutral]
    if decisive in parts:
        return decisive
    if len(parts) < 2:
        return parts[0] if parts else neutral
    joined = (Conjunction if neutral == TRUE else Disjunction)(f"({word.join(parts)})")
    joined.parts = tuple(parts)
    return joined


def exists(pattern: str, condition: str = TRUE) -> str:
    """Whether the pattern has a solution that meets the condition."""
    if condition == FALSE:
        return FALSE
    pattern_exists = Exists(f"EXISTS {{ {pattern} {format_filter(condition)}}}")
    pattern_exists.pattern, pattern_exists.condition = pattern, condition
    return pattern_exists


def format_filter(condition: str) -> str:
    """The condition as a FILTER, nothing if it is always met."""
    return "" if condition == TRUE else f"FILTER({condition}) "


@dataclass(frozen=True)
class TernaryCondition:
    """Pair of conditions on a term, each true at least where it should be.

    `fails` holds wherever the term does not conform, `passes` wherever it does; where both hold,
    the reference validator decides. A condition that is too narrow would lose a violation.
    """

    fails: str
    passes: str

    @property
    def negation(self) -> "TernaryCondition":
        return TernaryCondition(self.passes, self.fails)


UNKNOWN: Final = TernaryCondition(TRUE, TRUE)
NEVER_FAILS: Final = TernaryCondition(FALSE, TRUE)


def make_exact(passes: str) -> TernaryCondition:
    """The pair for a condition that SPARQL decides exactly as pyshacl does."""
    return TernaryCondition(not_(passes), passes)


def conjoin(verdicts: Iterable[TernaryCondition]) -> TernaryCondition:
    """Conforming to all."""
    listed = list(verdicts)
    return TernaryCondition(any_of(v.fails for v in listed), all_of(v.passes for v in listed))


def disjoin(verdicts: Iterable[TernaryCondition]) -> TernaryCondition:
    """Conforming to at least one."""
    listed = list(verdicts)
    return TernaryCondition(all_of(v.fails for v in listed), any_of(v.passes for v in listed))


def exactly_one(verdicts: Iterable[TernaryCondition]) -> TernaryCondition:
    """Conforming to exactly one."""
    listed = list(verdicts)
    surely = " + ".join(f"IF({v.fails}, 0, 1)" for v in listed)
    perhaps = " + ".join(f"IF({v.passes}, 1, 0)" for v in listed)
    return TernaryCondition(
        not_(all_of([f"({surely}) = 1", f"({perhaps}) = 1"])), any_of(v.passes for v in listed)
    )
