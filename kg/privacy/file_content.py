"""Content of a file, unpacked: gzip, Zstandard, the values of Parquet, the sheets of a workbook."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import zstandard

from kg import sql

CHUNK_BYTES: Final = 1 << 20
ZIP_MAGIC: Final = b"PK\x03\x04"
PARQUET_MAGIC: Final = b"PAR1"
GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
GZIP_WINDOW: Final = 31
"""zlib's window of any gzip file."""


def iter_bytes(path: Path) -> Iterator[bytes]:
    """The bytes of a file piece by piece; of one that is packed, those within."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(GZIP_MAGIC):
        yield from _iter_gzip(path)
    elif head.startswith(ZSTD_MAGIC):
        with path.open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            yield from iter(lambda: reader.read(CHUNK_BYTES), b"")
    elif head.startswith(PARQUET_MAGIC):
        yield from _iter_parquet(path)
    elif head.startswith(ZIP_MAGIC):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from iter(lambda m=member: m.read(CHUNK_BYTES), b"")  # type: ignore[misc]
    else:
        with path.open("rb") as file:
            yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def _iter_gzip(path: Path) -> Iterator[bytes]:
    """A gzip file of one member or several, one after another."""
    with path.open("rb") as file:
        unpacker = zlib.decompressobj(GZIP_WINDOW)
        while chunk := file.read(CHUNK_BYTES):
            while chunk:
                yield unpacker.decompress(chunk)
                chunk = unpacker.unused_data
                if unpacker.eof:
                    unpacker = zlib.decompressobj(GZIP_WINDOW)


def _iter_parquet(path: Path) -> Iterator[bytes]:
    with duckdb.connect() as db:
        cursor = db.execute(f"SELECT to_json(t) FROM read_parquet({sql.literal(str(path))}) t")
        while rows := cursor.fetchmany(10_000):
            yield "\n".join(text for (text,) in rows).encode()
