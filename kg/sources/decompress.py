"""Decompression of gzip and Zstandard files, bounded in size and detected by magic bytes."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import zstandard

from kg.errors import SourceError
from kg.sources.temp_files import make_temp_path

READ_CHUNK_BYTES: Final = 4 << 20
ZSTD_READ_BYTES: Final = 2048
"""Compressed bytes decompressed at once: Zstandard can expand them thirty thousand times."""
MAX_DECOMPRESSED_BYTES: Final = 32 << 30
"""Upper bound, in bytes, on the decompressed size of a file."""
GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


def read_first_bytes(path: Path, length: int = 1 << 16) -> bytes:
    """Return the first bytes of a file. Raises SourceError where it is unreadable or empty."""
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


def decompress(
    db: duckdb.DuckDBPyConnection, path: Path, most: int = MAX_DECOMPRESSED_BYTES
) -> Path:
    """Return a decompressed copy of a gzip or Zstandard file, or `path`. Raises SourceError."""
    head = read_first_bytes(path, 4)
    if not head.startswith((GZIP_MAGIC, ZSTD_MAGIC)):
        return path
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    target = make_temp_path(db, name.rpartition(".")[2])
    try:
        chunks = _iter_gzip(path) if head.startswith(GZIP_MAGIC) else _iter_zstd(path)
        with target.open("wb") as file:
            for chunk in _limit_size(chunks, most, path):
                file.write(chunk)
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(
            f"{path.name} is cut short or damaged: it does not unpack to its end ({error}); "
            "fetch it again",
            f"{path.name} est tronqué ou abîmé : il ne se décompresse pas jusqu’au bout "
            f"({error}) ; téléchargez-le à nouveau",
        ) from error
    return target


def _iter_gzip(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while chunk := file.read(READ_CHUNK_BYTES):
            yield chunk


def _iter_zstd(path: Path) -> Iterator[bytes]:
    """Yield the decompressed frames of a file. Raises EOFError where the last one is truncated."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    with path.open("rb") as file:
        while data := file.read(ZSTD_READ_BYTES):
            while data:
                if frame.eof:
                    frame = zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(data)
                data = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("the last frame is cut short")


def _limit_size(chunks: Iterator[bytes], most: int, path: Path) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise SourceError(
                f"{path.name} unpacks to more than {most >> 20} MB, the most that is read",
                f"{path.name} se décompresse en plus de {most >> 20} Mo, le maximum lu",
            )
        yield chunk
