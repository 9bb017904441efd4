"""Query executors over a store on this machine, as a server makes them."""

from collections.abc import Mapping
from pathlib import Path

from kg.sparql.backend import QueryLimits
from kg.sparql.executor import QueryExecutor
from kg.sparql.local.backend import LocalBackend
from kg.sparql.local.store import LocalStore, identify_store
from kg.sparql.result_cache import ResultCache, SharedResults


def local_executor(
    store: Path,
    workers: int,
    limits: QueryLimits,
    results: Path | None = None,
    graphs: Mapping[str, int] | None = None,
) -> QueryExecutor:
    """An executor that is not open yet; `results`: where processes share costly results."""
    shared = SharedResults(results, identify_store(store), limits) if results else None
    return QueryExecutor(
        LocalBackend(store, workers, limits),
        ResultCache(limits, shared),
        LocalStore(store, limits, graphs=graphs),
    )
