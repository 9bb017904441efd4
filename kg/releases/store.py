"""The frozen store: accepted quads in their named graphs, and their union as default graph."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from kg.formats import Format
from kg.rdf import OX_FORMATS


class StoreBeside:
    """A store that is built from files beside other work: on two cores, for free."""

    def __init__(self, folder: Path) -> None:
        self._store = ox.Store(str(folder))
        self._beside = ThreadPoolExecutor(1)
        self._steps: list[Future[None]] = []

    def load(self, path: Path, syntax: Format) -> None:
        """Begins to load a file once those before it are loaded."""
        lenient = partial(self._store.bulk_load, path=path, format=OX_FORMATS[syntax], lenient=True)
        self._steps.append(self._beside.submit(lenient))

    def finish(self) -> Iterator[None]:
        """Makes the store ready to be frozen: a step for each file, and two."""
        self._steps += [self._beside.submit(s) for s in (self._store.optimize, self._store.flush)]
        yield from (step.result() for step in self._steps)

    def close(self) -> None:
        """Ends the work, what has not begun left out."""
        self._beside.shutdown(cancel_futures=True)
        del self._store
