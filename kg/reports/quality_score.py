"""Quality score of a source: the mean of four reproducible shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from kg.kinds import Text
from kg.namespaces import ID, RDF_TYPE, expand
from kg.reports.row_counts import RowCounts
from kg.work_tables import QUADS

DERIVED_FROM: Final = expand("prov:wasDerivedFrom")
"""Property that every described record has once."""


@dataclass(frozen=True)
class QualityMeasure:
    """Measure of quality: a share with its definition."""

    name: str
    label: Text
    definition: Text


QUALITY_MEASURES: Final = (
    QualityMeasure(
        "valid",
        Text("Sans défaut", "Without fault"),
        Text(
            "part des lignes lues qui sont acceptées sans avertissement",
            "share of the lines read that are accepted without a warning",
        ),
    ),
    QualityMeasure(
        "complete",
        Text("Complètes", "Complete"),
        Text(
            "part des lignes acceptées auxquelles il ne manque rien de ce qui est recommandé",
            "share of the accepted lines that lack nothing of what is recommended",
        ),
    ),
    QualityMeasure(
        "sourced",
        Text("Sourcées", "Sourced"),
        Text(
            "part des lignes acceptées qui disent le passage ou la ligne où elles ont été lues",
            "share of the accepted lines that say the passage or row where they were read",
        ),
    ),
    QualityMeasure(
        "linked",
        Text("Liens qui aboutissent", "Links that lead somewhere"),
        Text(
            "part des liens vers d'autres fiches qui mènent à une fiche du graphe",
            "share of the links to other records that lead to a record of the graph",
        ),
    ),
)


@dataclass(frozen=True)
class Quality:
    """Shares from 0 to 1 by measure, without measures that have nothing to count."""

    shares: Mapping[str, float]

    @property
    def score(self) -> float | None:
        """The mean of the shares, out of 100; None where there is none."""
        if not self.shares:
            return None
        return round(100 * sum(self.shares.values()) / len(self.shares), 1)

    def to_json(self) -> dict[str, Any]:
        return {"score": self.score, "shares": dict(self.shares)}


def measure_quality(
    db: duckdb.DuckDBPyConnection, counts: Mapping[str, RowCounts]
) -> Mapping[str, Quality]:
    """The quality of each source, from its counts and its quads."""
    sourced, links = _count_sourced(db), _count_links(db)
    qualities = {}
    for source, counted in counts.items():
        resolved, stated = links.get(source, (0, 0))
        shares = {
            "valid": _compute_share(counted.clean, counted.read),
            "complete": _compute_share(counted.accepted - counted.suggested, counted.accepted),
            "sourced": _compute_share(sourced.get(source, 0), counted.accepted),
            "linked": _compute_share(resolved, stated),
        }
        qualities[source] = Quality({name: x for name, x in shares.items() if x is not None})
    return qualities


def _compute_share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _count_sourced(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = db.execute(
        f"SELECT source, count(DISTINCT record) FROM {QUADS} WHERE p = ? AND record IS NOT NULL "
        "GROUP BY source",
        [DERIVED_FROM],
    ).fetchall()
    return dict(rows)


def _count_links(db: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """By source: links to other records that lead somewhere, and all of them."""
    rows = db.execute(
        f"WITH links AS (SELECT source, o[2:-2] AS target, count(*) AS n FROM {QUADS} "
        "WHERE starts_with(o, ?) AND NOT contains(o, '#') AND NOT starts_with(o, ?) "
        "GROUP BY ALL) "
        "SELECT source, coalesce(sum(n) FILTER (target IN "
        f"(SELECT s FROM {QUADS} WHERE p = ?)), 0)::BIGINT, sum(n)::BIGINT FROM links GROUP BY "
        "source",
        [f"<{ID}", f"<{ID}source/", RDF_TYPE],
    ).fetchall()
    return {source: (resolved, stated) for source, resolved, stated in rows}
