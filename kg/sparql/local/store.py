"""Store of a release, open read-only in the server process for point queries and documents."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

from kg.errors import ReleaseDamaged
from kg.sparql.backend import QueryLimits
from kg.sparql.point_query import PointQueries
from kg.sparql.subject_index import SubjectIndex


class LocalStore:
    """The store and the subject index of a release; `open` before use."""

    def __init__(
        self,
        folder: Path,
        limits: QueryLimits,
        most_values: Mapping[str, int] | None = None,
        subjects: Path | None = None,
        graphs: Mapping[str, int] | None = None,
    ) -> None:
        """`most_values`: the largest number of values of one subject, by property;
        `subjects`: the file of the subject index, where there is one; `graphs`: the number of
        statements by graph.
        """
        self._folder = folder
        self._limits = limits
        self._most_values = most_values
        self._graphs = graphs or {}
        self.subjects = SubjectIndex(subjects) if subjects is not None else None
        self._store: ox.Store | None = None
        self._point_queries: PointQueries | None = None

    async def open(self) -> None:
        """Raises ReleaseDamaged where the store, or its index, is not whole."""
        try:
            store = await asyncio.to_thread(ox.Store.read_only, str(self._folder))
            await asyncio.to_thread(_check_graphs, store, self._graphs)
            if self.subjects is not None:
                self.subjects.check()
        except OSError as error:
            raise ReleaseDamaged(f"the store {self._folder} cannot be queried: {error}") from error
        self._store = store
        self._point_queries = PointQueries(store, self._limits, self._most_values, self.subjects)

    def close(self) -> None:
        """Lets go of the files, which close once nothing reads them."""
        self._store = self._point_queries = self.subjects = None

    @property
    def store(self) -> ox.Store:
        """The open store. Raises RuntimeError where it is not open."""
        if self._store is None:
            raise RuntimeError("this store is not open")
        return self._store

    @property
    def point_queries(self) -> PointQueries:
        """Point queries of the open store. Raises RuntimeError where it is not open."""
        if self._point_queries is None:
            raise RuntimeError("this store is not open")
        return self._point_queries


def _check_graphs(store: ox.Store, graphs: Mapping[str, int]) -> None:
    """Raises OSError where a graph of the manifest is empty, as one whose index was lost is.

    One statement of each is read from the graph and from the union of all, which are two indexes.
    """
    for name, count in graphs.items():
        quad = next(store.quads_for_pattern(None, None, None, ox.NamedNode(name)), None)
        if count and (quad is None or quad.triple not in _triples_in_union(store, quad)):
            raise OSError(f"the graph {name} has {count} statements, and the store none of them")


def _triples_in_union(store: ox.Store, quad: ox.Quad) -> set[ox.Triple]:
    pattern = quad.subject, quad.predicate, quad.object, ox.DefaultGraph()
    return {match.triple for match in store.quads_for_pattern(*pattern)}


def identify_store(store: Path) -> str:
    """A name of the data in a store: another store may be put at its path."""
    stat = store.stat()
    return f"{store} {stat.st_ino} {stat.st_mtime_ns}"
