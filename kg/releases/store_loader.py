"""Store loader: bulk load of the accepted quads into the release's store."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

import pyoxigraph as ox

from kg.progress import ProgressCallback

PART_BYTES: Final = 64 * 1024 * 1024
"""Size of the parts that a file is loaded in, at least. A bulk load keeps what it reads in memory,
up to a million quads (2 GB); of a part this size, 400 MB."""
MAX_PARTS: Final = 32
"""Parts of a file at most: each one becomes files of the store that are merged afterwards."""
BLOCK_BYTES: Final = 1024 * 1024


class StoreLoader:
    """A store that is built from a file beside other work: on two cores, for free."""

    def __init__(self, folder: Path, quads: Path) -> None:
        """Begins to load a file of N-Quads, in a thread that mostly runs without Python."""
        self._store = ox.Store(str(folder))
        self._quads = quads
        self._executor = ThreadPoolExecutor(1)
        steps = (self._load, self._store.optimize, self._store.flush)
        self._steps = [self._executor.submit(step) for step in steps]

    def _load(self) -> None:
        size = max(PART_BYTES, self._quads.stat().st_size // MAX_PARTS)
        for part in split_lines(self._quads, size):
            self._store.bulk_load(path=part, format=ox.RdfFormat.N_QUADS, lenient=True)

    def finish(self, track: ProgressCallback) -> None:
        """Waits until the store is ready to be frozen."""
        for step in track(self._steps, "Storing"):
            step.result()

    def close(self) -> None:
        """Ends the work, what has not begun left out."""
        self._executor.shutdown(cancel_futures=True)
        del self._store


def split_lines(file: Path, size: int) -> Iterator[Path]:
    """Copies whole lines of a file to one beside it, some `size` bytes at a time.

    Each copy is there until the next is asked for. A file of one part is given as it is.
    """
    if file.stat().st_size <= size:
        yield file
        return
    part = file.with_name(f"{file.name}.part")
    with file.open("rb") as lines:
        while _copy_lines(lines, part, size):
            yield part
    part.unlink()


def _copy_lines(lines: BinaryIO, part: Path, size: int) -> int:
    """Copies some `size` bytes to a file, on to the end of a line; returns how many."""
    copied = 0
    with part.open("wb") as copy:
        while copied < size and (block := lines.read(min(BLOCK_BYTES, size - copied))):
            copied += copy.write(block + lines.readline())
    return copied
