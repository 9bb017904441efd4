"""A store that is large enough for a question to be endless, and an endpoint over it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.sparql.backend import QueryLimits
from kg.sparql.executor import QueryExecutor
from tests.sparql.executors import local_executor

SUBJECTS = 100_000

Open = Callable[..., AbstractAsyncContextManager[QueryExecutor]]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 triples in the default graph, of which two are in named graphs too."""
    folder = tmp_path_factory.mktemp("store") / "store"
    lines = [
        f'<urn:s:{n}> <urn:p:{n % 7}> "value {n} of no great interest" .\n' for n in range(SUBJECTS)
    ]
    lines += [f'<urn:s:{n}> <urn:p:{n % 7}> "{n}" <urn:g:{n}> .\n' for n in (1, 2)]
    frozen = ox.Store(str(folder))
    frozen.bulk_load("".join(lines).encode(), ox.RdfFormat.N_QUADS)
    frozen.flush()
    return folder


@pytest.fixture
def open_endpoint(store: Path) -> Open:
    """Opens an endpoint over the store with limits of one's own."""

    @asynccontextmanager
    async def opened(workers: int = 1, **limits: float) -> AsyncIterator[QueryExecutor]:
        endpoint = local_executor(store, workers, QueryLimits(**limits))  # type: ignore[arg-type]
        await endpoint.open()
        try:
            yield endpoint
        finally:
            await endpoint.close()

    return opened


@pytest.fixture
async def endpoint(open_endpoint: Open) -> AsyncIterator[QueryExecutor]:
    """An endpoint with the usual limits."""
    async with open_endpoint() as one:
        yield one
