"""The Turtle of a release, written and packed once, piece by piece.

A dump is some of the pieces one after the other: several Turtle documents in a row are one, and so
are several members of a gzip file (https://www.rfc-editor.org/rfc/rfc1952#section-2.2).
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, TypeVar, cast

import pyoxigraph as ox
from zlib_ng import gzip_ng

from kg import rdf
from kg.formats import N_TRIPLES, TURTLE
from kg.progress import Track
from kg.releases.settled import Piece

COMPRESSION: Final = 5
"""Of zlib-ng: as small as level 6 of zlib, in a third of the time."""
BATCH: Final = 10_000
"""Triples between two steps of the progress bar."""
T = TypeVar("T")


class PackedPieces:
    """The pieces of a release as packed Turtle, in a folder that goes away."""

    def __init__(self, pieces: Sequence[Piece], triples: Path, folder: Path, track: Track) -> None:
        """Packs the pieces of a file of N-Triples that has them one after the other."""
        self._folder = folder
        folder.mkdir()
        count = sum(piece.count for piece in pieces)
        batches = _batches(rdf.parse_lines(triples, N_TRIPLES))
        tracked = track(batches, "Dumping", -(-count // BATCH))
        statements = chain.from_iterable(tracked)
        self._paths = {
            piece: self._pack(number, islice(statements, piece.count))
            for number, piece in enumerate(pieces, 1)
        }
        self._empty = self._pack(0, iter(()))
        for _ in statements:  # the bar comes to its end
            raise AssertionError("the file has more triples than its pieces")

    def join(self, pieces: Sequence[Piece], path: Path) -> int:
        """Writes a dump of these pieces; how many triples."""
        with path.open("wb") as dump:
            for packed in [self._paths[piece] for piece in pieces] or [self._empty]:
                with packed.open("rb") as part:
                    shutil.copyfileobj(part, dump, 1 << 20)
        return sum(piece.count for piece in pieces)

    def _pack(self, number: int, statements: Iterator[ox.Quad]) -> Path:
        path = self._folder / f"{number}.ttl.gz"
        with packing(path) as packed:
            rdf.write(statements, packed, TURTLE)
        return path


@contextmanager
def packing(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file to write in."""
    with path.open("wb") as file:
        # no name and no time in the header: the same triples give the same bytes
        packed = gzip_ng.GzipNGFile("", "wb", COMPRESSION, file, mtime=0)  # type: ignore[no-untyped-call]
        with packed:
            yield cast(IO[bytes], packed)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    walking = iter(items)
    return iter(lambda: list(islice(walking, BATCH)), [])
