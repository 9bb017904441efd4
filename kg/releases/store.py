"""The frozen store: accepted quads in their named graphs, and their union as default graph."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from kg.progress import Track


class StoreBeside:
    """A store that is built from a file beside other work: on two cores, for free."""

    def __init__(self, folder: Path, quads: Path) -> None:
        """Begins to load a file of N-Quads, in a thread without Python."""
        self._store = ox.Store(str(folder))
        self._beside = ThreadPoolExecutor(1)
        load = partial(self._store.bulk_load, path=quads, format=ox.RdfFormat.N_QUADS, lenient=True)
        steps = (load, self._store.optimize, self._store.flush)
        self._steps = [self._beside.submit(step) for step in steps]

    def finish(self, track: Track) -> None:
        """Waits until the store is ready to be frozen."""
        for step in track(self._steps, "Storing"):
            step.result()

    def close(self) -> None:
        """Ends the work, what has not begun left out."""
        self._beside.shutdown(cancel_futures=True)
        del self._store
