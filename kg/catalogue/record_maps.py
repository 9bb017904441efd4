"""Maps of a list: where its records are, by clusters and by territory."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from kg.catalogue import bitmap, map_clusters, record_sets
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.extent_index import find_in_box
from kg.catalogue.filters import UNSTATED, BoundingBox, Filters
from kg.catalogue.map_clusters import Cluster, Points
from kg.catalogue.record_lists import RecordLists
from kg.catalogue.records import OTHER_LABEL_SQL
from kg.iris import build_record_iri, parse_record_iri
from kg.kinds import Text

COUNTRY: Final = "country-FR"
LEVELS: Final = (
    (COUNTRY, (("region", "collectivite"),)),
    ("region-", (("departement",), ("epci",))),
    ("departement-", (("arrondissement",), ("epci",), ("commune",))),
    ("", (("commune",), ("epci",), ("arrondissement-municipal",))),
)
"""By what a territory is counted: a prefix of its key, then those of the parts, tried in order."""
MAX_COUNTED_TERRITORIES: Final = 120
MAX_NAMED_RECORDS: Final = 600
"""Records of a map that are named."""


@dataclass(frozen=True)
class NamedRecord:
    """A record alone on a map."""

    key: str
    label: Text
    at_territory: bool
    """Whether its point is that of a territory, which is no address."""


@dataclass(frozen=True)
class RecordPoint:
    """Where a record is."""

    latitude: float
    longitude: float
    at_territory: bool
    """Whether that is the point of a territory, which is no address."""


@dataclass(frozen=True)
class TerritoryCount:
    """The records of a list in a territory, and how many of them are on the map."""

    key: str
    records: int
    placed: int


@dataclass(frozen=True)
class PlacedRecords:
    """The records of a list that have a point, to be looked at in windows."""

    total: int
    placed: int
    at_territory: int
    """How many of those that are placed are at the point of a territory."""
    bounds: BoundingBox | None
    """Their bounds; None where there are too many, or none."""
    find_clusters: Callable[[BoundingBox, int], Sequence[Cluster]]
    """The clusters of a window at a zoom."""
    find_in: Callable[[BoundingBox], tuple[int, BoundingBox | None]]
    """How many are in a box, and their bounds as above."""


class RecordMaps(RecordLists):
    """Catalogue with a map of each list."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._points: dict[str, Points] = {}
        self._points_lock = threading.Lock()

    def load_points(self) -> None:
        """Read the points of all records, so that no map waits for them."""
        for kind in self._ranges:
            self._get_points(kind)

    def place_records(self, kind: str, filters: Filters) -> PlacedRecords:
        """Find the records of a list that have a point.

        Raises BadRequest for an invalid filter.
        """
        span, file = self._ranges[kind], self._connection
        bits = self._select(kind, filters)
        points = self._get_points(kind)
        members = bits & points.located

        def find_clusters(window: BoundingBox, zoom: int) -> Sequence[Cluster]:
            return map_clusters.compute_clusters(file, span, points, members, window, zoom)

        def find_in(box: BoundingBox) -> tuple[int, BoundingBox | None]:
            inside = members & find_in_box(file, kind, span.first, span.last, box)
            return len(inside), map_clusters.find_bounds(points, inside)

        return PlacedRecords(
            len(bits),
            len(members),
            bitmap.count_common(members, points.at_territory),
            map_clusters.find_bounds(points, members),
            find_clusters,
            find_in,
        )

    def name_clustered(self, kind: str, clusters: Sequence[Cluster]) -> Mapping[int, NamedRecord]:
        """The records of clusters that are few and at one point, by position."""
        span = self._ranges[kind]
        at_territory = self._get_points(kind).at_territory
        positions = [p for cluster in clusters for p in cluster.positions][:MAX_NAMED_RECORDS]
        rows = self._connection.execute(
            f"SELECT id, key, label_fr, label_en, {OTHER_LABEL_SQL} FROM entity "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (orjson.dumps([span.first + p for p in positions]).decode(),),
        )
        return {
            number - span.first: NamedRecord(
                key, Text.with_fallback(fr, en, key, other), number - span.first in at_territory
            )
            for number, key, fr, en, other in rows
        }

    def locate_records(self, iris: Iterable[str]) -> Mapping[str, RecordPoint]:
        """The points of records, by IRI; what has none, and what is no record, is absent."""
        pairs = [(r.kind, r.key) for r in map(parse_record_iri, dict.fromkeys(iris)) if r]
        rows = self._connection.execute(
            "SELECT kind, entity.key, latitude, longitude, point_of FROM json_each(?) JOIN entity "
            "ON kind = value ->> 0 AND entity.key = value ->> 1 WHERE latitude IS NOT NULL",
            (orjson.dumps(pairs).decode(),),
        )
        return {
            build_record_iri(kind, key): RecordPoint(
                latitude, longitude, (point_of or f"{kind}/").startswith("territory/")
            )
            for kind, key, latitude, longitude, point_of in rows
        }

    def count_by_territory(
        self, kind: str, filters: Filters
    ) -> tuple[Sequence[TerritoryCount], int]:
        """Count a list by the territories on the level below the one it is filtered by.

        Also returns how many records are in none of them.
        """
        span, file = self._ranges[kind], self._connection
        bits, located = self._select(kind, filters), self._get_points(kind).located
        found = [
            (key, members)
            for key in self.list_territories_below(filters)
            if (members := bits & self._postings.get(file, span, "territory", key))
        ]
        found.sort(key=lambda pair: (-len(pair[1]), pair[0]))
        shown = found[:MAX_COUNTED_TERRITORIES]
        counts = [
            TerritoryCount(key, len(members), bitmap.count_common(members, located))
            for key, members in shown
        ]
        return counts, len(bits - bitmap.union(members for _, members in shown))

    def list_territories_below(self, filters: Filters) -> Sequence[str]:
        """List the territories that a list is counted by: one level below that of its filter.

        Of several these are themselves, whose parts another list would count with more.
        """
        chosen = filters.values.get("territory", ())
        if len(chosen) > 1:
            return [key for key in chosen if key != UNSTATED]
        whole = chosen[0] if len(chosen) == 1 else COUNTRY
        rows = self._connection.execute("SELECT part FROM part WHERE whole = ?", (whole,))
        parts = [part for (part,) in rows]
        groups = next(groups for prefix, groups in LEVELS if whole.startswith(prefix))
        by_group = ([p for p in parts if p.rpartition("-")[0] in group] for group in groups)
        return next(filter(None, by_group), [])

    def _select(self, kind: str, filters: Filters) -> RecordSet:
        span = self._ranges[kind]
        return record_sets.intersect(self._apply_filters(span, filters)[1])

    def _get_points(self, kind: str) -> Points:
        with self._points_lock:
            if kind not in self._points:
                self._points[kind] = map_clusters.read_points(self._connection, self._ranges[kind])
            return self._points[kind]
