"""Pyoxigraph stores: a release opened read-only, and statements in memory for a CONSTRUCT query."""

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from kg.errors import ReleaseDamaged


def open_release_store(path: Path) -> ox.Store:
    """The store of a release. Raises ReleaseDamaged where it cannot be opened."""
    try:
        return ox.Store.read_only(str(path))
    except OSError as error:
        raise ReleaseDamaged(f"the store {path} cannot be opened: {error}") from error


def construct_triples(triples: Iterable[ox.Triple], query: str) -> set[ox.Triple]:
    """The triples that a CONSTRUCT query gives over some others."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    result = store.query(query)
    assert isinstance(result, ox.QueryTriples)
    return set(result)
