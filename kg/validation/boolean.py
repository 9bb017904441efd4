"""SPARQL conditions put together as texts, with what is always true or false taken out.

A condition here never errs: whoever writes one wraps in COALESCE what might.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TRUE: Final = "true"
FALSE: Final = "false"


class Either(str):
    """A disjunction, its parts kept so that it can be joined to others."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]


class Exists(str):
    """An EXISTS, its pattern and condition kept so that it can be merged with others."""

    __slots__ = ("condition", "pattern")
    pattern: str
    condition: str


class Without(str):
    """A NOT EXISTS, with the EXISTS it denies."""

    __slots__ = ("denied",)
    denied: Exists


class Joinable(str):
    """An EXISTS whose pattern may as well be joined to what the condition is on, kept for that."""

    __slots__ = ("pattern",)
    pattern: str


def parts_of(condition: str) -> tuple[str, ...]:
    """The conditions of which one is enough."""
    return condition.parts if isinstance(condition, Either) else (condition,)


def any_of(conditions: Iterable[str]) -> str:
    """At least one of the conditions; those that look along the same pattern look once."""
    flat = [part for condition in conditions for part in parts_of(condition)]
    along: dict[str, list[str]] = {}
    for found in flat:
        if isinstance(found, Exists):
            along.setdefault(found.pattern, []).append(found.condition)
    merged = [exists(pattern, any_of(found)) for pattern, found in along.items()]
    others = [c for c in flat if not isinstance(c, Exists)]
    return _joined([*others, *merged], " || ", FALSE, TRUE)


def all_of(conditions: Iterable[str]) -> str:
    """Every one of the conditions."""
    return _joined(conditions, " && ", TRUE, FALSE)


def not_(condition: str) -> str:
    """The contrary of a condition."""
    if condition in (TRUE, FALSE):
        return FALSE if condition == TRUE else TRUE
    if isinstance(condition, Without):
        return condition.denied
    if isinstance(condition, Exists):
        without = Without(f"NOT {condition}")
        without.denied = condition
        return without
    return f"!({condition})"


def _joined(conditions: Iterable[str], word: str, neutral: str, decisive: str) -> str:
    found = [c for c in dict.fromkeys(conditions) if c != neutral]
    if decisive in found:
        return decisive
    if len(found) < 2:
        return found[0] if found else neutral
    text = "(" + word.join(found) + ")"
    if neutral == TRUE:
        return text
    either = Either(text)
    either.parts = tuple(found)
    return either


def exists(pattern: str, condition: str = TRUE) -> str:
    """Whether the pattern has a solution that meets the condition."""
    if condition == FALSE:
        return FALSE
    found = Exists(f"EXISTS {{ {pattern} {filtered(condition)}}}")
    found.pattern, found.condition = pattern, condition
    return found


def filtered(condition: str) -> str:
    """The condition as a FILTER, nothing if it is always met."""
    return "" if condition == TRUE else f"FILTER({condition}) "


@dataclass(frozen=True)
class Verdict:
    """What is known of a term before pyshacl judges it, both ways on the safe side.

    `fails` holds at least wherever the term does not conform; `passes` at least wherever it does.
    """

    fails: str
    passes: str

    @property
    def contrary(self) -> "Verdict":
        return Verdict(self.passes, self.fails)


UNKNOWN: Final = Verdict(TRUE, TRUE)
NEVER_FAILS: Final = Verdict(FALSE, TRUE)


def exact(passes: str) -> Verdict:
    """The verdict of a condition that SPARQL decides exactly as pyshacl does."""
    return Verdict(not_(passes), passes)


def both(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of conforming to all."""
    found = list(verdicts)
    return Verdict(any_of(v.fails for v in found), all_of(v.passes for v in found))


def either(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of conforming to at least one."""
    found = list(verdicts)
    return Verdict(all_of(v.fails for v in found), any_of(v.passes for v in found))


def exactly_one(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of conforming to one and to no other."""
    found = list(verdicts)
    surely = " + ".join(f"IF({v.fails}, 0, 1)" for v in found)
    perhaps = " + ".join(f"IF({v.passes}, 1, 0)" for v in found)
    return Verdict(
        not_(all_of([f"({surely}) = 1", f"({perhaps}) = 1"])), any_of(v.passes for v in found)
    )
