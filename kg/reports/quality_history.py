"""Quality history of the sources over releases, carried from report to report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MAX_HISTORY_LENGTH: Final = 50
"""Releases in a history, at most."""


@dataclass(frozen=True)
class HistoryPoint:
    """Counts and score of one release: of all its sources, or of one."""

    release: str
    created: str
    read: int
    accepted: int
    refused: int
    warned: int
    score: float | None


def extend_history(before: Mapping[str, Any], entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The history of a release: that of the one before, and its own entry."""
    past = before.get("history", [])
    others = [dict(past_entry) for past_entry in past if past_entry["release"] != entry["release"]]
    return [*others, dict(entry)][-MAX_HISTORY_LENGTH:]


def make_history_entry(
    release: str, created: str, parts: Iterable[tuple[str, Mapping[str, Any]]]
) -> dict[str, Any]:
    """The entry of a release: the counts of each of its sources."""
    return {"release": release, "created": created, "sources": dict(parts)}


def list_points(
    history: Sequence[Mapping[str, Any]], source: str | None = None
) -> list[HistoryPoint]:
    """The points of one source, or of all together, oldest first."""
    points = []
    for each in history:
        sources = each["sources"]
        parts = list(sources.values()) if source is None else [sources.get(source)]
        present = [part for part in parts if part]
        if present:
            points.append(_make_point(each, present))
    return points


def _make_point(each: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> HistoryPoint:
    scores = [part["score"] for part in parts if part["score"] is not None]
    counts = {
        name: sum(part[name] for part in parts)
        for name in ("read", "accepted", "refused", "warned")
    }
    score = round(sum(scores) / len(scores), 1) if scores else None
    return HistoryPoint(each["release"], each["created"], **counts, score=score)
