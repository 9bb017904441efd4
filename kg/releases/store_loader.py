"""Store loader: bulk load of the accepted quads into the release's store."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from kg.progress import ProgressCallback


class StoreLoader:
    """A store that is built from a file beside other work: on two cores, for free."""

    def __init__(self, folder: Path, quads: Path) -> None:
        """Begins to load a file of N-Quads, in a thread without Python."""
        self._store = ox.Store(str(folder))
        self._executor = ThreadPoolExecutor(1)
        load = partial(self._store.bulk_load, path=quads, format=ox.RdfFormat.N_QUADS, lenient=True)
        steps = (load, self._store.optimize, self._store.flush)
        self._steps = [self._executor.submit(step) for step in steps]

    def finish(self, track: ProgressCallback) -> None:
        """Waits until the store is ready to be frozen."""
        for step in track(self._steps, "Storing"):
            step.result()

    def close(self) -> None:
        """Ends the work, what has not begun left out."""
        self._executor.shutdown(cancel_futures=True)
        del self._store
