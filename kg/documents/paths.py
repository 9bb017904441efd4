"""Paths between two records: the shortest chains of links that lead from one to the other.

The search goes from both ends, a link at a time, always on the side where there is less to read.
Records with very many links (a country, a large topic) tell little of those that they link: a path
ends there, but does not lead through them unless that is asked for. All work is bounded by numbers
that do not depend on the machine.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from kg.documents.links import Link, LinkReader
from kg.namespaces import ID

MAX_LINKS: Final = 5
"""Longest path."""
MAX_PATHS: Final = 8
FEW_PATHS: Final = 3
"""Where there are fewer of the shortest ones, those with one link more are looked for too."""
HUB_LINKS: Final = 50
"""A record to which more links lead is a hub."""
END_LINKS: Final = 1_000
"""Links read of the two ends themselves; of a hub that may be crossed only those that it states:
both sides come to it."""
MAX_READ: Final = 2_000
"""Links that are read in one search."""
MAX_STEPS: Final = 20_000
"""Steps of listing the paths in what was read."""
TERRITORY: Final = f"{ID}territory/"
SMALL_TERRITORIES: Final = (f"{TERRITORY}commune-",)
"""Territories that may be crossed; the others hold many things that have nothing in common."""
WEIGHTS: Final = {"territory": 3, "topic": 2}
"""Of two paths of one length, the one through people, organisations and events tells more."""


@dataclass(frozen=True)
class Path:
    """Records from the one end to the other, and how each is linked with the next."""

    records: tuple[str, ...]
    steps: tuple[tuple[Link, ...], ...]
    hubs: tuple[str, ...] = ()
    """The records with very many links that it leads through."""


@dataclass(frozen=True)
class PathSearch:
    """What a search found."""

    paths: tuple[Path, ...]
    hubs: tuple[str, ...]
    """Hubs that both ends lead to, and that were not crossed."""
    read: int
    """Links that were read."""
    cut: bool
    """Whether there was more to read than a search may: a path may have been missed."""


@dataclass
class _Side:
    """What one end leads to."""

    distances: dict[str, int]
    frontier: list[str]
    depth: int = 0


@dataclass
class _Search:
    reader: LinkReader
    start: str
    goal: str
    through: AbstractSet[str]
    cross_hubs: bool
    neighbours: dict[str, dict[str, list[Link]]] = field(default_factory=dict)
    """The links by record and by the record at the other end, in both directions."""
    hubs: dict[str, None] = field(default_factory=dict)
    read: int = 0
    cut: bool = False
    partial: bool = False
    """Whether a hub was crossed by the links that it states alone."""

    def run(self) -> PathSearch:
        sides = [_Side({end: 0}, [end]) for end in (self.start, self.goal)]
        found: list[Path] = []
        # a hub is crossed once both sides have come to it: one of them may be further by then
        most = MAX_LINKS + (2 if self.cross_hubs or self.through else 0)
        while sum(side.depth for side in sides) < most and all(s.frontier for s in sides):
            near, far = sorted(sides, key=lambda side: len(side.frontier))
            self._expand(near, far)
            if self._meet(near, far):
                shortest = min(near.depth + far.depth, MAX_LINKS)
                found = self._list_paths(sides[1].distances, shortest, sides[1].depth)
                if len(found) < FEW_PATHS and shortest < MAX_LINKS and not self.cut:
                    near, far = sorted(sides, key=lambda side: len(side.frontier))
                    self._expand(near, far)
                    self.cut = False  # the shortest ones are all there
                    found = self._list_paths(sides[1].distances, shortest + 1, sides[1].depth)
                break
            if self.cut:
                break
        missed = self.partial and not found
        return PathSearch(tuple(found), tuple(self.hubs), self.read, self.cut or missed)

    def _expand(self, near: _Side, far: _Side) -> None:
        """Reads the links of the records at the edge of a side."""
        reached: list[str] = []
        for iri in near.frontier:
            if self.read >= MAX_READ:
                self.cut = True
                break
            for link in self._read_links(iri, far):
                other = link.get_other(iri)
                self.neighbours.setdefault(iri, {}).setdefault(other, []).append(link)
                self.neighbours.setdefault(other, {}).setdefault(iri, []).append(link)
                if other not in near.distances:
                    near.distances[other] = near.depth + 1
                    reached.append(other)
        near.frontier = reached
        near.depth += 1

    def _read_links(self, iri: str, far: _Side) -> Sequence[Link]:
        """The links of a record that may be crossed; of a hub, those that it states itself."""
        is_end = iri in (self.start, self.goal)
        allowed = is_end or self._may_cross_hub(iri)
        if not allowed and self._is_large_territory(iri):
            self._note_hub(iri, far)
            return ()
        most = END_LINKS if is_end else HUB_LINKS
        links, complete = self.reader.read_links(iri, most)
        self.read += 1 + len(links)
        if complete:
            return links
        if allowed:
            self.partial = True
            return [link for link in links if link.subject == iri and not link.node]
        self._note_hub(iri, far)
        return ()

    def _meet(self, near: _Side, far: _Side) -> bool:
        """Whether a path leads from one end to the other."""
        met = False
        for iri in near.frontier:
            if iri not in far.distances:
                continue
            if iri in (self.start, self.goal) or self._may_cross(iri):
                met = True
            else:
                self._note_hub(iri, far)
        return met

    def _may_cross(self, iri: str) -> bool:
        return self._may_cross_hub(iri) or not self._is_hub(iri)

    def _is_hub(self, iri: str) -> bool:
        large = self._is_large_territory(iri)
        return large or not self.reader.read_links(iri, HUB_LINKS).complete

    def _may_cross_hub(self, iri: str) -> bool:
        return self.cross_hubs or iri in self.through

    def _note_hub(self, iri: str, far: _Side) -> None:
        if iri in far.distances:
            self.hubs[iri] = None

    @staticmethod
    def _is_large_territory(iri: str) -> bool:
        return iri.startswith(TERRITORY) and not iri.startswith(SMALL_TERRITORIES)

    def _list_paths(self, distances: dict[str, int], longest: int, depth: int) -> list[Path]:
        """The best paths in what was read, shortest first; `distances` are those to the goal."""
        listed = sorted(
            islice(self._iterate_paths(distances, longest, depth), MAX_STEPS),
            key=lambda path: (len(path), _weigh(path), path),
        )
        return [
            Path(
                records,
                tuple(
                    tuple(dict.fromkeys(self.neighbours[one][other]))
                    for one, other in pairwise(records)
                ),
                tuple(iri for iri in records[1:-1] if self._is_hub(iri)),
            )
            for records in listed[:MAX_PATHS]
        ]

    def _iterate_paths(
        self, distances: dict[str, int], longest: int, depth: int
    ) -> Iterator[tuple[str, ...]]:
        stack: list[tuple[str, ...]] = [(self.start,)]
        steps = 0
        while stack and steps < MAX_STEPS:
            steps += 1
            path = stack.pop()
            if path[-1] == self.goal:
                yield path
                continue
            if len(path) > 1 and not self._may_cross(path[-1]):
                continue
            for other in self.neighbours.get(path[-1], ()):
                left = distances.get(other, depth + 1)
                if other not in path and len(path) + left <= longest:
                    stack.append((*path, other))


def _weigh(path: Sequence[str]) -> int:
    kinds = (iri.removeprefix(ID).partition("/")[0] for iri in path[1:-1])
    return sum(WEIGHTS.get(kind, 1) for kind in kinds)


def find_paths(
    reader: LinkReader,
    start: str,
    goal: str,
    through: AbstractSet[str] = frozenset(),
    *,
    cross_hubs: bool = False,
) -> PathSearch:
    """The shortest paths between two records, given by their IRIs.

    `through` are the hubs that may be crossed, `cross_hubs` lets all be.
    """
    return _Search(reader, start, goal, through, cross_hubs).run()
