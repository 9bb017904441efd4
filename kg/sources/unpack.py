"""What a file is by its first bytes, and compressed files unpacked within bounds."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

import duckdb
import zstandard

from kg.errors import SourceError
from kg.sources.scratch import scratch_file

CHUNK: Final = 4 << 20
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
        with _opened(path, head) as packed, target.open("wb") as file:
            for chunk in _within(packed, most, path):
                file.write(chunk)
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(
            f"{path.name} is cut short or damaged: it does not unpack to its end ({error}); "
            "fetch it again",
            f"{path.name} est tronqué ou abîmé : il ne se décompresse pas jusqu’au bout "
            f"({error}) ; téléchargez-le à nouveau",
        ) from error
    return target


def _opened(path: Path, head: bytes) -> IO[bytes]:
    if head.startswith(GZIP):
        return cast(IO[bytes], gzip.open(path, "rb"))
    reader = zstandard.ZstdDecompressor().stream_reader(
        path.open("rb"), read_across_frames=True, closefd=True
    )
    return cast(IO[bytes], reader)


def _within(packed: IO[bytes], most: int, path: Path) -> Iterator[bytes]:
    size = 0
    while chunk := packed.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise SourceError(
                f"{path.name} unpacks to more than {most >> 20} MB, the most that is read",
                f"{path.name} se décompresse en plus de {most >> 20} Mo, le maximum lu",
            )
        yield chunk
