"""What a file is by its first bytes, and compressed files unpacked within bounds."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import zstandard

from kg.errors import SourceError
from kg.sources.scratch import scratch_file

CHUNK: Final = 4 << 20
SMALL: Final = 2048
"""Bytes unpacked at a time where they may become thirty thousand times as many."""
MOST_UNPACKED: Final = 32 << 30
"""Bytes a compressed file may unpack to."""
GZIP: Final = b"\x1f\x8b"
ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"


def first_bytes(path: Path, length: int = 1 << 16) -> bytes:
    """The beginning of a file. Raises SourceError where it cannot be read or is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(length)
    except OSError as error:
        raise SourceError(
            f"{path.name} cannot be read: {error.strerror}",
            f"{path.name} ne peut pas être lu : {error.strerror}",
        ) from error
    if not head:
        raise SourceError(f"{path.name}: the file is empty", f"{path.name} : le fichier est vide")
    return head


def unpacked(db: duckdb.DuckDBPyConnection, path: Path, most: int = MOST_UNPACKED) -> Path:
    """The file itself, or what it unpacks to (gzip, Zstandard). Raises SourceError."""
    head = first_bytes(path, 4)
    if not head.startswith((GZIP, ZSTANDARD)):
        return path
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    target = scratch_file(db, name.rpartition(".")[2])
    try:
        chunks = _gunzipped(path) if head.startswith(GZIP) else _unzstandard(path)
        with target.open("wb") as file:
            for chunk in _within(chunks, most, path):
                file.write(chunk)
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(
            f"{path.name} is cut short or damaged: it does not unpack to its end ({error}); "
            "fetch it again",
            f"{path.name} est tronqué ou abîmé : il ne se décompresse pas jusqu’au bout "
            f"({error}) ; téléchargez-le à nouveau",
        ) from error
    return target


def _gunzipped(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as packed:
        while chunk := packed.read(CHUNK):
            yield chunk


def _unzstandard(path: Path) -> Iterator[bytes]:
    """The frames of a file, unpacked; raises EOFError where the last one is cut short."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    with path.open("rb") as packed:
        while data := packed.read(SMALL):
            while data:
                if frame.eof:
                    frame = zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(data)
                data = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("the last frame is cut short")


def _within(chunks: Iterator[bytes], most: int, path: Path) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise SourceError(
                f"{path.name} unpacks to more than {most >> 20} MB, the most that is read",
                f"{path.name} se décompresse en plus de {most >> 20} Mo, le maximum lu",
            )
        yield chunk
